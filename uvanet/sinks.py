"""Where annotated frames go: a video, pictures, or the raw maps."""

from __future__ import annotations

import abc
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import cv2
import numpy as np

from uvanet.errors import OutputError, UsageError
from uvanet.render import Sound, VideoWriter, compose
from uvanet.sources import SourceKind

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from numpy.typing import NDArray

    from uvanet.render import OverlayStyle
    from uvanet.sources import Frame, SourceInfo

FALLBACK_FPS = 25.0
"""Of a video made from a source without a frame rate."""


@dataclass(frozen=True, slots=True)
class Annotated:
    """A frame and its maps.

    Attributes:
        frame: As the source gave it.
        saliency: The network's map, float32, (s, s), 0..1.
        smoothed: The same, averaged over time, for showing.
    """

    frame: Frame
    saliency: NDArray[np.float32]
    smoothed: NDArray[np.float32]


class Sink(abc.ABC):
    """Takes annotated frames; leaving the `with` block by an error leaves no broken file."""

    @abc.abstractmethod
    def write(self, item: Annotated) -> None:
        """Adds a frame.

        Raises:
            OutputError: It cannot be written.
        """

    @abc.abstractmethod
    def close(self) -> None:
        """Finishes what was written.

        Raises:
            OutputError: It cannot be finished; nothing broken is left.
        """

    @abc.abstractmethod
    def abort(self) -> None:
        """Takes back what is not whole."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.abort()


def open_sink(path: Path, info: SourceInfo, style: OverlayStyle) -> Sink:
    """Chooses what is written by the ending of `path`.

    `.mp4`: the annotated video. `.png` and `.jpg`: the annotated picture, or one a frame where
    the name holds a pattern such as `%05d`. `.npz`: raw maps, see `MapSink`.

    Raises:
        UsageError: The ending is none of these, or a plain picture cannot hold a video.
        OutputError: The folder is missing or cannot be written.
    """
    ending = path.suffix.lower()
    if ending not in (".mp4", ".png", ".jpg", ".npz"):
        raise UsageError(
            f"{path.name} has an ending that cannot be written.", "Use .mp4, .png, .jpg or .npz."
        )
    if not path.parent.is_dir():
        raise OutputError(f"The folder {path.parent} does not exist.", "Make it first.")
    if not os.access(path.parent, os.W_OK):
        raise OutputError(f"The folder {path.parent} cannot be written.", "Choose another one.")
    if path.is_dir():
        raise OutputError(f"{path} is a folder.", "Add the name of a file to write.")
    if ending == ".mp4":
        return VideoSink(path, info, style)
    if ending == ".npz":
        return MapSink(path)
    pattern = re.search(r"%0?\d*d", path.name) is not None
    if not pattern and info.frames != 1:
        raise UsageError(
            f"{info.title} has more than one frame, {path.name} holds one.",
            f"Name a pattern such as {path.stem}-%05d{path.suffix}, or an .mp4 file.",
        )
    return PictureSink(path, style, pattern=pattern)


class VideoSink(Sink):
    """The annotated video, H.264, with the sound of a video file.

    Frames of a file are written one by one at its rate. Those of a live source come when they
    come: each is repeated or left out so that the video runs as fast as what it shows.
    """

    def __init__(self, path: Path, info: SourceInfo, style: OverlayStyle) -> None:
        self._path = path
        self._style = style
        self._live = info.live
        self._sound = Sound(info.spec) if info.kind is SourceKind.VIDEO else None
        self._fps = info.fps if info.fps > 0 else FALLBACK_FPS
        self._writer: VideoWriter | None = None
        self._start: float | None = None

    def write(self, item: Annotated) -> None:
        """See `Sink.write`."""
        image = compose(item.frame.image, item.smoothed, self._style)
        height, width = image.shape[:2]
        if self._writer is None:
            self._size = (width, height)
            self._start = item.frame.pts
            # Made at the first frame: only that says the size for sure.
            self._writer = VideoWriter(self._path, self._size, self._fps, sound=self._sound)
        if (width, height) != self._size:
            image = letterbox(image, self._size)
        for _ in range(self._repeats(item.frame.pts)):
            self._writer.write(image)

    def _repeats(self, pts: float) -> int:
        if not self._live or self._start is None or self._writer is None:
            return 1
        due = round((pts - self._start) * self._fps) + 1
        return max(0, due - self._writer.frames)

    def close(self) -> None:
        """See `Sink.close`."""
        if self._writer:
            self._writer.close()

    def abort(self) -> None:
        """See `Sink.abort`."""
        if self._writer:
            self._writer.abort()


class PictureSink(Sink):
    """The annotated picture, or one a frame, numbered by the frame's index."""

    def __init__(self, path: Path, style: OverlayStyle, *, pattern: bool) -> None:
        self._path = path
        self._style = style
        self._pattern = pattern

    def write(self, item: Annotated) -> None:
        """See `Sink.write`."""
        name = self._path.name % item.frame.index if self._pattern else self._path.name
        image = compose(item.frame.image, item.smoothed, self._style)
        done, data = cv2.imencode(self._path.suffix, image)
        if not done:
            raise OutputError(f"{name} cannot be encoded.", "Choose another ending.")
        _replace(self._path.with_name(name), data.tobytes())

    def close(self) -> None:
        """Each picture is whole already."""

    def abort(self) -> None:
        """Pictures written before stay: each is whole."""


class MapSink(Sink):
    """The raw maps, compressed NumPy: no colour, no smoothing, nothing lost.

    Arrays: `saliency` float32 (n, s, s), 0..1, each for the whole frame stretched to a square;
    `pts` float64 (n,), seconds; `index` int64 (n,); `size` int64 (n, 2), width and height of the
    frames in pixels.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._maps: list[NDArray[np.float32]] = []
        self._facts: list[tuple[float, int, int, int]] = []

    def write(self, item: Annotated) -> None:
        """See `Sink.write`."""
        height, width = item.frame.image.shape[:2]
        self._maps.append(item.saliency)
        self._facts.append((item.frame.pts, item.frame.index, width, height))

    def abort(self) -> None:
        """Nothing was written yet."""

    def close(self) -> None:
        """See `Sink.close`."""
        facts = np.array(self._facts, np.float64).reshape(-1, 4)
        part = self._path.with_name(f".{self._path.name}.part")
        try:
            with part.open("wb") as file:
                np.savez_compressed(
                    file,
                    saliency=np.stack(self._maps),
                    pts=facts[:, 0],
                    index=facts[:, 1].astype(np.int64),
                    size=facts[:, 2:].astype(np.int64),
                )
            part.replace(self._path)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise OutputError(
                f"{self._path} cannot be written: {error.strerror}.", "Choose another place."
            ) from error


def letterbox(image: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Fits a picture into (width, height) with its proportions kept, black around it."""
    width, height = size
    scale = min(width / image.shape[1], height / image.shape[0])
    inner = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    canvas = np.zeros((height, width, 3), np.uint8)
    x, y = (width - inner[0]) // 2, (height - inner[1]) // 2
    canvas[y : y + inner[1], x : x + inner[0]] = cv2.resize(
        image, inner, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    )
    return canvas


def _replace(path: Path, data: bytes) -> None:
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(data)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise OutputError(
            f"{path} cannot be written: {error.strerror}.", "Choose another place."
        ) from error
