"""`uvanet predict --each` that can be continued, in one process or with Dask."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import msgspec
from tqdm import tqdm

from uvanet import __version__
from uvanet.cli.options import integer
from uvanet.errors import UvanetError
from uvanet.redaction import printable

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from uvanet.video.batch import ClipReport, ClipTask
    from uvanet.video.job import Job


def add_batch(parser: argparse.ArgumentParser) -> None:
    """Adds `--resume`, `--workers` and `--scheduler`."""
    group = parser.add_argument_group("many videos, with --each")
    group.add_argument(
        "--resume",
        action="store_true",
        help="skip videos that an earlier run with these settings has finished",
    )
    group.add_argument(
        "--workers",
        type=integer(1, 256),
        default=0,
        metavar="N",
        help="processes on this machine; implies --resume; needs the extra cluster",
    )
    group.add_argument(
        "--scheduler",
        default="",
        metavar="tcp://HOST:PORT",
        help="a Dask scheduler whose workers see the same files; implies --resume",
    )


def is_batch(arguments: argparse.Namespace) -> bool:
    """Whether one of the options of `add_batch` was given."""
    return bool(arguments.resume or arguments.workers or arguments.scheduler)


def run_batch(jobs: Sequence[Job], arguments: argparse.Namespace) -> int:
    """Exports videos, except those that are finished.

    Args:
        jobs: One for each video; the models are names or paths.
        arguments: The parsed arguments.

    Returns:
        The exit code: 0, or 1 if a video failed.
    """
    from uvanet.cli.export_events import done_event
    from uvanet.video.batch import make_task, record_folder

    records = record_folder(arguments.out)
    options = {name: getattr(arguments, name) for name in ("engine", "device", "threads")}
    tasks = [make_task(job, records, __version__, **options) for job in jobs]
    failed = done = skipped = 0
    with tqdm(total=len(tasks), unit="video", file=sys.stderr, disable=arguments.quiet) as progress:
        for task, report in _reports(tasks, arguments):
            name = printable(task.job.source)
            if report.error:
                failed += 1
                progress.write(f"uvanet: {name}: {report.error}", file=sys.stderr)
            elif report.result is not None:
                done += 1
                if arguments.json:
                    facts = msgspec.to_builtins(done_event(report.result))
                    del facts["event"]
                    progress.write(json.dumps(facts), file=sys.stdout)
            else:
                skipped += 1
            progress.update()
    if not arguments.json:
        print(f"{len(tasks)} videos: {done} written, {skipped} finished before, {failed} failed")
    return 1 if failed else 0


def _reports(
    tasks: Sequence[ClipTask], arguments: argparse.Namespace
) -> Iterator[tuple[ClipTask, ClipReport]]:
    from uvanet.cluster import run_tasks
    from uvanet.video.batch import ClipReport, run_clip

    if not (arguments.workers or arguments.scheduler):
        for task in tasks:
            yield task, run_clip(task)
        return
    for task, result in run_tasks(
        run_clip, tasks, workers=arguments.workers, scheduler=arguments.scheduler
    ):
        yield task, ClipReport(error=str(result)) if isinstance(result, UvanetError) else result
