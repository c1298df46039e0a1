from dataclasses import replace

import pytest
from pipeline_fakes import LIMIT_S, Bench, FakeClock, LiveFeed, wait_until

from app.pipeline.events import SourceFailed, SourceResumed, SourceStalled, SourceStatusChanged
from app.pipeline.watchdog import StallDetector
from uvanet.errors import SourceError
from uvanet.sources.base import Frame, SourceCondition, SourceStatus


def test_silence_is_told_once_and_so_is_its_end() -> None:
    detector = StallDetector(7)
    assert detector.check(9.9) is None
    detector.feed(10.0)
    assert events(detector, 10.0, 12.8) == []
    assert detector.check(13.5) == SourceStalled(7, 3.5)
    assert events(detector, 13.5, 20.0) == []
    detector.feed(20.1)
    assert detector.check(20.2) == SourceResumed(7)
    assert events(detector, 20.4, 23.0) == []
    assert detector.check(23.2) == SourceStalled(7, 23.2 - 20.1)


def events(detector: StallDetector, start: float, end: float) -> list[object]:
    """What the watchdog's checks of a stretch of time give."""
    count = round((end - start) / 0.2)
    found = [detector.check(start + number * 0.2) for number in range(count + 1)]
    return [one for one in found if one is not None]


def test_a_suspended_machine_is_no_stall() -> None:
    detector = StallDetector(7)
    detector.feed(10.0)
    assert events(detector, 10.0, 11.0) == []
    assert detector.check(3611.0) is None
    detector.feed(3611.3)  # the camera is awake, too
    assert events(detector, 3611.4, 3613.0) == []


def test_a_source_that_does_not_wake_up_is_told() -> None:
    detector = StallDetector(7)
    detector.feed(10.0)
    assert events(detector, 10.0, 11.0) == []
    assert detector.check(3611.0) is None
    assert [type(one) for one in events(detector, 3611.2, 3613.0)] == [SourceStalled]


def test_a_source_at_rest_does_not_stall() -> None:
    detector = StallDetector(7)
    detector.feed(10.0)
    detector.rest()
    assert detector.check(100.0) is None


def test_a_camera_that_goes_silent_and_comes_back(bench: Bench, clock: FakeClock) -> None:
    camera = LiveFeed()
    bench.pipeline.open(camera)
    camera.push()
    wait = bench.until_event
    wait_painted(bench, 1)
    clock.advance(6.5)
    assert wait(SourceStalled).seconds >= 6
    camera.push()
    wait(SourceResumed)
    assert len(bench.of(SourceStalled)) == 1
    wait_painted(bench, 2)


def test_a_camera_that_never_gives_a_frame_stalls(bench: Bench, clock: FakeClock) -> None:
    camera = LiveFeed()
    bench.pipeline.open(camera)
    assert camera.reading.wait(LIMIT_S)
    clock.advance(6.5)
    bench.until_event(SourceStalled)


def test_a_camera_that_is_being_reconnected_does_not_stall(bench: Bench, clock: FakeClock) -> None:
    camera = LiveFeed()
    bench.pipeline.open(camera)
    camera.push()
    wait_painted(bench, 1)
    assert camera.on_status is not None
    lost = SourceStatus(SourceCondition.RECONNECTING, "It is busy.", retry_in=4.0)
    camera.on_status(lost)
    assert bench.until_event(SourceStatusChanged).status == lost
    clock.advance(10.0)
    camera.on_status(SourceStatus())
    camera.push()
    wait_painted(bench, 2)
    assert not bench.of(SourceStalled)


def test_giving_up_a_lost_camera_fails_with_its_last_problem(bench: Bench) -> None:
    camera = Refusing()
    bench.pipeline.open(camera)
    camera.push()
    wait_painted(bench, 1)
    bench.pipeline.give_up_reconnecting()  # nothing is lost yet
    assert camera.on_status is not None
    camera.on_status(SourceStatus(SourceCondition.RECONNECTING, "It is busy.", "Free it."))
    bench.pipeline.give_up_reconnecting()
    error = bench.until_event(SourceFailed).error
    assert (error.message, error.hint) == ("It is busy.", "Free it.")
    assert camera.closed.is_set()


def test_latency_counts_from_the_exposure_of_a_frame(bench: Bench, clock: FakeClock) -> None:
    camera = Stamped(clock)
    bench.pipeline.open(camera)
    camera.push()
    wait_painted(bench, 1)
    assert bench.painted[0].frame.t_exposure == clock.now() - 0.04
    assert bench.stats.latency_from_exposure
    assert bench.stats.latency_p50_ms == pytest.approx(40)


class Refusing(LiveFeed):
    """A camera that raises once it is closed, as those of the library do."""

    def close(self) -> None:
        self.fail(SourceError("It is closed."))
        super().close()


class Stamped(LiveFeed):
    """A camera whose driver stamps each frame 40 ms before it arrives."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__()
        self._clock = clock

    def picture(self, index: int) -> Frame:
        return replace(super().picture(index), captured=self._clock.now() - 0.04)


def wait_painted(bench: Bench, count: int) -> None:
    wait_until(lambda: len(bench.painted) >= count)
