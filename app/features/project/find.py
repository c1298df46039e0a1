"""Reads a project and looks for the files that it names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from app.shell.project import Project, read_project
from app.shell.project_files import ProjectFile
from app.ui.i18n import tr
from uvanet.redaction import printable

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class FoundProject:
    """A project whose files were looked for.

    Attributes:
        project: The project; the tables of gaze are those that were found, by absolute paths. A
            scan of a source that has changed is left out.
        spec: The string that opens its source; None where that is missing.
        notes: What is missing or has changed, a sentence each.
    """

    project: Project
    spec: str | None
    notes: Sequence[str]


def find_project(path: Path) -> FoundProject:
    """Reads a project; looks for moved files beside it. Takes time: run it as a job.

    Raises:
        UsageError: See `read_project`.
    """
    project, folder = read_project(path), path.absolute().parent
    notes: list[str] = []
    spec: str | None = project.spec_beside(path)
    source = project.source_file
    if project.relative or Path(project.source).is_absolute():
        place = source.find(folder)
        spec = None if place is None else str(place)
        if place is not None and source.is_changed(place):
            notes.append(
                tr("{name} has changed since the project was saved.").format(
                    name=printable(place.name)
                )
            )
            project = msgspec.structs.replace(project, scan=None)
    if project.gaze is not None:
        found = [(table, table.find(folder)) for table in project.gaze.tables]
        missing = [printable(Path(table.path).name) for table, place in found if place is None]
        if missing:
            notes.append(
                tr("The gaze of {names} is missing; put it beside the project.").format(
                    names=", ".join(missing)
                )
            )
        tables = [ProjectFile(path=str(place)) for _, place in found if place is not None]
        gaze = msgspec.structs.replace(project.gaze, tables=tables) if tables else None
        project = msgspec.structs.replace(project, gaze=gaze)
    return FoundProject(project, spec, notes)
