"""The interface of all sources, and the properties of an open one."""

from __future__ import annotations

import abc
import enum
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from uvanet.decoded_picture import DecodedPicture, as_bgr
from uvanet.errors import SourceError
from uvanet.i18n import tr
from uvanet.sources.camera_format import CameraFormat


class SourceKind(enum.StrEnum):
    """Kinds of sources.

    The `spec` of a VIDEO, PICTURE or FOLDER is a path; that of OTHER has a prefix of its own.
    """

    CAMERA = "camera"
    VIDEO = "video"
    PICTURE = "picture"
    FOLDER = "folder"
    NETWORK = "network"
    SCREEN = "screen"
    DEMO = "demo"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame of a source.

    Attributes:
        picture: An array, BGR, uint8, shape (h, w, 3), C-contiguous, or a decoded picture that is
            converted on demand. Both have a `shape`. A source never writes to an array that it
            has returned.
        pts: Presentation time in seconds since the source's start.
        index: Index of the frame in the source, from 0; estimated after a seek.
        captured: Time at which a camera exposed the frame, in seconds of `time.perf_counter`, from
            the driver's time stamp; None if unknown.
    """

    picture: NDArray[np.uint8] | DecodedPicture
    pts: float
    index: int
    captured: float | None = None

    @property
    def image(self) -> NDArray[np.uint8]:
        """The picture as BGR, uint8, shape (h, w, 3), C-contiguous."""
        return as_bgr(self.picture)


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """The properties of an open source.

    Attributes:
        spec: The string that opens this source again.
        title: A name for people, such as that of the file or the camera.
        kind: The kind of source.
        width: Width of the frames in pixels; 0 if their sizes may differ (a folder).
        height: Height, as `width`.
        fps: Nominal frames per second; 0 if there is no rate (a still picture).
        frames: Number of frames; None if unknown or endless.
        duration: Seconds; None if unknown or endless.
        live: Frames come at the source's own pace (camera, stream, screen). Other sources deliver
            frames as fast as they are read.
        seekable: `seek` works.
        note: A remark for the user, such as why the demo is shown; may be empty.
        clock_start: Time of frame 0 on the file's own clock, seconds; the sound has the same clock.
        pixel_format: FourCC code of a camera's frames, such as "MJPG" or "YUYV"; empty if unknown.
        requested: The format that was requested from a camera; None for other sources.
        variable_rate: The frames of a file have no fixed rate; `fps` is their mean.
        slides: The frames are unrelated pictures: no state is carried from one to the next, and a
            viewer shows each until the user moves on. A slide lasts one second on the time axis.
        pictures: The files of a folder in the order of its frames; empty for other sources.
    """

    spec: str
    title: str
    kind: SourceKind
    width: int
    height: int
    fps: float
    frames: int | None = None
    duration: float | None = None
    live: bool = False
    seekable: bool = False
    note: str = ""
    clock_start: float = 0.0
    pixel_format: str = ""
    requested: CameraFormat | None = None
    variable_rate: bool = False
    slides: bool = False
    pictures: tuple[Path, ...] = ()

    @property
    def path(self) -> Path | None:
        """The file or folder that is shown; None for other sources."""
        kinds = (SourceKind.VIDEO, SourceKind.PICTURE, SourceKind.FOLDER)
        return Path(self.spec).absolute() if self.kind in kinds else None

    @property
    def plays(self) -> bool:
        """Whether frames follow one another in time: neither slides nor a still picture."""
        return not self.slides and self.kind is not SourceKind.PICTURE

    @property
    def folder_rate(self) -> float | None:
        """The `fps` with which `make_source` opens this folder again; None for other sources."""
        if self.kind is not SourceKind.FOLDER:
            return None
        return 0.0 if self.slides else self.fps


class SourceCondition(enum.StrEnum):
    """Conditions of a live source.

    OK: frames come, or are expected. STALLED: open, but no frame has come for some seconds.
    RECONNECTING: no frames come; the source is opened again and again, with pauses. FROZEN: all
    frames of the last seconds are equal. DAMAGED: some frames are damaged and skipped; reported
    once.
    """

    OK = "ok"
    STALLED = "stalled"
    RECONNECTING = "reconnecting"
    FROZEN = "frozen"
    DAMAGED = "damaged"

    @property
    def is_silent(self) -> bool:
        """Whether no frames come."""
        return self in (SourceCondition.STALLED, SourceCondition.RECONNECTING)


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """What a live source reports about itself.

    Attributes:
        condition: The condition.
        problem: One sentence that names the source and the problem; empty for OK.
        hint: The next step for the user; may be empty.
        retry_in: RECONNECTING: seconds until the next attempt; 0 while an attempt runs.
        damaged: Number of damaged frames skipped since the source was opened.
    """

    condition: SourceCondition = SourceCondition.OK
    problem: str = ""
    hint: str = ""
    retry_in: float = 0.0
    damaged: int = 0


class Source(abc.ABC):
    """A source of frames. It is created closed; `open` may block for seconds and may fail.

    A source is opened, read and closed once. `renew` creates a new source for the same file,
    device or address.

    All methods except `close` are called from one thread. `close` may be called from any thread
    and more than once; a waiting `read` then returns or raises soon if the backend allows it.
    """

    abandon_seek: Callable[[], bool] | None = None
    """Called while `seek` decodes frames. Once it returns True, `seek` ends at the frame reached,
    so that dragging through a video shows a frame for every request."""

    on_status: Callable[[SourceStatus], None] | None = None
    """Called with each new status, by the thread that runs `open` or `read`; not called if only
    the number of damaged frames changes. Set it before `open`."""

    @property
    def status(self) -> SourceStatus:
        """The current status of a live source; may be read from any thread."""
        return SourceStatus()

    @property
    @abc.abstractmethod
    def info(self) -> SourceInfo:
        """The properties of the source; valid after `open`. A reconnection may change them."""

    @abc.abstractmethod
    def open(self) -> None:
        """Opens the source.

        Raises:
            SourceError: The source cannot be opened; the message states the cause.
        """

    @abc.abstractmethod
    def read(self) -> Frame | None:
        """Returns the next frame, or None at the end.

        Raises:
            SourceError: The source failed; earlier frames stay valid.
        """

    @abc.abstractmethod
    def close(self) -> None:
        """Releases the device or file."""

    def seek(self, seconds: float) -> None:
        """Makes the next `read` return the frame shown at `seconds` (clamped to the source).

        Raises:
            SourceError: The source cannot seek.
        """
        raise SourceError(
            tr("{title} cannot seek.").format(title=self.info.title),
            tr("Use a file to jump in time."),
        )

    def files(self) -> list[Path]:
        """Lists the local files that the source reads; valid before `open`."""
        return []

    @abc.abstractmethod
    def renew(self) -> Source:
        """Returns a closed source for the same file, device or address, to open after this one."""

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
