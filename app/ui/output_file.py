"""Writes files that the user chose."""

from __future__ import annotations

from pathlib import Path

from app.ui.i18n import tr
from uvanet.atomic_io import write_bytes
from uvanet.errors import OutputError


def write_output(path: Path, content: str | bytes) -> None:
    """Writes a file atomically, with the file mode of the umask; text as UTF-8.

    Raises:
        OutputError: The file cannot be written; the message names it.
    """
    try:
        write_bytes(path, content.encode() if isinstance(content, str) else content)
    except OSError as error:
        raise OutputError(
            tr("{path} cannot be saved: {reason}.").format(
                path=path, reason=error.strerror or error
            ),
            tr("Choose another folder."),
        ) from error
