"""Outputs of an export: the interface, annotated videos and annotated pictures.

All outputs of an export form one transaction: they are written to hidden files, `stage` completes
them, and then `commit` renames them to their final names.
"""

from __future__ import annotations

import abc
import os
from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from uvanet.decoded_picture import Matrix
from uvanet.errors import OutputError
from uvanet.i18n import tr
from uvanet.redaction import printable
from uvanet.resizing import letterbox
from uvanet.video.muxing import unwritable
from uvanet.video.output_names import names_each_picture, number_pattern, picture_names
from uvanet.video.writer import VideoWriter, claim, commit
from uvanet.video.yuv import to_planes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from uvanet.atomic_io import Part
    from uvanet.video.annotated_frame import AnnotatedFrame
    from uvanet.video.codecs import Quality
    from uvanet.video.compositor import Compositor
    from uvanet.video.sound import Sound
    from uvanet.video.timing import Timing


class Sink(abc.ABC):
    """One output. Frames are written in order; then `stage` and `commit`, or `abort` is called.

    Args:
        path: The file or folder to write.

    Attributes:
        path: As given.
        note: After `stage`: what is missing from the output, for people; usually empty.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.note = ""

    @abc.abstractmethod
    def write(self, item: AnnotatedFrame) -> None:
        """Adds a frame.

        Raises:
            OutputError: The frame cannot be written.
        """

    @abc.abstractmethod
    def available(self) -> int:
        """The number of first frames that can be kept, after any output failed to write."""

    @abc.abstractmethod
    def stage(self, frames: int | None = None) -> None:
        """Completes the hidden file.

        Args:
            frames: Number of first frames to keep; None for all.

        Raises:
            OutputError: The file cannot be completed.
        """

    @abc.abstractmethod
    def commit(self) -> None:
        """Renames the hidden file to its final name.

        Raises:
            OutputError: The file cannot be renamed and is removed.
        """

    @abc.abstractmethod
    def abort(self) -> None:
        """Removes all hidden files of the output."""


class VideoSink(Sink):
    """The annotated video with the times of the frames and the sound of the source.

    Args:
        path: A .mp4 or .webm file.
        sound: The sound of the source from its start; None for none.
        timing: Time axis of the source.
        compositor: Draws the frames.
        quality: See `ClipStyle`.
        out_of_time: See `VideoWriter`.
    """

    def __init__(
        self,
        path: Path,
        sound: Sound | None,
        timing: Timing,
        compositor: Compositor,
        quality: Quality,
        out_of_time: Callable[[], bool],
    ) -> None:
        super().__init__(path)
        self._out_of_time = out_of_time
        self._sound = sound
        self._timing = timing
        self._compositor = compositor
        self._quality = quality
        self._writer: VideoWriter | None = None
        self._size = (0, 0)
        self._matrix = Matrix.BT601

    def write(self, item: AnnotatedFrame) -> None:
        """See `Sink.write`."""
        if self._writer is None:
            self._matrix = self._compositor.matrix(item)
        planes = self._compositor.planes(item, self._matrix)
        size = (planes.shape[1], planes.shape[0] * 2 // 3)
        if self._writer is None:
            self._size = size
            sound = self._sound
            if sound is not None:
                sound = replace(sound, start=sound.start + item.frame.pts)
            # Made at the first frame, since the size is certain only then.
            self._writer = VideoWriter(
                self.path,
                size,
                self._timing.rate,
                quality=self._quality,
                sound=sound,
                scale=self._timing.scale,
                matrix=self._matrix,
                out_of_time=self._out_of_time,
            )
        if size != self._size:
            image = letterbox(self._compositor.image(item), self._size)
            planes = to_planes(image, self._matrix)
        self._writer.write_planes(planes, item.at)

    def available(self) -> int:
        """See `Sink.available`."""
        return 0 if self._writer is None else self._writer.available()

    def stage(self, frames: int | None = None) -> None:
        """See `Sink.stage`."""
        assert self._writer is not None
        self._writer.stage(frames)
        self.note = self._writer.note

    def commit(self) -> None:
        """See `Sink.commit`."""
        assert self._writer is not None
        self._writer.commit()

    def abort(self) -> None:
        """See `Sink.abort`."""
        if self._writer:
            self._writer.abort()


class PictureSink(Sink):
    """The annotated picture, or one picture per frame.

    Args:
        path: A .png or .jpg file; with a pattern such as %05d or {name}, one file per frame.
        compositor: Draws the frames.
        pictures: The pictures of the source by index, whose names replace {name}.
    """

    def __init__(self, path: Path, compositor: Compositor, pictures: Sequence[Path] = ()) -> None:
        super().__init__(path)
        each = bool(pictures) and names_each_picture(path)
        self._sources = picture_names(path, pictures) if each else []
        self._compositor = compositor
        self._pattern = number_pattern(path)
        self._folder = HiddenFolder(path)
        self._names: list[str] = []

    def write(self, item: AnnotatedFrame) -> None:
        """See `Sink.write`."""
        name = self._pattern.name(item.frame.index) if self._pattern else self.path.name
        if self._sources:
            name = self._sources[item.frame.index]
        self._names.append(name)
        self._folder.write(name, encode_picture(self.path, self._compositor.image(item)))

    def available(self) -> int:
        """See `Sink.available`; the last picture may be incomplete."""
        return max(0, len(self._names) - 1)

    def stage(self, frames: int | None = None) -> None:
        """See `Sink.stage`."""
        if frames is not None:
            del self._names[frames:]

    def commit(self) -> None:
        """See `Sink.commit`."""
        try:
            for name in self._names:
                self._folder.release(name)
        except OSError as error:
            raise unwritable(self.path, error) from None
        finally:
            self.abort()

    def abort(self) -> None:
        """See `Sink.abort`."""
        self._folder.discard()


class FileSink(Sink):
    """An output of one file, which a subclass writes to `_part`."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._part: Part | None = None

    def commit(self) -> None:
        """See `Sink.commit`."""
        assert self._part is not None
        commit(self._part)

    def abort(self) -> None:
        """See `Sink.abort`."""
        if self._part is not None:
            self._part.discard()


