"""Failing networks: frames are still shown, with one message per error."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest
from pipeline_fakes import LIMIT_S, Bench, Clip, FakeClock, FakePredictor, balanced, wait_until

from app.pipeline.events import InferenceFailed, PipelineState
from app.pipeline.paint_format import MAX_PAINT_SIDE, paintable
from uvanet.errors import ModelError, UvanetError

if TYPE_CHECKING:
    from collections.abc import Callable


def test_a_network_that_always_raises(bench: Bench, predictor: FakePredictor) -> None:
    predictor.raising = lambda index: RuntimeError("engine on fire")
    bench.pipeline.open(Clip(10, 25.0, on_read=bench.settle))
    bench.until_state(PipelineState.ENDED)
    wait_until(lambda: len(bench.painted) == 10)
    assert bench.indices == list(range(10))
    assert all(packet.failed and not packet.saliency.any() for packet in bench.painted)
    assert len(bench.of(InferenceFailed)) == 1
    error = bench.of(InferenceFailed)[0].error
    assert isinstance(error, UvanetError)
    assert "engine on fire" in error.message
    assert error.hint
    stats = bench.stats
    assert (stats.captured, stats.failed, stats.inferred, stats.painted) == (10, 10, 0, 0)
    assert stats.fps_painted > 0
    assert balanced(stats)


def test_a_network_that_recovers(bench: Bench, predictor: FakePredictor) -> None:
    errors: dict[int, Exception] = {
        1: ValueError("odd"),
        3: ValueError("odd"),
        5: ModelError("The model is tired.", "Let it sleep."),
    }
    predictor.raising = errors.get
    bench.pipeline.open(Clip(7, 25.0, on_read=bench.settle))
    bench.until_state(PipelineState.ENDED)
    assert [packet.failed for packet in bench.painted] == [i in errors for i in range(7)]
    assert bench.painted[6].saliency.any()
    first, second = bench.of(InferenceFailed)
    assert "odd" in first.error.message
    assert second.error is errors[5]
    assert (bench.stats.painted, bench.stats.failed) == (4, 3)


@pytest.mark.parametrize(
    "bad", [np.full((4, 4), np.nan, np.float32), np.zeros((4, 4, 1), np.float32), "no map"]
)
def test_a_network_that_returns_invalid_maps(
    benches: Callable[..., Bench], predictor: FakePredictor, clock: FakeClock, bad: object
) -> None:
    predictor.step = lambda *args, **options: bad  # type: ignore[method-assign]
    bench = benches(predictor, clock)
    bench.pipeline.open(Clip(3, 25.0, on_read=bench.settle))
    bench.until_state(PipelineState.ENDED)
    assert isinstance(bench.until_event(InferenceFailed).error, ModelError)
    assert bench.stats.failed == 3


def test_the_factory_runs_on_the_inference_thread(
    benches: Callable[..., Bench], predictor: FakePredictor, clock: FakeClock
) -> None:
    names: list[str] = []
    ready = threading.Event()

    def factory() -> FakePredictor:
        names.append(threading.current_thread().name)
        assert ready.wait(LIMIT_S)
        return predictor

    bench = benches(factory, clock)  # returns although the model takes its time
    bench.pipeline.open(Clip(10, 25.0))
    bench.until_state(PipelineState.ENDED)
    ready.set()
    bench.settle()
    assert names == ["uvanet-inference"]
    assert bench.indices == [9]


def test_a_model_that_cannot_be_loaded(benches: Callable[..., Bench], clock: FakeClock) -> None:
    error = ModelError("The weights are damaged.", "Install the program again.")

    def factory() -> FakePredictor:
        raise error

    bench = benches(factory, clock)
    assert bench.until_event(InferenceFailed).error is error
    bench.pipeline.open(Clip(5, 25.0, on_read=bench.settle))
    bench.until_state(PipelineState.ENDED)
    wait_until(lambda: bench.indices == list(range(5)))
    assert bench.stats.failed == 5
    assert len(bench.of(InferenceFailed)) == 1


def test_a_frame_without_pixels_is_counted_as_failed(
    bench: Bench, predictor: FakePredictor
) -> None:
    clip = Clip(3, 25.0, on_read=bench.settle)
    picture = clip.picture

    def odd(index: int) -> object:
        frame = picture(index)
        return type(frame)(np.zeros((0, 0, 3), np.uint8), 0.04, 1) if index == 1 else frame

    clip.picture = odd  # type: ignore[assignment, method-assign]
    bench.pipeline.open(clip)
    bench.until_state(PipelineState.ENDED)
    assert bench.indices == [0, 2]
    assert bench.stats.failed == 1
    assert bench.of(InferenceFailed)


def test_an_exception_of_the_result_receiver_does_not_end_the_thread(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    paint = bench.paint

    def fall(packet: object = None) -> None:
        paint()
        raise RuntimeError("window fell over")

    bench.paint = fall  # type: ignore[assignment, method-assign]
    bench.pipeline.open(Clip(3, 25.0, on_read=bench.settle))
    bench.until_state(PipelineState.ENDED)
    wait_until(lambda: bench.indices == [0, 1, 2])
    assert "window fell over" in caplog.text


@pytest.mark.parametrize("shape", [(1, 1), (2, 7680), (4320, 7680), (720, 1280)])
def test_any_size_is_paintable(shape: tuple[int, int]) -> None:
    image = np.full((*shape, 3), (1, 2, 3), np.uint8)
    bgra = paintable(image)
    assert max(bgra.shape[:2]) == min(max(shape), MAX_PAINT_SIDE)
    assert (bgra[::50, ::50] == (1, 2, 3, 255)).all()
    assert not np.shares_memory(bgra, image)
