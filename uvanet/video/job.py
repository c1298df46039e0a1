"""Description of an export."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from uvanet.errors import UsageError
from uvanet.i18n import tr
from uvanet.overlay import OverlayStyle
from uvanet.paths import DEFAULT_MODEL
from uvanet.sources.orientation import UPRIGHT, Orientation
from uvanet.video.codecs import QUALITIES, Quality
from uvanet.video.smoothing import DEFAULT_SECONDS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from uvanet.analysis.regions import RegionMask
    from uvanet.model import Model
    from uvanet.report.content import ReportGaze
    from uvanet.sources import SourceInfo
    from uvanet.video.annotated_frame import AnnotatedFrame

PANES = ("overlay", "original", "teacher")
"""Names of the panes, which an exported picture shows side by side."""

LAYERS = ("contours", "peaks", "scanpath", "regions", "color_bar", "plot")
"""Fields of `ClipStyle` that draw over or below the picture."""


@dataclass(frozen=True, slots=True)
class ClipStyle:
    """Style of exported pictures.

    Attributes:
        style: Style of the heat map.
        smoothing: Time constant of the temporal average of shown maps, seconds; raw maps and
            tables are never smoothed.
        panes: Names of `PANES`, left to right.
        contours: Contour lines at half and three quarters of the maximum.
        peaks: Numbered rings at the highest peaks.
        scanpath: The predicted order of fixations: numbered rings joined by a line.
        regions: Outlines and names of the regions, with their shares.
        color_bar: The colors of the heat map from low to high.
        plot: A strip below the picture: entropy over the last ten seconds.
        height: Height of a pane in pixels; None for that of the source.
        quality: Trade-off between size and fidelity of a video file, one of `QUALITIES`.

    Raises:
        UsageError: A pane or a quality is unknown, or a number is out of range.
    """

    style: OverlayStyle = field(default_factory=OverlayStyle)
    smoothing: float = DEFAULT_SECONDS
    panes: tuple[str, ...] = ("overlay",)
    contours: bool = False
    peaks: bool = False
    scanpath: bool = False
    regions: bool = False
    color_bar: bool = False
    plot: bool = False
    height: int | None = None
    quality: Quality = "good"

    def __post_init__(self) -> None:
        unknown = [pane for pane in self.panes if pane not in PANES]
        if unknown or not self.panes:
            raise UsageError(
                tr("There is no layer {unknown}.").format(unknown=", ".join(unknown) or "given"),
                tr("Choose {choices}.").format(choices=", ".join(PANES)),
            )
        if self.quality not in QUALITIES:
            raise UsageError(
                tr("There is no quality {quality!r}.").format(quality=self.quality),
                tr("Choose {choices}.").format(choices=", ".join(QUALITIES)),
            )
        if self.height is not None and not 16 <= self.height <= 8192:
            raise UsageError(
                tr("A picture {height} pixels high cannot be made.").format(height=self.height),
                tr("Give 16 to 8192."),
            )

    @property
    def bare(self) -> bool:
        """Whether the frame is shown alone, with or without the heat map over it."""
        return (
            self.panes in (("overlay",), ("original",))
            and not any(getattr(self, layer) for layer in LAYERS)
            and self.height is None
        )

    def as_dict(self) -> dict[str, Any]:
        """Returns the settings as plain types, for metadata of outputs."""
        return {
            "colormap": self.style.colormap,
            "opacity": self.style.opacity,
            "threshold": self.style.threshold,
            "smoothing": self.smoothing,
            "panes": list(self.panes),
            **{layer: getattr(self, layer) for layer in LAYERS},
            "height": self.height,
            "quality": self.quality,
        }


class GazeSection(Protocol):
    """The section of a report that compares maps with recorded gaze."""

    def add(self, item: AnnotatedFrame) -> Sequence[float]:
        """Adds a frame and returns its `uvanet.report.content.SCORES`, NaN where nobody looked."""
        ...

    def part(self) -> ReportGaze:
        """Returns the section."""
        ...


class ReportedGaze(Protocol):
    """Recorded gaze, see `uvanet.evaluation.report_gaze.RecordedGaze`."""

    @property
    def offset(self) -> float:
        """Seconds that are added to its times."""
        ...

    def begin(self, info: SourceInfo, orientation: Orientation, model: str) -> GazeSection:
        """Begins the comparison of the gaze with the maps of a model.

        Args:
            info: Properties of the source.
            orientation: Orientation of the frames that the model sees.
            model: Name of the model.

        Raises:
            UsageError: There is no gaze on the source.
        """
        ...


@dataclass(frozen=True, slots=True)
class Job:
    """One export.

    Attributes:
        source: Spec of the source, see `uvanet.sources.make_source`.
        outs: The files; the ending of a name selects the kind of output, see
            `uvanet.video.outputs`.
        model: The model, or a name or path that `uvanet.load` takes.
        teacher: A second model for the pane "teacher"; None for none.
        look: Style of the pictures.
        start: Start, seconds.
        end: End, seconds, exclusive; None for the source's end.
        folder_fps: Frames per second of a folder, see `FolderSource`.
        regions: Regions whose shares are written to the tables, in coordinates of the turned
            picture.
        orientation: Orientation of the frames, applied first.
        overwrite: Existing outputs are replaced. Otherwise an output with an existing name gets a
            number: "clip.mp4" becomes "clip-2.mp4".
        inputs: Further files that are read, such as regions; no output may replace them.
        audio: Sound track of a video output: its number in the source, from 1; "default" for the
            source's default track; "none" for no sound.
        gaze: Gaze of people on the source, for reports; None for none.
        continues: For a later range of a divided clip: time of the clip's first frame, seconds.
            The network then sees the frames before `start` that it needs, and times count from
            that first frame, so that maps and rows equal those of the undivided clip. None for a
            clip of its own.

    Raises:
        UsageError: The range is empty, the teacher's pane has no teacher, or `audio` is invalid.
    """

    source: str
    outs: tuple[Path, ...]
    model: str | Path | Model = DEFAULT_MODEL
    teacher: str | Path | Model | None = None
    look: ClipStyle = field(default_factory=ClipStyle)
    start: float = 0.0
    end: float | None = None
    folder_fps: float | None = None
    regions: tuple[RegionMask, ...] = ()
    orientation: Orientation = UPRIGHT
    overwrite: bool = False
    inputs: tuple[Path, ...] = ()
    audio: int | str = "default"
    gaze: ReportedGaze | None = None
    continues: float | None = None

    def __post_init__(self) -> None:
        if self.start < 0 or (self.end is not None and self.end <= self.start):
            raise UsageError(
                tr("Nothing lies between {start:g} and {end:g} seconds.").format(
                    start=self.start, end=self.end or 0
                ),
                tr("Give an end after the start."),
            )
        if "teacher" in self.look.panes and self.teacher is None:
            raise UsageError(
                tr("The teacher's picture needs a teacher."), tr("Name a second model.")
            )
        if self.audio not in ("default", "none") and not (
            isinstance(self.audio, int) and self.audio >= 1
        ):
            raise UsageError(
                tr("There is no sound track {audio!r}.").format(audio=self.audio),
                tr('Give 1 or more, "default" or "none".'),
            )
        if len(set(self.outs)) < len(self.outs):
            raise UsageError(tr("Two outputs have the same name."), tr("Name each file once."))
