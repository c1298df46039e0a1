"""Background jobs and the delivery of their results."""

import threading

from app.runtime.jobs import Jobs


def test_results_and_exceptions_are_delivered_on_the_gui_thread(qtbot):
    jobs, delivered = Jobs(), []

    def fail():
        raise OSError("disk")

    def deliver(value):
        delivered.append((str(value), threading.current_thread()))

    jobs.run(lambda: 42, deliver, deliver)
    jobs.run(fail, deliver, deliver)
    qtbot.waitUntil(lambda: len(delivered) == 2, timeout=60_000)
    assert {text for text, _ in delivered} == {"42", "disk"}
    assert {thread for _, thread in delivered} == {threading.current_thread()}
    assert jobs.close(60.0)


def test_after_close_nothing_is_delivered(qtbot):
    jobs, delivered, release = Jobs(), [], threading.Event()
    jobs.run(release.wait, delivered.append, delivered.append)
    assert jobs.busy()
    assert not jobs.close(0.01)
    release.set()
    assert jobs.close(60.0)
    qtbot.wait(50)
    assert delivered == []
