"""Measures the desktop program on the demo and on 720p videos, in its own process."""

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
from uvanet.i18n import tr
from uvanet.paths import resource
from uvanet.video.writer import VideoWriter

VIDEO_RATES = (30, 60)
"""Frames a second of the 720p videos."""


def bench_program_720p(model: str, seconds: float) -> list[dict[str, Any]]:
    """Measures the program on a 720p video at each of `VIDEO_RATES`.

    Raises:
        UvanetError: The program did not start or gave no result.
    """
    with tempfile.TemporaryDirectory() as folder:
        return [
            bench_program(model, seconds, str(write_video(Path(folder, f"720p{rate}.mp4"), rate)))
            for rate in VIDEO_RATES
        ]


def write_video(path: Path, rate: int, seconds: float = 10.0) -> Path:
    """Writes the demo, enlarged to 720p, at another frame rate; frames are repeated or left out."""
    demo = cv2.VideoCapture(str(resource("demo.mp4")))
    demo_rate = demo.get(cv2.CAP_PROP_FPS)
    with VideoWriter(path, (1280, 720), rate) as writer:
        for place in range(round(seconds * rate)):
            while demo.get(cv2.CAP_PROP_POS_FRAMES) <= place * demo_rate / rate:
                done, image = demo.read()
                if not done:
                    return path
            large = cv2.resize(image, (1280, 720), interpolation=cv2.INTER_LINEAR)
            writer.write(np.asarray(large, np.uint8))
    return path


def bench_program(
    model: str,
    seconds: float,
    source: str = "demo",
    train_in: Path | None = None,
    drag: bool = False,
) -> dict[str, Any]:
    """Runs the program and reads its start time, latency, frame rates, memory and CPU use.

    In the result, `cores` is the processor time of the whole process divided by the wall time, and
    `gui_blocked_ms` is the longest time for which the GUI thread handled no event. Without a
    display, Qt renders offscreen, and `platform` is "offscreen".

    Args:
        model: Model of the live view.
        seconds: Duration of the measurement.
        source: Source to play.
        train_in: Folder of a training run that the window starts. The measurement begins at the
            first training step, and the run continues afterwards. None for no training.
        drag: Drag the timeline during the measurement.

    Raises:
        UvanetError: The program did not start or gave no result.
    """
    environment = dict(os.environ)
    if sys.platform == "linux" and not (
        environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY")
    ):
        environment["QT_QPA_PLATFORM"] = "offscreen"
    command = [sys.executable, "-m", "uvanet", "run", source, "--model", model]
    command += ["--train-in", str(train_in)] if train_in else []
    command += ["--drag"] if drag else []
    try:
        done = subprocess.run(
            [*command, "--measure", str(seconds)],
            env=environment,
            capture_output=True,
            text=True,
            timeout=seconds + (720 if train_in else 120),
            check=True,
        )
        result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    except (subprocess.SubprocessError, ValueError, IndexError) as error:
        output = getattr(error, "stderr", None) or str(error)
        raise UvanetError(
            tr("The program could not be measured: {reason}").format(
                reason=str(output).strip()[-300:]
            ),
            tr("Try `uvanet run demo` by hand."),
        ) from error
    result["source"] = Path(source).name
    for name in ("rss", "rss_at_first"):
        if f"{name}_bytes" in result:
            result[f"{name}_mib"] = round(result.pop(f"{name}_bytes") / 2**20, 1)
    return result
