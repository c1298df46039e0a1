"""The built bundle on a real X server: paints, sees a camera, exports with sound, quits.

Not part of the default run, since a bundle takes minutes to build: `make bundle`, then
`pytest tests/bundle`.
"""

from __future__ import annotations

import json
import re
import subprocess
import time
from pathlib import Path

import av
import cv2
import pytest
from x11 import CONTROL, User

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120.0  # seconds; a bound, not a measure
WITHOUT_TEXT = ["flatbuffers", "PySide6_Essentials", "shiboken6"]
"""Packages without a license file; the texts of their licenses are among those of others."""


def run(program: str, *arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [program, *map(str, arguments)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def test_the_demo_is_painted(program, environment, tmp_path):
    picture = tmp_path / "window.png"
    done = run(program, "run", "demo", "--screenshot", picture, **environment)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    window = cv2.imread(str(picture))
    middle = window[window.shape[0] // 4 : window.shape[0] // 2]
    assert middle.std() > 20


def test_it_reports_its_numbers_and_quits(program, environment):
    done = run(program, "run", "demo", "--measure", "1", **environment)
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout.splitlines()[-1])
    assert facts["painted"] > 0
    assert facts["failed"] == 0


def test_the_camera_is_painted(program, environment, camera_rig, tmp_path):
    picture = tmp_path / "window.png"
    command = camera_rig.command(program, "run", "camera:0", "--screenshot", str(picture))
    done = subprocess.run(
        command,
        env=environment | {k: v for k, v in camera_rig.environment.items() if "V4L2" in k},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert cv2.imread(str(picture)) is not None


def test_two_seconds_are_exported_with_sound_from_the_window(
    program, environment, film, tmp_path, x_display
):
    out = tmp_path / "out"
    out.mkdir()
    settings = tmp_path / ".config" / "uvanet"
    settings.mkdir(parents=True)
    (settings / "settings.json").write_text(json.dumps({"export_folder": str(out)}))
    user = User(x_display)
    command = [program, "run", str(film), "--size", "1100x720"]
    child = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        _until(lambda: any("film.mp4" in title for title in user.titles()), child)
        user.press("UVA-Net Live", "e")
        _until(lambda: any("Export" in title for title in user.titles()), child)
        user.press("Export", "Return")
        video = out / "film-attention.mp4"
        _until(video.exists, child)
        _quit(user, child)
        _, errors = child.communicate(timeout=PATIENCE)
    finally:
        child.kill()
        child.communicate()
        user.close()
    assert child.returncode == 0, errors
    with av.open(str(video)) as clip:
        assert clip.streams.audio
        assert sum(1 for _ in clip.decode(video=0)) == 60


def test_the_command_line_works_without_a_display(program, environment, tmp_path):
    quiet = {name: value for name, value in environment.items() if name != "DISPLAY"}
    done = run(program, "predict", "demo", "-o", tmp_path / "a.npz", "--seconds", "1", **quiet)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "a.npz").stat().st_size > 0


def test_what_needs_torch_is_named(program, environment, tmp_path):
    done = run(program, "train", "--data", tmp_path, "--out", tmp_path / "run", **environment)
    assert done.returncode == 2
    assert "not part of this bundle" in done.stderr


def test_the_licenses_of_exactly_what_is_bundled_are_in_one_file(program):
    text = Path(program).with_name("THIRD-PARTY-LICENSES.txt").read_text()
    listed, _, texts = text.partition("=" * 100)
    for name in ("PySide6", "opencv-python-headless", "av", "numpy", "onnxruntime", "FFmpeg, LGPL"):
        assert f"\n  {name}" in listed
    # Excluded, never imported, and replaced by a placeholder.
    for name in ("pillow", "pi_heif", "setuptools", "protobuf", "x265"):
        assert f"\n  {name}" not in listed
    assert "not stated" not in listed
    packages = re.findall(r"^  (\w\S*) \d\S*: ", listed, re.MULTILINE)
    assert [name for name in packages if f"\n{name}: " not in texts] == WITHOUT_TEXT
    for kind in ("Version 2, June 1991", "Version 2.1, February 1999", "Version 3, 29 June 2007"):
        assert kind in texts


@pytest.mark.parametrize("name", ["torch", "scipy", "matplotlib", "PIL"])
def test_no_library_of_training_or_of_other_pictures_is_bundled(program, name):
    assert not list(Path(program).parent.glob(f"_internal/{name}*"))


def test_pictures_and_clips_of_all_codecs_pass_through(program, environment, tmp_path):
    # AVIF needs its own library, WebM VP9 and Opus; placeholders would end the program.
    picture = cv2.imread(str(ROOT / "resources" / "pictures" / "export.png"))
    for name in ("a.avif", "b.webp", "c.tif", "d.jp2"):
        path = tmp_path / name
        assert cv2.imwrite(str(path), picture)
        out = path.with_suffix(".png")
        done = run(program, "predict", path, "-o", out, **environment)
        assert done.returncode == 0, done.stderr
        assert cv2.imread(str(out)).shape == picture.shape
    film = tmp_path / "film.webm"
    done = run(program, "predict", "demo", "-o", film, "--seconds", "1", **environment)
    assert done.returncode == 0, done.stderr
    done = run(program, "predict", film, "-o", tmp_path / "film.csv", **environment)
    assert done.returncode == 0, done.stderr


def test_the_bundle_is_at_most_350_megabytes(program):
    files = [path for path in Path(program).parent.rglob("*") if not path.is_symlink()]
    assert sum(path.stat().st_size for path in files if path.is_file()) <= 350e6


def _quit(user, child) -> None:
    """Quits; where the queue has not heard yet that the export has ended, a question comes."""
    question = "Unfinished work"

    def answered() -> bool:
        return child.poll() is not None or question in " ".join(user.titles())

    while True:
        user.press("UVA-Net Live", "q", CONTROL)
        _wait(answered)
        if child.poll() is not None:
            return
        user.press(question, "Escape")
        _wait(lambda: question not in " ".join(user.titles()))


def _until(condition, child) -> None:
    def checked() -> bool:
        assert child.poll() is None, child.communicate()
        return condition()

    _wait(checked)


def _wait(condition) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.05)
