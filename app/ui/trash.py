"""Moves files and folders to the trash of the system, and back."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

from PySide6.QtCore import QFile

from app.ui.i18n import tr
from uvanet.errors import OutputError


class Trashed:
    """A file or folder that can be in the trash.

    Args:
        path: Where it belongs; it exists.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._place: Path | None = None

    def discard(self) -> None:
        """Moves it to the trash.

        Raises:
            OutputError: The system has no trash for this place; nothing was changed.
        """
        file = QFile(str(self.path))  # the static function does not say where the file went
        if not file.moveToTrash():
            raise OutputError(
                tr("{name} cannot be moved to the trash.").format(name=self.path.name),
                tr("Delete it in the file manager: {folder}.").format(folder=self.path.parent),
            )
        self._place = Path(file.fileName())

    def destroy(self) -> None:
        """Deletes it for good."""
        if self.path.is_dir():
            shutil.rmtree(self.path, ignore_errors=True)
        else:
            self.path.unlink(missing_ok=True)

    def restore(self) -> None:
        """Moves it back from the trash.

        Raises:
            OutputError: It is not in the trash any more, or another file has taken its place.
        """
        place = self._place
        if place is None or not place.exists() or self.path.exists():
            raise OutputError(
                tr("{name} cannot be restored from the trash.").format(name=self.path.name),
                tr("Look for it in the trash of the system."),
            )
        try:
            shutil.move(place, self.path)
        except OSError as error:
            raise OutputError(
                tr("{name} cannot be restored: {reason}.").format(
                    name=self.path.name, reason=error.strerror or error
                ),
                tr("Look for it in the trash of the system."),
            ) from error
        # The note of the freedesktop.org trash about where it came from.
        with contextlib.suppress(OSError):
            (place.parent.parent / "info" / f"{place.name}.trashinfo").unlink(missing_ok=True)
