"""`uvanet predict`: predicts a source and writes annotated files, raw maps or tables."""

from __future__ import annotations

import contextlib
import json
import sys
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec
from tqdm import tqdm

from uvanet.cli.batch import add_batch, check_batch, outs_of, run_folder
from uvanet.cli.export_options import (
    add_export,
    add_gaze,
    add_outputs,
    look_of,
    orientation_of,
    read_gaze,
    read_regions,
)
from uvanet.cli.options import add_engine, add_model, number
from uvanet.errors import UsageError
from uvanet.i18n import tr
from uvanet.redaction import printable

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from uvanet.video.control import Control, Progress
    from uvanet.video.exporter import ExportResult
    from uvanet.video.job import ClipStyle, Job

STOPPED_EXIT = 1


class _Predict:
    description = """\
Predicts where people look in every frame of SOURCE and writes OUT. Works with no display.

SOURCE is a video, a picture, a folder of pictures, http:// or rtsp://, camera:NAME or a camera's
number, screen: or screen:X,Y,W,H, or demo. The ending of OUT says what is written; give -o more
than once for several files of one run:
  .mp4, .webm   the annotated video with the source's sound: H.264, or VP9
  .png or .jpg  the annotated picture; a pattern such as out-%05d.png gives one a frame
  .npz          the raw float maps: saliency (n, h, w) 0..1, pts, index, size
  (none)        a folder of the raw maps as gray PNG files of 16 bits
  .csv, .json   a row a frame: time, peak, entropy, shares of regions, model, settings
  .regions.csv  a row a region: share, dwell, first look, entries (needs --regions)
  .html, .pdf   the report, see uvanet report
{name} in OUT stands for the name of SOURCE without its ending. If SOURCE is a folder of pictures
and OUT a .png or .jpg, {name} in the file name stands for the name of each picture. An OUT that
exists gets a number, unless --overwrite is given; a pipe or a device is written to.
"""
    examples = """examples:
  uvanet predict demo -o demo.mp4
  uvanet predict talk.mp4 -o heat.mp4 -o heat.csv --start 60 --end 70
  uvanet predict talk.mp4 -o both.mp4 --layers original,overlay --contours --peaks --height 540
  uvanet predict talk.mp4 -o talk.regions.csv --regions regions.json
  uvanet predict photo.jpg -o photo-heat.png --colormap viridis
  uvanet predict talk.mp4 -o maps.npz --json
  uvanet predict photos -o 'heat/{name}.jpg' -o heat/photos.csv --color-bar
  uvanet predict camera:0 -o me.mp4 --seconds 10
  uvanet predict films --each -o 'heat/{name}.mp4' -o 'heat/{name}.csv'
  uvanet predict films --each -o 'maps/{name}.npz' --workers 8
"""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("source", metavar="SOURCE", help="the input, see above")
        add_outputs(parser)
        add_model(parser)
        add_engine(parser)
        add_export(parser)
        add_gaze(parser)
        add_batch(parser)
        parser.add_argument(
            "--fps",
            type=number(0, 1000),
            metavar="F",
            help="frames per second of a folder of frames; 0: each picture on its own (by default "
            "25 if the pictures are plainly frames of a film, otherwise 0)",
        )
        add_progress(parser)

    def run(self, arguments: argparse.Namespace) -> int:
        check_batch(arguments)
        job = job_of(
            arguments,
            outs_of(arguments),
            look_of(arguments),
            teacher=arguments.teacher,
            audio=arguments.audio,
        )
        return run_folder(job, arguments, run_one) if arguments.each else run_job(job, arguments)


def add_progress(parser: argparse.ArgumentParser) -> None:
    """Adds the options of the output on the terminal, for `run_job`."""
    parser.add_argument("--json", action="store_true", help="print statistics as JSON")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    parser.add_argument(
        "--events",
        action="store_true",
        help="write each event as a line of JSON to stdout; read 'cancel' and 'stop' from stdin",
    )


def run_job(job: Job, arguments: argparse.Namespace) -> int:
    """Exports with the output that the options of `add_progress` ask for; gives the exit code."""
    if arguments.events:
        from uvanet.cli.export_events import run_with_events

        return run_with_events(job)
    return run_one(job, arguments)


