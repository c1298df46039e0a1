import threading

from pipeline_fakes import LIMIT_S

from app.pipeline.latest_slot import LatestSlot


def test_a_newer_item_replaces_the_one_that_waits() -> None:
    slot: LatestSlot[int] = LatestSlot()
    assert slot.put(1) is None
    assert slot.put(2) == 1
    assert slot.put(3) == 2
    assert slot.take(0) == 3
    assert slot.take(0) is None
    assert slot.put(4) is None


def test_take_waits_for_an_item() -> None:
    slot: LatestSlot[str] = LatestSlot()
    got: list[str | None] = []
    thread = threading.Thread(target=lambda: got.append(slot.take()))
    thread.start()
    slot.put("late")
    thread.join(LIMIT_S)
    assert got == ["late"]


def test_close_wakes_waiting_threads_and_refuses_new_items() -> None:
    slot: LatestSlot[str] = LatestSlot()
    got: list[str | None] = []
    thread = threading.Thread(target=lambda: got.append(slot.take()))
    thread.start()
    assert slot.close() is None
    thread.join(LIMIT_S)
    assert got == [None]
    assert slot.put("refused") == "refused"
    assert slot.take() is None


def test_close_returns_the_item_that_waited() -> None:
    slot: LatestSlot[str] = LatestSlot()
    slot.put("waiting")
    assert slot.close() == "waiting"
