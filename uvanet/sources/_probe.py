"""What ffmpeg says of a file that OpenCV would not open, so that the user learns why."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Probe:
    """What was found out.

    Attributes:
        video: Codecs of the picture tracks; "none (…)" for one that ffmpeg does not know.
        audio: Codecs of the sound tracks.
        duration: Seconds the container states, edits taken into account; None if unknown.
        start: Seconds on the file's clock at which its first track starts.
    """

    video: tuple[str, ...] = ()
    audio: tuple[str, ...] = ()
    duration: float | None = None
    start: float = 0.0


def input_name(place: str | Path) -> str:
    """A file or an address, as ffmpeg takes it behind -i."""
    return str(place) if "://" in str(place) else f"file:{place}"


def probe(place: str | Path) -> Probe:
    """Asks the ffmpeg of imageio-ffmpeg; knows nothing where there is none."""
    import imageio_ffmpeg

    try:
        done = subprocess.run(
            [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-nostdin", "-i", input_name(place)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except (OSError, RuntimeError, subprocess.TimeoutExpired):
        return Probe()
    words = done.stderr.decode(errors="replace")
    clock = re.search(r"Duration: (\d+):(\d+):(\d+\.\d+)", words)
    start = re.search(r"Duration: .*?, start: (-?\d+\.\d+)", words)
    return Probe(
        video=tuple(re.findall(r"^\s*Stream #.*: Video: ([^,\n]+)", words, re.MULTILINE)),
        audio=tuple(re.findall(r"^\s*Stream #.*: Audio: ([^,\n]+)", words, re.MULTILINE)),
        duration=(
            int(clock[1]) * 3600.0 + int(clock[2]) * 60.0 + float(clock[3]) if clock else None
        ),
        start=float(start[1]) if start else 0.0,
    )
