"""Times exports of a 720p video beside plain FFmpeg's transcoding of the same video."""

from __future__ import annotations

import importlib
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from uvanet.bench.program import write_video
from uvanet.extras import is_installed
from uvanet.sources import make_source
from uvanet.video.codecs import CONTAINERS
from uvanet.video.exporter import export
from uvanet.video.job import Job

ROUNDS = 3
"""Number of rounds; each round times all exports once, and the best times count."""

PLAIN = "plain ffmpeg"
"""Name of the transcoding by FFmpeg without a model."""


def bench_exports(model: str, seconds: float) -> list[dict[str, Any]]:
    """Times the export of a 720p video, as annotated video and as raw maps.

    FFmpeg alone encodes with the same settings. Its program comes from imageio-ffmpeg (extra
    `test`), without which that row is left out.

    Args:
        model: Name of the model.
        seconds: Length of the video.

    Returns:
        A row for each format: wall time and processor time of all threads and child processes
        (`wall_s`, `cpu_s`), and the speed by wall time (`fps`, `times_real_time`).
    """
    with tempfile.TemporaryDirectory() as folder:
        video = write_video(Path(folder, "720p.mp4"), 30, seconds)
        with make_source(str(video)) as source:
            info = source.info
        assert info.frames is not None
        runs: dict[str, Callable[[], object]] = {}
        for form in ("mp4", "npz"):
            job = Job(str(video), (Path(folder, f"out.{form}"),), model=model, overwrite=True)
            runs[form] = partial(export, job)
        if (ffmpeg := find_ffmpeg()) is not None:
            command = transcoding(ffmpeg, video, Path(folder, "plain.mp4"))
            runs[PLAIN] = partial(subprocess.run, command, check=True)
        times: dict[str, list[tuple[float, float]]] = {form: [] for form in runs}
        for _ in range(ROUNDS):
            for form, run in runs.items():
                times[form].append(_time(run))
    rows = []
    for form, rounds in times.items():
        wall, cpu = (min(values) for values in zip(*rounds, strict=True))
        rows.append(
            {
                "format": form,
                "width": info.width,
                "height": info.height,
                "wall_s": round(wall, 3),
                "cpu_s": round(cpu, 3),
                "fps": round(info.frames / wall, 1),
                "times_real_time": round(info.frames / info.fps / wall, 2),
            }
        )
    return rows


def find_ffmpeg() -> str | None:
    """Path of the ffmpeg program of imageio-ffmpeg; None if it is not installed."""
    if not is_installed("imageio_ffmpeg"):
        return None
    try:
        return str(importlib.import_module("imageio_ffmpeg").get_ffmpeg_exe())
    except RuntimeError:  # imageio-ffmpeg has no program for this platform
        return None


def transcoding(ffmpeg: str, video: Path, out: Path) -> list[str]:
    """Command that encodes a video anew with the settings of an export of good quality."""
    kind = CONTAINERS[".mp4"]
    options = [part for key, value in kind.options["good"].items() for part in (f"-{key}", value)]
    command = [ffmpeg, "-v", "error", "-y", "-i", str(video), "-c:v", kind.encoder, *options]
    return [*command, "-g", "60", "-pix_fmt", "yuv420p", "-movflags", "+faststart", str(out)]


def _time(run: Callable[[], object]) -> tuple[float, float]:
    """Wall and processor time of a call, seconds."""
    before, began = os.times(), time.perf_counter()
    run()
    wall, after = time.perf_counter() - began, os.times()
    return wall, sum(after[:4]) - sum(before[:4])
