"""Training from the window, with real children on a tiny scene."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

import psutil
import pytest
from PySide6.QtWidgets import QApplication, QLabel
from studio_kit import (
    PATIENCE,
    answer,
    answer_question,
    begin,
    collect,
    finish,
    looks_at_green,
    phase,
)

from app.features.training import training_dependencies
from app.features.training.feature import Training
from app.features.training.run import RunResult, TrainingRun
from app.features.training.run_folders import (
    EVENTS,
    RunRequest,
    new_run_folder,
    read_request,
    write_request,
)
from uvanet.registry import list_user_models
from uvanet.training.run_lock import holder

DATA = Path(__file__).parent / "data"


@pytest.mark.usefixtures("new_interpreters")
def test_a_better_student_is_used_and_can_be_undone(studio, monkeypatch):
    # A machine with gaze data measures what was forgotten.
    monkeypatch.delenv("UVANET_DATA", raising=False)
    dialog = begin(studio)
    folder = studio.feature.controller.run.folder
    # The dialog may be closed; the status bar shows the progress and opens it again.
    dialog.close()
    studio.until(studio.feature.status.isVisible)
    phase(studio, "train")
    assert "%" in studio.feature.status.text()
    studio.feature.status.click()
    assert dialog.isVisible()
    result = finish(studio)
    assert not studio.feature.status.isVisible()
    assert result.state == "done", result
    assert dialog.result_card.title.text() == "Better"
    said = {label.text() for label in dialog.result_card.findChildren(QLabel)}
    assert any("gaze data" in words for words in said)
    # No number is cut off.
    for label in dialog.result_card.findChildren(QLabel):
        if label.text().startswith("0.") and label.isVisible():
            assert label.width() >= label.sizeHint().width(), label.text()
    studio.until(lambda: studio.session.student.name == result.model)
    studio.until(lambda: "in use now" in studio.banner.message)
    assert dialog.result_card.use_button.text() == "In use"
    assert dialog.result_card.keep_button.isVisible()
    # The user's own scene with both maps, divided by a handle.
    pictures = dialog.result_card.pictures
    studio.until(lambda: pictures.isVisible() and pictures.canvas.has_picture)
    both = pictures._shown
    assert both.before.shape == both.after.shape
    assert (both.before != both.after).any()
    # The log tells what was done.
    log = dialog.result_card.log
    assert not log.isVisible()
    dialog.result_card.log_button.click()
    assert log.isVisible()
    assert "Training the student" in log.toPlainText()
    assert "Measuring on held-out data" in log.toPlainText()
    assert studio.settings.model_scenes == {Path(result.model).stem: studio.session.info.spec}
    # The fake network looked at edges of both squares; the student looks at the green one.
    studio.until(lambda: looks_at_green(studio.presenter.packet))
    assert [card.name for card in list_user_models()] == [Path(result.model).stem]
    studio.until(lambda: not studio.feature.controller.findChildren(TrainingRun))
    studio.until(lambda: not folder.exists())
    assert studio.actions["undo"].text() == "Undo model change"
    dialog.result_card.keep_button.click()
    studio.until(lambda: studio.session.student.name == "uvanet-64")
    studio.until(dialog.result_card.use_button.isEnabled)
    dialog.result_card.use_button.click()
    studio.until(lambda: studio.session.student.name == result.model)
    studio.trigger("undo")
    studio.until(lambda: studio.session.student.name == "uvanet-64")
    # There is one list of models, and none of what is finished.
    studio.trigger("training_runs")
    runs = studio.feature.runs.dialog
    studio.until(lambda: any("No training" in each.text() for each in runs.findChildren(QLabel)))


def test_a_run_outlives_the_window_and_is_found_again(studio, launch, squares):
    begin(studio, 100_000)
    phase(studio, "train")
    pid = studio.feature.controller.run.pid
    events = collect(studio.feature.controller.run)
    studio.feature.send("pause")
    studio.until(lambda: any(getattr(event, "paused", None) for event in events))
    studio.window.close()
    assert studio.window.isVisible()
    answer(studio, "Continue in background")
    studio.until(lambda: not studio.window.isVisible())
    assert studio.program.clean
    assert psutil.pid_exists(pid)
    bench = launch(squares)
    bench.patience = PATIENCE
    bench.until(lambda: bench.presenter.overlay_seen)
    bench.pause()
    feature = bench.find(Training)
    bench.until(lambda: feature.controller.running)
    view = feature.dialog("adapt").view
    bench.until(lambda: view.phase.text() == "Paused")
    assert "Paused" in feature.status.text()
    assert view.pause.text() == "Resume"
    view.pause.click()
    run = feature.controller.run
    bench.until(lambda: run.step is not None and run.step.phase == "train")
    # Stopped earlier, it would not be better yet.
    bench.until(lambda: run.step.done >= 40)
    bench.until(feature.status.isVisible)
    feature.send("stop")
    bench.until(lambda: feature.controller.run is None)
    assert list_user_models()
    # The scene is the one that it adapted to, so the student is used.
    bench.until(lambda: bench.session.student.name.endswith(".onnx"))


@pytest.mark.usefixtures("new_interpreters")
def test_an_order_counts_from_the_first_moment_of_a_run(studio):
    """The process deleted it when it began to listen, seconds after its start."""
    begin(studio, 100_000)
    events = collect(studio.feature.controller.run)
    studio.feature.send("pause")
    studio.until(lambda: any(getattr(event, "paused", None) for event in events))
    assert {getattr(event, "phase", "watch") for event in events} == {"watch"}
    studio.feature.send("stop")
    assert finish(studio).state == "stopped"
    assert not list_user_models()


def test_a_run_that_is_stopped_before_it_listens_has_not_failed(
    new_interpreters, studio, monkeypatch
):
    """SIGTERM, which replaces an order that cannot be written, ended it without an event."""
    begin(studio, 100_000)
    run = studio.feature.controller.run

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("app.features.training.run.send_order", full)
    studio.feature.send("stop")
    assert finish(studio).state == "stopped"
    studio.until(lambda: not run.folder.exists())


def test_quitting_asks_and_can_stop_the_run(studio):
    begin(studio, 100_000)
    phase(studio, "train")
    run = studio.feature.controller.run
    studio.window.close()
    studio.window.quit_guard.box.reject()
    studio.until(lambda: studio.window.quit_guard.box is None)
    assert studio.window.isVisible()
    assert studio.feature.controller.busy
    studio.window.close()
    answer(studio, "Stop and quit")
    studio.until(lambda: not studio.window.isVisible())
    studio.until(lambda: holder(run.folder) is None)
    assert b'"done"' in (run.folder / EVENTS).read_bytes()


def test_a_run_is_paused_resumed_and_stopped_and_a_second_one_refused(studio):
    dialog = begin(studio, 100_000)
    phase(studio, "train")
    events = collect(studio.feature.controller.run)
    dialog.view.pause.click()
    studio.until(lambda: any(getattr(event, "text", "") == "Paused." for event in events))
    assert dialog.view.phase.text() == "Paused"
    assert "Paused" in studio.feature.status.text()
    dialog.view.pause.click()
    studio.until(lambda: any(getattr(event, "text", "") == "Resumed." for event in events))
    studio.trigger("train")
    form = studio.feature.dialog("distill").form
    form.accepted.emit()
    assert "active already" in studio.banner.message
    phases = []
    studio.feature.controller.run.progressed.connect(
        lambda _: phases.append(dialog.view.phase.text())
    )
    dialog.view.stop.click()
    assert dialog.view.phase.text() == "Stopping …"
    assert dialog.view.bar.maximum() == 0  # activity: how long it takes is not known
    result = finish(studio)
    assert result.state == "stopped"
    assert result.report
    # It said Stopping until it measured, and then how long that takes.
    assert list(dict.fromkeys(phases)) == [
        "Stopping …",
        "Measuring on held-out data …",
    ]


@pytest.mark.skipif(os.name != "posix", reason="niceness of POSIX")
def test_a_background_run_has_a_lower_priority(studio):
    studio.settings.training_background = True
    begin(studio, 100_000)
    # Not until it trains: where others keep all cores busy, that takes it very long.
    process = psutil.Process(studio.feature.controller.run.pid)
    studio.until(lambda: process.nice() >= 10)
    process.kill()
    assert finish(studio).state == "failed"


def test_the_dialog_installs_torch_where_it_is_missing(studio, monkeypatch):
    possible = [False]
    monkeypatch.setattr("app.features.training.run_dialog.training_possible", lambda: possible[0])
    monkeypatch.setattr(
        "app.features.training.torch_page.install_command",
        lambda: [sys.executable, "-c", "print('Downloading torch')"],
    )
    studio.trigger("adapt_scene")
    dialog = studio.feature.dialog("adapt")
    assert dialog.pages.currentWidget() is dialog.torch
    dialog.torch.copy.click()
    assert QApplication.clipboard().text() == dialog.torch.command.text()
    possible[0] = True
    dialog.torch.install.click()
    studio.until(lambda: "Downloading torch" in dialog.torch.log.toPlainText())
    studio.until(lambda: dialog.pages.currentWidget() is dialog.form)
    monkeypatch.undo()
    command = training_dependencies.install_command()
    assert command[:4] == [sys.executable, "-m", "pip", "install"]
    assert any(word.startswith("torch") for word in command)
    assert training_dependencies.training_possible()


def test_quitting_asks_while_torch_is_being_installed(studio, monkeypatch):
    monkeypatch.setattr("app.features.training.run_dialog.training_possible", lambda: False)
    monkeypatch.setattr(
        "app.features.training.torch_page.install_command",
        lambda: [sys.executable, "-c", "import time; print('ready', flush=True); time.sleep(600)"],
    )
    studio.trigger("adapt_scene")
    page = studio.feature.dialog("adapt").torch
    page.install.click()
    studio.until(lambda: "ready" in page.log.toPlainText())
    studio.window.close()
    assert studio.window.isVisible()
    assert page.installing
    assert "installed" in studio.window.quit_guard.box.text()
    answer(studio, "Stop and quit")
    studio.until(lambda: not studio.window.isVisible())
    assert not page.installing


def test_a_student_of_another_scene_is_not_used(studio, clip):
    begin(studio)
    studio.open(clip)
    studio.pause()
    result = finish(studio)
    assert result.model
    assert studio.feature.dialog("adapt").result_card.use_button.isVisibleTo(
        studio.feature.dialog("adapt")
    )
    assert "among your models" in studio.banner.message
    assert studio.session.student.name == "uvanet-64"
    # The button asks, since another source is open.
    studio.feature.dialog("adapt").result_card.use.emit()
    assert "another scene" in answer_question(studio, "Use")
    studio.until(lambda: studio.session.student.name == result.model)


def test_the_student_is_not_replaced_where_the_user_chose_another_one_meanwhile(studio):
    begin(studio)
    assert "being trained" in " ".join(studio.session.student.needed_by.values())
    with studio.qtbot.waitSignal(studio.session.student.choice_made, timeout=PATIENCE):
        studio.session.student.use("uvanet-32")
    result = finish(studio)
    assert result.model
    assert "among your models" in studio.banner.message
    assert studio.session.student.name == "uvanet-32"
    assert studio.session.student.needed_by == {}


def test_a_run_that_ended_while_the_program_was_closed_leaves_the_active_one_alone(studio):
    request = RunRequest("adapt", "old scene")
    old = new_run_folder()
    write_request(old, request)
    begin(studio, 100_000)
    run = studio.feature.controller.run
    studio.feature.controller.report_found(old, request, RunResult("stopped", report={"n": 3}))
    assert studio.feature.controller.run is run
    assert "old scene" in studio.banner.message
    studio.until(lambda: not old.exists())
    phase(studio, "train")
    assert studio.feature.controller.running
    studio.feature.send("stop")
    finish(studio)


def test_the_request_of_a_run_of_0_1_0_is_read(tmp_path):
    (tmp_path / "run.json").write_bytes((DATA / "run-0.1.0.json").read_bytes())
    request = read_request(tmp_path)
    assert request.kind == "distill"
    assert request.arguments[:2] == ["--pool", "/films"]
    assert request.background
    assert request.command()[:3] == ["finetune", "--pool", "/films"]
    assert "--quick" not in request.command()
    for damaged in ("", "null", "[]", '{"kind": "adapt"}', '{"kind": 5}', "[" * 100_000):
        (tmp_path / "run.json").write_text(damaged)
        assert read_request(tmp_path) is None
