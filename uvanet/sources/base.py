"""The interface of all sources, and the facts of an open one."""

from __future__ import annotations

import abc
import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from uvanet.i18n import tr
from uvanet.yuv_picture import YuvPicture, as_bgr

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType

    import numpy as np
    from numpy.typing import NDArray

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
        picture: BGR, uint8, shape (h, w, 3), C-contiguous, owned by the receiver: a source never
            writes into an image that it has returned. Or a decoded picture, which is converted
            on demand. Both have a `shape`.
        pts: Presentation time in seconds since the source's start.
        index: Index of the frame in the source, from 0; after a seek, of the frame found.
        captured: When a camera exposed the frame, by its driver's time stamp, in seconds of
            `time.perf_counter`; None where the source does not tell.
    """

    picture: NDArray[np.uint8] | YuvPicture
    pts: float
    index: int
    captured: float | None = None

    @property
    def image(self) -> NDArray[np.uint8]:
        """The picture as BGR, uint8, shape (h, w, 3), C-contiguous."""
        return as_bgr(self.picture)


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """The facts of an open source.

    Attributes:
        spec: The string that opens this source again.
        title: A name for people, such as that of the file or the camera.
        kind: Its kind.
        width: Width of the frames in pixels; 0 if frames differ (a folder).
        height: Height, as `width`.
        fps: Nominal frames per second; 0 if there is no rate (a still picture).
        frames: Number of frames; None if unknown or endless.
        duration: Seconds; None if unknown or endless.
        live: Frames come at the source's own pace (camera, stream, screen). Other sources are
            paced by their reader.
        seekable: `seek` works.
        note: A remark for the user, such as why the demo is shown; may be empty.
        clock_start: Seconds on a file's own clock at which frame 0 is shown; its sound has the
            same clock.
        pixel_format: FourCC code in which a camera delivers, such as "MJPG" or "YUYV"; empty if
            unknown.
        requested: The format that was requested from a camera; None for other sources.
        variable_rate: The frames of a file have no fixed rate; `fps` is their mean.
        slides: Each frame is a picture of its own: nothing is carried from one to the next, and a
            viewer shows it until the user moves on. A slide counts as a second on the time axis.
        pictures: The files of a folder by the index of their frames; empty for other sources.
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
    def folder_rate(self) -> float | None:
        """The `fps` with which `make_source` opens a folder like this; None for other sources."""
        if self.kind is not SourceKind.FOLDER:
            return None
        return 0.0 if self.slides else self.fps


class SourceCondition(enum.StrEnum):
    """Conditions of a live source.

    OK: frames come, or are expected. STALLED: open, but no frame has come for some seconds.
    RECONNECTING: no frames come; it is opened again and again, with pauses. FROZEN: the same frame
    comes all the time. DAMAGED: some frames are damaged and skipped; reported once.
    """

    OK = "ok"
    STALLED = "stalled"
    RECONNECTING = "reconnecting"
    FROZEN = "frozen"
    DAMAGED = "damaged"


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """What a live source reports about itself.

    Attributes:
        condition: Its condition.
        problem: One sentence that names the source and the problem; empty for OK.
        hint: The next step for the user; may be empty.
        retry_in: RECONNECTING: seconds until the next attempt; 0 while an attempt runs.
        damaged: Damaged frames that were skipped since the source was opened.
    """

    condition: SourceCondition = SourceCondition.OK
    problem: str = ""
    hint: str = ""
    retry_in: float = 0.0
    damaged: int = 0


class Source(abc.ABC):
    """A source of frames. It is created closed; `open` may block for seconds and may fail.

    A source is opened, read and closed once. `renew` gives a new one for the same thing.

    All methods but `close` are called from one thread. `close` may be called from any thread, more
    than once; a waiting `read` then returns or raises soon if the backend allows it.
    """

    abandon_seek: Callable[[], bool] | None = None
    """Called while `seek` decodes up to its frame. Once it returns true, `seek` ends at the frame
    reached, so that dragging through a video shows a position for every request."""

    on_status: Callable[[SourceStatus], None] | None = None
    """Called with each change of the status but the count of damaged frames, by the thread that is
    in `open` or `read`. Set it before `open`."""

    @property
    def status(self) -> SourceStatus:
        """What a live source does now; may be read from any thread."""
        return SourceStatus()

    @property
    @abc.abstractmethod
    def info(self) -> SourceInfo:
        """The facts; valid after `open`. Connecting again may change those of a live source."""

    @abc.abstractmethod
    def open(self) -> None:
        """Opens the source.

        Raises:
            SourceError: It cannot be opened; says why and what to do.
        """

    @abc.abstractmethod
    def read(self) -> Frame | None:
        """Returns the next frame, or None at the end.

        Raises:
            SourceError: The source failed; the frames before stay valid.
        """

    @abc.abstractmethod
    def close(self) -> None:
        """Releases the device or file."""

    def seek(self, seconds: float) -> None:
        """Makes the next `read` return the frame shown at `seconds` (clamped to the source).

        Raises:
            SourceError: The source cannot seek.
        """
        from uvanet.errors import SourceError

        raise SourceError(
            tr("{title} cannot seek.").format(title=self.info.title),
            tr("Use a file to jump in time."),
        )

    def files(self) -> list[Path]:
        """Lists the local files that are read; valid before `open`. None of them may be written."""
        return []

    @abc.abstractmethod
    def renew(self) -> Source:
        """Returns a closed source of the same thing, to be opened after this one."""

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
