"""Runs that fail: the live view goes on, and the window reports why."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import psutil
import pytest
from safetensors.numpy import load_file, save_file
from studio_kit import answer, answer_question, begin, buttons, collect, finish, phase, plays, press
from training_kit import adapt, write_cut

from app.features.training.feature import Training
from app.features.training.orphaned_runs import scan_runs
from app.features.training.recordings import recordings_folder
from app.features.training.run import TrainingRun
from app.features.training.run_folders import (
    EVENTS,
    RunRequest,
    delete_run,
    new_run_folder,
    read_request,
    write_request,
)
from uvanet.paths import resource
from uvanet.registry import list_user_models
from uvanet.training.control import CONTROL
from uvanet.training.progress import StepEvent, encode_event
from uvanet.training.run_lock import LOCK
from uvanet.user_models import make_private, runs_folder


def test_a_killed_run_can_be_resumed(studio):
    begin(studio, 100_000)
    run = studio.feature.controller.run
    phase(studio, "train")
    psutil.Process(run.pid).kill()
    assert finish(studio).state == "failed"
    assert "unexpectedly" in studio.banner.message
    plays(studio)
    studio.pause()
    (left,) = scan_runs()
    folder = left.folder
    assert folder == run.folder
    assert left.state == "killed"
    assert left.resumable
    # Otherwise it would take hours.
    request = read_request(folder)
    request.arguments[request.arguments.index("--steps") + 1] = "20"
    write_request(folder, request)
    (folder / "checkpoint.pt").unlink(missing_ok=True)
    studio.trigger("training_runs")
    dialog = studio.feature.runs.dialog
    studio.until(lambda: buttons(dialog, "Resume"))
    press(dialog, "Resume")
    events = collect(studio.feature.controller.run)
    result = finish(studio)
    assert result.state == "done", result
    assert "watch" not in {getattr(event, "phase", "") for event in events}


def test_invalid_events_are_skipped(studio):
    folder = new_run_folder()
    request = RunRequest("adapt", "strange")
    lines = [
        b"hello\n",
        b'{"event": "preview", "frame": "not a picture", "student": "////", "teacher": 3}\n',
        b'{"event": "step", "phase": "dreaming", "done": 5, "total": 0, "left": -1}\n',
        b'{"event": "step", "phase": "train", "done": null, "loss": "much"}\n',
        b'{"event": "eval", "value": null}\n',
        encode_event(StepEvent(phase="train", done=1, total=4, left=2, loss=0.5)),
        b'{"event": "done", "model": "", "report": {"before": "x", "gain": {"mean": []}}}\n',
    ]
    (folder / EVENTS).write_bytes(b"".join(lines))
    studio.trigger("adapt_scene")
    studio.feature.controller.follow(folder, request)
    run = studio.feature.controller.run
    result = finish(studio)
    assert result.state == "done"
    dialog = studio.feature.dialog("adapt")
    assert dialog.pages.currentWidget() is dialog.result_card
    assert run.step.loss == 0.5
    plays(studio)


def test_a_run_that_cannot_start_says_why(studio, monkeypatch):
    command = [sys.executable, "-c", "raise SystemExit('no luck')"]
    monkeypatch.setattr(TrainingRun, "command", lambda _: command)
    dialog = begin(studio)
    studio.until(lambda: not studio.feature.controller.run)
    assert "no luck" in studio.banner.message
    assert dialog.result_card.title.text() == "The training failed"
    assert dialog.result_card.log.isVisible()
    assert "no luck" in dialog.result_card.log.toPlainText()


def test_a_run_folder_that_cannot_be_made_is_reported(studio, home):
    (home / ".local" / "share" / "uvanet").write_text("in the way")
    studio.trigger("adapt_scene")
    dialog = studio.feature.dialog("adapt")
    dialog.form.start_button.click()
    assert studio.banner.level == "error"
    assert "cannot be made" in studio.banner.message
    assert not studio.feature.controller.busy


def test_commands_to_a_run_without_a_folder_are_ignored(studio):
    folder = new_run_folder()
    run = TrainingRun(folder, RunRequest("adapt", "gone"), studio.feature)
    run.send("pause")
    assert (folder / CONTROL).exists()
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    run.send("stop")


def test_recordings_of_a_killed_program_are_deleted(launch, squares, home):
    make_private(runs_folder())
    # Of a process that has ended, of one that is alive, and of a run that can be resumed.
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    orphan = recordings_folder() / f"train-20260101-000000-p{gone.pid}"
    others = recordings_folder() / f"train-20260101-000001-p{os.getppid()}"
    needed = recordings_folder() / f"train-20260101-000002-p{gone.pid}"
    kept = recordings_folder() / "kept-20260101-000003"
    for folder in (orphan, others, needed, kept):
        make_private(folder)
    waiting = make_private(runs_folder() / "waiting")
    request = RunRequest("distill", "what was seen", ["--quick", "--pool", str(needed)])
    write_request(waiting, request)
    bench = launch(squares)
    bench.until(lambda: not orphan.exists())
    assert others.is_dir()
    assert needed.is_dir()
    assert kept.is_dir()
    # A run is discarded with its recording.
    bench.trigger("training_runs")
    dialog = bench.find(Training).runs.dialog
    bench.until(lambda: buttons(dialog, "Discard…"))
    press(dialog, "Discard…")
    assert "for good" in answer_question(bench, "Cancel")
    assert waiting.exists()
    press(dialog, "Discard…")
    answer_question(bench, "Discard")
    bench.until(lambda: not waiting.exists() and not needed.exists())


def test_a_killed_run_is_offered_at_the_next_start(studio, launch, squares):
    begin(studio, 100_000)
    phase(studio, "train")
    pid = studio.feature.controller.run.pid
    studio.window.close()
    answer(studio, "Continue in background")
    studio.until(lambda: not studio.window.isVisible())
    psutil.Process(pid).kill()
    bench = launch(squares)
    bench.until(lambda: "Unfinished training: squares.mp4" in bench.banner.message)
    assert bench.banner.button.text() == "Show"
    bench.banner.button.click()
    dialog = bench.find(Training).runs.dialog
    assert dialog.isVisible()
    bench.until(lambda: buttons(dialog, "Resume"))


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
def test_a_failed_run_is_reported_and_the_live_view_goes_on(
    studio, squares, teacher, tmp_path, what
):
    start = {"nan": sick_student, "version": old_student}.get(what, lambda _: "uvanet-64")(tmp_path)
    film = half_video(tmp_path, squares) if what == "video" else squares
    words = [film, "--teacher", teacher, "--start", start, "--steps", 100_000]
    studio.feature.controller.start(RunRequest("adapt", "squares", [str(word) for word in words]))
    run = studio.feature.controller.run
    if what == "disk":
        # No file of the child may grow any more, as on a disk that is full.
        psutil.Process(run.pid).rlimit(psutil.RLIMIT_FSIZE, (100_000, 100_000))
    if what == "folder":
        phase(studio, "train")
        shutil.rmtree(run.folder)
    assert finish(studio).state == "failed"
    said = {
        "nan": "the loss is not a number",
        "version": "has format 99",
        "video": "half.mp4",
        "disk": "cannot be stored",
        "folder": "",
    }[what]
    assert said in studio.banner.message
    plays(studio)
    assert studio.session.student.name == "uvanet-64"
    assert not list_user_models()
    left = {path.name for path in run.folder.rglob("*")}
    assert not [name for name in left if name.endswith((".part", LOCK))]
    # What was seen waits for another try with a smaller rate, and for nothing else.
    assert ("frames.npz" in left) == (what == "nan")
    delete_run(run.folder)
    assert not run.folder.exists()


def test_a_student_that_is_not_better_is_not_used(studio, squares, teacher, tmp_path):
    settling = ("--steps", 60, "--start", "uvanet-32")
    assert adapt(squares, tmp_path / "first", teacher, *settling).end()[0] == 0
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
    studio.feature.controller.start(RunRequest("adapt", "squares", words))
    result = finish(studio)
    assert result.state == "done", result
    assert not result.model
    assert studio.session.student.name == "uvanet-64"
    assert not list_user_models()
    ending = studio.feature.dialog("adapt").result_card
    assert ending.title.text() in {"No clear difference", "Worse"}
    assert "not used" in ending.text.text()
