"""Checks of a path before its content is read."""

from __future__ import annotations

import os
from pathlib import Path

from uvanet.errors import SourceError
from uvanet.i18n import tr

# Formats that neither OpenCV nor FFmpeg shows, by the first bytes. Of raw pictures they would show
# the thumbnail.
_UNREADABLE = {
    b"\xff\x0a": "JPEG XL",
    b"\0\0\0\x0cJXL \r\n\x87\n": "JPEG XL",
    b"icns": "ICNS",
    b"%PDF": "PDF",
    b"%!PS": "PostScript",
    b"gimp xcf": "XCF (GIMP)",
    b"PK\3\4": "ZIP",
    b"FUJIFILMCCD-RAW": "RAF",
    b"\0\0\0\x18ftypcrx ": "CR3",
}
_RAW_SUFFIXES = frozenset([".arw", ".cr2", ".dng", ".nef", ".orf", ".pef", ".rw2", ".srw"])


def check_file(path: Path) -> None:
    """Checks that a path names a readable regular file that is not empty.

    Raises:
        SourceError: The path is missing, a folder, a pipe or device, empty, not readable, or of a
            format that cannot be shown.
    """
    try:
        if not path.exists():
            raise SourceError(
                tr("{path} does not exist.").format(path=path),
                tr("Check the spelling of the path."),
            )
        if path.is_dir():
            raise SourceError(tr("{path} is a folder.").format(path=path), tr("Name a file in it."))
        if not path.is_file():
            # Reading a pipe may wait for ever.
            raise SourceError(
                tr("{path} is not a regular file.").format(path=path),
                tr("Save its content to a file, or name a device such as camera:0."),
            )
        if not os.access(path, os.R_OK):
            raise SourceError(
                tr("You have no permission to read {path}.").format(path=path),
                tr("Ask its owner for permission."),
            )
        if path.stat().st_size == 0:
            raise SourceError(
                tr("{path} is empty.").format(path=path),
                tr("Copy it again; a download or copy may have been cut off."),
            )
        if name := _unreadable_format(path):
            raise SourceError(
                tr("{path} has the format {name}, which cannot be read.").format(
                    path=path, name=name
                ),
                tr("Save it as PNG, JPEG or MP4 with the program that made it."),
            )
    except (OSError, ValueError) as error:
        raise SourceError(
            tr("{path} cannot be read: {reason}.").format(path=path, reason=error),
            tr("Check the path."),
        ) from None


def _unreadable_format(path: Path) -> str:
    if path.suffix.lower() in _RAW_SUFFIXES:
        return path.suffix[1:].upper()
    with path.open("rb") as file:
        head = file.read(2048)
    if b"<svg" in head and head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
        return "SVG"
    return next((name for start, name in _UNREADABLE.items() if head.startswith(start)), "")


def looks_like_text(path: Path) -> bool:
    """Whether the first bytes of a file are text; False if the file cannot be read."""
    try:
        with path.open("rb") as file:
            head = file.read(2048)
    except OSError:
        return False
    if not head or b"\0" in head:
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        # The limit above may have cut the last character in two.
        return error.start >= len(head) - 3
    return True
