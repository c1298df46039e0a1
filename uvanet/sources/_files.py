"""Checks of a path before its content is read."""

from __future__ import annotations

import os
from pathlib import Path

from uvanet.errors import SourceError
from uvanet.i18n import tr


def check_file(path: Path) -> None:
    """Checks that a path names a readable regular file that is not empty.

    Raises:
        SourceError: The path is missing, a folder, a pipe or device, empty, or not readable.
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
    except (OSError, ValueError) as error:
        raise SourceError(
            tr("{path} cannot be read: {reason}.").format(path=path, reason=error),
            tr("Check the path."),
        ) from None


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
