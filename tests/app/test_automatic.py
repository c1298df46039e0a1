"""The automatic choice of the student in the running window, with the students that ship.

The measured times decide nothing here but what the policy makes of them.
"""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from window_bench import PATIENCE

from app.features.analyse.feature import Analyse
from app.features.export.feature import Export
from app.features.export.options import ExportOptions
from app.features.models.feature import Models
from app.features.training.feature import Training
from app.runtime.settings import settings_path
from app.session import automatic_policy, step_times
from app.session import student as student_module
from app.session.automatic import UNKNOWN_RATE, source_rate
from app.session.automatic_policy import OVERLOAD_TICKS, SETTLE_TICKS, AutomaticPolicy
from app.session.models import AUTOMATIC
from app.session.step_times import machine_key, model_key, student_times
from uvanet.errors import ModelError
from uvanet.registry import shipped_students
from uvanet.sources import SourceInfo, SourceKind
from uvanet.sources.orientation import Orientation

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from window_bench import Bench

TIMES = {"uvanet-32": 0.1, "uvanet-64": 1.5, "uvanet-128": 5.0}
"""Of 33 ms, a quarter is 8.3 ms; at four times the speed it is 2.1 ms."""


def remember(times: dict[str, float], engine: str = "auto", **session: object) -> None:
    """Writes settings as an earlier start on this machine left them."""
    keys = {card.name: model_key(card) for card in shipped_students()}
    stored = {keys[name]: times.get(name, 1000.0) for name in keys}
    section = {"step_times": {machine_key(engine, None): stored}, **session}
    path = settings_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"version": 2, "session": section}))


