"""Training from the window, with real children on a tiny scene."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import psutil
import pytest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from studio_kit import begin, looks_at_green, patient, phase

from app.features.training import training_dependencies as torch_missing
from app.features.training.feature import Training
from app.features.training.run import EVENTS
from uvanet.registry import list_user_models
from uvanet.training.run_lock import holder


def test_adapt_swaps_a_better_student_in_and_undo_goes_back(studio, monkeypatch):
    # A machine with gaze data measures what was forgotten.
    monkeypatch.delenv("UVANET_DATA", raising=False)
    dialog = begin(studio)
    run = studio.feature.run
    # The dialog may go; the status bar tells, and brings it back.
    dialog.close()
    studio.until(studio.feature.status.isVisible)
    phase(studio, "train")
    assert "%" in studio.feature.status.text()
    studio.feature.status.click()
    assert dialog.isVisible()
    studio.until(lambda: studio.feature.run is None)
    assert not studio.feature.status.isVisible()
    assert run.outcome.state == "done", run.outcome
    assert dialog.ending.title.text() == "Better"
    said = {label.text() for label in dialog.ending.findChildren(QLabel)}
    assert any("gaze data" in words for words in said)
    # No number is cut off.
    for label in dialog.ending.findChildren(QLabel):
        if label.text().startswith("0.") and label.isVisible():
            assert label.width() >= label.sizeHint().width(), label.text()
    studio.until(lambda: studio.session.student.name == run.outcome.model)
    studio.until(lambda: "in use now" in studio.banner.message)
    assert dialog.ending.undo_button.isVisible()
    # The fake network looked at edges of both squares; the student looks at the green one.
    studio.until(lambda: looks_at_green(studio.presenter.packet))
    assert [card.name for card in list_user_models()] == [Path(run.outcome.model).stem]
    assert not run.folder.exists()
    # The list knows it, and undo brings the first one back.
    studio.trigger("training_runs")
    names = [
        button.accessibleName() for button in studio.feature.shelf.dialog.findChildren(QPushButton)
    ]
    assert any(name.startswith("Use now: uvanet-64") for name in names)
    studio.trigger("undo_model")
    studio.until(lambda: studio.session.student.name == "uvanet-64")
    studio.until(lambda: dialog.ending.use_button.isVisible())
    studio.trigger("undo_model")
    studio.until(lambda: "no model to go back to" in studio.banner.message)


def test_a_run_outlives_the_window_and_is_found_again(studio, launch, squares):
    begin(studio, 100_000)
    phase(studio, "train")
    pid = studio.feature.run._child.pid
    studio.feature.order("pause")
    studio.until(lambda: any(getattr(told, "paused", None) for told in studio.feature.run.history))
    studio.window.close()
    box = studio.window.quit_guard.box
    assert studio.window.isVisible()
    (leave,) = [button for button in box.buttons() if button.text() == "Continue in background"]
    leave.click()
    studio.until(lambda: not studio.window.isVisible())
    assert studio.program.clean
    assert psutil.pid_exists(pid)
    bench = launch(squares)
    patient(bench)
    feature = bench.find(Training)
    bench.until(lambda: feature.busy)
    # It waits, and looks so.
    view = feature.dialog("adapt").view
    bench.until(lambda: view.phase.text() == "Paused")
    assert "Paused" in feature.status.text()
    assert view.pause.text() == "Go on"
    view.pause.click()
    bench.until(lambda: feature.run.step is not None and feature.run.step.phase == "train")
    # Stopped too soon it would be no better yet, and not be kept.
    bench.until(lambda: feature.run.step.done >= 40)
    bench.until(feature.status.isVisible)
    feature.order("stop")
    bench.until(lambda: feature.run is None)
    assert list_user_models()
    # Found runs end beside another scene: nothing is put in unasked... but this one was followed.
    bench.until(lambda: bench.session.student.name.endswith(".onnx"))


def test_quitting_may_stop_it_or_be_thought_better_of(studio):
    begin(studio, 100_000)
    phase(studio, "train")
    run = studio.feature.run
    studio.window.close()
    studio.window.quit_guard.box.reject()
    studio.until(lambda: studio.window.quit_guard.box is None)
    assert studio.window.isVisible()
    assert studio.feature.busy
    studio.window.close()
    (stop,) = [b for b in studio.window.quit_guard.box.buttons() if b.text() == "Stop and quit"]
    stop.click()
    studio.until(lambda: not studio.window.isVisible())
    studio.until(lambda: holder(run.folder) is None)
    assert b'"done"' in (run.folder / EVENTS).read_bytes()


def test_pause_stop_and_a_second_run(studio):
    dialog = begin(studio, 100_000)
    phase(studio, "train")
    run = studio.feature.run
    dialog.view.pause.click()
    studio.until(lambda: any(getattr(told, "text", "") == "Paused." for told in run.history))
    assert dialog.view.phase.text() == "Paused"
    assert "Paused" in studio.feature.status.text()
    dialog.view.pause.click()
    studio.until(lambda: any(getattr(told, "text", "") == "Resumed." for told in run.history))
    studio.trigger("train")
    setup = studio.feature.dialog("distill").setup
    setup.accepted.emit()
    assert "goes on already" in studio.banner.message
    dialog.view.stop.click()
    studio.until(lambda: studio.feature.run is None)
    assert run.outcome.state == "stopped"
    assert run.outcome.report


@pytest.mark.skipif(os.name != "posix", reason="niceness of POSIX")
def test_a_run_behind_the_rest_yields_to_it(studio):
    studio.settings.training_background = True
    begin(studio, 100_000)
    phase(studio, "train")
    assert psutil.Process(holder(studio.feature.run.folder)).nice() >= 10
    studio.feature.order("stop")
    studio.until(lambda: studio.feature.run is None)


def test_without_torch_the_dialog_explains_and_installs(studio, monkeypatch):
    possible = [False]
    monkeypatch.setattr("app.features.training.run_dialog.training_possible", lambda: possible[0])
    monkeypatch.setattr(
        "app.features.training.form_parts.install_command",
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
    studio.until(lambda: dialog.pages.currentWidget() is dialog.setup)
    monkeypatch.undo()
    command = torch_missing.install_command()
    assert command[:4] == [sys.executable, "-m", "pip", "install"]
    assert any(word.startswith("torch") for word in command)
    assert torch_missing.training_possible()
