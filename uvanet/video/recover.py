"""What can be kept of a video whose writing was broken off."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_SECONDS = 60.0


def cut_to_whole_fragments(path: Path) -> None:
    """Cuts a fragmented MP4 after its last whole fragment (ISO/IEC 14496-12).

    A fragment is a `moof` box and the `mdat` box behind it. Other kinds of files stay as they
    are.
    """
    size, at, whole = path.stat().st_size, 0, 0
    with path.open("rb") as file:
        while at + 8 <= size:
            file.seek(at)
            head = file.read(16)
            length = int.from_bytes(head[:4], "big")
            if length == 1:
                length = int.from_bytes(head[8:16], "big")
            if length < 8 or at + length > size:
                break
            if at == 0 and head[4:8] != b"ftyp":
                return
            at += length
            if head[4:8] in (b"mdat", b"moov"):
                whole = at
    if whole:
        os.truncate(path, whole)


def count_pictures(path: Path) -> int:
    """Counts the pictures ffmpeg finds in a file, without decoding them; 0 where it has none."""
    import imageio_ffmpeg

    arguments = ["-v", "quiet", "-nostdin", "-i", f"file:{path}", "-map", "0:v:0", "-c", "copy"]
    try:
        done = subprocess.run(
            [imageio_ffmpeg.get_ffmpeg_exe(), *arguments, "-f", "framecrc", "-"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except (OSError, RuntimeError, subprocess.TimeoutExpired):
        return 0
    return sum(1 for line in done.stdout.splitlines() if line and not line.startswith(b"#"))
