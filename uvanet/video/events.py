"""Events of `uvanet predict --events`: one JSON object per line, tagged by its field `event`.

A program that runs exports as child processes reads them with `decode_export_event`.
"""

from __future__ import annotations

from typing import Annotated, TypeAlias

import msgspec
from msgspec import Meta, Struct

from uvanet.i18n import tr

_Count = Annotated[int, Meta(ge=0, le=1 << 53)]
_Number = Annotated[float, Meta(ge=-1e15, le=1e15)]


class ExportStarted(Struct, frozen=True, tag_field="event", tag="start"):
    """The export has begun.

    Attributes:
        source: The source, without passwords and tokens.
    """

    source: str


class ExportProgress(Struct, frozen=True, tag_field="event", tag="progress"):
    """Progress; sent a few times per second.

    Attributes:
        done: Frames written.
        total: Frames expected; None if unknown.
        fps: Frames written per second.
        left: Expected seconds until the end; None if unknown.
    """

    done: _Count
    total: _Count | None = None
    fps: _Number = 0.0
    left: _Number | None = None


class ExportStatus(Struct, frozen=True, tag_field="event", tag="status"):
    """The status of a live source changed; see `uvanet.sources.SourceStatus`."""

    condition: str
    problem: str = ""
    hint: str = ""
    retry_in: _Number = 0.0


class ExportedSource(Struct, frozen=True):
    """The properties of the exported source; see `uvanet.sources.SourceInfo`."""

    spec: str
    title: str
    kind: str
    width: _Count
    height: _Count
    fps: _Number
    frames: _Count | None = None
    duration: _Number | None = None
    pixel_format: str = ""
    requested: str = ""


class ExportDone(Struct, frozen=True, tag_field="event", tag="done"):
    """The files are written; see `uvanet.video.exporter.ExportResult`.

    Attributes:
        frames: Frames in the files.
        fps: Frames written per second.
        stopped: Why the export ended early; empty if the source was read to its end.
        note: A warning about the result; may be empty.
        paths: The files.
        model: Name of the model.
        source: The properties of the source.
        seconds: Wall time of the export.
        network_p50_ms: Median time of resizing and predicting a frame, milliseconds.
        latency_p50_ms: Median time from a frame's arrival to its writing, milliseconds.
        latency_p95_ms: 95th percentile of the time from arrival to writing, milliseconds.
    """

    frames: _Count
    fps: _Number
    stopped: str | None = ""
    note: str | None = ""
    paths: tuple[str, ...] = ()
    model: str = ""
    source: ExportedSource | None = None
    seconds: _Number = 0.0
    network_p50_ms: _Number = 0.0
    latency_p50_ms: _Number = 0.0
    latency_p95_ms: _Number = 0.0


class ExportCancelled(Struct, frozen=True, tag_field="event", tag="cancelled"):
    """The export was cancelled; no file is left."""


class ExportFailed(Struct, frozen=True, tag_field="event", tag="error"):
    """The export failed.

    Attributes:
        message: What went wrong.
        hint: The next step; may be empty.
    """

    message: str
    hint: str = ""


ExportEnd: TypeAlias = ExportDone | ExportCancelled | ExportFailed
ExportEvent: TypeAlias = ExportStarted | ExportStatus | ExportProgress | ExportEnd

_decoder: msgspec.json.Decoder[ExportEvent] = msgspec.json.Decoder(ExportEvent)


def encode_export_event(event: ExportEvent) -> bytes:
    """Gives the event as one line of JSON with a newline."""
    return msgspec.json.encode(event) + b"\n"


def decode_export_event(line: bytes) -> ExportEvent | None:
    """Reads a line; None if it is not a valid event. Never raises."""
    try:
        return _decoder.decode(line)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None


def kept_text(frames: int) -> str:
    """A sentence for people about the frames of an export that ended early."""
    if frames == 1:
        return tr("The frame before is kept.")
    return tr("The {frames} frames before are kept.").format(frames=frames)
