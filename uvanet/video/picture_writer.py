"""Annotated videos and pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from uvanet.atomic_io import temporary_name
from uvanet.errors import OutputError
from uvanet.sources import SourceKind
from uvanet.video.sink import Annotated, Sink, remove, unwritable
from uvanet.video.writer import Sound, VideoWriter
from uvanet.video.yuv import to_planes

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from uvanet.sources import SourceInfo
    from uvanet.video.codecs import Quality
    from uvanet.video.compositor import Compositor
    from uvanet.video.timing import Timing


class VideoSink(Sink):
    """The annotated video with the sound of a video file, each frame at its own time.

    Args:
        path: .mp4 or .webm.
        info: Of the source.
        timing: Of the source.
        layers: Draws the frames.
        quality: How much space to spend.
    """

    def __init__(
        self, path: Path, info: SourceInfo, timing: Timing, layers: Compositor, quality: Quality
    ) -> None:
        self._path = path
        clip = info.kind in (SourceKind.VIDEO, SourceKind.NETWORK) and not info.live
        self._loud = info.spec if clip else ""
        self._timing = timing
        self._layers = layers
        self._quality = quality
        self._writer: VideoWriter | None = None
        self._size = (0, 0)

    def write(self, item: Annotated) -> None:
        """See `Sink.write`."""
        planes = self._layers.planes(item)
        size = (planes.shape[1], planes.shape[0] * 2 // 3)
        if self._writer is None:
            self._size = size
            sound = Sound(self._loud, self._timing.offset + item.frame.pts) if self._loud else None
            # Made at the first frame: only that says the size for sure.
            self._writer = VideoWriter(
                self._path,
                size,
                self._timing.rate,
                quality=self._quality,
                sound=sound,
                scale=self._timing.scale,
            )
        if size != self._size:
            planes = to_planes(letterbox(self._layers.image(item), self._size))
        self._writer.write_planes(planes, item.at)

    def close(self) -> str:
        """See `Sink.close`."""
        if self._writer is None:
            return ""
        self._writer.close()
        return self._writer.note

    def keep(self) -> int:
        """See `Sink.keep`."""
        if self._writer is None:
            return 0
        try:
            self._writer.close()
        except OutputError:
            return self._writer.keep()
        return self._writer.frames

    def abort(self) -> None:
        """See `Sink.abort`."""
        if self._writer:
            self._writer.abort()


class PictureSink(Sink):
    """The annotated picture, or one a frame, numbered by the frame's index.

    Args:
        path: .png or .jpg, with a pattern such as %05d for one a frame.
        layers: Draws the frames.
        pattern: Whether the name holds one.
    """

    def __init__(self, path: Path, layers: Compositor, *, pattern: bool) -> None:
        self._path = path
        self._layers = layers
        self._pattern = pattern
        self._count = 0

    def write(self, item: Annotated) -> None:
        """See `Sink.write`."""
        name = self._path.name % item.frame.index if self._pattern else self._path.name
        write_picture(self._path.with_name(name), self._layers.image(item))
        self._count += 1

    def close(self) -> str:
        """Each picture is whole already."""
        return ""

    def keep(self) -> int:
        """Each picture is whole already."""
        return self._count

    def abort(self) -> None:
        """Pictures written before stay: each is whole."""


def write_picture(path: Path, image: NDArray[np.uint8] | NDArray[np.uint16]) -> None:
    """Writes a picture under a hidden name, then gives it its own.

    Raises:
        OutputError: It cannot be encoded or written.
    """
    done, data = cv2.imencode(path.suffix, image)
    if not done:
        raise OutputError(f"{path.name} cannot be encoded.", "Choose another ending.")
    part = temporary_name(path)
    try:
        part.write_bytes(data.tobytes())
        part.replace(path)
    except OSError as error:
        remove(part)
        raise unwritable(path, error) from error


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
