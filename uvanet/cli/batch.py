"""`--each`: runs a command on every video of a folder, in one process or with Dask."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from tqdm import tqdm

from uvanet import __version__
from uvanet.cli.options import integer, number
from uvanet.errors import UsageError, UvanetError
from uvanet.i18n import tr
from uvanet.redaction import printable, redact_source

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Sequence

    from uvanet.video.batch import ClipReport, ClipTask
    from uvanet.video.control import Control
    from uvanet.video.job import Job

    RunOne = Callable[[Job, argparse.Namespace, Control], int]

_FAILED_EXIT = 1


def add_batch(parser: argparse.ArgumentParser) -> None:
    """Adds `--each`, `--resume`, `--workers` and `--scheduler`."""
    group = parser.add_argument_group("many videos")
    group.add_argument(
        "--each",
        action="store_true",
        help="SOURCE is a folder of videos; {name} in OUT stands for the name of each",
    )
    group.add_argument(
        "--resume",
        action="store_true",
        help="skip videos that an earlier run with these settings has finished",
    )
    group.add_argument(
        "--split",
        type=number(1, 1e6),
        metavar="SECONDS",
        help="export longer videos in ranges of about this length and join them; for .csv and "
        ".npz; implies --resume",
    )
    add_workers(group, "; implies --resume")


def add_workers(group: argparse._ArgumentGroup, note: str = "") -> None:
    """Adds `--workers` and `--scheduler`.

    Args:
        group: A group of the parser.
        note: Text that is added to the help of both options.
    """
    group.add_argument(
        "--workers",
        type=integer(1, 256),
        default=0,
        metavar="N",
        help=f"processes on this machine{note}; needs the extra cluster",
    )
    group.add_argument(
        "--scheduler",
        default="",
        metavar="tcp://HOST:PORT",
        help=f"a Dask scheduler whose workers see the same files{note}",
    )


def check_batch(arguments: argparse.Namespace) -> None:
    """Checks the options of `add_batch`.

    Raises:
        UsageError: One of them was given without `--each`.
    """
    if _can_continue(arguments) and not arguments.each:
        raise UsageError(
            tr("--resume, --split, --workers and --scheduler are for a folder of videos."),
            tr("Add --each."),
        )


def _can_continue(arguments: argparse.Namespace) -> bool:
    return bool(arguments.resume or arguments.split or arguments.workers or arguments.scheduler)


def outs_of(arguments: argparse.Namespace) -> tuple[Path, ...]:
    """The paths of `--out`, with {name} replaced unless each video has outputs of its own.

    Raises:
        UsageError: {name} is missing, or stands for no file.
    """
    from uvanet.video.output_names import holds_name, named_after, names_each_picture

    source = Path(arguments.source)
    for out in arguments.out:
        if arguments.each and not holds_name(out):
            raise UsageError(
                tr("Every video would be written to {out}.").format(out=printable(out)),
                tr("Put {{name}} into it, such as {{name}}{suffix}.").format(suffix=out.suffix),
            )
        if not arguments.each and holds_name(out) and not source.exists():
            raise UsageError(
                tr("{{name}} in {out} stands for the name of a file, and {source} is none.").format(
                    out=printable(out), source=printable(redact_source(arguments.source))
                ),
                tr("Write out the name."),
            )
    if arguments.each:
        return tuple(arguments.out)
    each = source.is_dir()  # a folder of pictures, whose names take the place of {name}
    return tuple(
        named_after(out.parent, source) / out.name
        if each and names_each_picture(out)
        else named_after(out, source)
        for out in arguments.out
    )


def run_folder(job: Job, arguments: argparse.Namespace, run_one: RunOne) -> int:
    """Runs a job for every video of a folder; gives the exit code.

    Args:
        job: Its source is the folder; its outputs hold {name}.
        arguments: The parsed arguments.
        run_one: Runs one job where no option of `add_batch` but `--each` was given.
    """
    if _can_continue(arguments):
        # Each process loads the model itself.
        job = dataclasses.replace(job, model=arguments.model)
        return _run_tasks(_jobs(job, resumed=True), arguments)
    return _each(_jobs(job, resumed=False), arguments, run_one)


def _jobs(job: Job, *, resumed: bool) -> list[Job]:
    """The job for every video of a folder; outputs that exist keep their names if `resumed`."""
    from uvanet.video.output_names import free_names, named_after, protect_inputs, videos_in

    videos = videos_in(Path(job.source))
    jobs: list[Job] = []
    for video in videos:
        wanted = [named_after(out, video) for out in job.outs]
        protect_inputs(wanted, [*videos, *job.inputs])
        # Two videos may have one stem: "a.mp4" and "a.mkv".
        taken = [out for earlier in jobs for out in earlier.outs]
        outs = free_names(wanted, taken, overwrite=job.overwrite or resumed)
        jobs.append(dataclasses.replace(job, source=str(video), outs=outs, overwrite=True))
    return jobs


def _each(jobs: list[Job], arguments: argparse.Namespace, run_one: RunOne) -> int:
    """Runs the jobs one by one. A failed job does not end the others; a signal ends all."""
    from uvanet.video.control import Control

    code = 0
    for place, job in enumerate(jobs):
        left = jobs[place + 1 :]
        control = Control()
        try:
            code |= run_one(job, arguments, control)
        except UvanetError as error:
            print(f"uvanet: {printable(Path(job.source).name)}: {error}", file=sys.stderr)
            code = _FAILED_EXIT
        except KeyboardInterrupt:
            control.stop()
            left = jobs[place:]
        if control.ended:
            names = ", ".join(printable(Path(job.source).name) for job in left)
            print(
                f"uvanet: Interrupted. Not written: {names or 'nothing'}; finished files are kept.",
                file=sys.stderr,
            )
            return _FAILED_EXIT
    return code


def _run_tasks(jobs: Sequence[Job], arguments: argparse.Namespace) -> int:
    """Exports videos, except those that are finished."""
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
    return _FAILED_EXIT if failed else 0


def _reports(
    tasks: Sequence[ClipTask], arguments: argparse.Namespace
) -> Iterator[tuple[ClipTask, ClipReport]]:
    """Exports the clips and yields the report of each; ranges of a divided clip are joined."""
    from uvanet.video.batch import is_done
    from uvanet.video.ranges import join, split

    divided = {
        task.record: (task, parts)
        for task in tasks
        if arguments.split and not is_done(task) and (parts := split(task, arguments.split))
    }
    whole = {part.record: task for task, parts in divided.values() for part in parts}
    queue = [part for task in tasks for part in divided.get(task.record, (task, [task]))[1]]
    ended: dict[Path, list[ClipReport]] = {record: [] for record in divided}
    for part, report in _run(queue, arguments):
        task = whole.get(part.record)
        if task is None:
            yield part, report
            continue
        reports, parts = ended[task.record], divided[task.record][1]
        reports.append(report)
        if len(reports) == len(parts):
            failed = next((report for report in reports if report.error), None)
            joined = failed or join(task, parts)
            yield task, joined if joined.error else _sum(reports, task)


def _sum(reports: Sequence[ClipReport], task: ClipTask) -> ClipReport:
    """The report of a clip that was joined from ranges."""
    results = [report.result for report in reports if report.result is not None]
    if not results:  # an earlier run has made all of them
        return reports[0]
    frames = sum(result.frames for result in results)
    seconds = sum(result.seconds for result in results)
    whole = dataclasses.replace(
        results[0], paths=task.job.outs, frames=frames, seconds=seconds, fps=frames / seconds
    )
    return dataclasses.replace(reports[0], result=whole)


def _run(
    tasks: Sequence[ClipTask], arguments: argparse.Namespace
) -> Iterator[tuple[ClipTask, ClipReport]]:
    from uvanet.cluster import run_tasks
    from uvanet.video.batch import ClipReport, run_clip

    for task, result in run_tasks(
        run_clip, tasks, workers=arguments.workers, scheduler=arguments.scheduler
    ):
        yield task, ClipReport(error=str(result)) if isinstance(result, UvanetError) else result
