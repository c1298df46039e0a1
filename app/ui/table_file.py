"""Writes a table to the file that the user chose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.ui.i18n import tr
from uvanet.atomic_io import write_text
from uvanet.errors import OutputError

if TYPE_CHECKING:
    from pathlib import Path


def write_table(path: Path, text: str) -> None:
    """Writes a table atomically, with the mode that the umask gives.

    Raises:
        OutputError: The file cannot be written; the message names it.
    """
    try:
        write_text(path, text)
    except OSError as error:
        raise OutputError(
            tr("The table cannot be saved to {path}: {reason}.").format(
                path=path, reason=error.strerror or error
            ),
            tr("Choose another folder."),
        ) from error
