"""The options of an export."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from uvanet.bounded_io import read_bounded
from uvanet.cli.options import add_offset, file_name, number
from uvanet.colormaps import COLORMAPS
from uvanet.errors import UsageError
from uvanet.i18n import tr
from uvanet.overlay import OverlayStyle
from uvanet.redaction import printable
from uvanet.video.codecs import QUALITIES
from uvanet.video.smoothing import DEFAULT_SECONDS

if TYPE_CHECKING:
    from uvanet.analysis.regions import RegionMask
    from uvanet.evaluation.report_gaze import RecordedGaze
    from uvanet.sources.orientation import Orientation
    from uvanet.video.job import ClipStyle

_MAX_COLUMNS = 1 << 20  # bytes of the file of --gaze-columns


def add_outputs(parser: argparse.ArgumentParser) -> None:
    """Adds `--out`, the files of an export."""
    parser.add_argument(
        "-o",
        "--out",
        type=file_name,
        required=True,
        action="append",
        metavar="OUT",
        help="a file to write; may be repeated",
    )


def add_export(parser: argparse.ArgumentParser) -> None:
    """Adds the options of an export."""
    layers = parser.add_argument_group("appearance")
    layers.add_argument(
        "--layers",
        default="overlay",
        metavar="A,B",
        help="side by side, any of overlay, original, teacher (%(default)s)",
    )
    layers.add_argument("--teacher", metavar="NAME", help="a second model, for the layer teacher")
    layers.add_argument("--contours", action="store_true", help="contour lines of the map")
    layers.add_argument("--peaks", action="store_true", help="numbered rings at the peaks")
    layers.add_argument(
        "--scanpath", action="store_true", help="the predicted order of fixations, numbered"
    )
    layers.add_argument(
        "--draw-regions", action="store_true", help="outlines, names and shares of --regions"
    )
    layers.add_argument("--color-bar", action="store_true", help="the colors from low to high")
    layers.add_argument(
        "--plot", action="store_true", help="a plot of the entropy below the picture"
    )
    layers.add_argument(
        "--height", type=int, metavar="N", help="height in pixels (that of the source)"
    )
    layers.add_argument("--quality", choices=QUALITIES, default="good", help="%(default)s")
    add_heat(layers)
    parser.add_argument(
        "--audio",
        type=audio_track,
        default="default",
        metavar="N",
        help="sound track of a video: its number from 1, or none (the source's default track)",
    )
    add_range(parser)


def add_heat(layers: argparse._ArgumentGroup) -> None:
    """Adds the options of the heat map and of the orientation."""
    look = OverlayStyle()
    layers.add_argument("--colormap", choices=COLORMAPS, default=look.colormap)
    for name, default, text in (
        ("opacity", look.opacity, "opacity of the heat map, 0 to 1"),
        ("threshold", look.threshold, "smallest visible map value, 0 to 1"),
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
        default=DEFAULT_SECONDS,
        metavar="S",
        help="time constant of the average over time, seconds (%(default)s)",
    )
    layers.add_argument("--mirror", action="store_true", help="mirror horizontally")
    layers.add_argument(
        "--rotate",
        type=int,
        choices=(0, 90, 180, 270),
        default=0,
        help="degrees clockwise, applied before --mirror (%(default)s)",
    )


def add_range(parser: argparse.ArgumentParser) -> None:
    """Adds the options of the range, of the regions, and of outputs that exist."""
    parser.add_argument(
        "--overwrite",
        action="store_true",
        help="replace existing outputs; without it they get a number: out-2.mp4",
    )
    range_ = parser.add_argument_group("range")
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
        help="regions whose shares go into the tables: .npz of named masks, .json of shapes, or a "
        "project (.uvanet)",
    )


def add_gaze(parser: argparse.ArgumentParser) -> None:
    """Adds the options of recorded gaze that a report compares with."""
    group = parser.add_argument_group("recorded gaze, for reports")
    group.add_argument(
        "--gaze",
        type=Path,
        action="append",
        default=[],
        metavar="TABLE",
        help="fixations or gaze of people, as for uvanet gaze; may be repeated",
    )
    add_offset(group, "--gaze-offset")
    group.add_argument(
        "--gaze-columns",
        type=Path,
        metavar="FILE",
        help="names of the columns as a .json file, in the form of a project's gaze (.uvanet)",
    )


def read_gaze(arguments: argparse.Namespace) -> RecordedGaze | None:
    """Reads the tables of `add_gaze`; None where none is given.

    Raises:
        UsageError: A table, or the file with the names of the columns, cannot be read.
    """
    from uvanet.data.gaze_mapping import GazeMapping
    from uvanet.data.gaze_reader import load_gaze
    from uvanet.evaluation.report_gaze import RecordedGaze

    if not arguments.gaze:
        return None
    mapping, path = None, arguments.gaze_columns
    if path is not None:
        try:
            mapping = msgspec.json.decode(read_bounded(path, _MAX_COLUMNS), type=GazeMapping)
        except (OSError, ValueError, RecursionError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise UsageError(
                tr("{path} holds no columns: {reason}.").format(
                    path=printable(path), reason=reason.rstrip(".")
                ),
                tr('Write names such as {"x": "px", "y": "py", "time": "t"}.'),
            ) from None
    return RecordedGaze(load_gaze(arguments.gaze, mapping), arguments.gaze_offset)


def audio_track(text: str) -> int | str:
    """The value of `--audio`; see `Job.audio`.

    Raises:
        argparse.ArgumentTypeError: The text is neither a number from 1 nor "none" or "default".
    """
    if text in ("none", "default"):
        return text
    if text.isascii() and text.isdigit() and int(text) >= 1:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no sound track; give 1, 2, ... or none")


def look_of(arguments: argparse.Namespace) -> ClipStyle:
    """The style of the clip from parsed arguments."""
    return dataclasses.replace(
        heat_of(arguments),
        panes=tuple(part.strip() for part in arguments.layers.split(",") if part.strip()),
        contours=arguments.contours,
        peaks=arguments.peaks,
        scanpath=arguments.scanpath,
        regions=arguments.draw_regions,
        color_bar=arguments.color_bar,
        plot=arguments.plot,
        height=arguments.height,
        quality=arguments.quality,
    )


def heat_of(arguments: argparse.Namespace) -> ClipStyle:
    """The style of the heat map from parsed arguments of `add_heat`."""
    from uvanet.video.job import ClipStyle

    style = OverlayStyle(arguments.colormap, arguments.opacity, arguments.threshold)
    return ClipStyle(style=style, smoothing=arguments.smoothing)


def orientation_of(arguments: argparse.Namespace) -> Orientation:
    """The orientation from parsed arguments."""
    from uvanet.sources.orientation import Orientation

    return Orientation(arguments.mirror, arguments.rotate // 90)


def read_regions(path: Path | None) -> tuple[RegionMask, ...]:
    """Reads the file of `--regions`: masks (.npz), or shapes (.json, or a project of the window).

    Raises:
        UsageError: The file is damaged or holds no regions; the message names it.
    """
    from uvanet.analysis.regions import load_masks, load_regions

    if path is None:
        return ()
    return tuple(
        load_regions(path) if path.suffix.lower() in (".json", ".uvanet") else load_masks(path)
    )
