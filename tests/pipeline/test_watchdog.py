from pipeline_fakes import LIMIT_S, Bench, FakeClock, LiveFeed, wait_until

from app.pipeline.events import SourceResumed, SourceStalled
from app.pipeline.watchdog import StallDetector


def test_silence_is_told_once_and_so_is_its_end() -> None:
    detector = StallDetector(7)
    assert detector.check(0.0) is None
    detector.feed(10.0)
    assert detector.check(12.9) is None
    assert detector.check(13.5) == SourceStalled(7, 3.5)
    assert detector.check(20.0) is None
    detector.feed(20.1)
    assert detector.check(20.2) == SourceResumed(7)
    assert detector.check(20.4) is None
    assert detector.check(23.2) == SourceStalled(7, 23.2 - 20.1)


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
    clock.advance(3.5)
    assert wait(SourceStalled).seconds >= 3
    camera.push()
    wait(SourceResumed)
    assert len(bench.of(SourceStalled)) == 1
    wait_painted(bench, 2)


def test_a_camera_that_never_gives_a_frame_stalls(bench: Bench, clock: FakeClock) -> None:
    camera = LiveFeed()
    bench.pipeline.open(camera)
    assert camera.reading.wait(LIMIT_S)
    clock.advance(4.0)
    bench.until_event(SourceStalled)


def wait_painted(bench: Bench, count: int) -> None:
    wait_until(lambda: len(bench.painted) >= count)
