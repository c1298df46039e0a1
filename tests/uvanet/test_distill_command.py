"""`uvanet distill` as a command: events, orders, given teachers."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from training_kit import Child, Command, phase_of, training

import uvanet
from uvanet.training.control import Callback, track
from uvanet.training.progress import (
    CheckpointEvent,
    DoneEvent,
    EvalEvent,
    Event,
    PreviewEvent,
    StepEvent,
)

pytestmark = pytest.mark.skipif(os.name != "posix", reason="orders on stdin")


class Clock:
    """A clock that the test sets forward."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


class PausingListener(Callback):
    """Keeps the events; pauses for a minute, before the second item."""

    def __init__(self, clock: Clock) -> None:
        self.left: list[float] = []
        self._clock = clock
        self._asked = 0

    def emit(self, event: Event) -> None:
        assert isinstance(event, StepEvent)
        assert event.left is not None
        self.left.append(event.left)

    def proceed(self) -> bool:
        self._asked += 1
        if self._asked == 2:
            self._clock.now += 60
        return True


def test_a_pause_does_not_count_as_work(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr("uvanet.training.control.time", clock)
    listener = PausingListener(clock)
    for _ in track(range(4), "label", listener):
        clock.now += 1
    assert listener.left == pytest.approx([3, 2, 1, 0])


@pytest.fixture(scope="module")
def words(gaze_data_root: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[object, ...]:
    """The command of a long run whose teacher is there."""
    out = tmp_path_factory.mktemp("distill") / "run"
    run = ("distill", "--preset", "uvanet-32", "--data", gaze_data_root, "--out", out)
    return (*run, "--epochs", 300, "--spatial", "teacher-temporal")


@pytest.fixture(scope="module")
def stopped(words: tuple[object, ...]) -> Child:
    """The run after it was told to stop."""
    child = Child(*words)
    child.until(lambda told: phase_of(told) == "label")
    child.until(lambda told: isinstance(told, EvalEvent))
    child.until(lambda told: isinstance(told, CheckpointEvent))
    child.say("stop")
    code, err = child.end()
    assert code == 0, err
    return child


def test_a_run_is_stopped_by_a_word_keeps_its_best_and_resumes(
    words: tuple[object, ...], stopped: Child
) -> None:
    measured = next(told for told in stopped.events if isinstance(told, EvalEvent))
    assert measured.metric == "nss"
    seen = next(told for told in stopped.events if isinstance(told, PreviewEvent))
    assert seen.target_from == "gaze"
    assert all((seen.frame, seen.student, seen.target))
    last = stopped.last
    assert isinstance(last, DoneEvent)
    assert last.stopped
    card = uvanet.load(last.model).card
    assert card is not None
    assert set(card.metrics) == {"val"}
    assert last.report["verdict"] in ("better", "no clear difference", "worse")
    # The run resumes from its checkpoint, and no label is made again.
    again = Child(*words)
    again.until(training(int(measured.step) + 1))
    steps = [told for told in again.events if isinstance(told, StepEvent)]
    assert not any(told.phase == "train" and told.done <= measured.step for told in steps)
    again.process.kill()
    again.end()


def test_teachers_that_are_there_label_and_none_is_made(stopped: Child) -> None:
    phases = {phase_of(told) for told in stopped.events if isinstance(told, StepEvent)}
    assert "label" in phases
    assert not {"features", "readout", "motion", "gate"} & phases
    assert isinstance(stopped.last, DoneEvent)
    model = Path(stopped.last.model)
    assert not list(model.parents[1].rglob("teacher-*"))
    card = uvanet.load(model).card
    assert card is not None
    assert card.recipe["spatial teacher"]["name"] == "teacher-temporal"
    assert card.recipe["temporal teacher"]["name"] == "teacher-temporal"
    assert "--spatial teacher-temporal --temporal teacher-temporal" in card.recipe["command"]
    assert any("EfficientNet" in row.name for row in card.data)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (("--temporal", "teacher-spatial"), "sees no motion"),
        (("--spatial", "uvanet-64"), "is a student"),
        (("--spatial", "nobody.onnx"), "There is no teacher"),
    ],
)
def test_a_teacher_that_cannot_label_is_told(
    gaze_data_root: Path, tmp_path: Path, more: tuple[str, ...], told: str
) -> None:
    out = tmp_path / "run"
    done = Command(
        "distill", "--preset", "uvanet-32", "--data", gaze_data_root, "--out", out, *more
    )
    assert done.code == 2
    assert told in done.err or any(told in repr(event) for event in done.events)
