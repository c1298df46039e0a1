"""Change of the model while frames flow: no frame is lost, a failing model is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from pipeline_fakes import (
    LIMIT_S,
    Bench,
    Clip,
    FakeClock,
    FakePredictor,
    LiveFeed,
    always_balanced,
    wait_until,
)

from app.pipeline.events import InferenceFailed, ModelChanged, ModelRefused, PipelineState
from uvanet.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Callable


def test_each_frame_goes_to_exactly_one_model(bench: Bench, predictor: FakePredictor) -> None:
    other = FakePredictor()

    def on_read(index: int) -> None:
        bench.settle()
        if index == 4:
            bench.pipeline.use_model(other, "other")

    bench.pipeline.open(Clip(10, 25.0, on_read=on_read))
    bench.until_state(PipelineState.ENDED)
    wait_until(lambda: len(bench.painted) == 10)
    assert bench.indices == list(range(10))
    assert predictor.indices == [0, 1, 2, 3]
    assert other.indices == [4, 5, 6, 7, 8, 9]
    assert other.resets == 1
    assert other.thread == "uvanet-inference"
    assert bench.of(ModelChanged) == [ModelChanged(1, "other")]
    assert (bench.stats.failed, bench.stats.dropped) == (0, 0)


def test_model_changed_comes_after_the_first_map(
    benches: Callable[..., Bench], predictor: FakePredictor, clock: FakeClock
) -> None:
    bench = benches(predictor, clock, paints=False)
    other = FakePredictor()
    other.free.clear()
    camera = LiveFeed()
    bench.pipeline.use_model(other, "other")
    bench.pipeline.open(camera)
    assert not other.seen
    camera.push()
    assert other.entered.wait(LIMIT_S)
    assert not bench.of(ModelChanged)
    other.free.set()
    bench.until_event(ModelChanged)
    packet = bench.paint()
    assert packet is not None
    assert not packet.failed


@pytest.mark.parametrize("error", [ModelError("Too small.", "Feed it."), RuntimeError("no ops")])
def test_a_model_that_fails_on_its_first_frame_is_refused(
    bench: Bench, predictor: FakePredictor, error: Exception
) -> None:
    bad = FakePredictor()
    bad.raising = lambda index: error

    def on_read(index: int) -> None:
        bench.settle()
        if index == 2:
            bench.pipeline.use_model(bad, "bad")

    bench.pipeline.open(Clip(5, 25.0, on_read=on_read))
    bench.until_state(PipelineState.ENDED)
    wait_until(lambda: len(bench.painted) == 5)
    # The old one takes the very frame the new one failed on, and remembers what was before.
    assert predictor.indices == [0, 1, 2, 3, 4]
    assert predictor.resets == 1
    assert bad.indices == [2]
    assert not any(packet.failed for packet in bench.painted)
    refused = bench.of(ModelRefused)[0]
    assert refused.name == "bad"
    assert str(error).split(".", maxsplit=1)[0] in refused.error.message
    assert refused.error.hint
    assert bench.of(ModelChanged) == bench.of(InferenceFailed) == []
    assert bench.stats.failed == 0


def test_a_model_can_be_used_after_the_first_failed_to_load(
    benches: Callable[..., Bench], clock: FakeClock
) -> None:
    def factory() -> FakePredictor:
        raise ModelError("The weights are damaged.", "Install the program again.")

    bench = benches(factory, clock)
    camera = LiveFeed()
    bench.pipeline.open(camera)
    camera.push()
    wait_until(lambda: len(bench.painted) == 1)
    bench.pipeline.use_model(FakePredictor(), "good")
    camera.push()
    wait_until(lambda: len(bench.painted) == 2)
    assert [packet.failed for packet in bench.painted] == [True, False]


def test_of_two_requests_the_last_one_counts(bench: Bench, predictor: FakePredictor) -> None:
    first, last = FakePredictor(), FakePredictor()
    predictor.free.clear()
    camera = LiveFeed()
    bench.pipeline.open(camera)
    camera.push()
    assert predictor.entered.wait(LIMIT_S)
    bench.pipeline.use_model(first, "first")
    bench.pipeline.use_model(last, "last")
    predictor.free.set()
    bench.settle()
    camera.push()
    bench.until_event(ModelChanged)
    assert (first.indices, last.indices) == ([], [1])


def test_accounting_balances_while_models_change(bench: Bench, predictor: FakePredictor) -> None:
    def on_read(index: int) -> None:
        other = FakePredictor()
        if index % 3 == 0:
            other.raising = lambda index: RuntimeError("no")
        bench.pipeline.use_model(other, str(index))

    with always_balanced(lambda: bench.stats):
        bench.pipeline.open(Clip(200, 1000.0, on_read=on_read))
        bench.until_state(PipelineState.ENDED)
        bench.settle()
    # The last request comes after the last frame, which is repeated for it.
    assert bench.stats.captured == 201


def test_a_model_takes_over_on_the_frame_of_a_paused_camera(
    bench: Bench, predictor: FakePredictor
) -> None:
    camera = LiveFeed()
    bench.pipeline.open(camera)
    camera.push()
    wait_until(lambda: bench.indices == [0])
    bench.pipeline.pause()
    camera.push()  # the read that is under way ends with it
    bench.until_state(PipelineState.PAUSED)
    wait_until(lambda: bench.indices == [0, 1])
    other = FakePredictor()
    number = bench.pipeline.use_model(other, "other")
    assert bench.until_event(ModelChanged) == ModelChanged(number, "other")
    bench.settle()
    # The frame that is shown, not a new one.
    assert bench.indices == [0, 1, 1]
    assert bench.painted[2].frame.image is bench.painted[1].frame.image
    assert (bench.stats.captured, bench.stats.painted) == (3, 3)


@pytest.mark.parametrize("live", [True, False])
def test_a_model_takes_over_on_the_last_frame_of_a_source_that_ended_or_failed(
    bench: Bench, predictor: FakePredictor, live: bool
) -> None:
    camera = LiveFeed()
    camera.live = live
    bench.pipeline.open(camera)
    camera.push()
    wait_until(lambda: bench.indices == [0])
    camera.fail(ModelError("Broken.", "Mend it."))
    bench.until_state(PipelineState.FAILED)
    bench.pipeline.use_model(FakePredictor(), "other")
    bench.until_event(ModelChanged)
    wait_until(lambda: bench.indices == [0, 0])


@pytest.mark.parametrize("stop", ["end", "pause"])
def test_a_model_takes_over_although_the_source_gives_no_other_frame(
    bench: Bench, predictor: FakePredictor, stop: str
) -> None:
    """The request comes while the source plays, after its last frame."""
    other = FakePredictor()

    def on_read(index: int) -> None:
        bench.settle()
        if index == 3:
            bench.pipeline.use_model(other, "other")
            if stop == "pause":
                bench.pipeline.pause()

    bench.pipeline.open(Clip(3 if stop == "end" else 4, 25.0, on_read=on_read))
    assert bench.until_event(ModelChanged) == ModelChanged(1, "other")
    bench.settle()
    assert other.indices[:1] == [2]
    assert bench.indices[:4] == [0, 1, 2, 2]


def test_model_changed_comes_where_the_first_frame_is_not_paintable(
    bench: Bench, predictor: FakePredictor
) -> None:
    camera = LiveFeed()
    picture = camera.picture

    def without_pixels(index: int) -> object:
        frame = picture(index)
        return type(frame)(np.zeros((0, 0, 3), np.uint8), frame.pts, index)

    camera.picture = without_pixels  # type: ignore[assignment, method-assign]
    other = FakePredictor()
    other.step = lambda *args, **options: np.zeros((4, 4))  # type: ignore[method-assign]
    bench.pipeline.use_model(other, "other")
    bench.pipeline.open(camera)
    camera.push()
    assert bench.until_event(ModelChanged) == ModelChanged(1, "other")
    assert bench.stats.failed == 1
