"""Exports many videos; a batch can be interrupted at any time and continued later.

A clip is finished when it has a record: a small file with the settings and the source of the
outputs, written after them and under a lock. A clip with a matching record is skipped. Any other
clip is exported, and its outputs are replaced as a whole.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from filelock import FileLock

from uvanet.atomic_io import write_text
from uvanet.errors import ModelError, OutputError, SourceError, UvanetError
from uvanet.i18n import tr
from uvanet.model import Model, load
from uvanet.model_card import file_hash
from uvanet.registry import resolve_model
from uvanet.video.exporter import ExportResult, export
from uvanet.video.job import Job
from uvanet.video.output_names import holds_name

_RECORDS = ".uvanet-batch"
_REGION_SIZE = (512, 512)  # pixels at which regions are compared


@dataclass(frozen=True, slots=True)
class ClipTask:
    """One video of a batch; picklable, so that another process can run it.

    Attributes:
        job: The export; its models are names or paths.
        engine: See `uvanet.load`.
        device: See `uvanet.load`.
        threads: See `uvanet.load`.
        model_hash: SHA-256 of the model file; the machine that runs the task must have this file.
        record: The path of the record.
        version: Version of the program; clips of another version are exported again.
    """

    job: Job
    engine: str
    device: str
    threads: int | None
    model_hash: str
    record: Path
    version: str


@dataclass(frozen=True, slots=True)
class ClipReport:
    """The outcome of a clip.

    Attributes:
        result: Result of the export; None if it failed, or if an earlier run finished the clip.
        error: Why the clip failed, for people; empty on success.
    """

    result: ExportResult | None = None
    error: str = ""


class Record(msgspec.Struct, frozen=True):
    """The settings and the source of a clip's outputs.

    Attributes:
        settings: Digest of the settings and the model.
        size: Bytes of the source.
        modified: Time stamp of the source, nanoseconds.
        content: SHA-256 of the source.
        outputs: Size of each output in bytes, by its path; 0 for a folder.
    """

    settings: str
    size: int
    modified: int
    content: str
    outputs: dict[str, int]


def record_folder(outs: Sequence[Path]) -> Path:
    """The folder of a batch's records: beside the outputs, above any folder named by `{name}`."""
    folder = outs[0].parent
    while holds_name(folder):
        folder = folder.parent
    return folder.absolute() / _RECORDS


def make_task(
    job: Job,
    records: Path,
    version: str,
    *,
    engine: str = "auto",
    device: str = "",
    threads: int | None = None,
) -> ClipTask:
    """Makes the task of a clip, with absolute paths.

    Args:
        job: The export of one video; its models are names or paths.
        records: Folder of the records, see `record_folder`.
        version: See `ClipTask`.
        engine: See `uvanet.load`.
        device: See `uvanet.load`.
        threads: See `uvanet.load`.

    Raises:
        ModelError: There is no such model.
    """
    outs = tuple(out.absolute() for out in job.outs)
    source = Path(job.source).absolute()
    name = hashlib.sha256("\0".join(map(str, (source, *outs))).encode(errors="surrogateescape"))
    return ClipTask(
        job=dataclasses.replace(job, source=str(source), outs=outs, overwrite=True),
        engine=engine,
        device=device,
        threads=threads,
        model_hash=_model_hash(str(job.model)),
        record=records / f"{name.hexdigest()[:32]}.json",
        version=version,
    )


def run_clip(task: ClipTask) -> ClipReport:
    """Exports a clip unless it is finished. Several processes may call it at once, and repeatedly.

    Returns:
        The report, which also holds errors that a user can correct.
    """
    try:
        task.record.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(task.record.with_suffix(".lock")):
            return _run_clip(task)
    except OSError as error:
        text = tr("{path} cannot be written: {reason}.")
        return ClipReport(error=text.format(path=task.record.parent, reason=error.strerror))
    except UvanetError as error:
        return ClipReport(error=str(error))


