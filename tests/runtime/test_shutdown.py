"""Shutdown stages have time limits, and signals start the shutdown."""

import os
import signal
import threading

import pytest

from app.runtime import shutdown
from app.runtime.shutdown import SignalHandler, run_bounded, shut_down


@pytest.fixture
def clock(monkeypatch):
    """A clock that stages advance."""

    class Clock:
        now = 100.0

        def monotonic(self):
            return self.now

    clock = Clock()
    monkeypatch.setattr(shutdown, "time", clock)
    return clock


def test_stages_that_use_up_their_time_end_within_the_limit(clock):
    limits = []

    def hang(limit):
        limits.append(limit)
        clock.now += limit
        return False

    assert not shut_down([(str(number), hang) for number in range(10)], 1.6)
    assert sum(limits) == pytest.approx(1.6)
    assert len(limits) == 10
    assert min(limits) == pytest.approx(0.05)


def test_a_stage_that_fails_or_overruns_does_not_stop_the_next(clock, caplog):
    limits = []

    def fail(_):
        raise RuntimeError("broken")

    def overrun(limit):
        clock.now += 10 * limit
        return True

    def close(limit):
        limits.append(limit)
        return True

    assert not shut_down([("a", fail), ("b", overrun), ("c", close)], 1.6)
    assert limits == [pytest.approx(0.05)]
    assert "a failed" in caplog.text
    assert "b took" in caplog.text
    assert shut_down([("c", close)], 1.6)
    assert limits[-1] == pytest.approx(1.6)


def test_work_that_hangs_is_left_behind():
    release = threading.Event()
    assert not run_bounded(release.wait, 0.01)
    release.set()
    for thread in threading.enumerate():
        if thread.name == "uvanet-close":
            thread.join()


def test_work_that_ends_or_fails(caplog):
    done = []
    assert run_bounded(lambda: done.append(1), 60.0)
    assert done == [1]

    def fail():
        raise OSError("disk")

    assert not run_bounded(fail, 60.0, name="save")
    assert "save failed" in caplog.text


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_ask_to_quit_once(qtbot, number):
    handler = SignalHandler()
    asked = []
    handler.interrupted.connect(lambda: asked.append(1))
    try:
        os.kill(os.getpid(), number)
        qtbot.waitUntil(lambda: asked == [1], timeout=60_000)
        # A terminal that closes sends both; neither may end a shutdown in progress.
        os.kill(os.getpid(), signal.SIGHUP)
        os.kill(os.getpid(), signal.SIGTERM)
        assert asked == [1]
    finally:
        handler.close()
    assert signal.getsignal(signal.SIGINT) is not handler._on_signal
