import threading

from app.pipeline.latest_slot import LatestSlot


def test_the_newest_wins_and_losers_are_counted() -> None:
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
    thread.join(10)
    assert got == ["late"]


def test_close_wakes_those_who_wait_and_refuses_what_comes() -> None:
    slot: LatestSlot[str] = LatestSlot()
    got: list[str | None] = []
    thread = threading.Thread(target=lambda: got.append(slot.take()))
    thread.start()
    assert slot.close() is None
    thread.join(10)
    assert got == [None]
    assert slot.put("refused") == "refused"
    assert slot.take() is None


def test_close_gives_back_what_waited() -> None:
    slot: LatestSlot[str] = LatestSlot()
    slot.put("waiting")
    assert slot.close() == "waiting"
