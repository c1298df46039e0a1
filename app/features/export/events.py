"""The events that an export's child process reports, one JSON object a line."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

_Count = Annotated[int, Meta(ge=0, le=1 << 53)]
_Number = Annotated[float, Meta(ge=-1e15, le=1e15)]


class ExportStarted(Struct, frozen=True, tag_field="event", tag="start"):
    """The export has begun.

    Attributes:
        source: What it reads.
    """

    source: str


class ExportProgress(Struct, frozen=True, tag_field="event", tag="progress"):
    """How far the export is.

    Attributes:
        done: Frames written.
        total: Frames expected; None where unknown.
        fps: Frames written a second.
        left: Seconds left, below 0 where `total` was too low; None where unknown.
    """

    done: _Count
    total: _Count | None
    fps: _Number
    left: _Number | None


class ExportDone(Struct, frozen=True, tag_field="event", tag="done"):
    """The files are written.

    Attributes:
        frames: How many frames they hold.
        fps: Frames written a second.
        stopped: Why the source ended early; empty where it was read to its end.
        note: A warning about the result; may be empty.
    """

    frames: _Count
    fps: _Number
    stopped: str | None = ""
    note: str | None = ""


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


ExportEnd = ExportDone | ExportCancelled | ExportFailed
ExportEvent = ExportStarted | ExportProgress | ExportEnd

_decoder: msgspec.json.Decoder[ExportEvent] = msgspec.json.Decoder(ExportEvent)


def decode_event(line: bytes) -> ExportEvent | None:
    """Reads a line; None where it is not a valid event. Never raises."""
    try:
        return _decoder.decode(line)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None
