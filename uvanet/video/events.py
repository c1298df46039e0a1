"""Events of `uvanet predict --events`: one JSON object per line, tagged by its field `event`.

A program that runs exports as child processes reads them with `decode_export_event`.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec


class Started(msgspec.Struct, frozen=True, tag_field="event", tag="start"):
    """The export has begun.

    Attributes:
        source: The source, without passwords and tokens.
    """

    source: str


class Progressed(msgspec.Struct, frozen=True, tag_field="event", tag="progress"):
    """The export goes on; sent a few times per second.

    Attributes:
        done: Frames written.
        total: Expected number of frames; None if unknown.
        fps: Frames per second of late.
        left: Seconds to go; None if unknown.
    """

    done: int
    total: int | None = None
    fps: float = 0.0
    left: float | None = None


class SourceFacts(msgspec.Struct, frozen=True):
    """The facts of the exported source; see `uvanet.sources.SourceInfo`."""

    spec: str
    title: str
    kind: str
    width: int
    height: int
    fps: float
    frames: int | None = None
    duration: float | None = None


class Done(msgspec.Struct, frozen=True, tag_field="event", tag="done"):
    """The export has ended and its files are written; see `uvanet.video.exporter.Result`."""

    paths: list[str]
    model: str
    source: SourceFacts
    frames: int
    seconds: float
    fps: float
    network_p50_ms: float
    latency_p50_ms: float
    latency_p95_ms: float
    stopped: str = ""
    note: str = ""


class WasCancelled(msgspec.Struct, frozen=True, tag_field="event", tag="cancelled"):
    """The export was cancelled; it left no file."""


class Failed(msgspec.Struct, frozen=True, tag_field="event", tag="error"):
    """The export has failed; it left no file.

    Attributes:
        message: What went wrong.
        hint: The next step; may be empty.
    """

    message: str
    hint: str = ""


ExportEvent: TypeAlias = Started | Progressed | Done | WasCancelled | Failed

_DECODER = msgspec.json.Decoder(ExportEvent)


def encode_export_event(event: ExportEvent) -> bytes:
    """Gives the event as one line of JSON with a newline."""
    return msgspec.json.encode(event) + b"\n"


def decode_export_event(line: bytes) -> ExportEvent | None:
    """Reads a line; None if it is not an event, whatever its bytes are."""
    try:
        event: ExportEvent = _DECODER.decode(line)
    # A library's warning, a cut line, deep brackets: the reader of events logs such lines.
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    return event
