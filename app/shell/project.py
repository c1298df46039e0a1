"""Project files: a source with its regions, marks, model and view, as JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, Protocol

import msgspec
from msgspec import Meta, Struct

from app.shell.project_files import ProjectFile, Text
from app.ui.i18n import tr
from uvanet.analysis import Region
from uvanet.analysis.regions import MAX_REGIONS, PROJECT_FORMAT, check_regions
from uvanet.atomic_io import write_bytes
from uvanet.bounded_io import read_bounded
from uvanet.data.gaze_mapping import GazeMapping
from uvanet.errors import OutputError, UsageError, UvanetError
from uvanet.redaction import excerpt, printable, redact_source
from uvanet.video.smoothing import DEFAULT_SECONDS

VERSION = 1
SUFFIX = ".uvanet"
_MAX_BYTES = 64 << 20

Share = Annotated[float, Meta(ge=0.0, le=1.0)]
Seconds = Annotated[float, Meta(ge=0.0, le=1e9)]


class View(Struct, kw_only=True):
    """How the window shows the source.

    Attributes:
        colormap: One of `uvanet.colormaps.COLORMAPS`.
        opacity: 0..1.
        threshold: 0..1.
        smoothing: Time constant in seconds, 0..1.
        overlay: Whether the heat map is shown.
        scanpath: Whether the predicted scanpath is shown.
        mirrored: Whether left and right are swapped.
        quarters: Quarter turns clockwise.
        position: Seconds of the source.
    """

    colormap: Literal["turbo", "inferno", "cividis", "viridis"] = "turbo"
    opacity: Share = 0.6
    threshold: Share = 0.15
    smoothing: Share = DEFAULT_SECONDS
    overlay: bool = True
    scanpath: bool = False
    mirrored: bool = False
    quarters: Literal[0, 1, 2, 3] = 0
    position: Seconds = 0.0


class GazePart(Struct, kw_only=True):
    """The gaze of people on the source.

    Attributes:
        tables: The tables of gaze, which are joined.
        mapping: Meaning of their columns; None where it is recognized from the headings.
        offset: Seconds added to the times of the tables.
    """

    tables: Annotated[list[ProjectFile], Meta(max_length=1000)]
    mapping: GazeMapping | None = None
    offset: Annotated[float, Meta(ge=-1e6, le=1e6)] = 0.0


class ScanPart(Struct, kw_only=True):
    """The maps of the source over its time, as one model predicted them.

    Attributes:
        model: Name or path of the model.
        maps: See `uvanet.analysis.record_file`.
    """

    model: Text
    maps: bytes


class Project(Struct, kw_only=True):
    """The content of a project file; each feature writes and reads its own fields.

    Attributes:
        format: Distinguishes project files from other JSON files.
        version: Version of the format.
        source: The string that opens the source, without passwords. For a source in the folder of
            the project or below, a path relative to that folder.
        relative: Whether `source` is a relative path.
        identity: Identity of a source that is a file or folder, see `ProjectFile`; else empty.
        regions: Regions of interest.
        start: Start of the marked part, seconds; None for the start of the source.
        end: End of the marked part, seconds; None for the end of the source.
        model: Name or path of the pinned student; "auto" for the automatic choice; empty to keep
            the model in use.
        teacher: Name or path of the model to compare with; may be empty.
        view: How the window shows the source.
        gaze: Gaze of people; None for none.
        scan: Maps over the time of the source; None for none.
    """

    format: Literal["uvanet-project"] = PROJECT_FORMAT
    version: Annotated[int, Meta(ge=1)] = VERSION
    source: Text
    relative: bool = False
    identity: Annotated[str, Meta(max_length=100)] = ""
    regions: Annotated[list[Region], Meta(max_length=MAX_REGIONS)] = []
    start: Seconds | None = None
    end: Seconds | None = None
    model: Text = ""
    teacher: Text = ""
    view: View = msgspec.field(default_factory=View)
    gaze: GazePart | None = None
    scan: ScanPart | None = None

    def write(self, path: Path) -> None:
        """Writes the file atomically.

        Raises:
            OutputError: It cannot be written; the message names it.
        """
        stored = msgspec.structs.replace(self)
        folder = path.absolute().parent
        if Path(self.source).is_absolute():
            file = self.source_file.beside(folder)
            stored.source, stored.relative = file.path, file.relative
            stored.identity = file.identity
        else:
            stored.source, stored.relative = redact_source(self.source), False
        if self.gaze is not None:
            tables = [table.beside(folder) for table in self.gaze.tables]
            stored.gaze = msgspec.structs.replace(self.gaze, tables=tables)
        try:
            data = msgspec.json.format(msgspec.json.encode(_plain(stored)), indent=1)
            write_bytes(path, data + b"\n")
        except (OSError, UnicodeEncodeError) as error:
            reason = getattr(error, "strerror", None) or error
            raise OutputError(
                tr("The project cannot be saved to {path}: {reason}.").format(
                    path=printable(path), reason=reason
                ),
                tr("Choose another folder."),
            ) from error

    @property
    def source_file(self) -> ProjectFile:
        """The source, where it is a file or a folder."""
        return ProjectFile(path=self.source, relative=self.relative, identity=self.identity)

    def spec_beside(self, path: Path) -> str:
        """The string that opens the source.

        Args:
            path: The project file.
        """
        return str(path.absolute().parent / self.source) if self.relative else self.source


class ProjectPart(Protocol):
    """A part of the program whose state is saved in projects: see `Feature`."""

    def save_to_project(self, project: Project) -> None:
        """Writes its state of the current source into the fields of a project."""
        ...

    def open_project(self, project: Project) -> None:
        """Restores its state from a project, whose source has just been opened."""
        ...


def read_project(path: Path) -> Project:
    """Reads a project file.

    Raises:
        UsageError: The file cannot be read, is no project, or was saved by a newer version; the
            message names the file.
    """
    hint = tr("Choose a project that this program saved.")
    try:
        data = read_bounded(path, _MAX_BYTES)
        newer = msgspec.json.decode(data, type=_Version).version > VERSION
        project = None if newer else _decoded(data)
    except OSError as error:
        raise UsageError(
            tr("{path} cannot be read: {reason}.").format(
                path=printable(path), reason=error.strerror or error
            ),
            hint,
        ) from error
    except (ValueError, RecursionError, UvanetError) as error:
        reason = error.message if isinstance(error, UvanetError) else str(error)
        raise UsageError(
            tr("{path} is no project: {reason}.").format(
                path=printable(path), reason=excerpt(printable(reason.rstrip(".")), 200)
            ),
            hint,
        ) from None
    if project is None:
        raise UsageError(
            tr("{path} was saved by a newer version of the program.").format(path=printable(path)),
            tr("Update the program."),
        )
    return project


class _Version(Struct):
    version: int = VERSION


def _decoded(data: bytes) -> Project:
    project = msgspec.json.decode(data, type=Project)
    check_regions(project.regions)
    tables = project.gaze.tables if project.gaze is not None else []
    for file in (project.source_file, *tables):
        if file.relative and Path(file.path).is_absolute():
            raise ValueError(f"{printable(file.path)} is not relative")
    return project


def _plain(project: Project) -> dict[str, Any]:
    """The fields as JSON types; regions in the form that region files have."""
    stored: dict[str, Any] = msgspec.to_builtins(project)
    return {**stored, "regions": [region.as_dict() for region in project.regions]}
