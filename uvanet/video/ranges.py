"""Exports a long video in ranges, on several workers, and joins tables and raw maps.

A map of a student depends on the frames of its memory alone (`Card.memory_seconds`). A range that
feeds these frames to the network first gives the maps of an undivided clip. Videos, pictures and
totals over a clip cannot be joined; clips with these outputs are not divided.
"""

from __future__ import annotations

import contextlib
import dataclasses
import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from filelock import FileLock

from uvanet.atomic_io import atomic_write
from uvanet.errors import OutputError, UvanetError
from uvanet.i18n import tr
from uvanet.registry import resolve_model
from uvanet.sources import SourceKind, make_source
from uvanet.video.batch import ClipReport, ClipTask, make_task, read_record, write_record
from uvanet.video.output_names import ending_of
from uvanet.video.timing import timing_of

JOINED = (".csv", ".npz")
"""Endings of the outputs that can be joined."""

_CHUNK = 1 << 20


def split(task: ClipTask, seconds: float) -> list[ClipTask]:
    """Divides a clip into ranges of about `seconds` each.

    Returns:
        The ranges in their order. Empty if the clip is short, an output cannot be joined, the
        frames have no fixed rate, the model is not a student, or the source cannot be read.
    """
    job = task.job
    card = resolve_model(str(job.model)).card
    if card is None or card.role != "student":
        return []
    if any(ending_of(out) not in JOINED for out in job.outs):
        return []
    with contextlib.suppress(UvanetError), make_source(job.source) as source:
        info = source.info
        if info.kind is not SourceKind.VIDEO or not info.seekable or info.duration is None:
            return []
        if not timing_of(info, source.files()[0]).regular:
            return []
        end = info.duration if job.end is None else min(job.end, info.duration)
        count = round((end - job.start) / seconds)
        if count < 2:
            return []
        if job.start:
            source.seek(job.start)
        first = source.read()
        if first is None:
            return []
        limits = [float(limit) for limit in np.linspace(job.start, end, count + 1)]
        ranges = zip([None, *limits[1:-1]], [*limits[1:-1], None], strict=True)
        return [_range(task, number, first.pts, *limit) for number, limit in enumerate(ranges)]
    return []  # the export of the whole clip reports the error


def join(task: ClipTask, parts: Sequence[ClipTask]) -> ClipReport:
    """Joins the outputs of finished ranges, writes the record of the clip, deletes the ranges.

    Args:
        task: The clip.
        parts: Its ranges, as `split` gives them.
    """
    try:
        with FileLock(task.record.with_suffix(".lock")):
            records = [read_record(part) for part in parts]
            if len({record.content for record in records}) > 1:
                return ClipReport(error=tr("It has changed meanwhile; start the command again."))
            for number, out in enumerate(task.job.outs):
                pieces = [part.job.outs[number] for part in parts]
                out.parent.mkdir(parents=True, exist_ok=True)
                (_join_tables if ending_of(out) == ".csv" else _join_maps)(pieces, out)
            write_record(task, records[-1], task.job.outs)
            shutil.rmtree(parts[0].record.parent, ignore_errors=True)
    except UvanetError as error:
        return ClipReport(error=str(error))
    except (OSError, ValueError) as error:
        return ClipReport(error=tr("Its ranges cannot be joined: {error}.").format(error=error))
    return ClipReport()


def _range(
    task: ClipTask, number: int, first: float, start: float | None, end: float | None
) -> ClipTask:
    """Makes the task of a range from `start` to `end`; None for the clip's own start or end."""
    folder = task.record.with_suffix(".parts")
    outs = tuple(
        folder / f"{number:05d}-{place}{ending_of(out)}" for place, out in enumerate(task.job.outs)
    )
    job = task.job
    range_job = dataclasses.replace(
        job,
        outs=outs,
        start=job.start if start is None else start,
        end=job.end if end is None else end,
        continues=None if start is None else first,
    )
    return make_task(
        range_job,
        folder,
        task.version,
        engine=task.engine,
        device=task.device,
        threads=task.threads,
    )


def _join_tables(pieces: Sequence[Path], out: Path) -> None:
    with atomic_write(out) as part, part.open("wb") as joined:
        for number, piece in enumerate(pieces):
            with piece.open("rb") as rows:
                head = rows.readline()
                if not number:
                    joined.write(head)
                shutil.copyfileobj(rows, joined, _CHUNK)


def _join_maps(pieces: Sequence[Path], out: Path) -> None:
    """Joins archives map by map, so that memory does not grow with the clip."""
    small: dict[str, np.ndarray] = {}
    with contextlib.ExitStack() as stack:
        archives = [stack.enter_context(np.load(piece)) for piece in pieces]
        for name in ("pts", "index", "size"):
            small[name] = np.concatenate([archive[name] for archive in archives])
        part = stack.enter_context(atomic_write(out))
        joined = stack.enter_context(
            zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=4)
        )
        with joined.open("saliency.npy", "w", force_zip64=True) as entry:
            for number, piece in enumerate(pieces):
                with zipfile.ZipFile(piece) as archive, archive.open("saliency.npy") as maps:
                    np.lib.format.read_magic(maps)
                    shape, order, dtype = np.lib.format.read_array_header_1_0(maps)
                    if not number:
                        description = {
                            "descr": np.lib.format.dtype_to_descr(dtype),
                            "fortran_order": order,
                            "shape": (len(small["pts"]), *shape[1:]),
                        }
                        np.lib.format.write_array_header_1_0(entry, description)
                        first = shape[1:]
                    elif shape[1:] != first:
                        raise OutputError(
                            tr("The size of the frames changes."), tr("Leave --split out.")
                        )
                    shutil.copyfileobj(maps, entry, _CHUNK)
        for name, values in small.items():
            with joined.open(f"{name}.npy", "w") as entry:
                np.lib.format.write_array(entry, values)
