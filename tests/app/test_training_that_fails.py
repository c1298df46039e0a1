"""Runs that fail beside the window: the view lives on, and the window says what happened."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import asdict

import psutil
import pytest
from PySide6.QtWidgets import QPushButton
from safetensors.numpy import load_file, save_file
from studio_kit import begin, phase
from training_kit import adapt, write_cut

from app.features.training.feature import Training
from app.features.training.run import EVENTS, RunRequest, TrainingRun, discard, new_folder
from app.features.training.training_data import recordings_folder
from uvanet.paths import resource
from uvanet.registry import list_user_models
from uvanet.training.control import CONTROL
from uvanet.training.progress import StepEvent, encode_event
from uvanet.training.run_lock import LOCK
from uvanet.user_models import private, runs_folder


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
    assert "watch" not in {getattr(told, "phase", "") for told in again.history}


def test_strange_lines_never_break_the_window(studio):
    folder = new_folder()
    run = TrainingRun(folder, RunRequest("adapt", "strange"), studio.feature)
    lines = [
        b"hello\n",
        b'{"event": "preview", "frame": "not a picture", "student": "////", "teacher": 3}\n',
        b'{"event": "step", "phase": "dreaming", "done": 5, "total": 0, "left": -1}\n',
        b'{"event": "step", "phase": "train", "done": null, "loss": "much"}\n',
        b'{"event": "eval", "value": null}\n',
        encode_event(StepEvent(phase="train", done=1, total=4, left=2, loss=0.5)),
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
    assert run.step.loss == 0.5
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


def test_no_disk_for_the_run(studio, home):
    (home / ".local" / "share" / "uvanet").write_text("in the way")
    studio.trigger("adapt_scene")
    dialog = studio.feature.dialog("adapt")
    dialog.setup.go.click()
    assert studio.banner.level == "error"
    assert "cannot be made" in studio.banner.message
    assert not studio.feature.busy


def test_orders_to_a_run_without_a_folder_do_not_break(studio):
    folder = new_folder()
    run = TrainingRun(folder, RunRequest("adapt", "gone"), studio.feature)
    run.order("pause")
    assert (folder / CONTROL).exists()
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    run.order("stop")


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
    request = RunRequest("distill", "what was seen", ["--quick", "--pool", str(needed)])
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
    feature = bench.find(Training)
    (discard,) = [
        button
        for button in feature.shelf.dialog.findChildren(QPushButton)
        if button.text() == "Discard"
    ]
    discard.click()
    assert not waiting.exists()
    assert not needed.exists()


def test_a_killed_run_is_offered_at_the_next_start(studio, launch, squares):
    begin(studio, 100_000)
    phase(studio, "train")
    child = studio.feature.run._child
    studio.window.close()
    (leave,) = [
        b for b in studio.window.quit_guard.box.buttons() if b.text() == "Continue in background"
    ]
    leave.click()
    studio.until(lambda: not studio.window.isVisible())
    psutil.Process(child.pid).kill()
    bench = launch(squares)
    bench.until(lambda: "did not come to its end: squares.mp4" in bench.banner.message)
    assert bench.banner.button.text() == "Look at it"
    bench.banner.button.click()
    feature = bench.find(Training)
    dialog = feature.shelf.dialog
    assert dialog.isVisible()
    assert "Go on" in [button.text() for button in dialog.findChildren(QPushButton)]


def sick_student(folder):
    """A student whose weights are no numbers."""
    for path in resource("weights").glob("uvanet-64.*"):
        shutil.copy(path, folder)
    weights = load_file(folder / "uvanet-64.safetensors")
    weights["head.conv.weight"] = weights["head.conv.weight"] * float("nan")
    save_file(weights, folder / "uvanet-64.safetensors")
    return folder / "uvanet-64.onnx"


def old_student(folder):
    """A student whose card is of a version to come."""
    for path in resource("weights").glob("uvanet-64.*"):
        shutil.copy(path, folder)
    card = json.loads((folder / "uvanet-64.json").read_text())
    (folder / "uvanet-64.json").write_text(json.dumps({**card, "format": 99}))
    return folder / "uvanet-64.onnx"


def half_video(folder, squares):
    """A video of which too little came."""
    path = write_cut(folder / "half.mp4", squares)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 4])
    return path


@pytest.mark.parametrize("what", ["nan", "version", "video", "disk", "folder"])
def test_a_run_that_fails_says_why_and_the_view_lives_on(studio, squares, teacher, tmp_path, what):
    start = {"nan": sick_student, "version": old_student}.get(what, lambda _: "uvanet-64")(tmp_path)
    film = half_video(tmp_path, squares) if what == "video" else squares
    words = [film, "--teacher", teacher, "--start", start, "--steps", 100_000]
    studio.feature.start(RunRequest("adapt", "squares", [str(word) for word in words]))
    run = studio.feature.run
    if what == "disk":
        # No file of the child may grow any more, as on a disk that is full.
        psutil.Process(run._child.pid).rlimit(psutil.RLIMIT_FSIZE, (100_000, 100_000))
    if what == "folder":
        phase(studio, "train")
        shutil.rmtree(run.folder)
    studio.until(lambda: studio.feature.run is None)
    assert run.outcome.state == "failed"
    said = {
        "nan": "the loss is not a number",
        "version": "does not know",
        "video": "half.mp4",
        "disk": "cannot be kept",
        "folder": "",
    }[what]
    assert said in studio.banner.message
    frame = studio.frame()
    studio.until(lambda: studio.frame() != frame)
    assert studio.session.student.name == "uvanet-64"
    assert not list_user_models()
    left = {path.name for path in run.folder.rglob("*")}
    assert not [name for name in left if name.endswith((".part", LOCK))]
    # What was seen waits for another try with a smaller rate, and for nothing else.
    assert ("moments.npz" in left) == (what == "nan")
    discard(run.folder)
    assert not run.folder.exists()


def test_what_is_no_better_is_not_swapped_in(studio, squares, teacher, tmp_path):
    child = adapt(squares, tmp_path / "first", teacher, "--steps", 60)
    assert child.end()[0] == 0
    (start,) = (tmp_path / "first").rglob("*.onnx")
    words = [
        str(squares),
        "--teacher",
        str(teacher),
        "--start",
        str(start),
        "--steps",
        "2",
        "--rate",
        "1e-6",
    ]
    studio.feature.start(RunRequest("adapt", "squares", words))
    run = studio.feature.run
    studio.until(lambda: studio.feature.run is None)
    assert run.outcome.state == "done", run.outcome
    assert not run.outcome.model
    assert studio.session.student.name == "uvanet-64"
    assert not list_user_models()
    ending = studio.feature.dialog("adapt").ending
    assert ending.title.text() in {"No clear difference", "Worse"}
    assert "not used" in ending.words.text()
