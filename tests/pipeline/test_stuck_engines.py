"""Networks that do not return from `step`: reported by name, and the rest goes on."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from endless_model import write_endless_model
from pipeline_fakes import LIMIT_S, Bench, FakeClock, FakePredictor, LiveFeed, balanced, wait_until

from app.pipeline.events import (
    InferenceFailed,
    ModelChanged,
    ModelRefused,
    TeacherFailed,
    TeacherReady,
)
from uvanet import Stream, load

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

STEP_LIMIT_S = 1.0


class Stuck(FakePredictor):
    """Blocks in `step` until `free` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.free.clear()


@pytest.fixture
def stuck() -> Iterator[Stuck]:
    predictor = Stuck()
    yield predictor
    predictor.free.set()


@pytest.fixture
def camera() -> LiveFeed:
    return LiveFeed()


@pytest.fixture
def start(
    benches: Callable[..., Bench], clock: FakeClock, camera: LiveFeed, stuck: Stuck
) -> Iterator[Callable[..., Bench]]:
    """Starts a pipeline on the camera; frees the stuck network before it is closed."""

    def make(predictor: object) -> Bench:
        bench = benches(predictor, clock, name="endless", step_limit_s=STEP_LIMIT_S)
        bench.pipeline.open(camera)
        return bench

    yield make
    stuck.free.set()


def shows(bench: Bench, camera: LiveFeed, *, failed: bool) -> None:
    """The next frame is painted, with or without a map."""
    before = len(bench.painted)
    camera.push()
    wait_until(lambda: len(bench.painted) > before, "for the next frame")
    assert bench.painted[-1].failed is failed
    assert balanced(bench.stats)


def test_a_trial_that_does_not_return_is_refused_and_the_model_before_stays(
    start: Callable[..., Bench], predictor: FakePredictor, camera: LiveFeed, stuck: Stuck
) -> None:
    bench = start(predictor)
    number = bench.pipeline.use_model(stuck, "endless")
    camera.push()
    assert stuck.entered.wait(LIMIT_S)
    refused = bench.until_event(ModelRefused)
    assert (refused.model, refused.name) == (number, "endless")
    assert "endless" in refused.error.message
    assert refused.error.hint
    # The model before gets the very frame, and every later one.
    wait_until(lambda: bench.indices == [0])
    assert not bench.painted[0].failed
    shows(bench, camera, failed=False)
    assert predictor.indices == [0, 1]
    stuck.free.set()
    shows(bench, camera, failed=False)
    assert stuck.indices == [0]
    assert bench.of(ModelChanged) == []


def test_a_model_that_does_not_return_is_named_and_frames_go_on_without_maps(
    start: Callable[..., Bench], camera: LiveFeed, stuck: Stuck
) -> None:
    bench = start(stuck)
    camera.push()
    failure = bench.until_event(InferenceFailed)
    assert failure.model == 0
    assert "endless" in failure.error.message
    wait_until(lambda: bench.indices == [0])
    shows(bench, camera, failed=True)
    assert bench.stats.failed == 2
    good = FakePredictor()
    bench.pipeline.use_model(good, "good")
    shows(bench, camera, failed=False)
    assert bench.of(ModelChanged) == [ModelChanged(1, "good")]
    stuck.free.set()
    shows(bench, camera, failed=False)
    assert good.indices == [2, 3]


def test_an_endless_onnx_file_is_canceled_and_its_thread_ends(
    benches: Callable[..., Bench], camera: LiveFeed, tmp_path: Path
) -> None:
    path = write_endless_model(tmp_path / "endless.onnx")
    bench = benches(FakePredictor(), step_limit_s=STEP_LIMIT_S)
    bench.pipeline.open(camera)
    bench.pipeline.use_model(Stream(load(path)), "endless")
    camera.push()
    assert bench.until_event(ModelRefused).name == "endless"
    wait_until(lambda: bench.indices == [0])
    assert not bench.painted[0].failed
    wait_until(
        lambda: [t.name for t in threading.enumerate()].count("uvanet-inference") == 1,
        "for the end of the thread that computed",
    )


def test_another_model_takes_over_from_one_that_does_not_return(
    start: Callable[..., Bench], camera: LiveFeed, stuck: Stuck
) -> None:
    bench = start(stuck)
    camera.push()
    assert stuck.entered.wait(LIMIT_S)
    good = FakePredictor()
    bench.pipeline.use_model(good, "good")
    bench.until_event(ModelChanged)
    wait_until(lambda: len(bench.painted) > 0)
    assert not bench.painted[-1].failed
    assert good.indices[0] == 0


def test_another_model_takes_over_from_one_that_never_loads(
    start: Callable[..., Bench], camera: LiveFeed, stuck: Stuck
) -> None:
    loading = threading.Event()

    def factory() -> FakePredictor:
        loading.set()
        assert stuck.free.wait(LIMIT_S)
        return FakePredictor()

    bench = start(factory)
    assert loading.wait(LIMIT_S)
    bench.pipeline.use_model(FakePredictor(), "good")
    shows(bench, camera, failed=False)
    assert bench.of(ModelChanged) == [ModelChanged(1, "good")]


@pytest.mark.parametrize("synchronized", [True, False])
def test_a_teacher_that_does_not_return_is_named_and_the_student_goes_on(
    start: Callable[..., Bench],
    predictor: FakePredictor,
    camera: LiveFeed,
    stuck: Stuck,
    synchronized: bool,
) -> None:
    bench = start(predictor)
    number = bench.pipeline.teacher.use(stuck, name="endless", synchronized=synchronized)
    bench.until_event(TeacherReady)
    camera.push()
    failed = bench.until_event(TeacherFailed)
    assert (failed.teacher, failed.name) == (number, "endless")
    assert "endless" in failed.error.message
    wait_until(lambda: bench.indices == [0])
    shows(bench, camera, failed=False)
    stats = bench.pipeline.teacher.stats()
    assert stats is not None
    assert balanced(stats)
    stuck.free.set()
    shows(bench, camera, failed=False)
    assert bench.indices == [0, 1, 2]
    assert all(packet.teacher_result is None for packet in bench.painted)
