"""Pictures with a number in each, and functions that read written files."""

from __future__ import annotations

import re
import subprocess
from fractions import Fraction
from typing import TYPE_CHECKING

import cv2
import imageio_ffmpeg
import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

RATE = Fraction(30000, 1001)
FRAMES = 90
SIZE = (160, 120)
BEEP = 2.0  # time of the beep in the clip, seconds; it lasts a tenth of a second
PATIENCE = 120.0


def picture(number: int, frames: int = FRAMES) -> np.ndarray:
    image = np.full((SIZE[1], SIZE[0], 3), 40, np.uint8)
    left = round(number / frames * (SIZE[0] - 40))
    image[40:80, left : left + 40] = (80, 160, 240)
    # The number in bits, so that `number_of` recognizes each frame.
    for bit in range(8):
        image[:12, bit * 20 : bit * 20 + 20] = 235 if number >> bit & 1 else 16
    return image


def number_of(image: np.ndarray) -> int:
    """The number written into a picture, at any size."""
    width = image.shape[1] / 8
    row = image[round(image.shape[0] * 0.05)]
    return sum(
        1 << bit for bit in range(8) if row[round(width * (bit + 0.5))].astype(int).mean() > 128
    )


def ffmpeg(*arguments: object) -> subprocess.CompletedProcess[bytes]:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-nostdin", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, timeout=PATIENCE, check=False)


def facts(path: Path) -> str:
    return ffmpeg("-i", path).stderr.decode()


def packet_times(path: Path, track: str = "v:0") -> list[Fraction]:
    """The exact times of the packets of a track, as FFmpeg reads them."""
    arguments = ("-v", "error", "-copyts", "-i", path, "-map", f"0:{track}", "-c", "copy")
    base, times = Fraction(1), []
    for line in ffmpeg(*arguments, "-f", "framecrc", "-").stdout.decode().splitlines():
        if line.startswith("#tb 0:"):
            base = Fraction(line.split(":")[1].strip())
        elif line and not line.startswith("#"):
            times.append(int(line.split(",")[2]) * base)
    return sorted(times)


def read_back(path: Path) -> list[np.ndarray]:
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    frames = []
    while (result := capture.read())[0]:
        frames.append(result[1])
    capture.release()
    return frames


def heard(path: Path) -> tuple[float, float]:
    """Time of the first loud sound of a file, -1 if none, and length of its sound, seconds."""
    raw = ffmpeg("-v", "error", "-i", path, "-f", "f32le", "-ac", "1", "-ar", "48000", "-").stdout
    samples = np.abs(np.frombuffer(raw, np.float32))
    loud = np.flatnonzero(samples > 0.3)
    return (loud[0] / 48000 if loud.size else -1.0), samples.size / 48000


def seconds_of(path: Path) -> float:
    clock = re.search(r"Duration: 00:(\d+):(\d+\.\d+)", facts(path))
    assert clock
    return int(clock[1]) * 60 + float(clock[2])
