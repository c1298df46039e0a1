"""Clips with gaze, stored as a video file or as a folder of frames."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from uvanet.data.gaze import ClipFrame, Gaze
from uvanet.data.gaze_files import read_rgb
from uvanet.errors import SourceError, UsageError
from uvanet.i18n import tr
from uvanet.sources.video import VideoSource


def no_gaze(index: int) -> Gaze:
    """The `gaze` of clips without labels.

    Raises:
        UsageError: Always.
    """
    raise UsageError(
        tr("Frame {index} has no label.").format(index=index), tr("Choose a set with gaze.")
    )


def every_nth(count: int, every: int) -> range:
    """Numbers of every n-th frame of `count`, from frame n - 1 on."""
    return range(every - 1, count, every)


@dataclass(frozen=True, slots=True)
class VideoClip:
    """A video file.

    Attributes:
        dataset: See `uvanet.data.gaze.Clip`.
        name: See there.
        path: The file.
        fps: See there.
        labelled: See there.
        gaze: See there.
    """

    dataset: str
    name: str
    path: Path
    fps: float
    labelled: Sequence[int] = ()
    gaze: Callable[[int], Gaze] = no_gaze

    def frames(self, wanted: Collection[int]) -> Iterator[ClipFrame]:
        """See `uvanet.data.gaze.Clip`."""
        index, last = -1, max(wanted, default=-1)
        with VideoSource(self.path) as source:
            while index < last and (frame := source.read()) is not None:
                index = frame.index
                if index in wanted:
                    image = np.asarray(cv2.cvtColor(frame.image, cv2.COLOR_BGR2RGB), np.uint8)
                    yield ClipFrame(frame.index, frame.pts, image)


def video_facts(path: Path) -> tuple[float, int]:
    """Frame rate and number of frames of a video file.

    Raises:
        SourceError: It is missing or cannot be read, or its length is unknown.
    """
    with VideoSource(path) as source:
        if source.info.frames is None:
            raise SourceError(
                tr("The length of {path} is unknown.").format(path=path), tr("Convert it to mp4.")
            )
        return source.info.fps, source.info.frames


@dataclass(frozen=True, slots=True)
class FramesClip:
    """A folder of frames.

    Attributes:
        dataset: See `uvanet.data.gaze.Clip`.
        name: See there.
        files: Files of the frames, in order.
        fps: See there.
        labelled: See there.
        gaze: See there.
    """

    dataset: str
    name: str
    files: Sequence[Path]
    fps: float
    labelled: Sequence[int] = ()
    gaze: Callable[[int], Gaze] = no_gaze

    def frames(self, wanted: Collection[int]) -> Iterator[ClipFrame]:
        """See `uvanet.data.gaze.Clip`."""
        for index, path in enumerate(self.files):
            if index not in wanted:
                continue
            try:
                yield ClipFrame(index, index / self.fps, read_rgb(path))
            except UsageError as error:
                yield ClipFrame(index, index / self.fps, None, str(error))
