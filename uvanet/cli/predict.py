"""`uvanet predict`: a source in, an annotated file or raw maps out."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from tqdm import tqdm

from uvanet.cli.options import add_engine, add_model, number
from uvanet.render import COLORMAPS, OverlayStyle

if TYPE_CHECKING:
    import argparse

    from uvanet.annotate import AnnotateResult

STOPPED_EXIT = 1


class _Predict:
    description = """\
Predicts where people look in every frame of SOURCE and writes OUT. Works with no display.

SOURCE is a video, a picture, a folder of pictures, http:// or rtsp://, camera:NAME or a camera's
number, screen: or screen:X,Y,W,H, or demo. The ending of OUT says what is written:
  .mp4          the annotated video, H.264
  .png or .jpg  the annotated picture; a pattern such as out-%05d.png gives one a frame
  .npz          the raw float maps: saliency (n, s, s) 0..1, pts, index, size
"""
    examples = """examples:
  uvanet predict demo -o demo.mp4
  uvanet predict photo.jpg -o photo-heat.png --colormap viridis
  uvanet predict talk.mp4 -o maps.npz --json
  uvanet predict camera:0 -o me.mp4 --seconds 10
"""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        look = OverlayStyle()
        parser.add_argument("source", metavar="SOURCE", help="what to look at")
        parser.add_argument("-o", "--out", type=Path, required=True, metavar="OUT", help="the file")
        add_model(parser)
        add_engine(parser)
        parser.add_argument("--colormap", choices=COLORMAPS, default=look.colormap)
        for name, default, text in (
            ("opacity", look.opacity, "of the heat, 0 to 1"),
            ("threshold", look.threshold, "below which the picture stays clear, 0 to 1"),
        ):
            parser.add_argument(
                f"--{name}",
                type=number(0, 1),
                default=default,
                metavar="X",
                help=f"{text} (%(default)s)",
            )
        parser.add_argument(
            "--smoothing",
            type=number(0, 5),
            default=0.2,
            metavar="S",
            help="time constant of the average over time, seconds (%(default)s)",
        )
        parser.add_argument(
            "--seconds", type=number(0.001, 1e9), metavar="S", help="stop after S seconds"
        )
        parser.add_argument(
            "--fps", type=number(0.01, 1000), metavar="F", help="pictures a second of a folder"
        )
        parser.add_argument("--json", action="store_true", help="print statistics as JSON")
        parser.add_argument("--quiet", action="store_true", help="no progress bar")

    def run(self, arguments: argparse.Namespace) -> int:
        from uvanet.model import load

        result = annotate_with_bar(
            arguments.source,
            arguments.out,
            show=not arguments.quiet,
            model=load(arguments.model, engine=arguments.engine, threads=arguments.threads),
            style=OverlayStyle(arguments.colormap, arguments.opacity, arguments.threshold),
            smoothing=arguments.smoothing,
            limit=arguments.seconds,
            folder_fps=arguments.fps,
        )
        print(json.dumps(as_json(result), indent=1) if arguments.json else as_text(result))
        if result.stopped:
            print(
                f"uvanet: {result.stopped} The {result.frames} frames before are kept.",
                file=sys.stderr,
            )
            return STOPPED_EXIT
        return 0


def annotate_with_bar(spec: str, out: Path, *, show: bool, **options: object) -> AnnotateResult:
    """`uvanet.annotate.annotate` with a progress bar on stderr where `show` is set."""
    from uvanet.annotate import annotate

    with contextlib.ExitStack() as stack:
        bar: tqdm[NoReturn] | None = None

        def progress(done: int, total: int | None) -> None:
            # Made at the first frame, so that an error before it stands alone.
            nonlocal bar
            if bar is None:
                looks = {"unit": "frame", "disable": not show, "desc": out.name}
                bar = stack.enter_context(tqdm(total=total, file=sys.stderr, **looks))
            bar.update(done - bar.n)

        return annotate(spec, out, progress=progress, **options)  # type: ignore[arg-type]


def as_json(result: AnnotateResult) -> dict[str, object]:
    """The result's facts for machines."""
    return {**dataclasses.asdict(result), "path": str(result.path)}


def as_text(result: AnnotateResult) -> str:
    """The result in a line for people."""
    return (
        f"{result.path}: {result.frames} frames of {result.source.title} by {result.model}, "
        f"{result.fps:.0f} frames/s; frame to file {result.latency_p50_ms:.1f} ms (p50), "
        f"{result.latency_p95_ms:.1f} ms (p95); network {result.network_p50_ms:.2f} ms"
    )


COMMAND = _Predict()
