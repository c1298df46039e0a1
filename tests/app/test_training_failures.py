"""Runs that fail: the live view goes on, and the window reports why."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import psutil
from safetensors.numpy import load_file, save_file
from studio_kit import (
    PATIENCE,
    answer,
    answer_question,
    begin,
    buttons,
    collect,
    finish,
    phase,
    plays,
    press,
)

from app.features.training.feature import Training
from app.features.training.orphaned_runs import scan_runs
from app.features.training.recordings import recordings_folder
from app.features.training.run import RunResult, TrainingRun
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


def test_a_killed_run_is_offered_at_the_next_start_and_resumed(studio, launch, squares):
    begin(studio, 100_000)
    phase(studio, "train")
    run = studio.feature.controller.run
    studio.window.close()
    answer(studio, "Continue in background")
    studio.until(lambda: not studio.window.isVisible())
    psutil.Process(run.pid).kill()
    bench = launch(squares)
    bench.patience = PATIENCE
    bench.until(lambda: "Unfinished training: squares.mp4" in bench.banner.message)
    bench.pause()
    (left,) = scan_runs()
    folder = left.folder
    assert folder == run.folder
    assert left.state == "killed"
    assert left.resumable
    # Otherwise it would take hours.
    request = read_request(folder)
    request.arguments[request.arguments.index("--steps") + 1] = "2"
    write_request(folder, request)
    (folder / "checkpoint.pt").unlink(missing_ok=True)
    assert bench.banner.button.text() == "Show"
    bench.banner.button.click()
    feature = bench.find(Training)
    dialog = feature.runs.dialog
    assert dialog.isVisible()
    bench.until(lambda: buttons(dialog, "Resume"))
    press(dialog, "Resume")
    events = collect(feature.controller.run)
    bench.until(lambda: feature.controller.run is None)
    assert feature.controller.result.state == "done", feature.controller.result
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


def test_a_run_that_did_nothing_leaves_nothing_to_resume(studio, squares):
    """The list offered to resume a run whose folder of videos never existed."""
    words = ["--quick", "--pool", "/nonexistent/y", "--start", "uvanet-64", "--steps", "20"]
    controller = studio.feature.controller
    controller.start(RunRequest("distill", "y", words))
    folder = controller.run.folder
    result = finish(studio)
    assert result.message == "The folder /nonexistent/y is missing."
    assert "--" not in result.hint
    studio.until(lambda: not folder.exists())
    # One that ended before the program could follow it, and one that goes on from its frames.
    lost, left = new_run_folder(), new_run_folder()
    for each in (lost, left):
        write_request(each, RunRequest("distill", "y", words))
    (left / "frames.npz").touch()
    assert [(run.folder, run.resumable) for run in scan_runs()] == [(lost, False), (left, True)]


def test_only_a_run_that_can_be_resumed_says_so(studio, monkeypatch):
    command = [sys.executable, "-c", "raise SystemExit('no luck')"]
    monkeypatch.setattr(TrainingRun, "command", lambda _: command)
    controller = studio.feature.controller
    controller.start(RunRequest("distill", "folder", ["--quick", "--pool", "/videos"]))
    assert "Resume" not in finish(studio).hint
    folder = new_run_folder()
    (folder / "checkpoint.pt").touch()
    controller.start(RunRequest("distill", "folder", ["--quick", "--pool", "/videos"]), folder)
    assert "Resume" in finish(studio).hint
    assert folder.exists()


def test_a_run_that_failed_while_the_program_was_closed_says_why(studio):
    folder = new_run_folder()
    request = RunRequest("distill", "y", ["--quick", "--pool", "/nonexistent/y"])
    write_request(folder, request)
    failed = RunResult("failed", message="It is missing.", hint="Choose another folder.")
    studio.feature.controller.report_found(folder, request, failed)
    assert studio.banner.level == "error"
    assert studio.banner.message == "It is missing."
    studio.until(lambda: not folder.exists())


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


def sick_student(folder):
    """A student whose weights are no numbers."""
    for path in resource("weights").glob("uvanet-64.*"):
        shutil.copy(path, folder)
    weights = load_file(folder / "uvanet-64.safetensors")
    weights["head.conv.weight"] = weights["head.conv.weight"] * float("nan")
    save_file(weights, folder / "uvanet-64.safetensors")
    return folder / "uvanet-64.onnx"


def test_a_failed_run_is_reported_and_the_live_view_goes_on(studio, squares, teacher, tmp_path):
    """One fault of a real child; `test_runs_that_fail` has what each other fault says."""
    start = sick_student(tmp_path)
    words = [squares, "--teacher", teacher, "--start", start, "--steps", 100_000]
    studio.feature.controller.start(RunRequest("adapt", "squares", [str(word) for word in words]))
    run = studio.feature.controller.run
    assert finish(studio).state == "failed"
    assert "the loss is not a number" in studio.banner.message
    plays(studio)
    assert studio.session.student.name == "uvanet-64"
    assert not list_user_models()
    left = {path.name for path in run.folder.rglob("*")}
    assert not [name for name in left if name.endswith((".part", LOCK))]
    # What was seen waits for another try with a smaller rate.
    assert "frames.npz" in left
    delete_run(run.folder)
    assert not run.folder.exists()


def test_a_run_that_dies_with_its_folder_is_reported(studio):
    begin(studio, 100_000)
    run = studio.feature.controller.run
    child = psutil.Process(run.pid)
    child.kill()
    child.wait()
    shutil.rmtree(run.folder)
    assert finish(studio).state == "failed"
    assert "unexpectedly" in studio.banner.message
    plays(studio)
    assert studio.session.student.name == "uvanet-64"


def test_a_student_that_is_not_better_is_not_used(studio):
    # At this rate a student loses what it has learned.
    words = [studio.session.info.spec, "--teacher", studio.settings.training_teacher]
    words += ["--start", "uvanet-64", "--steps", "12", "--rate", "1"]
    studio.feature.controller.start(RunRequest("adapt", "squares", words))
    result = finish(studio)
    assert result.state == "done", result
    assert not result.model
    assert studio.session.student.name == "uvanet-64"
    assert not list_user_models()
    ending = studio.feature.dialog("adapt").result_card
    assert ending.title.text() == "Worse"
    assert "not used" in ending.text.text()
