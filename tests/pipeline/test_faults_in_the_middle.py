"""Engines and sources that work for a while and then do not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
    balanced,
    wait_until,
)

from app.pipeline.events import (
    InferenceFailed,
    PipelineState,
    SourceFailed,
    SourceOpened,
    SourceResumed,
    SourceStalled,
    TeacherFailed,
    TeacherReady,
)
from uvanet.sources.base import Frame

if TYPE_CHECKING:
    from collections.abc import Callable

FRAME = 60
AFTER = 20


class FailsAt(FakePredictor):
    """Gives maps until a later frame, which `fault` answers, and maps again afterwards."""

    def __init__(self, fault: Callable[[], Any]) -> None:
        super().__init__()
        self.fault = fault
        self.steps = 0

    def step(self, image: Any, t: float, *, bgr: bool = False) -> Any:
        self.steps += 1
        saliency = super().step(image, t, bgr=bgr)
        return self.fault() if self.steps == FRAME + 1 else saliency


def raises() -> Any:
    raise RuntimeError("the driver was reset")


def out_of_memory() -> Any:
    raise MemoryError


FAULTS = {
    "raises": raises,
    "memory": out_of_memory,
    "nan": lambda: np.full((4, 4), np.nan, np.float32),
    "no map": lambda: None,
    "empty": lambda: np.empty((0, 4), np.float32),
    "three axes": lambda: np.zeros((1, 4, 4), np.float32),
    "text": lambda: "saliency",
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_an_engine_that_fails_on_a_later_frame_costs_one_map(
    benches: Callable[..., Bench], clock: FakeClock, fault: Callable[[], Any]
) -> None:
    bench = benches(FailsAt(fault), clock, name="tired")
    clip = Clip(FRAME + AFTER, on_read=bench.settle)
    with always_balanced(lambda: bench.stats):
        bench.pipeline.open(clip)
        bench.until_state(PipelineState.ENDED)
        bench.settle()
    (failure,) = bench.of(InferenceFailed)
    assert failure.error.message
    assert failure.error.hint
    assert bench.indices == list(range(FRAME + AFTER))
    assert [packet.frame.index for packet in bench.painted if packet.failed] == [FRAME]
    assert bench.stats.failed == 1


@pytest.mark.parametrize("shape", [(9, 5), (1, 1), (300, 400)])
def test_an_engine_may_change_the_shape_of_its_maps(
    benches: Callable[..., Bench], clock: FakeClock, shape: tuple[int, int]
) -> None:
    bench = benches(FailsAt(lambda: np.ones(shape, np.float32)), clock)
    bench.pipeline.open(Clip(FRAME + AFTER, on_read=bench.settle))
    bench.until_state(PipelineState.ENDED)
    bench.settle()
    assert bench.painted[FRAME].saliency.shape == shape
    assert bench.of(InferenceFailed) == []
    assert bench.stats.failed == 0


def test_an_engine_that_never_returns_from_a_later_frame_is_given_up(
    benches: Callable[..., Bench], clock: FakeClock
) -> None:
    stuck = FakePredictor()
    stuck_engine = FailsAt(lambda: stuck.free.wait(LIMIT_S))
    stuck.free.clear()
    bench = benches(stuck_engine, clock, name="tired", step_limit_s=0.5)
    camera = LiveFeed()
    bench.pipeline.open(camera)
    for number in range(FRAME + AFTER):
        camera.push()
        wait_until(lambda number=number: len(bench.painted) > number)
    (failure,) = bench.of(InferenceFailed)
    assert "tired" in failure.error.message
    assert bench.indices == list(range(FRAME + AFTER))
    good = FakePredictor()
    bench.pipeline.use_model(good, "good")
    camera.push()
    wait_until(lambda: good.seen)
    wait_until(lambda: not bench.painted[-1].failed)
    stuck.free.set()
    assert balanced(bench.stats)


@pytest.mark.parametrize("synchronized", [True, False])
def test_a_slow_teacher_delays_nothing_it_was_not_asked_to(
    bench: Bench, predictor: FakePredictor, synchronized: bool
) -> None:
    teacher = FakePredictor()
    teacher.free.clear()  # its step takes as long as the test wants, which stands for 10 s
    camera = LiveFeed()
    bench.pipeline.open(camera)
    bench.pipeline.teacher.use(teacher, name="slow", synchronized=synchronized)
    bench.until_event(TeacherReady)
    for number in range(AFTER):
        camera.push()
        wait_until(lambda number=number: len(predictor.seen) > number)
    if synchronized:  # one frame computes, one waits, the rest is dropped by cause
        wait_until(lambda: sum(bench.stats.dropped_by_cause.values()) == AFTER - 2)
        assert bench.stats.in_flight == 2
    else:
        wait_until(lambda: bench.indices == list(range(AFTER)))
    teacher.free.set()
    bench.settle()
    assert bench.indices[-1] == AFTER - 1
    assert bench.of(TeacherFailed) == []


def test_a_file_whose_share_vanishes_is_reported_and_resumes(
    bench: Bench, clock: FakeClock
) -> None:
    gone = FakePredictor()

    def vanish(index: int) -> None:
        if index == 5:
            gone.free.clear()
            gone.entered.set()
            assert gone.free.wait(LIMIT_S)

    clip = Clip(10, on_read=vanish)
    bench.pipeline.open(clip)
    assert gone.entered.wait(LIMIT_S)
    clock.advance(10.0)
    assert bench.until_event(SourceStalled).seconds >= 3
    assert balanced(bench.stats)
    gone.free.set()
    bench.until_event(SourceResumed)
    bench.until_state(PipelineState.ENDED)
    assert len(bench.of(SourceStalled)) == 1
    assert bench.of(SourceFailed) == []


@pytest.mark.parametrize("paused", [False, True])
def test_a_file_that_only_rests_does_not_stall(
    bench: Bench, clock: FakeClock, paused: bool
) -> None:
    clip = Clip(4)
    bench.pipeline.open(clip)
    if paused:
        bench.pipeline.pause()
    wait_until(lambda: bench.pipeline.state in (PipelineState.PAUSED, PipelineState.ENDED))
    wait_until(lambda: bench.stats.captured > 0, "for the first frame, which comes after a pause")
    bench.settle()
    checks = bench.pipeline._capture._current._detector  # type: ignore[union-attr]
    clock.advance(100.0)
    assert checks.check(clock.now()) is None
    assert bench.of(SourceStalled) == []


def test_another_source_can_be_chosen_while_one_never_returns(bench: Bench) -> None:
    hung = LiveFeed(hangs=True)
    bench.pipeline.open(hung)
    assert hung.reading.wait(LIMIT_S)
    bench.pipeline.open(Clip(3, title="next"))
    bench.until_state(PipelineState.ENDED)
    bench.settle()
    assert bench.of(SourceOpened)[-1].info.title == "next"
    hung.release()


def test_a_source_that_spins_is_dropped_by_cause(
    benches: Callable[..., Bench], predictor: FakePredictor
) -> None:
    """A driver that answers at once with the frame before, again and again."""
    spinning = Clip(None, 30.0, live=True, seekable=False)
    picture = spinning.picture(0)
    spinning.read = lambda: picture  # type: ignore[method-assign]
    bench = benches(predictor)
    with always_balanced(lambda: bench.stats):
        bench.pipeline.open(spinning)
        wait_until(lambda: bench.stats.captured > 5_000)
        assert bench.stats.in_flight <= 4


def test_frames_of_another_size_in_the_middle(bench: Bench) -> None:
    clip = Clip(30, on_read=bench.settle)
    real = clip.picture

    def picture(index: int) -> Frame:
        if index % 10 == 9:
            size = (8 + index, 40 - index)
            return Frame(np.full((size[1], size[0], 3), index, np.uint8), index / 25, index)
        return real(index)

    clip.picture = picture  # type: ignore[method-assign]
    bench.pipeline.open(clip)
    bench.until_state(PipelineState.ENDED)
    bench.settle()
    assert bench.indices == list(range(30))
    assert bench.painted[19].bgra.shape[:2] == (21, 27)
    assert bench.of(InferenceFailed) == []