@pytest.fixture(autouse=True)
def unloaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The load of the machine that runs the tests changes no model."""
    monkeypatch.setattr(automatic_policy, "OVERLOAD_TICKS", 10**9)


@pytest.fixture
def measured_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str, *_: object) -> list[float]:
        raise AssertionError(f"{name} is measured, although its time is remembered")

    monkeypatch.setattr(step_times, "measure_steps", refuse)


@pytest.fixture
def automatic(launch: Callable[..., Bench], clip: Path, measured_nothing: None) -> Bench:
    """The program on a clip of 30 frames a second, with `TIMES`; uvanet-128 runs."""
    remember(TIMES)
    bench = launch(clip, real=True)
    bench.until(lambda: bench.session.student.name == "uvanet-128")
    return bench


def model_text(bench: Bench) -> str:
    return bench.status.model.full_text


def test_the_first_start_measures_and_remembers(launch: Callable[..., Bench], clip: Path) -> None:
    bench = launch(clip, real=True)
    session = bench.session
    assert model_text(bench) == "Automatic: uvanet-64"
    bench.until(lambda: bench.settings.step_times)
    (stored,) = bench.settings.step_times.values()
    cards = shipped_students()
    assert list(stored) == [model_key(card) for card in cards]
    policy = AutomaticPolicy({card.name: stored[model_key(card)] for card in cards})
    policy.set_rate(30.0)
    bench.until(lambda: session.student.name == policy.name)
    assert model_text(bench) == f"Automatic: {policy.name}"
    assert bench.settings.model == ""
    assert session.stats().failed == 0


def test_every_frame_has_heat_while_the_model_is_swapped(
    launch: Callable[..., Bench], clip: Path, measured_nothing: None
) -> None:
    remember(TIMES)
    bench = launch(clip, real=True)
    shapes: list[tuple[int, ...]] = []
    empty: list[int] = []

    def look(packet) -> None:
        shapes.append(packet.saliency.shape)
        heat = bench.presenter.heat.saliency()
        if packet.failed or heat is None or not heat.any():
            empty.append(packet.frame.seq)

    bench.presenter.presented.connect(look)
    bench.until(lambda: bench.session.student.name == "uvanet-128" and len(set(shapes)) == 2)
    assert empty == []
    assert bench.session.stats().failed == 0


def test_the_choice_and_its_reason_are_shown(automatic: Bench) -> None:
    assert model_text(automatic) == "Automatic: uvanet-128"
    assert "uvanet-128 takes 5.0 ms of 33 ms." in automatic.status.model.toolTip()
    automatic.trigger("choose_models")
    dialog = automatic.find(Models).dialog
    automatic.until(lambda: dialog.table.names)
    assert dialog.automatic.isChecked()
    assert dialog.table.cell("uvanet-128", "use") == "live"
    assert "5.0 ms of 33 ms" in dialog.reason.text()
    # Its measured times are those of the table.
    assert dialog.table.cell("uvanet-128", "speed") == "5.0 ms"
    dialog.close()


def test_another_rate_changes_the_model(automatic: Bench) -> None:
    session = automatic.session
    session.set_speed(4.0)
    automatic.until(lambda: session.student.name == "uvanet-64")
    assert model_text(automatic) == "Automatic: uvanet-64"
    session.set_speed(1.0)
    automatic.until(lambda: session.student.name == "uvanet-128")
    session.set_speed(1.5)  # the same student, of another time
    automatic.until(lambda: "5.0 ms of 22 ms" in automatic.status.model.toolTip())
    assert session.student.name == "uvanet-128"
    assert automatic.settings.model == ""


def test_a_pinned_model_stays_until_automatic_is_chosen(automatic: Bench) -> None:
    session = automatic.session
    automatic.trigger("choose_models")
    dialog = automatic.find(Models).dialog
    automatic.until(lambda: "uvanet-32" in dialog.table.names)
    dialog.table.select("uvanet-32")
    with automatic.qtbot.waitSignal(session.student.choice_made, timeout=PATIENCE):
        dialog.use_button.click()
    assert automatic.settings.model == session.student.name == model_text(automatic) == "uvanet-32"
    assert not dialog.automatic.isChecked()
    session.set_speed(4.0)
    session.automatic.tick()
    assert not session.student.pending
    session.set_speed(1.0)
    dialog.automatic.click()
    assert automatic.settings.model == ""
    automatic.until(lambda: session.student.name == "uvanet-128")
    assert dialog.automatic.isChecked()
    dialog.close()


def test_a_model_pinned_earlier_stays(
    launch: Callable[..., Bench], clip: Path, measured_nothing: None
) -> None:
    remember(TIMES, model="uvanet-32")
    bench = launch(clip, real=True)
    bench.until(lambda: bench.presenter.overlay_seen)
    bench.session.automatic.tick()
    assert not bench.session.student.pending
    assert model_text(bench) == "uvanet-32"
    bench.leave()
    # On the command line, "auto" holds for one run.
    again = launch(clip, real=True, model=AUTOMATIC)
    again.until(lambda: again.session.student.name == "uvanet-128")
    assert again.settings.model == "uvanet-32"


def test_the_next_start_begins_with_the_student_that_ran_last(
    launch: Callable[..., Bench], clip: Path, measured_nothing: None
) -> None:
    remember(TIMES)
    bench = launch(clip, real=True)
    assert bench.session.student.name == "uvanet-64"
    bench.until(lambda: bench.settings.automatic == "uvanet-128")
    bench.leave()
    changes: list[str] = []
    again = launch(clip, real=True)
    again.session.student.changed.connect(changes.append)
    assert model_text(again) == "Automatic: uvanet-128"
    again.until(lambda: "5.0 ms of 33 ms" in again.status.model.toolTip())
    assert changes == []
    again.leave()
    remember(TIMES, automatic="a student of another version")
    assert model_text(launch(clip, real=True)) == "Automatic: uvanet-64"


def test_overload_is_told_and_a_smaller_model_takes_over(
    automatic: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = automatic.session
    monkeypatch.setattr(automatic_policy, "OVERLOAD_TICKS", OVERLOAD_TICKS)
    step_ms = [40.0]
    monkeypatch.setattr(
        session.automatic,
        "_stats",
        lambda: replace(session.stats(), inference_p50_ms=step_ms[0]),
    )
    for _ in range(SETTLE_TICKS + OVERLOAD_TICKS):
        session.automatic.tick()
    automatic.until(lambda: session.student.name == "uvanet-64")
    step_ms[0] = 2.0  # the larger one would take 6.7 ms of 33
    session.automatic.tick()
    assert model_text(automatic) == "Automatic: uvanet-64 (computer busy)"
    assert "A larger model was too slow" in automatic.status.model.toolTip()


def test_a_choice_that_was_under_way_does_not_throw_a_scan_away(automatic: Bench) -> None:
    """A project that was opened on a busy computer lost its scan."""
    session, analyse = automatic.session, automatic.find(Analyse)
    automatic.trigger("scan_clip")
    automatic.until(lambda: analyse._scan.part is not None)
    scan, changed = analyse._scan.part, []
    session.student.changed.connect(changed.append)
    session.student.swap("uvanet-32")
    automatic.until(lambda: len(changed) == 2)
    automatic.until(lambda: analyse._scan.part is not None)
    assert analyse._scan.part == scan
    assert changed == ["uvanet-32", scan.model]
    # The choice of the user counts more.
    session.student.use("uvanet-32")
    automatic.until(lambda: len(changed) == 3 and not session.student.pending)
    assert analyse._scan.part is None
    assert session.student.name == "uvanet-32"


def test_a_scan_keeps_its_model_under_its_own_load_and_afterwards(
    automatic: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, history = automatic.session, automatic.find(Analyse).history
    proceed = threading.Event()
    load_copy = session.student.load_copy

    def load() -> object:
        assert proceed.wait(PATIENCE / 1000)
        return load_copy()

    monkeypatch.setattr(session.student, "load_copy", load)
    automatic.trigger("scan_clip")
    scanned_with = session.student.name
    session.set_speed(4.0)  # would choose another student
    for _ in range(3):
        session.automatic.tick()
    assert history.scanning
    assert not session.student.pending
    proceed.set()
    with automatic.qtbot.waitSignal(history.scanned, timeout=PATIENCE):
        pass
    # Another student would throw the scan away.
    for _ in range(3):
        session.automatic.tick()
    assert not session.student.pending
    assert session.student.name == scanned_with
    session.turn(Orientation(mirrored=True))  # ends it
    automatic.until(lambda: session.student.name == "uvanet-64")


def test_a_student_that_cannot_be_used_is_left_out(
    launch: Callable[..., Bench],
    clip: Path,
    measured_nothing: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    load, refused = student_module.load_predictor, []

    def refuse(name: str, *rest: object) -> object:
        if name == "uvanet-128":
            refused.append(name)
            raise ModelError("It is damaged.", "Copy it again.")
        return load(name, *rest)

    monkeypatch.setattr(student_module, "load_predictor", refuse)
    remember(TIMES)
    bench = launch(clip, real=True)
    bench.until(lambda: "uvanet-64 takes 1.5 ms" in bench.status.model.toolTip())
    assert bench.session.student.name == "uvanet-64"
    assert refused == ["uvanet-128"]
    assert bench.banner.level != "error"


def test_another_engine_is_measured_anew(
    launch: Callable[..., Bench], clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remember(TIMES)
    asked: list[tuple[str, str]] = []

    def measure(name: str, engine: str, *_: object) -> list[float]:
        asked.append((name, engine))
        return [TIMES.get(name, 1000.0) * 3]

    monkeypatch.setattr(step_times, "measure_steps", measure)
    bench = launch(clip, real=True)
    bench.until(lambda: bench.session.student.name == "uvanet-128")
    assert asked == []
    bench.session.use_engine("onnx")
    bench.until(lambda: bench.session.student.name == "uvanet-64")
    assert asked == [(card.name, "onnx") for card in shipped_students()]
    assert set(bench.settings.step_times) == {machine_key("auto", None), machine_key("onnx", None)}
    assert bench.session.student.choice == AUTOMATIC


def test_undoing_a_model_of_a_training_returns_to_automatic(automatic: Bench) -> None:
    history, student = automatic.find(Training).history, automatic.session.student
    with automatic.qtbot.waitSignal(student.choice_made, timeout=PATIENCE):
        history.use("uvanet-32")
    history.undo()
    assert student.choice == AUTOMATIC
    assert "chosen automatically" in automatic.banner.message
    automatic.until(lambda: student.name == "uvanet-128")


def test_quitting_while_models_are_measured_leaves_no_thread(
    launch: Callable[..., Bench], clip: Path
) -> None:
    bench = launch(clip, real=True)
    bench.until(lambda: bench.session.automatic._measuring)
    bench.leave()  # the fixture looks for threads


def test_times_of_other_machines_and_files_are_forgotten_in_the_end() -> None:
    def times(remembered: step_times.RememberedTimes) -> step_times.RememberedTimes:
        return student_times("auto", None, remembered, lambda: True)[1]

    here, (card, *_) = machine_key("auto", None), shipped_students()
    others = {f"machine {number}": {"a": 1.0} for number in range(20)}
    deleted = {f"deleted model {number}": 1.0 for number in range(200)}
    found = times({**others, here: {**deleted, model_key(card): 2.0}})
    assert next(iter(found)) == here
    assert next(iter(found[here])) == model_key(card)
    assert len(found[here]) == 64
    assert len(found) == 8


@pytest.mark.parametrize(
    ("kind", "fps", "live", "speed", "rate"),
    [
        (SourceKind.VIDEO, 25.0, False, 1.0, 25.0),
        (SourceKind.VIDEO, 25.0, False, 4.0, 100.0),
        (SourceKind.CAMERA, 60.0, True, 2.0, 60.0),
        (SourceKind.NETWORK, 0.0, True, 1.0, UNKNOWN_RATE),
        (SourceKind.PICTURE, 0.0, False, 1.0, 1.0),
        (SourceKind.FOLDER, 0.5, False, 1.0, 0.5),
        (SourceKind.CAMERA, 90_000.0, True, 1.0, 240.0),
    ],
)
def test_the_rate_of_a_source(
    kind: SourceKind, fps: float, live: bool, speed: float, rate: float
) -> None:
    info = SourceInfo("spec", "title", kind, 640, 480, fps, live=live)
    assert source_rate(info, speed) == rate
    assert source_rate(None, speed) == 0


def test_what_is_not_live_uses_the_largest_student(automatic: Bench, tmp_path: Path) -> None:
    student = automatic.session.student
    assert student.offline_name == "uvanet-256"
    assert "Exports, reports and comparisons use uvanet-256." in automatic.session.automatic.reason
    exports = automatic.find(Export)
    exports.builder.add(str(tmp_path / "clip.mp4"), ExportOptions(), tmp_path / "out")
    (task,) = exports.queue.tasks
    exports.queue.cancel(task)
    assert task.arguments[task.arguments.index("--model") + 1] == "uvanet-256"
    assert student.load_offline().model.card.name == "uvanet-256"
    student.use("uvanet-32")
    automatic.until(lambda: student.choice == "uvanet-32")
    assert student.offline_name == "uvanet-32"
    assert student.load_offline().model.card.name == "uvanet-32"


def test_a_picture_keeps_the_largest_student_under_load(
    launch: Callable[..., Bench],
    tmp_path: Path,
    measured_nothing: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    remember({**TIMES, "uvanet-256": 20.0})
    cv2.imwrite(str(tmp_path / "poster.png"), np.full((90, 120, 3), 90, np.uint8))
    bench = launch(tmp_path / "poster.png", real=True)
    bench.until(lambda: bench.session.student.name == "uvanet-256")
    monkeypatch.setattr(automatic_policy, "OVERLOAD", 0.0)
    monkeypatch.setattr(automatic_policy, "OVERLOAD_TICKS", 1)
    for _ in range(2 * SETTLE_TICKS):
        bench.session.automatic.tick()
    assert not bench.session.student.pending
