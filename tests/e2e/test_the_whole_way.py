"""The program's four tasks in one sitting: see, compare, export with sound, read a region."""

from __future__ import annotations

import contextlib
import csv
import json
import subprocess
from typing import TYPE_CHECKING

import cv2
import imageio_ffmpeg
import numpy as np
import psutil
import pytest
from test_analysis import BOTTOM, LEFT, MIDDLE, TOP, numbers, stage, until_still
from x11 import CONTROL

from uvanet.paths import resource

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from program_child import Child

SECONDS = 3


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """Some seconds of the demo, with a tone."""
    path = tmp_path / "film.mp4"
    ffmpeg = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(resource("demo.mp4"))]
    tone = ["-f", "lavfi", "-i", f"sine=440:duration={SECONDS}", "-t", str(SECONDS)]
    codecs = ["-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac"]
    subprocess.run([*ffmpeg, *tone, *codecs, str(path)], check=True, timeout=120)
    return path


def settings(home: Path, **values: object) -> None:
    """What the user chose on other days."""
    folder = home / ".config" / "uvanet"
    folder.mkdir(parents=True)
    (folder / "settings.json").write_text(json.dumps(values))


def is_exporting(child: Child) -> bool:
    """Whether the process of an export lives: the window asks before it quits then."""
    found = False
    for process in psutil.Process(child.process.pid).children():
        with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
            found |= "predict" in process.cmdline()
    return found


@pytest.mark.parametrize(("scale", "theme"), [(1, "dark"), (2, "light")])
def test_see_compare_export_and_read_a_region(
    start_large: Callable[..., Child], tmp_path: Path, film: Path, scale: int, theme: str
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    settings(tmp_path, export_folder=str(out), export_extras=["csv"])
    child = start_large(str(film), "--theme", theme, "--size", "1100x720", scale=scale)
    child.until_titled("film.mp4")
    child.until(lambda: stage(child, scale).std() > 20)
    child.press("space")
    until_still(child, scale)

    # A region, while the picture is whole.
    child.press("a")
    child.drag((LEFT, TOP), (MIDDLE, BOTTOM))
    share = float(numbers(child)["Region 1: share now"])
    assert 0 < share < 1

    # The teacher beside the student: three panes, the middle one by the teacher.
    before = stage(child, scale)
    child.press("d")
    child.until(lambda: (stage(child, scale) != before).mean() > 0.2)
    until_still(child, scale)
    child.keep(f"way-compare-{theme}-{scale}00")
    child.press("F11")
    until_still(child, scale)
    child.keep(f"way-compare-full-{theme}-{scale}00")
    child.press("F11")
    child.press("v")
    until_still(child, scale)

    # The film, exported with its sound.
    child.press("e")
    child.until_titled("Export")
    until_still(child, scale)
    child.keep(f"way-export-{theme}-{scale}00")
    child.press("Return", title="Export")
    video, table = out / "film-attention.mp4", out / "film-attention.csv"
    child.until(lambda: video.exists() and table.exists() and not is_exporting(child))
    until_still(child, scale)
    child.keep(f"way-done-{theme}-{scale}00")
    child.press("q", CONTROL)
    assert child.end() == 0

    facts = subprocess.run(
        [imageio_ffmpeg.get_ffmpeg_exe(), "-i", str(video)],
        capture_output=True,
        text=True,
        check=False,
    ).stderr
    assert "Audio: aac" in facts
    source, copy = cv2.VideoCapture(str(film)), cv2.VideoCapture(str(video))
    count = int(source.get(cv2.CAP_PROP_FRAME_COUNT))
    assert int(copy.get(cv2.CAP_PROP_FRAME_COUNT)) == count
    rows = list(csv.DictReader(table.read_text().splitlines()))
    assert len(rows) == count
    assert 0 < float(np.mean([float(row["share:Region 1"]) for row in rows])) < 1
    copy.set(cv2.CAP_PROP_POS_FRAMES, count // 2)
    source.set(cv2.CAP_PROP_POS_FRAMES, count // 2)
    changed = np.abs(copy.read()[1].astype(int) - source.read()[1].astype(int)).max(axis=2) > 60
    row = rows[count // 2]
    peak = (
        round(float(row["peak_y"]) * (changed.shape[0] - 1)),
        round(float(row["peak_x"]) * (changed.shape[1] - 1)),
    )
    # The heat lies where the table says that the peak is.
    assert changed[peak]
