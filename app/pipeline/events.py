"""What the pipeline has to say: its states, and one small class an event."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uvanet.errors import UvanetError
    from uvanet.sources.base import SourceInfo


class PipelineState(enum.StrEnum):
    """Where the current source stands.

    IDLE: no source was opened yet, or the pipeline is closed. OPENING: the source is being
    opened. PLAYING, PAUSED: as they say. ENDED: the last frame was shown and stays; `play`
    starts over. FAILED: the source broke; `play` tries to open it again.
    """

    IDLE = "idle"
    OPENING = "opening"
    PLAYING = "playing"
    PAUSED = "paused"
    ENDED = "ended"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class SourceOpened:
    """The source is open; frames follow. Comes before StateChanged.

    Attributes:
        info: The facts of the source.
    """

    info: SourceInfo


@dataclass(frozen=True, slots=True)
class SourceFailed:
    """The source cannot be opened or broke while it played. Comes before StateChanged.

    Attributes:
        error: Names the thing and the next step.
    """

    error: UvanetError


@dataclass(frozen=True, slots=True)
class SourceEnded:
    """The source gave its last frame and is not to loop. Comes before StateChanged."""


@dataclass(frozen=True, slots=True)
class SourceStalled:
    """A live source has been silent for too long. Comes once a stall.

    Attributes:
        seconds: How long it has been silent.
    """

    seconds: float


@dataclass(frozen=True, slots=True)
class SourceResumed:
    """A live source that stalled gives frames again."""


@dataclass(frozen=True, slots=True)
class InferenceFailed:
    """The network could not be made, or raised on a frame. Comes once a distinct message.

    Pictures keep flowing with an all-zero map.

    Attributes:
        error: Names the thing and the next step.
    """

    error: UvanetError


@dataclass(frozen=True, slots=True)
class ModelChanged:
    """The first map of the network asked for by `LivePipeline.use` is there.

    Attributes:
        name: What the caller named it.
    """

    name: str


@dataclass(frozen=True, slots=True)
class ModelRefused:
    """The network asked for by `LivePipeline.use` raised on its first frame; the old one goes on.

    Attributes:
        name: What the caller named it.
        error: Names the thing and the next step.
    """

    name: str
    error: UvanetError


@dataclass(frozen=True, slots=True)
class TeacherReady:
    """The teacher is loaded and looks at what comes from now on.

    Attributes:
        name: What the caller named it.
    """

    name: str


@dataclass(frozen=True, slots=True)
class TeacherFailed:
    """The teacher could not be made, or raised on a frame; comes once each. The student goes on.

    Attributes:
        name: What the caller named it.
        error: Names the thing and the next step.
    """

    name: str
    error: UvanetError


@dataclass(frozen=True, slots=True)
class StateChanged:
    """The pipeline is in another state.

    Attributes:
        state: The new one.
    """

    state: PipelineState


Event = (
    SourceOpened
    | SourceFailed
    | SourceEnded
    | SourceStalled
    | SourceResumed
    | InferenceFailed
    | ModelChanged
    | ModelRefused
    | TeacherReady
    | TeacherFailed
    | StateChanged
)
