"""Small clips of a bright square that crosses a dark ground."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import pytest
from export_bench import BEEP, FRAMES, RATE, SIZE, ffmpeg, packet_times, picture

from uvanet.video.sound import Sound
from uvanet.video.writer import VideoWriter

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds at 30000/1001 with a beep at two seconds."""
    folder = tmp_path_factory.mktemp("clip")
    wave = f"aevalsrc='if(between(t,{BEEP},{BEEP + 0.1}),sin(6000*t),0)':s=48000:d=3.003"
    assert ffmpeg("-f", "lavfi", "-i", wave, folder / "beep.m4a").returncode == 0
    path = folder / "square.mp4"
    sound = Sound(folder / "beep.m4a")
    with VideoWriter(path, SIZE, RATE, quality="best", sound=sound) as writer:
        for number in range(FRAMES):
            writer.write(picture(number))
    return path


@pytest.fixture(scope="session")
def uneven(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Fraction]]:
    """A clip of variable rate, as phones record it, and the times of its frames."""
    path = tmp_path_factory.mktemp("clip") / "uneven.mp4"
    steps = np.random.default_rng(2).integers(300, 1900, FRAMES - 1).tolist()
    times = [Fraction(sum(steps[:n]), 15360) for n in range(FRAMES)]
    with VideoWriter(path, SIZE, 25, quality="best", scale=15360) as writer:
        for number, at in enumerate(times):
            writer.write(picture(number), at)
    assert packet_times(path) == times
    return path, times


@pytest.fixture(scope="session")
def broken(clip: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The clip, cut off in the middle."""
    path = tmp_path_factory.mktemp("clip") / "broken.mp4"
    data = clip.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    return path
