"""The options of an export and what they mean."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from uvanet.cli.options import number
from uvanet.errors import UsageError
from uvanet.video.codecs import QUALITIES
from uvanet.video.colormaps import COLORMAPS
from uvanet.video.overlay import OverlayStyle

if TYPE_CHECKING:
    import argparse

    from numpy.typing import NDArray

    from uvanet.sources.orientation import Orientation
    from uvanet.video.job import ClipStyle


def add_export(parser: argparse.ArgumentParser) -> None:
    """Adds what an export can be told."""
    look = OverlayStyle()
    layers = parser.add_argument_group("what is shown")
    layers.add_argument(
        "--layers",
        default="overlay",
        metavar="A,B",
        help="side by side, any of overlay, original, teacher (%(default)s)",
    )
    layers.add_argument("--teacher", metavar="NAME", help="a second model, for the layer teacher")
    layers.add_argument("--contours", action="store_true", help="lines around high attention")
    layers.add_argument("--peaks", action="store_true", help="numbered rings at the peaks")
    layers.add_argument("--plot", action="store_true", help="a graph of the spread below")
    layers.add_argument("--height", type=int, metavar="N", help="pixels; as the source")
    layers.add_argument("--quality", choices=QUALITIES, default="good", help="%(default)s")
    layers.add_argument("--colormap", choices=COLORMAPS, default=look.colormap)
    for name, default, text in (
        ("opacity", look.opacity, "of the heat, 0 to 1"),
        ("threshold", look.threshold, "below which the picture stays clear, 0 to 1"),
    ):
        layers.add_argument(
            f"--{name}",
            type=number(0, 1),
            default=default,
            metavar="X",
            help=f"{text} (%(default)s)",
        )
    layers.add_argument(
        "--smoothing",
        type=number(0, 5),
        default=0.2,
        metavar="S",
        help="time constant of the average over time, seconds (%(default)s)",
    )
    layers.add_argument("--mirror", action="store_true", help="left and right change places")
    layers.add_argument(
        "--rotate",
        type=int,
        choices=(0, 90, 180, 270),
        default=0,
        help="degrees clockwise, before it is mirrored (%(default)s)",
    )
    range_ = parser.add_argument_group("which part")
    seconds = number(0, 1e9)
    range_.add_argument("--start", type=seconds, default=0.0, metavar="S", help="from S seconds on")
    range_.add_argument("--end", type=seconds, metavar="S", help="up to S seconds of the source")
    range_.add_argument(
        "--seconds", type=number(0.001, 1e9), metavar="S", help="stop after S seconds"
    )
    range_.add_argument(
        "--regions",
        type=Path,
        metavar="FILE",
        help="an .npz of masks of the whole picture by name; their shares go into the tables",
    )


def look_of(arguments: argparse.Namespace) -> ClipStyle:
    """The look that was asked for."""
    from uvanet.video.job import ClipStyle

    return ClipStyle(
        style=OverlayStyle(arguments.colormap, arguments.opacity, arguments.threshold),
        smoothing=arguments.smoothing,
        panes=tuple(part.strip() for part in arguments.layers.split(",") if part.strip()),
        contours=arguments.contours,
        peaks=arguments.peaks,
        plot=arguments.plot,
        height=arguments.height,
        quality=arguments.quality,
    )


def orientation_of(arguments: argparse.Namespace) -> Orientation:
    """How the pictures are to be turned."""
    from uvanet.sources.orientation import Orientation

    return Orientation(arguments.mirror, arguments.rotate // 90)


@dataclass(frozen=True, slots=True)
class MaskRegion:
    """A region given by a picture of it.

    Attributes:
        name: What it is called.
        pixels: Any size, shape (h, w), for the whole picture; what is not 0 belongs to it.
    """

    name: str
    pixels: NDArray[np.generic]

    def mask(self, height: int, width: int) -> NDArray[np.bool_]:
        """Which pixels of a picture of this size belong to it."""
        rows = (np.arange(height) * self.pixels.shape[0]) // height
        columns = (np.arange(width) * self.pixels.shape[1]) // width
        return np.asarray(self.pixels[rows[:, None], columns[None, :]] != 0)


def read_regions(path: Path | None) -> tuple[MaskRegion, ...]:
    """Reads masks by name.

    Raises:
        UsageError: The file is no archive of masks.
    """
    if path is None:
        return ()
    try:
        with np.load(path, allow_pickle=False) as archive:
            masks = {name: archive[name] for name in archive.files}
        if any(mask.ndim != 2 or mask.size == 0 for mask in masks.values()):
            raise ValueError("a mask has two axes")
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise UsageError(
            f"{path} holds no regions: {error}.", "Give an .npz of masks of shape (h, w)."
        ) from None
    return tuple(MaskRegion(name, mask) for name, mask in masks.items())
