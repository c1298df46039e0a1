"""Walks on a real screen: slides, regions, preferences, designs, gaze, report, project and undo.

Where the machine allows it, a network socket kills the program.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import no_network
import numpy as np
import pytest
from home_kit import home_variables
from imageio_ffmpeg import get_ffmpeg_exe
from training_kit import write_gaze

from uvanet.paths import resource

if TYPE_CHECKING:
    from collections.abc import Callable

_STEPS = ["slides", "regions", "export-pictures", "deleted"]
_STEPS += ["preferences", "other-theme", "theme", "language", "designs", "designs-wipe"]
_STEPS += ["gaze", "report", "project"]
_MODEL_STEPS = ["models", "onnx", "training-form", "training", "result"]
_MODEL_STEPS += ["recording", "recorded"]
_SHORT_STEPS = [name for name in _MODEL_STEPS if name not in ("training", "result")]
_PATIENCE = 1200  # seconds; a bound, not a measure
_REFUSED = [no_network.__file__] if platform.machine() in no_network.SOCKET else []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A film of four seconds, the gaze of two people on it, and three pictures of one size."""
    cut = ["-i", resource("demo.mp4"), "-t", "4", "-c", "copy", tmp_path / "film.mp4"]
    subprocess.run([get_ffmpeg_exe(), "-v", "error", *cut], check=True)
    lines = ["time,x,y,duration,person"]
    lines += [
        f"{at / 2},{0.3 + 0.02 * at:.2f},{0.5 + lift},0.4,{name}"
        for at in range(8)
        for name, lift in (("Ann", 0.0), ("Ben", 0.05))
    ]
    (tmp_path / "looks.csv").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "photos").mkdir()
    capture = cv2.VideoCapture(str(tmp_path / "film.mp4"))
    for name in ("beach.jpg", "café.jpg", "harbor.jpg"):
        for _ in range(30):
            image = capture.read()[1]
        data = cv2.imencode(".jpg", image)[1]
        (tmp_path / "photos" / name).write_bytes(data.tobytes())
    capture.release()
    return tmp_path


# Each walk in both themes, sizes, scales and languages; the longer language in the small window.
# A training takes more than the rest of its walk, and its texts could be cut only in the small one.
@pytest.mark.parametrize(
    ("script", "steps", "theme", "size", "scale", "language"),
    [
        ("walk_window.py", _STEPS, "dark", "560x420", 1, "de_DE"),
        ("walk_window.py", _STEPS, "light", "1280x800", 2, "en_US"),
        ("models_window.py", _MODEL_STEPS, "light", "560x420", 2, "de_DE"),
        ("models_window.py", _SHORT_STEPS, "dark", "1920x1080", 1, "en_US"),
    ],
)
def test_a_walk(
    folder: Path,
    make_display: Callable[[str], str],
    script: str,
    steps: list[str],
    theme: str,
    size: str,
    scale: int,
    language: str,
) -> None:
    width, height = (scale * int(side) for side in size.split("x"))
    home = folder / "home"
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": "xcb",
        "DISPLAY": make_display(f"{width}x{height}"),
        "QT_SCALE_FACTOR": str(scale),
        "LC_ALL": f"{language}.UTF-8",
        **home_variables(home),
        # The gaze data of the machine would add hundreds of pictures to the measuring.
        "UVANET_DATA": str(write_gaze(folder / "gaze")),
    }
    environment.pop("WAYLAND_DISPLAY", None)
    home.mkdir()
    arguments = [str(folder), theme, size, *(["no-training"] if steps is _SHORT_STEPS else [])]
    done = subprocess.run(
        [sys.executable, *_REFUSED, str(Path(__file__).with_name(script)), *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=_PATIENCE,
        check=False,
    )
    artefacts = os.environ.get("UVANET_ARTEFACTS")
    for picture in sorted(folder.glob("[0-9]*.png")):
        if artefacts:
            Path(artefacts).mkdir(parents=True, exist_ok=True)
            shutil.copy(picture, Path(artefacts) / f"{theme}-{size}-{scale}-{picture.name}")
        deviation = cv2.meanStdDev(np.asarray(cv2.imread(str(picture))))[1]
        assert deviation.max() > 5  # not an empty screen
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout.split() == steps
