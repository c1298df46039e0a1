"""Runs that are killed or fail, in real processes: no file is left behind."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from typing import TYPE_CHECKING

import cv2
import numpy as np
import psutil
import pytest
from fork_kit import limit_files, save_often
from safetensors.torch import load_file, save_file
from training_kit import (
    adapt,
    adapted,
    kind_of,
    left_in,
    phase_of,
    scene,
    training,
)

import uvanet
from uvanet.training.adapt import TEMPORARY
from uvanet.training.run_lock import LOCK

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")


SMALL = ("--start", "uvanet-32", "--steps", 100_000)  # which no run of these tests reaches


@pytest.mark.parametrize("phase", ["watch", "train"])
def test_a_killed_run_starts_again_and_leaves_nothing(
    clip: Path, teacher: Path, tmp_path: Path, phase: str
) -> None:
    out = tmp_path / "run"
    child = adapt(clip, out, teacher, *SMALL)
    child.until(lambda told: phase_of(told) == phase)
    child.process.kill()
    child.end()
    # As after a kill in the middle of a write.
    (out / f".checkpoint.pt.{child.process.pid}-01234567.part").write_bytes(b"half")
    assert LOCK in left_in(out)
    again = adapt(clip, out, teacher, *SMALL)
    again.until(training(40))
    again.say("stop")
    assert again.end()[0] == 0
    assert again.last.report["verdict"] == "better"
    left = left_in(out)
    assert not left & {*TEMPORARY, LOCK}
    assert not [name for name in left if name.startswith(".")]


def test_a_killed_run_goes_on_from_its_checkpoint(
    clip: Path, teacher: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    child = adapt(clip, out, teacher, *SMALL, prepare=save_often)
    # More steps than a run takes until it first tells of one.
    before = child.until(lambda told: kind_of(told) == "checkpoint" and told.step >= 20).step
    child.process.kill()
    child.end()
    assert {"frames.npz", "checkpoint.pt", LOCK} <= left_in(out)
    again = adapt(clip, out, teacher, *SMALL)
    first = again.until(training(1))
    assert first.done > before
    again.say("stop")
    assert again.end()[0] == 0
    # The stored frames are used again, and deleted at the end.
    assert not any(phase_of(told) == "watch" for told in again.events)
    assert not left_in(out) & {*TEMPORARY, LOCK}


def test_the_machine_sleeps_in_between(clip: Path, teacher: Path, tmp_path: Path) -> None:
    child = adapt(clip, tmp_path / "run", teacher, *SMALL)
    seen = child.until(training(2)).done
    child.process.send_signal(signal.SIGSTOP)
    while psutil.Process(child.process.pid).status() != psutil.STATUS_STOPPED:
        time.sleep(0.01)
    child.process.send_signal(signal.SIGCONT)
    child.until(training(seen + 2))
    child.say("stop")
    assert child.end()[0] == 0
    assert child.kinds()[-1] == "done"


def test_two_runs_at_once(clip: Path, teacher: Path, tmp_path: Path) -> None:
    first = adapt(clip, tmp_path / "run", teacher, *SMALL)
    first.until(training(1))
    second = adapt(clip, tmp_path / "run", teacher)
    code, err = second.end()
    assert code == 2
    assert f"process {first.process.pid}" in err
    assert second.kinds() == ["error"]
    first.process.send_signal(signal.SIGTERM)
    assert first.end()[0] == 0
    assert first.last.stopped is True


def test_a_full_disk(clip: Path, teacher: Path, tmp_path: Path) -> None:
    child = adapt(clip, tmp_path / "run", teacher, prepare=limit_files)
    code, err = child.end()
    assert code == 2
    assert kind_of(child.last) == "error"
    assert "cannot be stored" in child.last.message
    assert "room" in child.last.hint
    assert "Traceback" not in err
    assert left_in(tmp_path / "run") == set()


def test_the_runs_folder_vanishes(clip: Path, teacher: Path, tmp_path: Path) -> None:
    child = adapt(clip, tmp_path / "run", teacher, *SMALL, prepare=save_often)
    child.until(training(1))
    # Renamed, since a folder that is written to cannot be deleted with certainty.
    (tmp_path / "run").rename(tmp_path / "elsewhere")
    code, err = child.end()
    assert code == 2, err
    assert kind_of(child.last) == "error"
    assert "checkpoint cannot be written" in child.last.message
    assert not (tmp_path / "run").exists()


def test_a_video_that_breaks_half_way(clip: Path, teacher: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    import imageio_ffmpeg

    front = ["-c", "copy", "-movflags", "faststart", str(broken)]
    ffmpeg = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(clip)]
    subprocess.run([*ffmpeg, *front], check=True)
    data = broken.read_bytes()
    broken.write_bytes(data[: len(data) * 2 // 3])
    done = adapted(broken, tmp_path / "run", teacher, "--steps", 2, "--start", "uvanet-32")
    assert done.code == 0, done.err
    assert kind_of(done.last) == "done"
    broken.write_bytes(data[: len(data) // 8])
    done = adapted(broken, tmp_path / "short", teacher, "--steps", 2)
    assert done.code == 2
    assert kind_of(done.last) == "error"
    assert "Traceback" not in done.err
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
    # As a process: here pytest would turn numpy's warnings about NaN into errors.
    child = adapt(clip, tmp_path / "run", teacher, "--start", sick / "uvanet-64.onnx")
    code, err = child.end()
    assert code == 2
    assert "the loss is not a number" in child.last.message
    assert "learning rate" in child.last.hint
    assert "Traceback" not in err
    assert child.reader.skipped == 0


def test_a_checkpoint_and_weights_of_another_version(
    clip: Path, teacher: Path, tmp_path: Path
) -> None:
    import torch

    out = tmp_path / "run"
    out.mkdir()
    torch.save({"format": 99}, out / "checkpoint.pt")
    done = adapted(clip, out, teacher)
    assert done.code == 2
    assert "another version" in done.last.message
    old = tmp_path / "old"
    old.mkdir()
    for path in uvanet.paths.resource("weights").glob("uvanet-64.*"):
        shutil.copy(path, old)
    card = json.loads((old / "uvanet-64.json").read_text())
    (old / "uvanet-64.json").write_text(json.dumps({**card, "format": 99}))
    done = adapted(clip, tmp_path / "b", teacher, "--start", old / "uvanet-64.onnx")
    assert done.code == 2
    assert "has format 99" in done.last.message
    assert left_in(tmp_path / "b") == set()
    # A network of other widths, as an earlier version had.
    (old / "uvanet-64.json").write_text(json.dumps(card))
    weights = load_file(old / "uvanet-64.safetensors")
    weights["stem.conv.0.weight"] = weights["stem.conv.0.weight"][:8].contiguous()
    save_file(weights, old / "uvanet-64.safetensors")
    done = adapted(clip, tmp_path / "c", teacher, "--start", old / "uvanet-64.onnx")
    assert done.code == 2, done.err
    assert "does not fit the student uvanet-64 of this version" in done.last.message


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
        done = adapted(source, tmp_path / "run", who)
        assert done.code == 2, done.err
        assert words in done.last.message
        assert left_in(tmp_path / "run") == set()
