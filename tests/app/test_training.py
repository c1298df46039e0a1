"""Training from the window, with real children on a tiny scene."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import psutil
import pytest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from training_kit import write_scene, write_teacher
from window_bench import FakeCamera

from app.features.training.learning import recordings_folder, sweep_recordings
from app.services import torch_missing
from app.services.training import EVENTS, Request, TrainingRun, new_folder
from uvanet.distill.control import CONTROL
from uvanet.distill.events import event, to_line
from uvanet.distill.lock import holder
from uvanet.store import own_models, private, runs_folder

PATIENCE = 180_000  # ms; a bound for conditions, not a measure of anything


@pytest.fixture(scope="session")
def teacher(tmp_path_factory):
    return write_teacher(tmp_path_factory.mktemp("teacher") / "green.onnx")


@pytest.fixture(scope="session")
def squares(tmp_path_factory):
    return write_scene(tmp_path_factory.mktemp("scene") / "squares.mp4")


@pytest.fixture
def studio(launch, squares, teacher, home):
    """The program on a scene, with a teacher chosen and few steps; no child outlives the test."""
    bench = launch(squares)
    bench.until(lambda: bench.window.display.overlay_seen)
    bench.program.settings.training_teacher = str(teacher)
    bench.program.settings.training_background = False
    patient(bench)
    bench.feature = next(one for one in bench.window.features if type(one).__name__ == "Training")
    yield bench
    run = bench.feature.run
    folders = list(runs_folder().glob("*")) if runs_folder().is_dir() else []
    if run is not None:
        run.detach()
    for folder in folders:
        if (pid := holder(folder)) is not None:
            psutil.Process(pid).kill()


def looks_at_green(packet):
    rows, columns = packet.saliency.shape
    y, x = np.unravel_index(packet.saliency.argmax(), packet.saliency.shape)
    height, width = packet.frame.image.shape[:2]
    place = int((y + 0.5) * height / rows), int((x + 0.5) * width / columns)
    _, green, red = packet.frame.image[place].astype(int)
    return green > red + 30


def patient(bench):
    """A child imports torch first, on a machine that may be busy."""
    bench.until = lambda done: bench.qtbot.waitUntil(lambda: bool(done()), timeout=PATIENCE)


def begin(bench, steps=20):
    bench.program.settings.training_steps = steps
    bench.trigger("adapt_scene")
    dialog = bench.feature.dialog("adapt")
    dialog.setup.steps.setValue(steps)
    assert dialog.setup.go.isEnabled(), dialog.setup.problem.text()
    dialog.setup.go.click()
    bench.until(lambda: bench.feature.busy)
    return dialog


def phase(bench, name):
    run = bench.feature.run
    bench.until(lambda: run.step is not None and run.step["phase"] == name)


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
    studio.until(lambda: studio.controller.model == run.outcome.model)
    studio.until(lambda: "in use now" in studio.banner.message)
    assert dialog.ending.undo_button.isVisible()
    # The fake network looked at edges of both squares; the student looks at the green one.
    studio.until(lambda: looks_at_green(studio.window.display.packet))
    assert [card.name for _, card in own_models()] == [Path(run.outcome.model).stem]
    assert not run.folder.exists()
    # The list knows it, and undo brings the first one back.
    studio.trigger("training_runs")
    names = [
        button.accessibleName() for button in studio.feature.shelf.dialog.findChildren(QPushButton)
    ]
    assert any(name.startswith("Use now: uvanet-64") for name in names)
    studio.trigger("undo_model")
    studio.until(lambda: studio.controller.model == "uvanet-64")
    studio.until(lambda: dialog.ending.use_button.isVisible())
    studio.trigger("undo_model")
    studio.until(lambda: "no model to go back to" in studio.banner.message)


def test_a_killed_child_leaves_the_view_alive_and_the_run_resumable(studio):
    begin(studio, 100_000)
    run = studio.feature.run
    phase(studio, "train")
    run._child.kill()
    studio.until(lambda: studio.feature.run is None)
    assert run.outcome.state == "failed"
    assert "unexpectedly" in studio.banner.message
    frame = studio.frame()
    studio.until(lambda: studio.frame() != frame)
    ((folder, _, state),) = studio.feature.left.unfinished()
    assert folder == run.folder
    assert state == "killed"
    # Shorter from here on, or it would never end.
    request = json.loads((folder / "run.json").read_text())
    place = request["arguments"].index("--steps")
    request["arguments"][place + 1] = "20"
    (folder / "run.json").write_text(json.dumps(request))
    (folder / "tune.pt").unlink(missing_ok=True)
    studio.trigger("training_runs")
    (go_on,) = [
        button
        for button in studio.feature.shelf.dialog.findChildren(QPushButton)
        if button.text() == "Go on"
    ]
    go_on.click()
    studio.until(lambda: studio.feature.busy)
    again = studio.feature.run
    studio.until(lambda: studio.feature.run is None)
    assert again.outcome.state == "done", again.outcome
    assert "watch" not in {told["phase"] for told in again.history}


def test_a_run_outlives_the_window_and_is_found_again(studio, launch, squares):
    begin(studio, 100_000)
    phase(studio, "train")
    pid = studio.feature.run._child.pid
    studio.feature.order("pause")
    studio.until(lambda: any(told["paused"] for told in studio.feature.run.history))
    studio.window.close()
    box = studio.feature.question.box
    assert studio.window.isVisible()
    (leave,) = [button for button in box.buttons() if button.text() == "Let it go on"]
    leave.click()
    studio.until(lambda: not studio.window.isVisible())
    assert studio.program.clean
    assert psutil.pid_exists(pid)
    bench = launch(squares)
    patient(bench)
    feature = next(one for one in bench.window.features if type(one).__name__ == "Training")
    bench.until(lambda: feature.busy)
    # It waits, and looks so.
    view = feature.dialog("adapt").view
    bench.until(lambda: view.phase.text() == "Paused")
    assert "Paused" in feature.status.text()
    assert view.pause.text() == "Go on"
    view.pause.click()
    bench.until(lambda: feature.run.step is not None and feature.run.step["phase"] == "train")
    # Stopped too soon it would be no better yet, and not be kept.
    bench.until(lambda: feature.run.step["done"] >= 40)
    bench.until(feature.status.isVisible)
    feature.order("stop")
    bench.until(lambda: feature.run is None)
    assert own_models()
    # Found runs end beside another scene: nothing is put in unasked... but this one was followed.
    bench.until(lambda: bench.controller.model.endswith(".onnx"))


def test_a_killed_run_is_offered_at_the_next_start(studio, launch, squares):
    begin(studio, 100_000)
    phase(studio, "train")
    child = studio.feature.run._child
    studio.window.close()
    (leave,) = [b for b in studio.feature.question.box.buttons() if b.text() == "Let it go on"]
    leave.click()
    studio.until(lambda: not studio.window.isVisible())
    psutil.Process(child.pid).kill()
    bench = launch(squares)
    bench.until(lambda: "did not come to its end: squares.mp4" in bench.banner.message)
    assert bench.banner.button.text() == "Look at it"
    bench.banner.button.click()
    feature = next(one for one in bench.window.features if type(one).__name__ == "Training")
    dialog = feature.shelf.dialog
    assert dialog.isVisible()
    assert "Go on" in [button.text() for button in dialog.findChildren(QPushButton)]


def test_what_a_killed_window_saw_is_swept(launch, squares, home):
    private(runs_folder())
    left, watched = (private(private(runs_folder() / name) / "frames") for name in ("old", "new"))
    long_ago = time.time() - 3600
    os.utime(left, (long_ago, long_ago))
    # A number of a process that is no more, of another window that lives, of a run that waits.
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    orphan = recordings_folder() / f"train-20260101-000000-p{gone.pid}"
    others = recordings_folder() / f"train-20260101-000001-p{os.getppid()}"
    needed = recordings_folder() / f"train-20260101-000002-p{gone.pid}"
    kept = recordings_folder() / "kept-20260101-000003"
    for folder in (orphan, others, needed, kept):
        private(folder)
    waiting = private(runs_folder() / "waiting")
    request = Request("distill", "what was seen", ["--quick", "--pool", str(needed)])
    (waiting / "run.json").write_text(json.dumps(asdict(request)))
    bench = launch(squares)
    bench.until(lambda: not orphan.exists())
    assert not left.parent.exists()
    assert watched.is_dir()
    assert others.is_dir()
    assert needed.is_dir()
    assert kept.is_dir()
    # Discarded, it takes along what it saw.
    bench.trigger("training_runs")
    feature = next(one for one in bench.window.features if type(one).__name__ == "Training")
    (discard,) = [
        button
        for button in feature.shelf.dialog.findChildren(QPushButton)
        if button.text() == "Discard"
    ]
    discard.click()
    assert not waiting.exists()
    assert not needed.exists()


def test_quitting_may_stop_it_or_be_thought_better_of(studio):
    begin(studio, 100_000)
    phase(studio, "train")
    run = studio.feature.run
    studio.window.close()
    studio.feature.question.box.reject()
    studio.until(lambda: studio.feature.question.box is None)
    assert studio.window.isVisible()
    assert studio.feature.busy
    studio.window.close()
    (stop,) = [b for b in studio.feature.question.box.buttons() if b.text() == "Stop it"]
    stop.click()
    studio.until(lambda: not studio.window.isVisible())
    studio.until(lambda: holder(run.folder) is None)
    assert b'"done"' in (run.folder / EVENTS).read_bytes()


def test_pause_stop_and_a_second_run(studio):
    dialog = begin(studio, 100_000)
    phase(studio, "train")
    run = studio.feature.run
    dialog.view.pause.click()
    studio.until(lambda: any(told["words"] == "Paused." for told in run.history))
    assert dialog.view.phase.text() == "Paused"
    assert "Paused" in studio.feature.status.text()
    dialog.view.pause.click()
    studio.until(lambda: any(told["words"] == "Going on." for told in run.history))
    studio.trigger("train")
    setup = studio.feature.dialog("distill").setup
    setup.accepted.emit()
    assert "goes on already" in studio.banner.message
    dialog.view.stop.click()
    studio.until(lambda: studio.feature.run is None)
    assert run.outcome.state == "stopped"
    assert run.outcome.report


def test_strange_lines_never_break_the_window(studio):
    folder = new_folder()
    run = TrainingRun(folder, Request("adapt", "strange"), studio.feature)
    lines = [
        b"hello\n",
        b'{"event": "preview", "frame": "not a picture", "student": "////", "teacher": 3}\n',
        b'{"event": "step", "phase": "dreaming", "done": 5, "total": 0, "left": -1}\n',
        b'{"event": "step", "phase": "train", "done": null, "loss": "much"}\n',
        b'{"event": "eval", "value": null}\n',
        to_line(event("step", phase="train", done=1, total=4, left=2, loss=0.5)).encode(),
        b'{"event": "done", "model": "", "report": {"before": "x", "gain": {"mean": []}, "n": {}}}',
    ]
    (folder / EVENTS).write_bytes(b"".join(lines))
    assert not run.attach()  # its last line is cut off, and nobody works there
    studio.feature.follow(run)
    studio.trigger("adapt_scene")
    run.detach()
    with (folder / EVENTS).open("ab") as file:
        file.write(b"\n")
    assert run.attach()
    dialog = studio.feature.dialog("adapt")
    assert dialog.pages.currentWidget() is dialog.ending
    assert run.step["loss"] == 0.5
    frame = studio.frame()
    studio.until(lambda: studio.frame() != frame)


def test_a_child_that_cannot_run_says_why(studio, monkeypatch):
    monkeypatch.setattr(TrainingRun, "command", lambda _: ["-c", "raise SystemExit('no luck')"])
    dialog = begin(studio)
    studio.until(lambda: studio.feature.run is None)
    assert "no luck" in studio.banner.message
    assert dialog.ending.title.text() == "The training failed"
    assert dialog.ending.log.isVisible()
    assert "no luck" in dialog.ending.log.toPlainText()


def test_adapt_learns_what_is_seen_not_the_beginning(studio, monkeypatch):
    started = []
    monkeypatch.setattr(type(studio.feature), "start", lambda _, request: started.append(request))
    studio.pause()
    studio.seek(1.5)
    studio.trigger("adapt_scene")
    setup = studio.feature.dialog("adapt").setup
    setup.data.set_path("/some/gaze")
    setup.go.click()
    (request,) = started
    assert request.arguments[request.arguments.index("--data") + 1] == "/some/gaze"
    assert studio.settings.training_data == "/some/gaze"
    begin_at = float(request.arguments[request.arguments.index("--begin") + 1])
    assert begin_at == pytest.approx(1.5, abs=0.05)


def test_no_disk_for_the_run(studio, home):
    (home / ".local" / "share" / "uvanet").write_text("in the way")
    studio.trigger("adapt_scene")
    dialog = studio.feature.dialog("adapt")
    dialog.setup.go.click()
    assert studio.banner.level == "error"
    assert "cannot be made" in studio.banner.message
    assert not studio.feature.busy


def test_without_torch_the_dialog_explains_and_installs(studio, monkeypatch):
    possible = [False]
    monkeypatch.setattr("app.dialogs.training_run.training_possible", lambda: possible[0])
    monkeypatch.setattr(
        "app.dialogs.training_parts.install_command",
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


def test_a_live_scene_is_recorded_in_private_and_deleted(launch, teacher, home, monkeypatch):
    camera = FakeCamera()
    monkeypatch.setattr("uvanet.sources.make_source", lambda _: camera)
    bench = launch("camera:fake")
    bench.until(lambda: bench.display.overlay_seen)
    bench.program.settings.training_teacher = str(teacher)
    feature = next(one for one in bench.window.features if type(one).__name__ == "Training")
    bench.trigger("adapt_scene")
    dialog = feature.dialog("adapt")
    monkeypatch.setattr(type(dialog.setup), "seconds", 2.0)
    started = []
    monkeypatch.setattr(type(feature), "start", lambda _, *what: started.append(what))
    dialog.setup.go.click()
    assert feature.scene.active
    bench.until(lambda: "Watching" in feature.status.text())
    # A change of mind leaves nothing.
    (folder,) = runs_folder().glob("*")
    assert folder.stat().st_mode & 0o077 == 0
    assert (folder / "frames").stat().st_mode & 0o077 == 0
    dialog.view.stop.click()
    assert not feature.scene.active
    assert not folder.exists()
    dialog.setup.go.click()
    bench.until(lambda: started)
    ((request, folder),) = started
    assert "--recording" in request.arguments
    frames = list((folder / "frames").iterdir())
    assert len(frames) >= 4
    assert all(path.stat().st_mode & 0o077 == 0 for path in frames)
    assert {path.name[9:] for path in frames} == {"-now.jpg", "-before.jpg"}
    # The source goes while it watches: nothing is left.
    dialog.show_setup()
    dialog.setup.go.click()
    bench.until(lambda: "Watching" in feature.status.text())
    bench.window.controller.switched.emit()
    assert not feature.scene.active
    assert "nothing was learned" in bench.banner.message
    camera.free.set()


def test_the_folder_is_surveyed_at_once(studio, squares, tmp_path):
    studio.trigger("train")
    setup = studio.feature.dialog("distill").setup
    setup.learn.folder.set_path(str(squares.parent))
    studio.until(lambda: "1 videos" in setup.learn.facts.text())
    assert "MB" in setup.learn.facts.text()
    assert setup.go.isEnabled()
    setup.learn.folder.set_path("/no/such/folder")
    studio.until(lambda: "/no/such/folder" in setup.learn.facts.text())
    (tmp_path / "empty").mkdir()
    setup.learn.folder.set_path(str(tmp_path / "empty"))
    studio.until(lambda: "nothing to learn" in setup.problem.text())
    assert not setup.go.isEnabled()
    # A published set says which part of it is missing.
    setup.learn.kind.setCurrentIndex(setup.learn.kind.findData("avs1k"))
    studio.until(lambda: "trainSet" in setup.learn.facts.text())
    assert not setup.go.isEnabled()
    assert not setup.learn.record.isVisibleTo(setup)
    setup.how.setCurrentIndex(1)
    assert "quick fine-tune" in setup.problem.text()
    setup.learn.kind.setCurrentIndex(0)
    # Coupled distillation asks for gaze.
    setup.how.setCurrentIndex(1)
    setup.gaze.set_path("")
    assert "gaze data" in setup.problem.text()
    assert setup.epochs.isVisibleTo(setup.advanced.inner)
    assert not setup.steps.isVisibleTo(setup.advanced.inner)


def test_what_is_seen_now_is_recorded_and_learned(studio, home):
    studio.trigger("train")
    setup = studio.feature.dialog("distill").setup
    setup.learn.seconds.setRange(1, 3600)
    setup.learn.seconds.setValue(2)
    # Begun, and thought better of: nothing is left.
    setup.learn.record.click()
    studio.until(lambda: setup.learn.bar.isVisible())
    (begun,) = recordings_folder().iterdir()
    assert begun.stat().st_mode & 0o077 == 0
    setup.learn.record.click()
    assert not begun.exists()
    setup.learn.record.click()
    studio.until(lambda: bool(setup.learn.survey))
    # Another look for what windows left takes nothing of this one.
    sweep_recordings()
    assert setup.learn.path == setup.learn.recorded
    assert setup.learn.keep.isVisible()
    assert setup.learn.survey.pictures > 16
    setup.steps.setValue(20)
    assert setup.go.isEnabled(), setup.problem.text()
    setup.go.click()
    studio.until(lambda: studio.feature.busy)
    run = studio.feature.run
    studio.until(lambda: studio.feature.run is None)
    assert run.outcome.state == "done", run.outcome
    # The frames went with the run.
    assert not list(recordings_folder().iterdir())


def test_what_was_recorded_and_never_learned_goes_with_the_window(studio, home):
    studio.trigger("train")
    learn = studio.feature.dialog("distill").setup.learn
    learn.seconds.setRange(1, 3600)
    learn.seconds.setValue(1)
    learn.record.click()
    studio.until(lambda: bool(learn.survey))
    assert list(recordings_folder().iterdir())
    studio.window.close()
    studio.until(lambda: not studio.window.isVisible())
    assert not list(recordings_folder().iterdir())


def test_orders_to_a_run_without_a_folder_do_not_break(studio):
    folder = new_folder()
    run = TrainingRun(folder, Request("adapt", "gone"), studio.feature)
    run.order("pause")
    assert (folder / CONTROL).exists()
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    run.order("stop")
