"""A student adapts to a scene, by a teacher of a few lines; real processes throughout."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from imageio_ffmpeg import get_ffmpeg_exe
from safetensors.torch import load_file, save_file
from training_kit import Child, scene, training, write_scene, write_teacher

import uvanet
from uvanet.distill.adapt import TEMPORARY
from uvanet.distill.lock import LOCK
from uvanet.distill.moments import watch_source
from uvanet.distill.survey import survey
from uvanet.store import forget_model, models_folder, own_models

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_teacher(tmp_path_factory.mktemp("teacher") / "green.onnx")


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_scene(tmp_path_factory.mktemp("scene") / "squares.mp4")


@pytest.fixture
def no_models() -> Iterator[None]:
    """Own models of this test alone."""
    shutil.rmtree(models_folder(), ignore_errors=True)
    yield
    shutil.rmtree(models_folder(), ignore_errors=True)


def adapt(source: object, out: Path, teacher: Path, *more: object, **options: object) -> Child:
    return Child("adapt", source, "--out", out, "--teacher", teacher, *more, **options)


def left_in(out: Path) -> set[str]:
    return {path.name for path in out.rglob("*")}


def test_a_scene_is_learned_kept_and_listed(
    clip: Path, teacher: Path, tmp_path: Path, no_models: None
) -> None:
    out = tmp_path / "run"
    child = adapt(clip, out, teacher, "--steps", 30, "--install")
    code, err = child.end()
    assert code == 0, err
    assert child.reader.strange == 0
    kinds = [kind for kind in dict.fromkeys(child.kinds()) if kind != "checkpoint"]
    assert kinds == ["start", "step", "eval", "preview", "done"]
    report = child.last["report"]
    assert report["verdict"] == "better"
    assert report["after"]["mean"] > report["before"]["mean"] + 0.1
    assert report["gain"]["low"] > 0
    assert report["before"]["low"] <= report["before"]["mean"] <= report["before"]["high"]
    # The whole pair is there, the card tells how it came to be, and nothing else is left.
    ((path, card),) = own_models()
    assert str(path) == child.last["model"]
    assert card.metrics["later frames of the scene"]["after"]["cc"] == report["after"]["mean"]
    assert card.recipe["teacher"]["name"] == "green"
    assert card.name in [one.name for one in uvanet.available()]
    assert left_in(out) == {"report.json"}
    assert out.stat().st_mode & 0o077 == 0
    # It sees what the teacher sees.
    image = cv2.cvtColor(scene(50), cv2.COLOR_BGR2RGB)
    y, x = np.unravel_index(uvanet.load(card.name).predict(image).argmax(), image.shape[:2])
    assert image[y, x, 1] > 150 > image[y, x, 0]
    # A student of one's own can go on learning.
    again = adapt(clip, tmp_path / "b", teacher, "--steps", 5, "--start", card.name)
    assert again.end()[0] == 0
    assert again.last["report"]["before"]["mean"] == pytest.approx(
        report["after"]["mean"], abs=0.02
    )
    forget_model(card.name)
    assert own_models() == []


def test_watching_begins_where_it_is_told(clip: Path) -> None:
    video = cv2.VideoCapture(str(clip))
    length = video.get(cv2.CAP_PROP_FRAME_COUNT) / video.get(cv2.CAP_PROP_FPS)
    video.release()
    whole = {moment.t: moment.now for moment, _ in watch_source(str(clip), length, 400)}
    later = [moment for moment, _ in watch_source(str(clip), 0.5, 400, begin=1.0)]
    expected = min(whole, key=lambda t: abs(t - (1.0 + later[0].t)))
    assert np.abs(later[0].now.astype(int) - whole[expected]).mean() < 2
    assert later[-1].t == pytest.approx(0.5, abs=0.1)
    # Where less is left than is to be watched, the end is watched.
    last = [moment for moment, _ in watch_source(str(clip), 0.5, 400, begin=length - 0.1)]
    assert last[-1].t == pytest.approx(0.5, abs=0.1)


def test_what_does_not_improve_is_not_kept(clip: Path, teacher: Path, tmp_path: Path) -> None:
    def adapted(out: str, *more: object) -> subprocess.CompletedProcess[str]:
        words = ["adapt", clip, "--out", tmp_path / out, "--teacher", teacher, *more]
        return subprocess.run(
            [sys.executable, "-m", "uvanet", *map(str, words)],
            capture_output=True,
            text=True,
            check=False,
        )

    # Even a rate that changes no weight lets batch norm settle in the scene: so first it settles.
    assert adapted("first", "--steps", 60).returncode == 0
    (start,) = (tmp_path / "first").rglob("*.onnx")
    done = adapted("run", "--steps", 2, "--rate", "1e-6", "--start", start)
    assert done.returncode == 0, done.stderr
    assert "are not kept" in done.stdout
    assert done.stdout.startswith(("No clear difference", "Worse"))
    assert left_in(tmp_path / "run") == {"report.json"}


def test_stop_keeps_what_was_learned_so_far(clip: Path, teacher: Path, tmp_path: Path) -> None:
    child = adapt(clip, tmp_path / "run", teacher, "--steps", 100_000)
    child.until(training(12))
    child.say("stop")
    code, err = child.end()
    assert code == 0, err
    assert child.last["stopped"] is True
    assert child.last["report"]["verdict"] == "better"
    assert not left_in(tmp_path / "run") & set(TEMPORARY)


def test_pause_holds_the_training_and_resume_lets_it_go(
    clip: Path, teacher: Path, tmp_path: Path
) -> None:
    child = adapt(clip, tmp_path / "run", teacher, "--steps", 20)
    child.until(training(2))
    child.say("pause")
    child.until(lambda told: told.text("words") == "Paused.")
    held = max(told.number("done") for told in child.events if told["phase"] == "train")
    assert held < 20
    child.say("resume")
    child.until(lambda told: told.text("words") == "Going on.")
    assert child.end()[0] == 0
    assert child.kinds()[-1] == "done"


def test_a_killed_run_goes_on_from_its_checkpoint(
    clip: Path, teacher: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    child = adapt(clip, out, teacher, "--steps", 100_000)
    before = child.until(lambda told: told.kind == "checkpoint").number("step")
    assert before >= 1
    child.process.kill()
    child.end()
    assert {"moments.npz", "tune.pt", LOCK} <= left_in(out)
    again = adapt(clip, out, teacher, "--steps", 100_000)
    first = again.until(training(1))
    assert first["done"] > before
    again.say("stop")
    assert again.end()[0] == 0
    # What was seen is not looked at again, and the seen is gone at the end.
    assert not any(told["phase"] == "watch" for told in again.events)
    assert not left_in(out) & {*TEMPORARY, LOCK}


def test_the_machine_sleeps_in_between(clip: Path, teacher: Path, tmp_path: Path) -> None:
    child = adapt(clip, tmp_path / "run", teacher, "--steps", 12)
    child.until(training(2))
    child.process.send_signal(signal.SIGSTOP)
    while psutil_status(child.process.pid) != "stopped":
        pass
    child.process.send_signal(signal.SIGCONT)
    assert child.end()[0] == 0
    assert child.kinds()[-1] == "done"


def psutil_status(pid: int) -> str:
    import psutil

    return str(psutil.Process(pid).status())


def test_two_runs_at_once(clip: Path, teacher: Path, tmp_path: Path) -> None:
    first = adapt(clip, tmp_path / "run", teacher, "--steps", 100_000)
    first.until(training(1))
    second = adapt(clip, tmp_path / "run", teacher)
    code, err = second.end()
    assert code == 2
    assert f"process {first.process.pid}" in err
    assert second.kinds() == ["error"]
    first.process.send_signal(signal.SIGTERM)
    assert first.end()[0] == 0
    assert first.last["stopped"] is True


def limit_files() -> None:
    """Every file of the child ends at 3 MB, as on a disk that is full."""
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000, 3_000_000))


def test_a_full_disk(clip: Path, teacher: Path, tmp_path: Path) -> None:
    child = adapt(clip, tmp_path / "run", teacher, preexec_fn=limit_files)
    code, err = child.end()
    assert code == 2
    assert child.last.kind == "error"
    assert "cannot be kept" in child.last["message"]
    assert "room" in child.last["hint"]
    assert "Traceback" not in err
    assert left_in(tmp_path / "run") == set()


def test_the_runs_folder_vanishes(clip: Path, teacher: Path, tmp_path: Path) -> None:
    child = adapt(clip, tmp_path / "run", teacher, "--steps", 100_000)
    child.until(training(1))
    shutil.rmtree(tmp_path / "run")
    code, err = child.end()
    assert code == 2, err
    assert child.last.kind == "error"
    assert "checkpoint cannot be written" in child.last["message"]
    assert not (tmp_path / "run").exists()


def test_a_video_that_breaks_half_way(clip: Path, teacher: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    import imageio_ffmpeg

    front = ["-c", "copy", "-movflags", "faststart", str(broken)]
    ffmpeg = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(clip)]
    subprocess.run([*ffmpeg, *front], check=True)
    data = broken.read_bytes()
    broken.write_bytes(data[: len(data) * 2 // 3])
    child = adapt(broken, tmp_path / "run", teacher, "--steps", 5)
    code, err = child.end()
    assert code == 0, err
    assert child.last.kind == "done"
    broken.write_bytes(data[: len(data) // 8])
    child = adapt(broken, tmp_path / "short", teacher, "--steps", 20)
    code, err = child.end()
    assert code == 2
    assert child.last.kind == "error"
    assert "Traceback" not in err
    assert left_in(tmp_path / "short") == set()


def test_a_loss_that_is_no_number(clip: Path, teacher: Path, tmp_path: Path) -> None:
    from safetensors.numpy import load_file, save_file

    sick = tmp_path / "sick"
    sick.mkdir()
    for path in uvanet.paths.resource("weights").glob("uvanet-64.*"):
        shutil.copy(path, sick)
    weights = load_file(sick / "uvanet-64.safetensors")
    weights["head.conv.weight"] = weights["head.conv.weight"] * np.float32("nan")
    save_file(weights, sick / "uvanet-64.safetensors")
    child = adapt(clip, tmp_path / "run", teacher, "--start", sick / "uvanet-64.onnx")
    code, err = child.end()
    assert code == 2
    assert "the loss is no number" in child.last["message"]
    assert "learning rate" in child.last["hint"]
    assert "Traceback" not in err
    assert child.reader.strange == 0


def test_a_checkpoint_and_weights_of_another_version(
    clip: Path, teacher: Path, tmp_path: Path
) -> None:
    import torch

    out = tmp_path / "run"
    out.mkdir()
    torch.save({"format": 99}, out / "tune.pt")
    child = adapt(clip, out, teacher)
    assert child.end()[0] == 2
    assert "another version" in child.last["message"]
    old = tmp_path / "old"
    old.mkdir()
    for path in uvanet.paths.resource("weights").glob("uvanet-64.*"):
        shutil.copy(path, old)
    card = json.loads((old / "uvanet-64.json").read_text())
    (old / "uvanet-64.json").write_text(json.dumps({**card, "format": 99}))
    child = adapt(clip, tmp_path / "b", teacher, "--start", old / "uvanet-64.onnx")
    assert child.end()[0] == 2
    assert "version that this program does not know" in child.last["message"]
    # A network of other widths, as an earlier version had.
    (old / "uvanet-64.json").write_text(json.dumps(card))
    weights = load_file(old / "uvanet-64.safetensors")
    weights["stem.conv.0.weight"] = weights["stem.conv.0.weight"][:8].contiguous()
    save_file(weights, old / "uvanet-64.safetensors")
    child = adapt(clip, tmp_path / "c", teacher, "--start", old / "uvanet-64.onnx")
    code, err = child.end()
    assert code == 2, err
    assert "does not fit the student uvanet-64 of this version" in child.last["message"]


def test_what_is_no_scene_and_who_is_no_teacher(clip: Path, teacher: Path, tmp_path: Path) -> None:
    still = tmp_path / "still.png"
    cv2.imwrite(str(still), scene(3))
    (tmp_path / "words.onnx").write_text("no model")
    for source, who, words in (
        (still, teacher, "still picture"),
        (clip, tmp_path / "none.onnx", "no teacher"),
        (clip, tmp_path / "words.onnx", "words.onnx"),
        (clip, uvanet.paths.resource("weights/uvanet-64.onnx"), "is a student"),
        (tmp_path / "gone.mp4", teacher, "gone.mp4"),
    ):
        child = adapt(source, tmp_path / "run", who)
        code, err = child.end()
        assert code == 2, err
        assert words in child.last["message"]
        assert left_in(tmp_path / "run") == set()


def write_cut(path: Path, clip: Path) -> Path:
    """A video whose second half never came, though its header tells of all."""
    whole = path.with_name("whole.mp4")
    front = ["-movflags", "+faststart", "-c", "copy", str(whole)]
    subprocess.run([get_ffmpeg_exe(), "-v", "error", "-i", str(clip), *front], check=True)
    data = whole.read_bytes()
    whole.unlink()
    path.write_bytes(data[: len(data) // 2])
    return path


def test_a_video_that_breaks_off_is_told_before(clip: Path, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    shutil.copy(clip, folder / "whole-one.mp4")
    write_cut(folder / "cut.mp4", clip)
    found = survey(folder, tmp_path)
    assert found.videos == 2
    assert found.cut == ["cut.mp4"]
    assert not found.broken


def test_a_folder_of_ones_own_is_surveyed_and_learned(teacher: Path, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    (folder / "more").mkdir(parents=True)
    for number in range(4):
        write_scene(folder / f"clip{number}.mp4", 20, 17 * number)
    for number in range(4):
        cv2.imwrite(str(folder / "more" / f"{number}.png"), scene(20 * number + 5))
    (folder / "broken.mp4").write_text("words")
    (folder / "cut.jpg").write_bytes(b"\xff\xd8\xff\xe0 cut off")
    (folder / "notes.txt").write_text("none of the data")
    found = survey(folder, tmp_path)
    assert (found.videos, found.pictures, found.frames) == (4, 4, 84)
    assert {name for name, _ in found.broken} == {"broken.mp4", "cut.jpg"}
    assert found.seconds == pytest.approx(80 / 30, rel=0.1)
    assert found.run_seconds(64, 2000) > found.run_seconds(64, 100) > 0
    assert 0 < found.disk(64) < found.room
    child = Child(
        *("distill", "--quick", "--pool", folder, "--start", "uvanet-64", "--teacher", teacher),
        *("--steps", 20, "--out", tmp_path / "run", "--name", "mine-1"),
    )
    code, err = child.end()
    assert code == 0, err
    assert child.last["report"]["held_out"] == "files held out"
    assert child.last["report"]["after"]["mean"] > child.last["report"]["before"]["mean"]
    told = " ".join(told.text("words") for told in child.events)
    assert "broken.mp4" in told
    assert "cut.jpg" in told
    if child.last["model"]:
        assert uvanet.load(child.last["model"]).card.name == "mine-1"


def test_a_recording_is_deleted_once_it_was_labelled(teacher: Path, tmp_path: Path) -> None:
    def record(folder: Path) -> Path:
        folder.mkdir()
        for number in range(0, 60, 2):
            for name, back in (("now", 0), ("before", 1)):
                path = folder / f"{number * 33:09d}-{name}.jpg"
                cv2.imwrite(str(path), scene(number - back))
        # A pair whose half is missing is left out.
        (folder / "000009999-now.jpg").write_bytes(b"\xff\xd8\xff cut")
        return folder

    gone, kept = record(tmp_path / "gone"), record(tmp_path / "kept")
    run = tmp_path / "run"
    replay = tmp_path / "general"
    replay.mkdir()
    for number in range(6):
        cv2.imwrite(str(replay / f"{number}.png"), scene(7 * number))
    child = adapt(gone, run, teacher, "--recording", "--steps", 3, "--replay", replay)
    assert child.end()[0] == 0
    assert not gone.exists()
    assert any(told["phase"] == "label" for told in child.events)
    child = adapt(kept, tmp_path / "b", teacher, "--recording", "--keep-frames", "--steps", 3)
    assert child.end()[0] == 0
    assert len(list(kept.iterdir())) == 61


def test_forgetting_is_told_where_there_is_gaze(
    clip: Path, teacher: Path, tmp_path: Path, gaze_tree: Path
) -> None:
    child = adapt(clip, tmp_path / "run", teacher, "--steps", 3, "--data", gaze_tree)
    assert child.end()[0] == 0
    before, after = child.last["report"]["forgotten"]["nss"]
    assert np.isfinite([before, after]).all()


def test_a_distillation_tells_of_itself_and_stops_at_a_word(
    gaze_tree: Path, tmp_path: Path
) -> None:
    from test_recipe import CORPUS, MOTION, STUDENT, TEACHER

    from uvanet.distill.control import StoppedError, Watch
    from uvanet.distill.recipe import distill

    class Ear(Watch):
        def __init__(self, last: int) -> None:
            self.told: list[str] = []
            self.last = last

        def tell(self, told: object) -> None:
            self.told.append(told.kind)  # type: ignore[attr-defined]

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
