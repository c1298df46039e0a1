"""Sources that fail, block or are slow to open, and the change to another source."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

import pytest
from pipeline_fakes import LIMIT_S, Bench, Clip, LiveFeed, balanced, wait_until

from app.pipeline.events import (
    PipelineState,
    SourceFailed,
    SourceOpened,
    StateChanged,
)
from app.pipeline.stats import Drop
from uvanet.errors import SourceError

if TYPE_CHECKING:
    from pipeline_fakes import FakePredictor


def raise_(error: Exception) -> None:
    raise error


def test_a_source_that_cannot_be_opened(bench: Bench) -> None:
    error = SourceError("The camera is busy.", "Close the other program.")
    clip = Clip(on_open=lambda: raise_(error))
    bench.pipeline.open(clip)
    bench.until_state(PipelineState.FAILED)
    assert bench.events == [
        StateChanged(1, PipelineState.OPENING),
        SourceFailed(1, error),
        StateChanged(1, PipelineState.FAILED),
    ]
    assert bench.pipeline.info is None
    assert clip.closed.is_set()
    bench.pipeline.open(Clip(3, 25.0, on_read=bench.settle))
    bench.until_state(PipelineState.ENDED)
    assert bench.indices == [0, 1, 2]


def test_a_source_that_fails_while_playing_can_be_reopened(bench: Bench) -> None:
    error = SourceError("The stream broke off.", "Check the cable.")
    broken = [error]

    def on_read(index: int) -> None:
        bench.settle()
        if index == 2 and broken:
            raise broken.pop()

    clip = Clip(5, 25.0, on_read=on_read)
    bench.pipeline.open(clip)
    bench.until_state(PipelineState.FAILED)
    assert bench.until_event(SourceFailed).error is error
    assert bench.indices == [0, 1]
    assert clip.closed.is_set()
    bench.pipeline.play()
    bench.until_state(PipelineState.ENDED)
    assert bench.indices == [0, 1, 0, 1, 2, 3, 4]
    assert clip.opens == 2
    assert len(bench.of(SourceFailed)) == 1


def test_an_unexpected_error_becomes_a_message_and_a_log_entry(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.pipeline.open(Clip(title="holiday.mp4", on_read=lambda i: raise_(ZeroDivisionError("x"))))
    error = bench.until_event(SourceFailed).error
    assert isinstance(error, SourceError)
    assert "holiday.mp4" in error.message
    assert error.hint
    bench.until_state(PipelineState.FAILED)
    assert "Traceback" in caplog.text
    assert "ZeroDivisionError" in caplog.text


def test_an_empty_source_is_a_failure(bench: Bench) -> None:
    bench.pipeline.open(Clip(0, title="empty.avi"))
    assert "empty.avi" in bench.until_event(SourceFailed).error.message


def test_a_seek_that_fails_is_a_failure_of_the_source(bench: Bench) -> None:
    clip = Clip(3, 25.0)
    clip.seek = lambda seconds: raise_(SourceError("No.", "Yes."))  # type: ignore[method-assign]
    bench.pipeline.open(clip)
    bench.until_state(PipelineState.ENDED)
    bench.pipeline.seek(0)
    bench.until_state(PipelineState.FAILED)


def test_another_source_takes_over(bench: Bench) -> None:
    first, second = LiveFeed(title="first"), LiveFeed(title="second")
    bench.pipeline.open(first)
    first.push(3)
    wait_until(lambda: bench.stats.captured == 3)
    bench.settle()
    bench.pipeline.open(second)
    assert first.closed.wait(LIMIT_S)
    bench.until_event(SourceOpened, 2)
    assert bench.pipeline.info is not None
    assert bench.pipeline.info.title == "second"
    second.push()
    wait_until(lambda: len(bench.painted) and bench.painted[-1].frame.seq == 4)
    assert bench.painted[-1].frame.epoch > bench.painted[-2].frame.epoch


def test_the_device_is_free_before_the_next_source_opens(bench: Bench) -> None:
    camera = Clip(None, 30.0, live=True)
    bench.pipeline.open(camera)
    wait_until(lambda: bench.painted)
    free: list[bool] = []
    again = Clip(3, 25.0, on_open=lambda: free.append(camera.closed.is_set()))
    bench.pipeline.open(again)
    bench.until_state(PipelineState.ENDED)
    assert free == [True]


def test_a_blocked_source_is_unblocked_by_close(bench: Bench) -> None:
    camera = LiveFeed()
    bench.pipeline.open(camera)
    assert camera.reading.wait(LIMIT_S)
    bench.pipeline.open(Clip(3, 25.0, on_read=bench.settle))
    bench.until_state(PipelineState.ENDED)
    assert bench.indices == [0, 1, 2]
    assert not bench.of(SourceFailed)


def test_a_source_that_never_returns_is_left_behind(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    camera = LiveFeed(hangs=True)
    bench.pipeline.open(camera)
    assert camera.reading.wait(LIMIT_S)
    start = time.monotonic()
    bench.pipeline.open(Clip(5, 25.0, on_read=bench.settle, title="next"))
    # Bounds of the promise, not of the machine: a hang would last for ever.
    assert time.monotonic() - start < LIMIT_S / 2
    assert bench.pipeline.state is not PipelineState.FAILED
    bench.until_state(PipelineState.ENDED)
    assert "left behind" in caplog.text
    assert bench.indices == [0, 1, 2, 3, 4]
    told = len(bench.events)
    captured = bench.stats.captured
    # It wakes up with a frame that nobody wants any more.
    camera.release()
    wait_until(lambda: "uvanet-capture-1" not in [t.name for t in threading.enumerate()])
    assert bench.stats.captured == captured
    assert len(bench.events) == told
    assert bench.pipeline.state is PipelineState.ENDED


def test_close_returns_false_where_a_source_does_not_return(bench: Bench) -> None:
    camera = LiveFeed(hangs=True)
    bench.pipeline.open(camera)
    assert camera.reading.wait(LIMIT_S)
    assert not bench.pipeline.close(0.3)
    assert bench.stats.in_flight == 0
    camera.release()
    assert bench.pipeline.close(LIMIT_S)


def test_close_returns_false_where_a_network_does_not_return(
    bench: Bench, predictor: FakePredictor
) -> None:
    predictor.free.clear()
    bench.pipeline.open(Clip(3, 25.0))
    assert predictor.entered.wait(LIMIT_S)
    assert not bench.pipeline.close(0.3)
    assert bench.stats.in_flight == 0
    assert balanced(bench.stats)
    predictor.free.set()
    assert bench.pipeline.close(LIMIT_S)
    assert bench.painted == []


def test_a_source_that_is_slow_to_open_can_be_replaced(bench: Bench) -> None:
    opening, go_on = threading.Event(), threading.Event()

    def dawdle() -> None:
        opening.set()
        assert go_on.wait(LIMIT_S)

    slow = Clip(5, 25.0, on_open=dawdle, title="slow")
    bench.pipeline.open(slow)
    assert opening.wait(LIMIT_S)
    assert bench.pipeline.state is PipelineState.OPENING
    bench.pipeline.open(Clip(2, 25.0, on_read=bench.settle, title="quick"))
    bench.until_state(PipelineState.ENDED)
    go_on.set()
    wait_until(lambda: "uvanet-capture-1" not in [t.name for t in threading.enumerate()])
    assert [event.info.title for event in bench.of(SourceOpened)] == ["quick"]
    assert bench.indices == [0, 1]
    assert slow.closed.is_set()


def test_commands_given_while_it_opens_are_kept(bench: Bench) -> None:
    go_on = threading.Event()
    clip = Clip(100, 25.0, on_open=lambda: go_on.wait(LIMIT_S))
    bench.pipeline.open(clip)
    bench.pipeline.pause()
    bench.pipeline.seek(1.0)
    go_on.set()
    wait_until(lambda: bench.indices == [25])
    assert bench.pipeline.state is PipelineState.PAUSED


def test_many_sources_in_a_row_end_with_the_last(bench: Bench) -> None:
    clips = [Clip(None, 30.0, live=True, title=str(i)) for i in range(20)]
    for clip in clips:
        bench.pipeline.open(clip)
    wait_until(lambda: bench.pipeline.info is not None and bench.pipeline.info.title == "19")
    wait_until(lambda: all(clip.closes or not clip.opens for clip in clips[:-1]))
    bench.until_state(PipelineState.PLAYING)
    capturing = [t for t in threading.enumerate() if t.name.startswith("uvanet-capture")]
    assert [t.name for t in capturing] == ["uvanet-capture-20"]


def test_a_change_of_source_drops_frames_in_flight(bench: Bench, predictor: FakePredictor) -> None:
    predictor.free.clear()
    camera = LiveFeed()
    bench.pipeline.open(camera)
    camera.push()
    assert predictor.entered.wait(LIMIT_S)
    camera.push()
    wait_until(lambda: bench.stats.captured == 2)
    bench.pipeline.open(LiveFeed())
    predictor.free.set()
    bench.settle()
    assert bench.painted == []
    assert bench.stats.dropped_by_cause[Drop.SOURCE_CHANGED] == 2


def test_nothing_happens_after_close(bench: Bench) -> None:
    clip = Clip(None, 30.0, live=True)
    bench.pipeline.open(clip)
    wait_until(lambda: bench.painted)
    assert bench.pipeline.close(LIMIT_S)
    assert bench.pipeline.close(LIMIT_S)
    told, painted = len(bench.events), len(bench.painted)
    assert clip.closed.is_set()
    assert bench.pipeline.state is PipelineState.IDLE
    assert bench.pipeline.take_result() is None
    bench.pipeline.play()
    bench.pipeline.seek(1)
    with pytest.raises(RuntimeError, match="closed"):
        bench.pipeline.open(Clip())
    assert (len(bench.events), len(bench.painted)) == (told, painted)


def test_a_source_that_raises_in_close(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    clip = Clip(2, 25.0)
    clip.close = lambda: raise_(OSError("stuck"))  # type: ignore[method-assign]
    bench.pipeline.open(clip)
    bench.until_state(PipelineState.ENDED)
    with caplog.at_level(logging.ERROR):
        assert bench.pipeline.close(LIMIT_S)
    assert "stuck" in caplog.text


def test_an_exception_of_the_event_receiver_does_not_stop_the_source(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    append = bench.events.append

    def fall(event: object) -> None:
        append(event)
        raise RuntimeError("window fell over")

    bench.pipeline._on_event = fall
    bench.pipeline.open(Clip(3, 25.0, on_read=bench.settle))
    bench.until_state(PipelineState.ENDED)
    assert bench.indices == [0, 1, 2]
    assert "window fell over" in caplog.text
