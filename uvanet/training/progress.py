"""What a training run tells while it goes on: one JSON object a line.

The window runs training as a child process and reads these lines; a terminal may, too. The reader
takes whatever comes: a line may arrive in pieces, be cut off by a kill, or come from a library
that prints to the same place.
"""

from __future__ import annotations

import json
import math
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from typing import IO

LONGEST_LINE = 2_000_000
"""Bytes; a longer line is no event of ours and is let go."""

_TEXT, _NUMBER, _FLAG, _TABLE = str, (int, float), bool, dict

FIELDS: Final[dict[str, dict[str, Any]]] = {
    # What runs, where, by how many threads.
    "start": {"title": _TEXT, "folder": _TEXT, "threads": _NUMBER, "pid": _NUMBER},
    # How far a phase ("watch", "label", "features", "readout", "motion", "gate", "train",
    # "measure") is; the loss while training.
    "step": {"phase": _TEXT, "done": _NUMBER, "total": _NUMBER, "left": _NUMBER, "loss": _NUMBER},
    # A measurement on what was held out.
    "eval": {"metric": _TEXT, "value": _NUMBER, "step": _NUMBER},
    # Three pictures, JPEG in base64; the third is what the student is to say: the teacher's
    # map, or where people looked.
    "preview": {"frame": _TEXT, "student": _TEXT, "teacher": _TEXT, "gaze": _TEXT},
    # From here a run that is killed goes on.
    "checkpoint": {"step": _NUMBER},
    # The end: `report` as `uvanet.evaluation.compare.Report` writes it, empty for a run that was
    # stopped before there was anything to measure; `model` is empty where none was kept.
    "done": {"model": _TEXT, "name": _TEXT, "stopped": _FLAG, "report": _TABLE},
    # The other end.
    "error": {"message": _TEXT, "hint": _TEXT},
    # Words for people; `paused` where they say that the run waits, or no longer does.
    "log": {"words": _TEXT, "paused": _FLAG},
}
"""Kind to its fields and their types. A field that is unknown or undefined is None."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something a run tells.

    Attributes:
        kind: A key of `FIELDS`.
        data: Its fields; those that were missing, or of a type they must not have, are None.
        t: When, seconds since the epoch; 0 where it was not told.
    """

    kind: str
    data: dict[str, Any] = field(default_factory=dict)
    t: float = 0.0

    def __getitem__(self, name: str) -> Any:
        return self.data.get(name)

    def number(self, name: str, default: float = 0.0) -> float:
        """A field as a number, `default` where it is unknown."""
        value = self.data.get(name)
        return default if value is None else float(value)

    def text(self, name: str) -> str:
        """A field as text, empty where it is unknown."""
        return self.data.get(name) or ""


def event(kind: str, **data: Any) -> Event:
    """Makes an event of now."""
    assert data.keys() <= FIELDS[kind].keys(), (kind, sorted(data))
    return Event(kind, data, time.time())


def step_event(
    phase: str, done: float, total: float, left: float, loss: float | None = None
) -> Event:
    """Tells how far a phase is.

    Args:
        phase: "watch", "label", "train" or "measure".
        done: Of `total`.
        total: Steps of the phase.
        left: Seconds that are left, at the pace of now.
        loss: While training.
    """
    return event("step", phase=phase, done=done, total=total, left=left, loss=loss)


def to_line(told: Event) -> str:
    """The event as its line, newline included."""
    data = {"event": told.kind, "t": round(told.t, 3), **told.data}
    return json.dumps(_finite(data), ensure_ascii=False, allow_nan=False) + "\n"


def _finite(value: Any) -> Any:
    # JSON knows neither NaN nor infinity.
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: _finite(entry) for name, entry in value.items()}
    return value


def from_line(line: bytes | str) -> Event | None:
    """Reads a line; None where it is no event. Never raises."""
    try:
        raw = json.loads(line)
    except (ValueError, RecursionError):
        return None
    kind = raw.get("event") if isinstance(raw, dict) else None
    if not isinstance(kind, str) or kind not in FIELDS:
        return None
    fields = FIELDS[kind]
    data = {name: _checked(raw.get(name), wanted) for name, wanted in fields.items()}
    moment = _checked(raw.get("t"), _NUMBER)
    return Event(kind, data, float(moment or 0))


def _checked(value: Any, kind: Any) -> Any:
    if isinstance(value, bool) and kind is not bool:
        return None
    if not isinstance(value, kind):
        return None
    if isinstance(value, (int, float)) and not -1e15 < value < 1e15:
        return None
    return value


class LineReader:
    """Turns bytes, however they are cut, into events.

    Attributes:
        strange: How many lines were no events.
    """

    def __init__(self) -> None:
        self.strange = 0
        self._rest = b""
        self._skipping = False

    def feed(self, data: bytes) -> list[Event]:
        """Takes the next bytes and gives the events that are whole by now."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        found = []
        for line in lines:
            if self._skipping:
                self._skipping = False
                continue
            if not line.strip():
                continue
            told = from_line(line)
            if told is None:
                self.strange += 1
            else:
                found.append(told)
        if len(self._rest) > LONGEST_LINE:
            self._rest, self._skipping = b"", True
            self.strange += 1
        return found


class LineWriter:
    """Writes events to a stream; a reader that left or a full disk does not end the run.

    Args:
        stream: Text, such as stdout.
    """

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def write(self, told: Event) -> None:
        """Writes an event at once."""
        try:
            self._stream.write(to_line(told))
            self._stream.flush()
        except (OSError, ValueError):
            # Whoever read has left, or the disk is full: the checkpoint will say so where it must.
            return
