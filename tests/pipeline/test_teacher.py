"""Teacher next to the student: synchronized or not, with an accounting of its own."""

from __future__ import annotations

import os
import sys
import threading
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

from app.pipeline.agreement import agreement
from app.pipeline.clock import SystemClock
from app.pipeline.events import PipelineState, TeacherFailed, TeacherReady
from app.pipeline.stats import Drop
from uvanet.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def teacher() -> FakePredictor:
    return FakePredictor()


def watched(bench: Bench, teacher: Any, *, synchronized: bool) -> LiveFeed:
    """Opens a camera on a bench whose teacher is ready."""
    bench.pipeline.teacher.use(teacher, name="teacher", synchronized=synchronized)
    bench.until_event(TeacherReady)
    camera = LiveFeed()
    bench.pipeline.open(camera)
    return camera


def test_synchronized_mode_shows_only_frames_that_both_processed(
    bench: Bench, predictor: FakePredictor, teacher: FakePredictor
) -> None:
    teacher.free.clear()
    camera = watched(bench, teacher, synchronized=True)
    for count in range(1, 9):
        camera.push()
        wait_until(lambda count=count: len(predictor.seen) == count)
        if count == 1:
            assert teacher.entered.wait(LIMIT_S)
    wait_until(lambda: bench.stats.in_flight == 2)  # one in the teacher's hand, one in its slot
    assert bench.painted == []
    teacher.free.set()
    bench.settle()
    assert bench.indices == teacher.indices == [0, 7]
    for packet in bench.painted:
        assert packet.teacher_result is not None
        assert packet.teacher_result.seq == packet.frame.seq
        assert packet.teacher_result.result.saliency is packet.saliency
        assert packet.teacher_result.saliency == pytest.approx(packet.frame.index / 255)
        assert packet.teacher_result.lag_s >= 0
    assert bench.stats.dropped_by_cause[Drop.TEACHER_BUSY] == 6
    assert bench.stats.painted == 2
    own = bench.pipeline.teacher.stats()
    assert own is not None
    assert balanced(own)
    assert (own.captured, own.painted, own.dropped) == (8, 2, 6)


def test_unsynchronized_mode_does_not_delay_the_student(
    bench: Bench, predictor: FakePredictor, teacher: FakePredictor
) -> None:
    teacher.free.clear()
    camera = watched(bench, teacher, synchronized=False)
    for count in range(1, 6):
        camera.push()
        wait_until(lambda count=count: len(bench.painted) == count)
        # It holds the first one: on a busy machine it could come too late for that.
        assert teacher.entered.wait(LIMIT_S)
    assert bench.stats.dropped == 0
    assert bench.pipeline.teacher.take() is None
    results = bench.results
    teacher.free.set()
    wait_until(lambda: bench.results >= results + 2)
    result = bench.pipeline.teacher.take()
    assert result is not None
    # Each of its maps has the student's map of the very same frame beside it.
    assert result.result is bench.painted[-1]
    assert result.agreement is not None
    assert all(packet.teacher_result is None for packet in bench.painted)
    own = bench.pipeline.teacher.stats()
    assert own is not None
    assert balanced(own)
    assert (own.captured, own.in_flight) == (5, 0)
    assert teacher.indices == [0, 4]


def test_lag_is_the_time_between_both_maps(
    bench: Bench, clock: FakeClock, predictor: FakePredictor, teacher: FakePredictor
) -> None:
    teacher.free.clear()
    camera = watched(bench, teacher, synchronized=True)
    camera.push()
    assert teacher.entered.wait(LIMIT_S)
    clock.advance(0.25)
    teacher.free.set()
    wait_until(lambda: bench.painted)
    result = bench.painted[0].teacher_result
    assert result is not None
    assert result.lag_s == pytest.approx(0.25)
    assert result.inference_s == pytest.approx(0.25)


@pytest.mark.parametrize("synchronized", [True, False])
def test_the_student_goes_on_where_the_teacher_raises(
    bench: Bench, teacher: FakePredictor, synchronized: bool
) -> None:
    teacher.raising = lambda index: RuntimeError(f"frame {index} is too hard")
    camera = watched(bench, teacher, synchronized=synchronized)
    for count in range(1, 4):
        camera.push()
        wait_until(lambda count=count: len(bench.painted) == count)
    failed = bench.until_event(TeacherFailed)
    assert failed.name == "teacher"
    assert "too hard" in failed.error.message
    wait_until(lambda: bench.pipeline.teacher.stats().in_flight == 0)
    assert len(bench.of(TeacherFailed)) == 1
    assert bench.stats.failed == 0
    assert bench.pipeline.teacher.stats().failed > 0


def test_the_student_goes_on_where_the_teacher_does_not_load(bench: Bench) -> None:
    error = ModelError("The teacher is damaged.", "Copy it again.")

    def factory() -> FakePredictor:
        raise error

    bench.pipeline.teacher.use(factory, name="teacher", synchronized=True)
    assert bench.until_event(TeacherFailed).error is error
    bench.pipeline.open(Clip(5, 25.0, on_read=bench.settle))
    bench.until_state(PipelineState.ENDED)
    wait_until(lambda: bench.indices == list(range(5)))


def test_a_seek_drops_frames_that_wait_for_the_teacher(
    bench: Bench, teacher: FakePredictor
) -> None:
    teacher.free.clear()
    bench.pipeline.teacher.use(teacher, name="teacher", synchronized=True)
    bench.until_event(TeacherReady)
    held = threading.Event()

    def on_read(index: int) -> None:
        if index == 1:
            assert teacher.entered.wait(LIMIT_S)
            wait_until(lambda: bench.stats.in_flight == 1)
        if index == 2:
            assert held.wait(LIMIT_S)

    clip = Clip(100, 25.0, on_read=on_read)
    bench.pipeline.open(clip)
    assert teacher.entered.wait(LIMIT_S)
    bench.pipeline.pause()
    bench.pipeline.seek(2.0)
    held.set()
    wait_until(lambda: clip.seeks == [2.0])
    teacher.free.set()
    wait_until(lambda: bench.indices == [50])
    bench.settle()
    assert bench.stats.dropped_by_cause[Drop.SEEK] >= 1
    assert teacher.resets == 2