def export_with_bar(job: Job, *, show: bool, control: Control | None = None) -> ExportResult:
    """`uvanet.video.exporter.export` with a progress bar on stderr where `show` is set.

    Args:
        job: The export.
        show: Whether the bar is shown.
        control: Receives the orders of signals; None for a new one.

    Raises:
        KeyboardInterrupt: A signal ended the export, and no file is left.
    """
    from uvanet.cli.source_status import StatusLines
    from uvanet.video.control import Cancelled, Control, stopped_by_signals
    from uvanet.video.exporter import export

    control = control or Control()
    with contextlib.ExitStack() as stack:
        stack.enter_context(stopped_by_signals(control))
        bar: tqdm[NoReturn] | None = None

        def progress(now: Progress) -> None:
            # Made at the first frame, so that an error before it is printed without a bar.
            nonlocal bar
            if bar is None:
                name = printable(job.outs[0].name)
                options = {"unit": "frame", "disable": not show, "desc": name}
                bar = stack.enter_context(tqdm(total=now.total, file=sys.stderr, **options))
            bar.update(now.done - bar.n)

        try:
            return export(job, progress=progress, control=control, on_status=StatusLines())
        except Cancelled:
            raise KeyboardInterrupt from None


def as_text(result: ExportResult) -> str:
    """The result as one line of text."""
    names = ", ".join(printable(path) for path in result.paths)
    source = result.source
    delivered = ""
    if source.pixel_format:  # a camera, which may not deliver what was requested
        size = f"{source.width}x{source.height}"
        delivered = f" ({size}, {source.fps:.3g} fps, {source.pixel_format})"
    return (
        f"{names}: {result.frames} frames of {printable(source.title)}{delivered} "
        f"by {result.model}, {result.fps:.0f} frames/s; "
        f"frame to file {result.latency_p50_ms:.1f} ms (p50), "
        f"{result.latency_p95_ms:.1f} ms (p95); network {result.network_p50_ms:.2f} ms"
    )


def job_of(
    arguments: argparse.Namespace, outs: tuple[Path, ...], look: ClipStyle, **more: Any
) -> Job:
    """Makes a job from parsed arguments.

    Args:
        arguments: Those of `add_model`, `add_engine`, `add_heat`, `add_range` and `add_gaze`.
        outs: The files to write.
        look: Style of the pictures.
        more: Other fields of the job.

    Raises:
        UvanetError: The model, the regions or the gaze cannot be read, or two options exclude each
            other.
    """
    from uvanet.model import load
    from uvanet.video.job import Job

    end = arguments.end
    if arguments.seconds is not None:
        if end is not None:
            raise UsageError(tr("Both --end and --seconds were given."), tr("Give one of them."))
        end = arguments.start + arguments.seconds
    return Job(
        arguments.source,
        outs,
        model=load(
            arguments.model,
            engine=arguments.engine,
            device=arguments.device,
            threads=arguments.threads,
        ),
        look=look,
        start=arguments.start,
        end=end,
        folder_fps=arguments.fps,
        regions=read_regions(arguments.regions),
        orientation=orientation_of(arguments),
        overwrite=arguments.overwrite,
        inputs=(*arguments.gaze, *([arguments.regions] if arguments.regions else [])),
        gaze=read_gaze(arguments),
        **more,
    )


def run_one(job: Job, arguments: argparse.Namespace, control: Control | None = None) -> int:
    """Exports with a progress bar and prints the result; gives the exit code.

    Args:
        job: The export.
        arguments: The parsed arguments of `add_progress`.
        control: See `export_with_bar`.
    """
    from uvanet.cli.export_events import done_event
    from uvanet.video.events import kept_text

    result = export_with_bar(job, show=not arguments.quiet, control=control)
    for asked, got in zip(job.outs, result.paths, strict=False):
        if len(job.outs) == len(result.paths) and asked != got:
            print(
                f"uvanet: {printable(asked)} exists; written to {printable(got)}. Give --overwrite "
                "to replace files.",
                file=sys.stderr,
            )
    if arguments.json:
        facts = msgspec.to_builtins(done_event(result))
        del facts["event"]
        print(json.dumps(facts, indent=1))
    else:
        print(as_text(result))
    if result.source.note:
        source = printable(result.source.title)
        print(f"uvanet: {source}: {result.source.note}", file=sys.stderr)
    if result.note:
        print(f"uvanet: {result.note}", file=sys.stderr)
    if result.stopped:
        print(f"uvanet: {result.stopped} {kept_text(result.frames)}", file=sys.stderr)
        return STOPPED_EXIT
    return 0


COMMAND = _Predict()
