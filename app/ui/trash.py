"""Moves files and folders to the trash of the system, and back."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

from PySide6.QtCore import QFile

from app.ui.i18n import tr
from uvanet.errors import OutputError, output_errors


class Trashed:
    """A file or folder that can be moved to the trash and back.

    Args:
        path: The existing file or folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._place: Path | None = None  # path in the trash

    def discard(self) -> None:
        """Moves the file or folder to the trash.

        Raises:
            OutputError: The system has no trash for this path. Nothing is changed.
        """
        file = QFile(str(self.path))  # an object, as only its `fileName` is the path in the trash
        if not file.moveToTrash():
            raise OutputError(
                tr("{name} cannot be moved to the trash.").format(name=self.path.name),
                tr("Delete it in the file manager: {folder}.").format(folder=self.path.parent),
            )
        self._place = Path(file.fileName())

    def destroy(self) -> None:
        """Deletes the file or folder for good.

        Raises:
            OutputError: It cannot be deleted, or only in part.
        """
        with output_errors(
            tr("{name} cannot be deleted: {reason}."),
            tr("Delete it in the file manager: {folder}."),
            name=self.path.name,
            folder=self.path.parent,
        ):
            if self.path.is_dir():
                shutil.rmtree(self.path)
            else:
                self.path.unlink(missing_ok=True)

    def restore(self) -> None:
        """Moves the file or folder back from the trash.

        Raises:
            OutputError: It is not in the trash any more, or its path is used by another file.
        """
        place = self._place
        if place is None or not place.exists() or self.path.exists():
            raise OutputError(
                tr("{name} cannot be restored from the trash.").format(name=self.path.name),
                tr("Look for it in the trash of the system."),
            )
        with output_errors(
            tr("{name} cannot be restored: {reason}."),
            tr("Look for it in the trash of the system."),
            name=self.path.name,
        ):
            shutil.move(place, self.path)
        # The freedesktop.org trash stores the original path in this file.
        with contextlib.suppress(OSError):
            (place.parent.parent / "info" / f"{place.name}.trashinfo").unlink(missing_ok=True)
