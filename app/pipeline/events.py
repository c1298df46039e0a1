"""Events of the pipeline: a class each, with the number of the source, model or teacher.

A receiver on another thread gets an event some time after it happened. The receiver compares the
number with that of the current source, model or teacher, and ignores events of earlier ones.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from uvanet.errors import UvanetError
from uvanet.sources.base import SourceInfo, SourceStatus


class PipelineState(enum.StrEnum):
    """State of the current source.

    IDLE: no source was opened yet, or the pipeline is closed. OPENING: the source is being
    opened. PLAYING, PAUSED: frames flow, or do not. ENDED: the last frame stays; `play` starts
    over. FAILED: the source raised; `play` opens it again.
    """

    IDLE = "idle"
    OPENING = "opening"
    PLAYING = "playing"
    PAUSED = "paused"
    ENDED = "ended"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class SourceEvent:
    """An event of a source.

    Attributes:
        source: Number of the source, as `LivePipeline.open` returned it.
    """

    source: int


@dataclass(frozen=True, slots=True)
class SourceOpened(SourceEvent):
    """The source is open; frames follow. Comes before StateChanged.

    Attributes:
        info: Facts of the source.
    """

    info: SourceInfo


@dataclass(frozen=True, slots=True)
class SourceChanged(SourceEvent):
    """A live source was connected again and sends another size or rate.

    Attributes:
        info: New facts of the source.
    """

    info: SourceInfo


@dataclass(frozen=True, slots=True)
class SourceFailed(SourceEvent):
    """The source cannot be opened, or failed while it played. Comes before StateChanged.

    Attributes:
        error: Names the source and the next step.
    """

    error: UvanetError


@dataclass(frozen=True, slots=True)
class SourceStalled(SourceEvent):
    """A source has given no frame for too long. Comes once per stall.

    Attributes:
        seconds: Time without a frame.
    """

    seconds: float


@dataclass(frozen=True, slots=True)
class SourceResumed(SourceEvent):
    """A source that stalled gives frames again."""


@dataclass(frozen=True, slots=True)
class SourceStatusChanged(SourceEvent):
    """A live source is being reconnected, repeats a frame, sends damaged ones, or works again.

    Attributes:
        status: What the source reports.
    """

    status: SourceStatus


@dataclass(frozen=True, slots=True)
class StateChanged(SourceEvent):
    """The source is in another state.

    Attributes:
        state: The new state.
    """

    state: PipelineState


@dataclass(frozen=True, slots=True)
class ModelEvent:
    """An event of the network.

    Attributes:
        model: Number of the request, as `LivePipeline.use_model` returned it; 0 for the first.
    """

    model: int


@dataclass(frozen=True, slots=True)
class InferenceFailed(ModelEvent):
    """The network could not be loaded, raised on a frame, or does not return.

    Comes once per distinct message. Frames are shown with an all-zero map.

    Attributes:
        error: Names the network and the next step.
    """

    error: UvanetError


@dataclass(frozen=True, slots=True)
class ModelChanged(ModelEvent):
    """The requested network gave its first map and is in use.

    Attributes:
        name: The name given to `use_model`.
    """

    name: str


@dataclass(frozen=True, slots=True)
class ModelRefused(ModelEvent):
    """The requested network failed on its first frame; the previous one stays in use.

    Attributes:
        name: The name given to `use_model`.
        error: Names the network and the next step.
    """

    name: str
    error: UvanetError


@dataclass(frozen=True, slots=True)
class TeacherEvent:
    """An event of the teacher.

    Attributes:
        teacher: Number of the teacher, as `TeacherBranch.use` returned it.
        name: The name given to `TeacherBranch.use`.
    """

    teacher: int
    name: str


@dataclass(frozen=True, slots=True)
class TeacherReady(TeacherEvent):
    """The teacher is loaded and gets the frames from now on."""


@dataclass(frozen=True, slots=True)
class TeacherFailed(TeacherEvent):
    """The teacher could not be loaded, raised on a frame, or does not return. Comes once.

    Attributes:
        error: Names the teacher and the next step.
    """

    error: UvanetError


Event = SourceEvent | ModelEvent | TeacherEvent
