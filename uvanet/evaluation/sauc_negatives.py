"""Fixations of other pictures: the negatives of the shuffled AUC."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from uvanet.errors import UvanetError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from uvanet.data.gaze import Gaze, GazeSet

POOL = 200
"""Pictures or frames that negatives are taken from at most: 20 times as many as Borji's code."""


class SaucNegatives:
    """Where people looked elsewhere in a set, at places relative to the picture's size.

    Of a larger set, `POOL` pictures or frames are drawn by seed. Negatives of a picture come from
    all others in the pool; those of a frame from other clips, for neighbours in time show the
    same things, or from other frames where there is one clip only.

    Args:
        data: The set.
        seed: Of the draw.
    """

    def __init__(self, data: GazeSet, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self._points: NDArray[np.float32] = np.empty((0, 2), np.float32)
        self._owners: NDArray[np.str_] = np.empty(0, np.str_)
        self._one_clip = len(data.clips) == 1
        places = [(i, None) for i in range(len(data.pictures))]
        frames = [(i, index) for i, clip in enumerate(data.clips) for index in clip.labelled]
        everything: list[tuple[int, int | None]] = [*places, *frames]
        chosen = np.sort(rng.permutation(len(everything))[:POOL])
        points, owners = [], []
        for number in chosen:
            i, index = everything[number]
            try:
                gaze = _gaze(data, i, index)
            except UvanetError:
                # Reported when its turn to be measured comes.
                continue
            if gaze.fixations is None:
                continue
            points.append(gaze.points((1, 1)))
            name = data.pictures[i].name if index is None else data.clips[i].name
            owners += [self._owner(name, index)] * len(gaze.fixations)
        if points:
            self._points, self._owners = np.concatenate(points), np.array(owners)

    def of(self, name: str, index: int | None, size: tuple[int, int]) -> NDArray[np.float32]:
        """The negatives of a picture or frame.

        Args:
            name: Of the picture or clip.
            index: Number of the frame; None for a picture.
            size: Width and height, pixels.

        Returns:
            (m, 2), float32, x and y in pixels; may be empty.
        """
        if not len(self._points):
            return self._points
        other = self._owners != self._owner(name, index)
        return np.asarray(self._points[other] * np.array(size), np.float32)

    def _owner(self, name: str, index: int | None) -> str:
        return f"{name} {index}" if self._one_clip else name


def _gaze(data: GazeSet, i: int, index: int | None) -> Gaze:
    return data.pictures[i].gaze() if index is None else data.clips[i].gaze(index)
