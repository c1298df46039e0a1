"""Both steps of coupled distillation by their command: real children on a tiny data set."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from training_kit import Child, kind_of, phase_of, training

import uvanet
from uvanet.training.control import Callback, track
from uvanet.training.teachers.build import make_teachers
from uvanet.training.teachers.inference import SPATIAL, TEMPORAL
from uvanet.training.teachers.spatial import TeacherConfig
from uvanet.training.teachers.temporal import MotionTeacherConfig

if TYPE_CHECKING:
    from pathlib import Path

    from uvanet.training.progress import Event

pytestmark = pytest.mark.skipif(os.name != "posix", reason="orders by stdin")


class Listener(Callback):
    """Hears everything; pauses once, before the second item."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._asked = 0

    def emit(self, event: Event) -> None:
        self.events.append(event)

    def proceed(self) -> bool:
        self._asked += 1
        if self._asked == 2:
            time.sleep(1.5)
        return True


def small_teachers(root: Path, out: Path, watch: Callback | None = None) -> None:
    """Teachers as large as those that ship, which have learned next to nothing."""
    spatial = replace(TeacherConfig(), views=2, epochs=1, batch=4)
    temporal = replace(MotionTeacherConfig(), sequences=4, held_out=2, epochs=1, batch=2)
    make_teachers(root, out, spatial, temporal, watch)


def test_teachers_tell_how_far_they_are(gaze_tree: Path, tmp_path: Path) -> None:
    heard = Listener()
    small_teachers(gaze_tree, tmp_path, heard)
    phases = [phase_of(told) for told in heard.events if kind_of(told) == "step"]
    assert list(dict.fromkeys(phases)) == ["features", "readout", "motion", "gate"]
    assert all(told.left >= 0 for told in heard.events)


def test_a_pause_is_not_counted_as_work() -> None:
    heard = Listener()
    for _ in track(range(40), "label", heard):
        time.sleep(0.02)
    # A second and a half of rest would be told as a minute for the forty.
    assert max(told.left for told in heard.events) < 3


def test_a_coupled_run_tells_is_stopped_keeps_its_best_and_goes_on(
    gaze_tree: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    out.mkdir()
    small_teachers(gaze_tree, out)
    words = ("distill", "--preset", "uvanet-32", "--data", gaze_tree, "--out", out)
    words = (*words, "--epochs", 300, "--threads", 1)
    child = Child(*words)
    child.until(lambda told: phase_of(told) == "label")
    measured = child.until(lambda told: kind_of(told) == "eval")
    assert measured.metric == "nss"
    seen = child.until(lambda told: kind_of(told) == "preview")
    assert seen.frame
    assert seen.student
    assert seen.target
    child.until(lambda told: kind_of(told) == "checkpoint")
    child.say("stop")
    code, err = child.end()
    assert code == 0, err
    last = child.last
    assert (kind_of(last), last.stopped) == ("done", True)
    model = uvanet.load(last.model)
    assert model.card.measured("test")["nss"] is not None
    assert last.report["verdict"] in ("better", "no clear difference", "worse")
    # It goes on from there, and labels nothing anew.
    again = Child(*words)
    again.until(training(int(measured.step) + 1))
    assert not any(phase_of(told) == "train" and told.done == 1 for told in again.events)
    assert {SPATIAL, TEMPORAL} <= {path.stem for path in out.glob("*.onnx")}
    again.say("stop")
    assert again.end()[0] == 0


def test_a_distillation_tells_of_itself_and_stops_at_a_word(
    gaze_tree: Path, tmp_path: Path
) -> None:
    from test_recipe import CORPUS, MOTION, STUDENT, TEACHER

    from uvanet.training.control import Callback, StoppedError
    from uvanet.training.pipeline import distill

    class Ear(Callback):
        def __init__(self, last: int) -> None:
            self.told: list[str] = []
            self.last = last

        def emit(self, told: object) -> None:
            self.told.append(kind_of(told))  # type: ignore[attr-defined]

        def proceed(self) -> bool:
            return self.told.count("checkpoint") < self.last

    ear = Ear(1)
    with pytest.raises(StoppedError):
        distill(STUDENT, TEACHER, CORPUS, gaze_tree, tmp_path / "run", motion=MOTION, watch=ear)
    assert {"step", "eval", "checkpoint"} <= set(ear.told)
    assert (tmp_path / "run" / STUDENT.preset / "best.safetensors").exists()
    # The same again goes on.
    ear = Ear(1_000)
    run = tmp_path / "run"
    card = distill(STUDENT, TEACHER, CORPUS, gaze_tree, run, motion=MOTION, watch=ear)
    assert ear.told.count("checkpoint") == STUDENT.epochs - 1 + 20
    assert card.role == "student"


def test_teachers_that_are_there_label_and_none_is_made(gaze_tree: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    words = ("distill", "--preset", "uvanet-32", "--data", gaze_tree, "--out", out, "--epochs", 300)
    child = Child(*words, "--threads", 1, "--spatial", "teacher-temporal")
    child.until(lambda told: kind_of(told) == "eval")
    child.say("stop")
    code, err = child.end()
    assert code == 0, err
    phases = {phase_of(told) for told in child.events if kind_of(told) == "step"}
    assert "label" in phases
    assert not {"features", "readout", "motion", "gate"} & phases
    assert not list(out.glob("teacher-*"))
    card = uvanet.load(child.last.model).card
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
        (("--quick", "--pool", ".", "--spatial", "teacher-spatial"), "Give --teacher"),
    ],
)
def test_a_teacher_that_cannot_label_is_told(
    gaze_tree: Path, tmp_path: Path, more: tuple[str, ...], told: str
) -> None:
    out = tmp_path / "run"
    child = Child("distill", "--preset", "uvanet-32", "--data", gaze_tree, "--out", out, *more)
    code, err = child.end()
    assert code == 2
    assert told in err or any(told in str(event.fields) for event in child.events)