def _run_clip(task: ClipTask) -> ClipReport:
    source, settings = Path(task.job.source), _settings(task)
    if _is_done(task, settings):
        return ClipReport()
    model = _model(str(task.job.model), task.engine, task.device, task.threads)
    if _model_hash(str(task.job.model)) != task.model_hash:
        raise ModelError(
            tr("The model {model} differs on this machine.").format(model=task.job.model),
            tr(
                "Install the same version of uvanet on all machines, or put the model in a "
                "folder that they share."
            ),
        )
    # Read before the export, so that a source that changes meanwhile is exported again.
    try:
        status, content = source.stat(), file_hash(source)
    except OSError as error:
        raise SourceError(
            tr("{path} cannot be read: {reason}.").format(path=source, reason=error.strerror),
            tr("Check the path."),
        ) from error
    result = export(dataclasses.replace(task.job, model=model))
    if result.stopped:
        return ClipReport(result, error=result.stopped)
    record = Record(settings, status.st_size, status.st_mtime_ns, content, {})
    write_record(task, record, result.paths)
    return ClipReport(result)


def write_record(task: ClipTask, record: Record, paths: Sequence[Path]) -> None:
    """Writes the record of a finished clip.

    Args:
        task: The clip.
        record: Its source; settings and outputs are filled in.
        paths: The outputs.

    Raises:
        OutputError: The disk is full, or the folder was removed.
    """
    outputs = {str(path.absolute()): _size(path) for path in paths}
    record = msgspec.structs.replace(record, settings=_settings(task), outputs=outputs)
    try:
        write_text(task.record, msgspec.json.encode(record).decode())
    except OSError as error:
        raise OutputError(
            tr("{path} cannot be written: {reason}.").format(
                path=task.record, reason=error.strerror
            ),
            tr("Free some space."),
        ) from error


def read_record(task: ClipTask) -> Record:
    """Reads the record of a clip.

    Raises:
        OSError: There is no record.
        ValueError: The record is damaged.
    """
    return msgspec.json.decode(task.record.read_bytes(), type=Record)


def is_done(task: ClipTask) -> bool:
    """Whether an earlier run has finished a clip from the same content and settings."""
    return _is_done(task, _settings(task))


def _is_done(task: ClipTask, settings: str) -> bool:
    try:
        record = read_record(task)
        status = Path(task.job.source).stat()
        if record.settings != settings or any(
            _size(Path(path)) != size for path, size in record.outputs.items()
        ):
            return False
        if (record.size, record.modified) == (status.st_size, status.st_mtime_ns):
            return True
        # A copy of the source has another time stamp.
        return record.size == status.st_size and record.content == file_hash(Path(task.job.source))
    except (OSError, ValueError):
        return False


def _size(path: Path) -> int:
    return 0 if path.is_dir() else path.stat().st_size


def _settings(task: ClipTask) -> str:
    """Digest of all that the outputs depend on, except the source."""
    job = task.job
    facts: dict[str, Any] = {
        "version": task.version,
        "model": task.model_hash,
        "teacher": _model_hash(str(job.teacher)) if job.teacher is not None else "",
        "look": job.look.as_dict(),
        "range": (job.start, job.end, job.continues),
        "orientation": dataclasses.astuple(job.orientation),
        "audio": job.audio,
        "gaze_offset": None if job.gaze is None else job.gaze.offset,
        "inputs": [file_hash(path) for path in job.inputs],
        "regions": [
            (region.name, hashlib.sha256(region.mask(*_REGION_SIZE).tobytes()).hexdigest())
            for region in job.regions
        ],
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


@functools.cache
def _model_hash(name: str) -> str:
    return file_hash(resolve_model(name).path)


@functools.lru_cache(maxsize=2)
def _model(name: str, engine: str, device: str, threads: int | None) -> Model:
    return load(name, engine=engine, device=device, threads=threads)
