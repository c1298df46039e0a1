"""Files that a project names: where they are, and whether they are still the same."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct

_BLOCK = 1 << 16  # bytes at the start and the end of a file that identify it, with its size
_FOLDER = "folder-"

Text = Annotated[str, Meta(max_length=4096)]


class ProjectFile(Struct, kw_only=True):
    """A file or folder that a project names.

    Attributes:
        path: Absolute, or relative to the folder of the project.
        relative: Whether `path` is relative, which it is for a file in that folder or below it.
        identity: See `identity_of`; empty where it is unknown.
    """

    path: Text
    relative: bool = False
    identity: Annotated[str, Meta(max_length=100)] = ""

    @property
    def is_folder(self) -> bool:
        """Whether the path was that of a folder when the project was saved."""
        return self.identity.startswith(_FOLDER)

    def beside(self, folder: Path) -> ProjectFile:
        """Returns what a project in `folder` stores of the file; reads the file for `identity`."""
        path = Path(self.path)
        identity = identity_of(path)
        if path.is_absolute() and path.is_relative_to(folder):
            inner = path.relative_to(folder).as_posix()
            return ProjectFile(path=inner, relative=True, identity=identity)
        return ProjectFile(path=self.path, identity=identity)

    def find(self, folder: Path) -> Path | None:
        """Looks for the file at its path, then for one of the same name beside the project.

        A file beside the project must have the same identity.

        Args:
            folder: Folder of the project.

        Returns:
            The path; None where there is no such file.
        """
        stored = folder / self.path
        if os.path.exists(stored):  # False for a name that the system refuses, unlike Path.exists
            return stored
        beside = folder / stored.name
        if os.path.exists(beside) and self.identity in ("", identity_of(beside)):
            return beside
        return None

    def is_changed(self, found: Path) -> bool:
        """Whether a file that was found differs from the one that was saved."""
        return self.identity not in ("", identity_of(found))


def identity_of(path: Path) -> str:
    """Text that identifies the content of a file, from its size, start and end.

    A folder is identified by the names and sizes of its files. The text is empty where the file
    or folder cannot be read.
    """
    digest = hashlib.sha256()
    try:
        if path.is_dir():
            for inner in sorted(path.iterdir()):
                if inner.is_file():
                    digest.update(
                        f"{inner.name}\0{inner.stat().st_size}\0".encode(errors="replace")
                    )
            return f"{_FOLDER}{digest.hexdigest()[:32]}"
        if not path.is_file():
            return ""
        with path.open("rb") as file:
            size = file.seek(0, 2)
            for start in (0, max(0, size - _BLOCK)):
                file.seek(start)
                digest.update(file.read(_BLOCK))
    except OSError:
        return ""
    return f"{size}-{digest.hexdigest()[:32]}"
