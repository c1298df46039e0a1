"""Background jobs and the delivery of their results."""

import logging
import threading

import pytest

from app.runtime.jobs import Jobs
from uvanet.errors import ModelError


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


@pytest.mark.parametrize(
    ("error", "traced"), [(ModelError("Too small.", "Feed it."), False), (OSError("disk"), True)]
)
def test_the_log_traces_faults_but_not_refusals(qtbot, caplog, error, traced):
    caplog.set_level(logging.INFO)
    jobs, delivered = Jobs(), []

    def fail():
        raise error

    jobs.run(fail, failed=delivered.append, name="model")
    qtbot.waitUntil(lambda: delivered == [error], timeout=60_000)
    assert f"model failed: {error}" in caplog.text
    assert ("Traceback" in caplog.text) == traced
    assert jobs.close(60.0)
