"""A whole folder at once."""

from __future__ import annotations

from pathlib import Path

from uvanet.errors import SourceError, UsageError
from uvanet.sources.picture import VIDEO_SUFFIXES


def videos_in(folder: Path) -> list[Path]:
    """The videos of a folder by name; those in folders inside are left out.

    Raises:
        SourceError: There is no such folder, or no video in it.
    """
    if not folder.is_dir():
        raise SourceError(f"{folder} is no folder.", "Name a folder of videos.")
    found = sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in VIDEO_SUFFIXES
        and path.is_file()
        and not path.name.startswith(".")
    )
    if not found:
        raise SourceError(f"{folder} holds no video.", "Choose another folder.")
    return found


def out_for(pattern: Path, video: Path) -> Path:
    """The name of the output for a video: {name} stands for the video's name.

    Raises:
        UsageError: The pattern would give all videos one name.
    """
    if "{name}" not in str(pattern):
        raise UsageError(
            f"Every video would be written to {pattern}.",
            f"Put {{name}} into it, such as {{name}}{pattern.suffix}.",
        )
    return Path(str(pattern).replace("{name}", video.stem))
