"""Clips with gaze, whatever they are stored as: a video file, or a folder of its frames."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from uvanet.data.gaze import ClipFrame, Gaze
from uvanet.data.gaze_files import read_rgb
from uvanet.errors import SourceError, UsageError
from uvanet.sources.video import VideoSource

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator, Sequence
    from pathlib import Path


def no_gaze(index: int) -> Gaze:
    """For clips without labels.

    Raises:
        UsageError: Always.
    """
    raise UsageError(f"Frame {index} has no label.", "Choose a set with gaze.")


def every_nth(count: int, every: int) -> range:
    """The frames to be measured of `count`: each `every`-th one; all for 1."""
    return range(every - 1, count, every)


@dataclass(frozen=True, slots=True)
class VideoClip:
    """A video file.

    Attributes:
        dataset: See `uvanet.data.gaze.Clip`, as for all that follow.
        name: As said there.
        path: The file.
        fps: As said there.
        labelled: As said there.
        read_gaze: Reads the labels of a frame.
    """

    dataset: str
    name: str
    path: Path
    fps: float
    labelled: Sequence[int] = ()
    read_gaze: Callable[[int], Gaze] = no_gaze

    def frames(self, wanted: Container[int]) -> Iterator[ClipFrame]:
        """See `uvanet.data.gaze.Clip`."""
        with VideoSource(self.path) as source:
            while (frame := source.read()) is not None:
                if frame.index in wanted:
                    image = np.asarray(cv2.cvtColor(frame.image, cv2.COLOR_BGR2RGB), np.uint8)
                    yield ClipFrame(frame.index, frame.pts, image)

    def gaze(self, index: int) -> Gaze:
        """See `uvanet.data.gaze.Clip`."""
        return self.read_gaze(index)


def video_facts(path: Path) -> tuple[float, int]:
    """Frames a second and number of frames of a video file.

    Raises:
        SourceError: It is missing or cannot be read, or it does not state how long it is.
    """
    with VideoSource(path) as source:
        if source.info.frames is None:
            raise SourceError(f"{path} does not say how long it is.", "Convert it to mp4.")
        return source.info.fps, source.info.frames


@dataclass(frozen=True, slots=True)
class FramesClip:
    """A folder of frames.

    Attributes:
        dataset: See `uvanet.data.gaze.Clip`, as for all that follow.
        name: As said there.
        files: The frames, in order.
        fps: As said there.
        labelled: As said there.
        read_gaze: Reads the labels of a frame.
    """

    dataset: str
    name: str
    files: Sequence[Path]
    fps: float
    labelled: Sequence[int] = ()
    read_gaze: Callable[[int], Gaze] = no_gaze

    def frames(self, wanted: Container[int]) -> Iterator[ClipFrame]:
        """See `uvanet.data.gaze.Clip`."""
        for index, path in enumerate(self.files):
            if index not in wanted:
                continue
            try:
                yield ClipFrame(index, index / self.fps, read_rgb(path))
            except UsageError as error:
                yield ClipFrame(index, index / self.fps, None, str(error))

    def gaze(self, index: int) -> Gaze:
        """See `uvanet.data.gaze.Clip`."""
        return self.read_gaze(index)