class WholeFile(FileSink):
    """A file that is computed from all frames and written at the end."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._frames = 0

    def write(self, item: AnnotatedFrame) -> None:
        """See `Sink.write`."""
        if self._part is None:
            self._part = claim(self.path)
        self._add(item)
        self._frames += 1

    def available(self) -> int:
        """See `Sink.available`."""
        return self._frames

    def stage(self, frames: int | None = None) -> None:
        """See `Sink.stage`; a part of the frames cannot be kept."""
        assert self._part is not None
        if frames is not None and frames < self._frames:
            raise OutputError(
                tr("{path} needs all frames, but the export ended early.").format(
                    path=printable(self.path)
                )
            )
        try:
            self._part.path.write_bytes(self._content())
        except OSError as error:
            raise unwritable(self.path, error) from error

    @abc.abstractmethod
    def _add(self, item: AnnotatedFrame) -> None:
        """Adds a frame."""

    @abc.abstractmethod
    def _content(self) -> bytes:
        """Returns the content of the file.

        Raises:
            OutputError: The content cannot be made.
        """


class HiddenFolder:
    """A hidden folder beside a target, for files that get their final names later.

    Args:
        target: The path of the output.
    """

    def __init__(self, target: Path) -> None:
        self._target = target
        self._part: Part | None = None

    def write(self, name: str, data: bytes) -> None:
        """Writes a file in the folder; the first call creates the folder.

        Raises:
            OutputError: The file cannot be written.
        """
        try:
            if self._part is None:
                self._part = claim(self._target)
                self._part.path.unlink()
                self._part.path.mkdir()
            (self._part.path / name).write_bytes(data)
        except OSError as error:
            raise unwritable(self._target, error) from error

    def remove(self, name: str) -> None:
        """Removes a file from the folder."""
        assert self._part is not None
        (self._part.path / name).unlink(missing_ok=True)

    def release(self, name: str) -> None:
        """Syncs a file and moves it beside the target.

        Raises:
            OSError: The file cannot be moved.
        """
        assert self._part is not None
        with (self._part.path / name).open("rb") as file:
            os.fsync(file.fileno())
        (self._part.path / name).replace(self._target.with_name(name))

    def commit(self) -> None:
        """Renames the folder to its target.

        Raises:
            OutputError: The target cannot be replaced; the folder is removed.
        """
        assert self._part is not None
        commit(self._part)

    def discard(self) -> None:
        """Removes the folder and the files that are still in it."""
        if self._part is not None:
            self._part.discard()


def encode_picture(path: Path, image: NDArray[np.uint8] | NDArray[np.uint16]) -> bytes:
    """Encodes a picture in the format of a path's ending.

    Raises:
        OutputError: The picture cannot be encoded.
    """
    done, data = cv2.imencode(path.suffix, image)
    if not done:
        raise OutputError(
            tr("{name} cannot be encoded.").format(name=printable(path.name)),
            tr("Use .png or .jpg."),
        )
    return data.tobytes()
