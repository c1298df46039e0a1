"""Negatives of the shuffled AUC: fixations of other pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from uvanet.errors import UvanetError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from uvanet.data.gaze import Gaze, GazeSet

MAX_OTHERS = 200
"""Largest number of pictures or frames that give negatives; 20 times that of Borji's code."""


class SaucNegatives:
    """Fixations of a data set, relative to picture size, as negatives for its other pictures.

    From a larger set, `MAX_OTHERS` pictures or frames are drawn. The negatives of a picture come
    from all other drawn pictures. Those of a frame come from other clips, since the frames of one
    clip show the same scene; if there is a single clip, they come from its other frames.

    Args:
        data: The data set.
        seed: Random seed.
    """

    def __init__(self, data: GazeSet, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self._points: NDArray[np.float32] = np.empty((0, 2), np.float32)
        self._owners: NDArray[np.str_] = np.empty(0, np.str_)
        self._one_clip = len(data.clips) == 1
        places = [(i, None) for i in range(len(data.pictures))]
        frames = [(i, index) for i, clip in enumerate(data.clips) for index in clip.labelled]
        everything: list[tuple[int, int | None]] = [*places, *frames]
        chosen = np.sort(rng.permutation(len(everything))[:MAX_OTHERS])
        points, owners = [], []
        for number in chosen:
            i, index = everything[number]
            try:
                gaze = _gaze(data, i, index)
            except UvanetError:
                continue  # the evaluator reports it
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
            name: Name of the picture or clip.
            index: Frame number; None for a picture.
            size: Width and height of the picture, pixels.

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
