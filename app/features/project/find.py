"""Reads a project and looks for the files that it names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from app.shell.project import Project, read_project
from app.shell.project_files import ProjectFile
from app.ui.i18n import tr
from uvanet.redaction import printable


@dataclass(frozen=True, slots=True)
class FoundProject:
    """A project, and the result of the search for its files.

    Attributes:
        project: The project. It names only the gaze tables that were found, by absolute paths, and
            has no scan where the source has changed.
        spec: The string that opens its source; None where the source is missing.
        notes: A sentence for each missing or changed file.
    """

    project: Project
    spec: str | None
    notes: Sequence[str]


def find_project(path: Path) -> FoundProject:
    """Reads a project and looks for moved files beside it. Slow: not on the GUI thread.

    Raises:
        UsageError: See `read_project`.
    """
    project, folder = read_project(path), path.absolute().parent
    notes: list[str] = []
    spec: str | None = project.spec_beside(path)
    source = project.source_file
    if project.relative or Path(project.source).is_absolute():
        file = source.find(folder)
        spec = None if file is None else str(file)
        if file is not None and source.is_changed(file):
            notes.append(
                tr("{name} has changed since the project was saved.").format(
                    name=printable(file.name)
                )
            )
            project = msgspec.structs.replace(project, scan=None)
    if project.gaze is not None:
        found = [(table, table.find(folder)) for table in project.gaze.tables]
        missing = [printable(Path(table.path).name) for table, file in found if file is None]
        if missing:
            notes.append(
                tr("The gaze of {names} is missing; put it beside the project.").format(
                    names=", ".join(missing)
                )
            )
        tables = [ProjectFile(path=str(file)) for _, file in found if file is not None]
        gaze = msgspec.structs.replace(project.gaze, tables=tables) if tables else None
        project = msgspec.structs.replace(project, gaze=gaze)
    return FoundProject(project, spec, notes)
