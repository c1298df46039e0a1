"""Real clips, made once a run; every frame of them carries its own number."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import imageio_ffmpeg
import mss
import numpy as np
import pytest

from uvanet.video.writer import VideoWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

BITS = 8
SIZE = (256, 144)
FRAMES = 75
FPS = 25


def draw_number(number: int, size: tuple[int, int] = SIZE) -> NDArray[np.uint8]:
    """A picture that shows a number as a row of black and white bars over a grey field."""
    width, height = size
    image = np.full((height, width, 3), 96, np.uint8)
    step = width // BITS
    for bit in range(BITS):
        if number >> bit & 1:
            image[: height // 2, bit * step : (bit + 1) * step] = 255
        else:
            image[: height // 2, bit * step : (bit + 1) * step] = 0
    return image


def read_number(image: NDArray[np.uint8]) -> int:
    """The number in a picture of `draw_number`."""
    height, width = image.shape[:2]
    step = width // BITS
    row = image[height // 8 : height * 3 // 8].mean(axis=(0, 2))
    return sum(
        1 << bit
        for bit in range(BITS)
        if row[bit * step + step // 4 : (bit + 1) * step - step // 4].mean() > 127
    )


@pytest.fixture(scope="session")
def number_of() -> Callable[[NDArray[np.uint8]], int]:
    return read_number


@pytest.fixture(scope="session")
def numbered() -> Callable[..., NDArray[np.uint8]]:
    return draw_number


@pytest.fixture(scope="session")
def ffmpeg() -> Callable[..., None]:
    """Runs ffmpeg to its end, quietly."""

    def run(*arguments: str | Path) -> None:
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", "-y"]
        subprocess.run([*command, *map(str, arguments)], check=True, timeout=120)

    return run


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """75 numbered frames, 25 a second, H.264 with B-frames, index first (faststart)."""
    path = tmp_path_factory.mktemp("clip") / "numbered.mp4"
    with VideoWriter(path, SIZE, FPS) as writer:
        for number in range(FRAMES):
            writer.write(draw_number(number))
    return path


@pytest.fixture(scope="session")
def picture_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve numbered pictures; the names sort wrongly as plain text."""
    folder = tmp_path_factory.mktemp("pictures")
    for number in range(12):
        cv2.imwrite(str(folder / f"shot{number}.png"), draw_number(number))
    (folder / "notes.txt").write_text("not a picture")
    return folder


@pytest.fixture(scope="session")
def kept_display(x_display: str) -> Iterator[str]:
    """The X server with one client that stays: without any, it starts afresh."""
    with mss.MSS(display=x_display):
        yield x_display


@pytest.fixture
def display(kept_display: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The real X server, as the one that this process looks at."""
    monkeypatch.setenv("DISPLAY", kept_display)
    return kept_display


class WindowProgram:
    """Another program with two windows, see `window_child.py`."""

    def __init__(self, display: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("window_child.py"))],
            env={**os.environ, "DISPLAY": display},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.red, self.blue = self.process.stdout.readline().split()

    def do(self, order: str) -> None:
        """Gives an order and waits until it is done."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{order}\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "done\n"


@pytest.fixture
def program(x_display: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[WindowProgram]:
    monkeypatch.setenv("DISPLAY", x_display)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    running = WindowProgram(x_display)
    yield running
    running.process.communicate()  # it ends with its input
