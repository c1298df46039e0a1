"""The command line: what it writes, prints and refuses."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from command_kit import refused, run_command

import uvanet
from uvanet.extras import is_installed
from uvanet.paths import DEFAULT_MODEL, resource

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    image = np.full((120, 200, 3), 90, np.uint8)
    cv2.circle(image, (60, 50), 18, (200, 220, 250), -1)
    cv2.imwrite(str(path), image)
    return path


def read_all(path: Path) -> list[np.ndarray]:
    video = cv2.VideoCapture(str(path))
    frames = []
    while True:
        done, image = video.read()
        if not done:
            video.release()
            return frames
        frames.append(image)


def test_predict_writes_an_annotated_video(tmp_path: Path) -> None:
    done = run_command("predict", "demo", "-o", "out.mp4", "--seconds", 2, "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    annotated, plain = read_all(tmp_path / "out.mp4"), read_all(resource("demo.mp4"))
    assert len(annotated) == facts["frames"] == round(2 * facts["source"]["fps"])
    assert annotated[0].shape == plain[0].shape
    assert facts["fps"] > 0
    assert 0 < facts["latency_p50_ms"] <= facts["latency_p95_ms"]
    # Heat was painted on a part of the picture.
    change = np.abs(annotated[20].astype(int) - plain[20]).max(2)
    assert (change > 40).mean() > 0.01
    assert (change < 25).mean() > 0.3
    assert os.listdir(tmp_path) == ["out.mp4"]


def test_predict_copies_the_sound(tmp_path: Path) -> None:
    import imageio_ffmpeg

    ffmpeg = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(resource("demo.mp4"))]
    tone = ["-f", "lavfi", "-i", "sine=440:duration=2", "-t", "2", "-c:v", "copy", "loud.mp4"]
    subprocess.run([*ffmpeg, *tone], cwd=tmp_path, check=True)
    done = run_command("predict", "loud.mp4", "-o", "out.mp4", "--quiet", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    streams = subprocess.run(
        [ffmpeg[0], "-i", "out.mp4"], cwd=tmp_path, capture_output=True, text=True, check=False
    ).stderr
    assert "Audio: aac" in streams
    assert len(read_all(tmp_path / "out.mp4")) == len(read_all(tmp_path / "loud.mp4"))


def test_predict_shows_progress_on_stderr(tmp_path: Path) -> None:
    done = run_command("predict", "demo", "-o", "out.npz", "--seconds", 1, cwd=tmp_path)
    assert "out.npz" in done.stderr
    assert "100%" in done.stderr
    quiet = run_command("predict", "demo", "-o", "o.npz", "--seconds", 1, "--quiet", cwd=tmp_path)
    assert quiet.stderr == ""


def test_predict_writes_a_picture(photo: Path, tmp_path: Path) -> None:
    done = run_command("predict", photo, "-o", "heat.png", "--colormap", "viridis", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    before, after = cv2.imread(str(photo)), cv2.imread(str(tmp_path / "heat.png"))
    assert after.shape == before.shape
    assert (after != before).any()


def test_predict_writes_a_picture_a_frame(tmp_path: Path) -> None:
    done = run_command("predict", "demo", "-o", "f-%03d.png", "--seconds", 0.2, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    names = sorted(os.listdir(tmp_path))
    assert names[0] == "f-000.png"
    assert len(names) >= 4


def test_predict_writes_raw_maps(photo: Path, tmp_path: Path) -> None:
    done = run_command("predict", photo, "-o", "maps.npz", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    with np.load(tmp_path / "maps.npz") as maps:
        assert maps["saliency"].dtype == np.float32
        assert maps["size"].tolist() == [[200, 120]]
        assert maps["pts"].tolist() == [0.0]
        raw = maps["saliency"][0]
    image = cv2.cvtColor(cv2.imread(str(photo)), cv2.COLOR_BGR2RGB)
    expected = uvanet.Stream(DEFAULT_MODEL).step(image, 0.0)
    np.testing.assert_allclose(raw, expected, atol=1e-6)


def test_opacity_zero_is_the_picture_itself(photo: Path, tmp_path: Path) -> None:
    run_command("predict", photo, "-o", "bare.png", "--opacity", 0, cwd=tmp_path)
    np.testing.assert_array_equal(cv2.imread(str(photo)), cv2.imread(str(tmp_path / "bare.png")))


def test_ctrl_c_finishes_the_file_of_a_live_source(tmp_path: Path, x_display: str) -> None:
    running = subprocess.Popen(
        [sys.executable, "-m", "uvanet", "predict", "screen:0,0,160,120", "-o", "me.mp4"],
        cwd=tmp_path,
        env={**os.environ, "DISPLAY": x_display},
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert running.stderr is not None
    # The progress bar comes after the first frame.
    assert running.stderr.read(1)
    running.send_signal(signal.SIGINT)
    _, errors = running.communicate(timeout=60)
    assert running.returncode == 1
    assert "interrupted" in errors
    assert "Traceback" not in errors
    assert len(read_all(tmp_path / "me.mp4")) >= 1
    assert os.listdir(tmp_path) == ["me.mp4"]


def test_the_finished_part_of_a_broken_video_is_kept(tmp_path: Path) -> None:
    import imageio_ffmpeg

    ffmpeg = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(resource("demo.mp4"))]
    broken = tmp_path / "broken.mp4"
    cut = ["-t", "4", "-c", "copy", "-movflags", "faststart", str(broken)]
    subprocess.run([*ffmpeg, *cut], check=True)
    data = broken.read_bytes()
    broken.write_bytes(data[: len(data) // 2])
    done = run_command("predict", broken, "-o", "out.mp4", "--quiet", cwd=tmp_path)
    assert done.returncode == 1
    assert "broken.mp4" in done.stderr
    assert "kept" in done.stderr
    assert len(read_all(tmp_path / "out.mp4")) > 5


def test_user_errors_are_one_clear_line(photo: Path, tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("just words")
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "folder").mkdir()
    out = ("-o", "out.mp4")
    assert "nowhere.mp4" in refused("predict", "nowhere.mp4", *out, cwd=tmp_path)
    assert "text.mp4" in refused("predict", "text.mp4", *out, cwd=tmp_path)
    assert "empty.mp4" in refused("predict", "empty.mp4", *out, cwd=tmp_path)
    assert "folder" in refused("predict", "folder", *out, cwd=tmp_path)
    assert "out.xyz" in refused("predict", photo, "-o", "out.xyz", cwd=tmp_path)
    assert "missing" in refused("predict", photo, "-o", "missing/out.png", cwd=tmp_path)
    assert "more than one frame" in refused("predict", "demo", "-o", "o.png", cwd=tmp_path)
    assert "uvanet-65" in refused("predict", photo, *out, "--model", "uvanet-65", cwd=tmp_path)
    assert "0 to 1" in refused("predict", photo, *out, "--opacity", "7", cwd=tmp_path)
    assert "'1.5' is not an integer" in refused("eval", "--every", "1.5", cwd=tmp_path)
    assert "jet" in refused("predict", photo, *out, "--colormap", "jet", cwd=tmp_path)
    assert "-o" in refused("predict", photo, cwd=tmp_path)
    gpu = ("--engine", "onnx", "--device", "cuda")
    assert "does not run on cuda" in refused("predict", photo, *out, *gpu, cwd=tmp_path)
    assert "paint" in refused("paint", cwd=tmp_path)
    assert "uvanet-65" in refused("info", "uvanet-65", cwd=tmp_path)
    if is_installed("torch"):
        assert "nowhere" in refused("train", "--data", "nowhere", "--out", "run", cwd=tmp_path)
    assert "uvanet-65" in refused("bench", "--model", "uvanet-65", cwd=tmp_path)
    left = {"text.mp4", "empty.mp4", "folder", "photo.png"}
    assert set(os.listdir(tmp_path)) == left


def test_help_has_examples(tmp_path: Path) -> None:
    assert "uvanet predict" in run_command("--help", cwd=tmp_path).stdout
    for command in ("run", "predict", "export", "bench", "info", "train"):
        done = run_command(command, "--help", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert "examples:" in done.stdout
        assert f"uvanet {command}" in done.stdout.split("examples:")[1]


def test_no_command_shows_the_help(tmp_path: Path) -> None:
    done = run_command(cwd=tmp_path)
    assert done.returncode == 2
    assert "uvanet run" in done.stdout


def test_info_lists_versions_models_and_machine(tmp_path: Path) -> None:
    facts = json.loads(run_command("info", "--json", cwd=tmp_path).stdout)
    assert facts["machine"]["cores"] >= 1
    assert "uvanet-64" in [model["name"] for model in facts["models"]]
    text = run_command("info", cwd=tmp_path).stdout
    assert "uvanet-64" in text
    assert facts["uvanet"] in text


def test_info_prints_a_card(tmp_path: Path) -> None:
    text = run_command("info", "uvanet-64", cwd=tmp_path).stdout
    for words in ("center-prior", "OSIE", "MIT", "sha256", "limits", "AAAI 2020"):
        assert words in text
    card = json.loads(run_command("info", "uvanet-64", "--json", cwd=tmp_path).stdout)
    assert card["name"] == "uvanet-64"


@pytest.mark.parametrize(
    "arguments",
    [
        ("eval", "--data", "~nouser/gaze"),
        ("gaze", "demo", "~nouser/gaze.csv"),
        ("finetune", "--recording", "~nouser/frames", "--out", "~nouser/run"),
    ],
)
def test_the_home_of_an_unknown_user_is_a_missing_file(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    if arguments[0] == "finetune":
        pytest.importorskip("torch")
    assert "~nouser" in refused(*arguments, cwd=tmp_path)


@pytest.mark.parametrize("command", ["distill", "finetune"])
def test_a_new_model_does_not_take_the_name_of_one_that_ships(tmp_path: Path, command: str) -> None:
    line = refused(command, "--out", "run", "--name", "uvanet-64", cwd=tmp_path)
    assert "A model that ships is called uvanet-64" in line
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["train", "distill", "finetune"])
def test_examples_name_no_folder_of_the_developers(tmp_path: Path, command: str) -> None:
    shown = run_command(command, "--help", cwd=tmp_path).stdout
    assert "examples:" in shown
    assert "../" not in shown


def test_export_writes_a_model_with_its_card(tmp_path: Path) -> None:
    done = run_command("export", "uvanet-64", "-o", "mine.onnx", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    model = uvanet.load(tmp_path / "mine.onnx")
    assert model.card.name == "mine"
    image = np.zeros((9, 9, 3), np.uint8)
    np.testing.assert_array_equal(model.predict(image), uvanet.load("uvanet-64").predict(image))
    assert "exists" in refused("export", "uvanet-32", "-o", "mine.onnx", cwd=tmp_path)
    assert run_command("export", "mine.onnx", "--overwrite", cwd=tmp_path).returncode == 2
    done = run_command("export", "uvanet-32", "-o", "mine.onnx", "--overwrite", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    size = uvanet.load("uvanet-32").engine.input_size
    assert uvanet.load(tmp_path / "mine.onnx").engine.input_size == size


def test_export_writes_weights_for_torch(tmp_path: Path) -> None:
    done = run_command("export", "uvanet-32", "--format", "safetensors", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert sorted(os.listdir(tmp_path)) == ["uvanet-32.json", "uvanet-32.safetensors"]
    line = refused("export", "uvanet-64-int8", "--format", "safetensors", cwd=tmp_path)
    assert "uvanet-64-int8.safetensors" in line
    assert ".onnx" in refused("export", "uvanet-64", "-o", "model.pt", cwd=tmp_path)
    (tmp_path / "models").mkdir()
    done = run_command("export", "uvanet-32", "-o", "models", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert sorted(os.listdir(tmp_path / "models")) == ["uvanet-32.json", "uvanet-32.onnx"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows says that there is no such file")
@pytest.mark.parametrize("names", [("LONG.mp4", "a.csv"), ("demo", "LONG.mp4"), ("demo", "LONG/a")])
def test_a_name_that_is_too_long_is_told(tmp_path: Path, names: tuple[str, str]) -> None:
    source, out = (name.replace("LONG", 300 * "x") for name in names)
    done = run_command("predict", source, "-o", out, cwd=tmp_path)
    assert done.returncode == 2
    assert "is too long" in done.stderr
