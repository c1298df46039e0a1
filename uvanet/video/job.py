"""What is to be exported: a description without any work in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from uvanet.errors import UsageError
from uvanet.sources.orientation import UPRIGHT, Orientation
from uvanet.video.codecs import QUALITIES, Quality
from uvanet.video.overlay import OverlayStyle

if TYPE_CHECKING:
    from pathlib import Path

    from uvanet.analysis.regions import RegionMask
    from uvanet.model import Model

PANES = ("overlay", "original", "teacher")
"""What can stand side by side in a picture."""


@dataclass(frozen=True, slots=True)
class ClipStyle:
    """How the pictures look.

    Attributes:
        style: Of the heat.
        smoothing: Time constant of the shown maps' average over time, seconds; raw maps and
            tables are never smoothed.
        panes: Names of `PANES`, left to right.
        contours: Lines around the parts with half and three quarters of the highest attention.
        peaks: Numbered rings at the highest points.
        plot: A strip below the picture: how spread out attention was, over ten seconds.
        height: Of a pane in pixels; as the source where None.
        quality: How much space a video may take.

    Raises:
        UsageError: A pane or a quality is unknown, or a number makes no sense.
    """

    style: OverlayStyle = field(default_factory=OverlayStyle)
    smoothing: float = 0.2
    panes: tuple[str, ...] = ("overlay",)
    contours: bool = False
    peaks: bool = False
    plot: bool = False
    height: int | None = None
    quality: Quality = "good"

    def __post_init__(self) -> None:
        unknown = [pane for pane in self.panes if pane not in PANES]
        if unknown or not self.panes:
            raise UsageError(
                f"There is no layer {', '.join(unknown) or 'at all'}.",
                f"Choose from {', '.join(PANES)}.",
            )
        if self.quality not in QUALITIES:
            raise UsageError(
                f"There is no quality {self.quality!r}.", f"Choose {', '.join(QUALITIES)}."
            )
        if self.height is not None and not 16 <= self.height <= 8192:
            raise UsageError(
                f"A picture {self.height} pixels high cannot be made.", "Give 16 to 8192."
            )

    @property
    def bare(self) -> bool:
        """The picture of the source with nothing but heat over it, or nothing at all."""
        return (
            self.panes in (("overlay",), ("original",))
            and not (self.contours or self.peaks or self.plot)
            and self.height is None
        )

    def as_dict(self) -> dict[str, Any]:
        """The settings for a file that says how it was made."""
        return {
            "colormap": self.style.colormap,
            "opacity": self.style.opacity,
            "threshold": self.style.threshold,
            "smoothing": self.smoothing,
            "panes": list(self.panes),
            "contours": self.contours,
            "peaks": self.peaks,
            "plot": self.plot,
            "height": self.height,
            "quality": self.quality,
        }


@dataclass(frozen=True, slots=True)
class Job:
    """One export.

    Attributes:
        source: What `uvanet.sources.make_source` takes.
        outs: The files; the ending of each says what it is, see `uvanet.video.outputs`.
        model: What predicts, or what `uvanet.load` takes.
        teacher: A second model for the pane "teacher"; None for none.
        look: Of the pictures.
        start: The first moment, seconds.
        end: The moment where it ends (itself left out), seconds; None for the source's end.
        folder_fps: Pictures a second of a folder.
        regions: Whose shares of attention go into the tables; parts of the picture as it is turned.
        orientation: How the pictures are turned before anything else.
        overwrite: Existing outputs are replaced. Otherwise an output whose name is taken gets a
            number: "clip.mp4" becomes "clip-2.mp4".
        inputs: Further files that are read, such as regions; no output may replace them.

    Raises:
        UsageError: The range is empty, or the teacher's pane has no teacher.
    """

    source: str
    outs: tuple[Path, ...]
    model: str | Path | Model = "uvanet-64"
    teacher: str | Path | Model | None = None
    look: ClipStyle = field(default_factory=ClipStyle)
    start: float = 0.0
    end: float | None = None
    folder_fps: float | None = None
    regions: tuple[RegionMask, ...] = ()
    orientation: Orientation = UPRIGHT
    overwrite: bool = False
    inputs: tuple[Path, ...] = ()

    def __post_init__(self) -> None:
        if self.start < 0 or (self.end is not None and self.end <= self.start):
            raise UsageError(
                f"Nothing lies between {self.start:g} and {self.end or 0:g} seconds.",
                "Let it end later than it starts.",
            )
        if "teacher" in self.look.panes and self.teacher is None:
            raise UsageError("The teacher's picture needs a teacher.", "Name a second model.")
        if len(set(self.outs)) < len(self.outs):
            raise UsageError("Two outputs have one name.", "Name each file once.")