def test_stopping_the_teacher_releases_held_frames(bench: Bench, teacher: FakePredictor) -> None:
    teacher.free.clear()
    camera = watched(bench, teacher, synchronized=True)
    camera.push()
    assert teacher.entered.wait(LIMIT_S)
    camera.push()
    wait_until(lambda: bench.stats.in_flight == 2 and bench.stats.inferred == 2)
    bench.pipeline.teacher.use(None)
    camera.push()
    wait_until(lambda: bench.indices == [2])
    teacher.free.set()
    bench.settle()
    # What the teacher still had is older than what is shown, and never painted.
    assert bench.indices == [2]
    assert bench.stats.dropped_by_cause[Drop.TEACHER_BUSY] == 2
    assert bench.pipeline.teacher.stats() is None


def test_accounting_balances_while_teachers_change(benches: Callable[..., Bench]) -> None:
    bench = benches(FakePredictor(), SystemClock())
    second = bench.pipeline.teacher
    bench.pipeline.set_loop(True)
    bad = FakePredictor()
    bad.raising = lambda index: ValueError("no") if index % 3 == 0 else None
    commands: list[Callable[[int], object]] = [
        lambda i: second.use(FakePredictor(), name="a", synchronized=i % 2 == 0),
        lambda i: second.set_synchronized(i % 2 == 0),
        lambda i: second.use(bad, name="b", synchronized=True),
        lambda i: second.take(),
        lambda i: bench.pipeline.seek(i % 40 / 200),
        lambda i: second.use(None),
    ]
    bench.pipeline.open(Clip(40, 1000.0))
    with always_balanced(lambda: bench.stats, second.stats):
        for i in range(240):
            before = bench.stats.captured
            commands[i * i % 23 % len(commands)](i)
            bench.pipeline.play()
            wait_until(lambda before=before: bench.stats.captured > before)
    assert bench.pipeline.close(LIMIT_S)
    assert bench.stats.in_flight == 0
    numbers = [packet.frame.seq for packet in bench.painted]
    assert numbers == sorted(set(numbers))


@pytest.mark.skipif(sys.platform != "linux", reason="reads the niceness of a thread")
def test_only_the_teacher_has_lower_priority(bench: Bench, predictor: FakePredictor) -> None:
    niceness: dict[str, int] = {}

    class Nice(FakePredictor):
        def step(self, *args: Any, **options: Any) -> Any:
            thread = threading.current_thread()
            niceness[thread.name] = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
            return super().step(*args, **options)

    predictor.step = Nice().step  # type: ignore[method-assign]
    camera = watched(bench, Nice(), synchronized=True)
    camera.push()
    wait_until(lambda: bench.painted)
    own = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    assert niceness["uvanet-inference"] == own
    assert niceness["uvanet-teacher"] > own


def test_agreement_at_the_ends_of_its_ranges() -> None:
    one, other = np.zeros((8, 8), np.float32), np.zeros((8, 8), np.float32)
    one[0, 0] = other[7, 7] = 1.0
    same = agreement(one, one, (160, 120))
    assert (same.cc, same.sim, same.peaks) == (pytest.approx(1), pytest.approx(1), 0)
    assert same.kld == pytest.approx(0, abs=1e-4)
    apart = agreement(one, other, (160, 120))
    assert apart.cc < 0
    assert apart.sim == pytest.approx(0)
    assert apart.kld > 5
    assert apart.peaks == pytest.approx(7 / 8)


def test_agreement_of_different_map_sizes_uses_the_frame_proportions() -> None:
    student, teacher = np.zeros((8, 8), np.float32), np.zeros((36, 48), np.float32)
    student[4, 0], teacher[18, 47] = 1.0, 1.0
    far = agreement(student, teacher, (400, 100))
    near = agreement(student, teacher, (100, 400))
    assert far.peaks > 0.8 > 0.3 > near.peaks


@pytest.mark.parametrize("synchronized", [True, False])
def test_results_and_events_carry_the_number_of_their_teacher(
    bench: Bench, teacher: FakePredictor, synchronized: bool
) -> None:
    """The result of a teacher that was replaced cannot be taken for one of its successor."""
    teacher.free.clear()
    camera = watched(bench, teacher, synchronized=synchronized)
    camera.push()
    assert teacher.entered.wait(LIMIT_S)
    bench.pipeline.teacher.use(FakePredictor(), name="next", synchronized=synchronized)
    bench.until_event(TeacherReady, 2)
    teacher.free.set()
    wait_until(lambda: bench.indices == [0])
    wait_until(lambda: len([t for t in threading.enumerate() if t.name == "uvanet-teacher"]) == 1)
    # In its own slot, a result that came too late is not seen by the successor at all.
    assert bench.pipeline.teacher.take() is None
    late = bench.painted[0].teacher_result
    assert (late.teacher if late else None) == (1 if synchronized else None)
    assert bench.of(TeacherReady) == [TeacherReady(1, "teacher"), TeacherReady(2, "next")]
    results = bench.results
    camera.push()
    if synchronized:
        wait_until(lambda: len(bench.painted) == 2)
        result = bench.painted[1].teacher_result
    else:
        wait_until(lambda: bench.results >= results + 2)
        result = bench.pipeline.teacher.take()
    assert result is not None
    assert (result.teacher, result.seq) == (2, 2)
