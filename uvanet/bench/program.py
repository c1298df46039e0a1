"""The program on the demo and on films of 720p, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from uvanet.errors import UvanetError
from uvanet.paths import resource
from uvanet.video.writer import VideoWriter

LIVE = (30, 60)
"""Frames a second of the films."""


def bench_live(model: str, seconds: float) -> list[dict[str, Any]]:
    """The program on a film of 720p at each of `LIVE` frames a second.

    Raises:
        UvanetError: The program did not answer.
    """
    with tempfile.TemporaryDirectory() as folder:
        return [
            bench_program(model, seconds, str(write_film(Path(folder, f"720p{rate}.mp4"), rate)))
            for rate in LIVE
        ]


def write_film(path: Path, rate: int, seconds: float = 10.0) -> Path:
    """The demo, enlarged to 720p, at another rate: frames are repeated or left out."""
    demo = cv2.VideoCapture(str(resource("demo.mp4")))
    own = demo.get(cv2.CAP_PROP_FPS)
    with VideoWriter(path, (1280, 720), rate) as writer:
        for place in range(round(seconds * rate)):
            while demo.get(cv2.CAP_PROP_POS_FRAMES) <= place * own / rate:
                done, image = demo.read()
                if not done:
                    return path
            large = cv2.resize(image, (1280, 720), interpolation=cv2.INTER_LINEAR)
            writer.write(np.asarray(large, np.uint8))
    return path


def bench_program(
    model: str, seconds: float, source: str = "demo", train_in: Path | None = None
) -> dict[str, Any]:
    """Start, latency, rates, memory and cost of the program, for so many seconds.

    `cores` is the processor time of the whole process, 1 being one core; `gui_blocked_ms` the
    longest time for which the window's thread heard nothing. Where this process has no display, Qt
    paints into memory; `platform` in the result then says "offscreen".

    Args:
        model: Of the live view.
        seconds: How long.
        source: What is shown.
        train_in: The window trains a student meanwhile, and is measured from its first step; the
            run goes on in this folder afterwards. None for no training.

    Raises:
        UvanetError: The program did not answer.
    """
    environment = dict(os.environ)
    if sys.platform == "linux" and not (
        environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY")
    ):
        environment["QT_QPA_PLATFORM"] = "offscreen"
    command = [sys.executable, "-m", "uvanet", "run", source, "--model", model]
    command += ["--train-in", str(train_in)] if train_in else []
    try:
        done = subprocess.run(
            [*command, "--measure", str(seconds)],
            env=environment,
            capture_output=True,
            text=True,
            timeout=seconds + (360 if train_in else 60),
            check=True,
        )
        result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    except (subprocess.SubprocessError, ValueError, IndexError) as error:
        words = getattr(error, "stderr", None) or str(error)
        raise UvanetError(
            f"The program could not be measured: {str(words).strip()[-300:]}",
            "Try `uvanet run demo` by hand.",
        ) from error
    result["source"] = Path(source).name
    for name in ("rss", "rss_at_first"):
        if f"{name}_bytes" in result:
            result[f"{name}_mib"] = round(result.pop(f"{name}_bytes") / 2**20, 1)
    return result
