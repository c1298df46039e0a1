"""Progress events of a training run: one JSON object a line.

The window runs training as a child process and reads these lines from a file; other programs may
read them from stdout. `LineReader` accepts any bytes: lines may arrive in pieces, be cut off by a
kill, or come from a library that prints to the same stream.
"""

from __future__ import annotations

import logging
import time
from typing import IO, Annotated, Any, Literal

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

_LOG = logging.getLogger(__name__)

MAX_LINE = 2_000_000
"""Largest length of a line, bytes; longer lines are skipped."""

_PREVIEW_SIZE = (128, 96)

Count = Annotated[float, msgspec.Meta(ge=0, le=1e15)]
Number = Annotated[float, msgspec.Meta(ge=-1e15, le=1e15)]
Phase = Literal[
    "watch", "label", "load", "features", "readout", "motion", "gate", "train", "measure"
]


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="event"):
    """Base of all events.

    Attributes:
        t: Time at which the event was written, seconds since the epoch; 0 before that.
    """

    t: Number = 0.0


class StartEvent(Event, frozen=True, kw_only=True, tag="start"):
    """The run has started.

    Attributes:
        title: Title of the run, for people.
        folder: Folder of the run.
        threads: Number of threads of the run.
        pid: Number of its process.
    """

    title: str = ""
    folder: str = ""
    threads: int = 0
    pid: int = 0


class StepEvent(Event, frozen=True, kw_only=True, tag="step"):
    """Progress of a phase.

    Attributes:
        phase: Name of the phase.
        done: Steps done of `total`.
        total: Steps of the phase.
        left: Estimated remaining time, seconds; None where unknown.
        loss: Loss of the step in training; None in other phases.
    """

    phase: Phase
    done: Count = 0.0
    total: Count = 0.0
    left: Count | None = None
    loss: Number | None = None

    @property
    def share(self) -> float:
        """Share of the phase that is done, 0..1."""
        return min(1.0, self.done / (self.total or 1.0))


class EvalEvent(Event, frozen=True, kw_only=True, tag="eval"):
    """A measurement on held-out data.

    Attributes:
        metric: "nss" or "cc".
        value: Mean over the held-out data; None where it is undefined.
        step: Training steps done.
    """

    metric: str
    value: Number | None
    step: Count


class PreviewEvent(Event, frozen=True, kw_only=True, tag="preview"):
    """A held-out frame, the student's map and its target.

    Attributes:
        frame: The frame, as JPEG.
        student: The student's map, as gray JPEG.
        target: The target, as gray JPEG.
        target_from: Origin of the target: a teacher or human gaze.
    """

    frame: bytes
    student: bytes
    target: bytes
    target_from: Literal["teacher", "gaze"] = "teacher"


class CheckpointEvent(Event, frozen=True, kw_only=True, tag="checkpoint"):
    """A checkpoint was written; a killed run resumes from here.

    Attributes:
        step: Training steps done.
    """

    step: Count


class DoneEvent(Event, frozen=True, kw_only=True, tag="done"):
    """The run has ended without an error.

    Attributes:
        model: ONNX file of the new model; empty where none was kept.
        name: Name of the model.
        stopped: Whether the run was told to stop.
        report: `uvanet.evaluation.compare.Comparison` as a table; empty where nothing was measured.
    """

    model: str = ""
    name: str = ""
    stopped: bool = False
    report: dict[str, Any] = {}


class ErrorEvent(Event, frozen=True, kw_only=True, tag="error"):
    """The run has failed.

    Attributes:
        message: The error.
        hint: The next step for the user.
    """

    message: str
    hint: str = ""


class LogEvent(Event, frozen=True, kw_only=True, tag="log"):
    """A message for people.

    Attributes:
        text: The message.
        paused: True where the run pauses now, False where it resumes, else None.
    """

    text: str
    paused: bool | None = None


AnyEvent = (
    StartEvent
    | StepEvent
    | EvalEvent
    | PreviewEvent
    | CheckpointEvent
    | DoneEvent
    | ErrorEvent
    | LogEvent
)

_ENCODER = msgspec.json.Encoder()
_DECODER: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)


def encode_event(event: Event) -> bytes:
    """Returns the event as a line of JSON, newline included; NaN and infinity become null."""
    return _ENCODER.encode(event) + b"\n"


def decode_event(line: bytes | str) -> AnyEvent | None:
    """Reads a line; None where the line is no valid event. Raises no exception."""
    try:
        return _DECODER.decode(line)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None


class LineReader:
    """Decodes events from bytes that arrive in pieces of any size.

    Attributes:
        skipped: Number of lines that were no valid events; the log quotes the first one.
    """

    def __init__(self) -> None:
        self.skipped = 0
        self._rest = b""
        self._too_long = False

    def feed(self, data: bytes) -> list[AnyEvent]:
        """Takes the next bytes and returns the events that they complete."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        events = []
        for line in lines:
            if self._too_long:  # the end of a line that was skipped
                self._too_long = False
            elif line.strip():
                event = decode_event(line)
                if event is None:
                    self._skip(line)
                else:
                    events.append(event)
        if len(self._rest) > MAX_LINE:
            self._skip(self._rest)
            self._rest, self._too_long = b"", True
        return events

    def _skip(self, line: bytes) -> None:
        self.skipped += 1
        if self.skipped == 1:
            _LOG.info("skipped a line that is no event: %.80r", line)


class LineWriter:
    """Writes events to a stream.

    Args:
        stream: Text stream, such as stdout.
    """

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def write(self, event: Event) -> None:
        """Writes an event at once; a closed stream or a full disk does not end the run."""
        stamped = msgspec.structs.replace(event, t=round(time.time(), 3))
        try:
            self._stream.write(encode_event(stamped).decode())
            self._stream.flush()
        except (OSError, ValueError):
            # The reader has ended, or the disk is full, which the next checkpoint reports.
            return


def preview(
    frame: NDArray[np.uint8],
    student: NDArray[np.floating[Any]],
    target: NDArray[np.floating[Any]],
    target_from: Literal["teacher", "gaze"] = "teacher",
) -> PreviewEvent:
    """Makes a preview of 128 x 96 pixels.

    Args:
        frame: RGB, uint8, (h, w, 3).
        student: The student's map, (h', w'), 0..1.
        target: The target, (h'', w''), 0..1.
        target_from: Origin of the target.
    """
    small = cv2.resize(frame, _PREVIEW_SIZE, interpolation=cv2.INTER_AREA)
    maps = [
        cv2.resize(
            np.clip(values.astype(np.float32) * 255, 0, 255).astype(np.uint8),
            _PREVIEW_SIZE,
            interpolation=cv2.INTER_LINEAR,
        )
        for values in (student, target)
    ]
    coded = [
        cv2.imencode(".jpg", image)[1].tobytes()
        for image in (cv2.cvtColor(small, cv2.COLOR_RGB2BGR), *maps)
    ]
    return PreviewEvent(frame=coded[0], student=coded[1], target=coded[2], target_from=target_from)
