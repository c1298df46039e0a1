"""Live session: events and results of what was replaced since are ignored."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from pipeline_fakes import LIMIT_S, Clip, FakePredictor, LiveFeed

from app.pipeline.events import (
    InferenceFailed,
    ModelRefused,
    PipelineState,
    SourceFailed,
    StateChanged,
    TeacherFailed,
    TeacherReady,
)
from app.runtime.jobs import Jobs
from app.session import student as student_module
from app.session import teacher as teacher_module
from app.session.session import LiveSession
from uvanet import sources
from uvanet.errors import ModelError, SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytestqt.qtbot import QtBot

    from uvanet.sources.base import Source

ERROR = SourceError("It broke.", "Mend it.")


class Stage:
    """A session, the signals it emitted, and the sources and models that it can open."""

    def __init__(self, qtbot: QtBot) -> None:
        self.qtbot = qtbot
        self.sources: dict[str, Source] = {}
        self.models: dict[str, FakePredictor] = {}
        self.predictor = FakePredictor()
        self.jobs = Jobs()
        self.session = LiveSession(self.predictor, self.jobs, model="first")
        self.opened: list[str] = []
        self.failed: list[str] = []
        self.said: list[tuple[str, object]] = []
        self.session.opened.connect(lambda info: self.opened.append(info.title))
        self.session.failed.connect(lambda error: self.failed.append(error.message))
        student, teacher = self.session.student, self.session.teacher
        for name, signal in {
            "changed": student.changed,
            "refused": student.failed,
            "waiting": student.waiting,
            "inference failed": student.inference_failed,
            "teacher ready": teacher.ready,
            "teacher failed": teacher.failed,
        }.items():
            signal.connect(lambda value, name=name: self.said.append((name, value)))

    def make_source(self, spec: str, **_: object) -> Source:
        if spec not in self.sources:
            raise SourceError(f"{spec} does not exist.", "Choose another one.")
        return self.sources[spec]

    def load(self, name: str, *_: object) -> FakePredictor:
        if name not in self.models:
            raise ModelError(f"{name} does not exist.", "Choose another one.")
        return self.models[name]

    def if_available(self, name: str) -> str:
        return name if name in self.models else ""

    def run_teacher(self, name: str) -> None:
        self.session.teacher.use(name)
        assert self.session.teacher.start(synchronized=True) == name

    def until(self, condition: Callable[[], object]) -> None:
        self.qtbot.waitUntil(lambda: bool(condition()), timeout=int(LIMIT_S * 1000))

    def open(self, source: Clip) -> None:
        """Opens a source and waits until it plays."""
        self.sources[source.title] = source
        self.session.open(source.title)
        self.until(lambda: self.opened[-1:] == [source.title])
        self.until(lambda: self.session.state is not PipelineState.OPENING)

    def post(self, event: object) -> None:
        """An event that a thread of the pipeline posted some time ago."""
        self.session._bridge.notify_event(event)  # type: ignore[arg-type]

    def flush(self) -> None:
        """Waits until all events that were posted so far are handled."""
        seen: list[object] = []
        self.session._bridge.event_arrived.connect(seen.append)
        mark = StateChanged(-1, PipelineState.IDLE)
        self.post(mark)
        self.until(lambda: mark in seen)
        self.session._bridge.event_arrived.disconnect(seen.append)


@pytest.fixture
def stage(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    stage = Stage(qtbot)
    monkeypatch.setattr(sources, "make_source", stage.make_source)
    for module in (student_module, teacher_module):
        monkeypatch.setattr(module, "load_predictor", stage.load)
    monkeypatch.setattr(teacher_module, "if_available", stage.if_available)
    yield stage
    assert stage.session.close(LIMIT_S)
    assert stage.jobs.close(LIMIT_S)


def test_a_slow_source_stays_in_use_after_a_second_choice_that_fails(stage: Stage) -> None:
    opening, go_on = threading.Event(), threading.Event()

    def dawdle() -> None:
        opening.set()
        assert go_on.wait(LIMIT_S)

    slow = Clip(None, 30.0, live=True, title="slow", on_open=dawdle)
    stage.sources["slow"] = slow
    stage.session.open("slow")
    assert stage.until(opening.is_set) is None
    stage.session.open("bad")
    go_on.set()
    # It opens while the second choice is still being made, or after: the outcome is the same.
    stage.until(lambda: stage.failed)
    stage.until(lambda: stage.session.state is PipelineState.PLAYING)
    assert stage.failed == ["bad does not exist."]
    assert stage.opened == ["slow"]
    assert stage.session.info is not None
    assert stage.session.info.title == "slow"


def test_events_during_a_choice_that_fails_are_handled_after_it(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    making, go_on = threading.Event(), threading.Event()
    camera = Clip(None, 30.0, live=True, title="camera", on_open=lambda: making.wait(LIMIT_S))

    def make(spec: str, **options: object) -> Source:
        if spec == "bad":
            making.set()
            assert go_on.wait(LIMIT_S)
        return stage.make_source(spec, **options)

    monkeypatch.setattr(sources, "make_source", make)
    stage.sources["camera"] = camera
    stage.session.open("camera")
    stage.until(lambda: stage.session.source_number == 1)
    stage.session.open("bad")
    stage.until(lambda: stage.session._pipeline.state is PipelineState.PLAYING)
    stage.flush()
    assert stage.session.state is PipelineState.OPENING
    assert stage.opened == []
    go_on.set()
    stage.until(lambda: stage.failed)
    assert stage.opened == ["camera"]
    assert stage.session.state is PipelineState.PLAYING


def test_events_of_a_source_that_was_replaced_are_ignored(stage: Stage) -> None:
    stage.open(Clip(None, 30.0, live=True, title="a"))
    number = stage.session.source_number
    stage.open(Clip(None, 30.0, live=True, title="b"))
    stage.post(SourceFailed(number, ERROR))
    stage.post(StateChanged(number, PipelineState.FAILED))
    stage.flush()
    assert stage.failed == []
    assert stage.session.state is PipelineState.PLAYING
    stage.post(SourceFailed(stage.session.source_number, ERROR))
    stage.flush()
    assert stage.failed == ["It broke."]


def test_events_of_a_teacher_that_was_replaced_are_ignored(stage: Stage) -> None:
    stage.models = {"a": FakePredictor(), "b": FakePredictor()}
    for name in ("a", "b"):
        stage.run_teacher(name)
        stage.until(lambda name=name: ("teacher ready", name) in stage.said)
    stage.said.clear()
    stage.post(TeacherReady(1, "a"))
    stage.post(TeacherFailed(1, "a", ModelError("Bad a.", "Choose.")))
    stage.flush()
    assert stage.said == []


def test_a_result_of_a_replaced_teacher_is_left_out(stage: Stage) -> None:
    stage.models = {"a": FakePredictor(), "b": FakePredictor()}
    stage.run_teacher("a")
    stage.until(lambda: ("teacher ready", "a") in stage.said)
    camera = LiveFeed()
    stage.sources["camera"] = camera
    ready: list[bool] = []
    stage.session.result_ready.connect(lambda: ready.append(True))
    stage.session.open("camera")
    stage.until(lambda: stage.opened)
    camera.push()
    stage.until(lambda: ready)
    # The result of a waits to be taken; b takes over before it is.
    stage.run_teacher("b")
    packet = stage.session.take()
    assert packet is not None
    assert packet.teacher_result is None
    stage.session.painted(packet)
    assert stage.session.stats().painted == 1


def test_failures_of_models_that_are_not_in_use_are_ignored(stage: Stage) -> None:
    stage.models["b"] = FakePredictor()
    stage.open(Clip(None, 30.0, live=True, title="camera"))
    stage.session.student.use("b")
    stage.until(lambda: stage.said)
    assert stage.said == [("changed", "b")]
    stage.post(InferenceFailed(0, ModelError("Bad first.", "Choose.")))
    stage.post(ModelRefused(0, "first", ModelError("Bad first.", "Choose.")))
    stage.flush()
    assert stage.said == [("changed", "b")]
    stage.post(InferenceFailed(1, ModelError("Bad b.", "Choose.")))
    stage.flush()
    assert [name for name, _ in stage.said] == ["changed", "inference failed"]


def test_a_model_without_a_frame_for_its_trial_is_reported_as_waiting(stage: Stage) -> None:
    stage.models["b"] = FakePredictor()
    stage.session.student.use("b")
    stage.until(lambda: stage.said)
    assert stage.said == [("waiting", "b")]
    stage.open(Clip(1, 25.0, title="clip"))
    stage.until(lambda: ("changed", "b") in stage.said)


def test_a_change_of_engine_keeps_the_model_that_is_being_loaded(stage: Stage) -> None:
    stage.open(Clip(None, 30.0, live=True, title="live"))
    stage.models |= {"first": FakePredictor(), "second": FakePredictor()}
    student = stage.session.student
    student.use("second")
    student.use_engine("torch")
    stage.until(lambda: ("changed", "second") in stage.said)
    stage.until(lambda: not student.pending)
    assert (student.name, student.choice) == ("second", "second")


def test_a_model_takes_effect_on_the_frame_of_a_paused_live_source(stage: Stage) -> None:
    stage.models["b"] = other = FakePredictor()
    stage.open(Clip(None, 30.0, live=True, title="camera"))
    stage.session.toggle()
    stage.until(lambda: stage.session.state is PipelineState.PAUSED)
    stage.session.student.use("b")
    stage.until(lambda: stage.said)
    assert stage.said == [("changed", "b")]
    assert len(other.seen) == 1


def test_a_teacher_that_was_deleted_counts_as_not_chosen(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(teacher_module, "first_teacher", lambda student: f"not {student}")
    stage.models["b"] = FakePredictor()
    stage.session.teacher.use("deleted")
    assert stage.session.teacher.name == "not first"
    stage.session.teacher.use("b")
    assert stage.session.teacher.name == "b"
