"""Flicker: how much the maps of a model change within 100 ms on clips that hardly change."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from uvanet.data.clips import VideoClip, video_facts
from uvanet.evaluation.bootstrap import draw_weights, interval
from uvanet.evaluation.progress import silent
from uvanet.metrics import cc
from uvanet.resizing import small_gray

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from uvanet.evaluation.bootstrap import Interval
    from uvanet.evaluation.predictors import Predictor
    from uvanet.evaluation.progress import Progress

PAIR_SECONDS = 0.1
"""Seconds between the two maps of a pair."""

SECONDS = 2.0
"""Measured duration of each clip, from its start."""

MAX_STEADY_CHANGE = 1.0
"""Largest median difference of frames `PAIR_SECONDS` apart in a steady clip, gray levels of 255."""

WIDTH = 192
"""Width at which frames are compared, pixels; it averages out the noise of single pixels."""

JUMP = 0.1
"""A peak that moves by more than this share of the map's diagonal has jumped."""


@dataclass(frozen=True, slots=True)
class Flicker:
    """Flicker of a model over all pairs of maps 100 ms apart.

    Attributes:
        cc: Mean CC of the two maps of a pair; 1 without flicker.
        jumps: Share of the pairs whose peak jumps, 0..1.
    """

    cc: Interval
    jumps: Interval


def steady_clips(paths: Iterable[Path]) -> list[VideoClip]:
    """Finds the clips whose picture hardly changes within 100 ms.

    Over the first `SECONDS` of such a clip, the median of the mean differences of frames is at most
    `MAX_STEADY_CHANGE`.

    Raises:
        UvanetError: A file cannot be read.
    """
    found = []
    for path in sorted(paths):
        fps, _ = video_facts(path)
        clip = VideoClip("steady", path.stem, path, fps)
        apart = _frames_apart(fps)
        gray = [small_gray(frame, WIDTH) for frame in _frames(clip)]
        moved = [np.abs(b - a).mean() for a, b in zip(gray, gray[apart:], strict=False)]
        if moved and np.median(moved) <= MAX_STEADY_CHANGE:
            found.append(clip)
    return found


def pool_clips(root: Path) -> list[VideoClip]:
    """The steady clips of the pools below the data's folder; empty where there are none.

    Raises:
        UvanetError: A file cannot be read.
    """
    return steady_clips(
        path for name in ("pool", "pool2") for path in (root / name / "clips").rglob("*.mp4")
    )


def measure_flicker(
    clips: Sequence[VideoClip], predictors: Sequence[Predictor], progress: Progress = silent
) -> dict[str, Flicker]:
    """Measures the flicker of predictors; they see every frame, as in the live view.

    Args:
        clips: Steady clips, see `steady_clips`; at least one.
        predictors: The predictors.
        progress: Called for each clip.

    Returns:
        Predictor to its flicker; the bootstrap of its intervals draws clips, then pairs.

    Raises:
        UvanetError: A clip cannot be read, or a predictor fails.
    """
    names = [row.name for row in predictors]
    correlations: dict[str, list[float]] = {name: [] for name in names}
    jumps: dict[str, list[float]] = {name: [] for name in names}
    owners: list[str] = []
    with progress("flicker", len(clips)) as advance:
        for clip in clips:
            apart = _frames_apart(clip.fps)
            frames = _frames(clip)
            owners += [clip.name] * max(0, len(frames) - apart)
            for row in predictors:
                row.reset()
                maps = [row.predict(frame, k / clip.fps) for k, frame in enumerate(frames)]
                for earlier, later in zip(maps, maps[apart:], strict=False):
                    correlations[row.name].append(cc(later, earlier))
                    jumps[row.name].append(peak_jumps(earlier, later))
            advance()
    weights = draw_weights(owners)
    return {
        name: Flicker(
            interval(np.array(correlations[name]), weights),
            interval(np.array(jumps[name]), weights),
        )
        for name in names
    }


def peak_jumps(earlier: NDArray[np.float32], later: NDArray[np.float32]) -> bool:
    """Whether the largest value of two maps (h, w) moves by more than `JUMP` of the diagonal."""
    (y, x), (later_y, later_x) = (
        np.unravel_index(int(values.argmax()), values.shape) for values in (earlier, later)
    )
    return bool(np.hypot(later_y - y, later_x - x) > JUMP * np.hypot(*earlier.shape))


def _frames_apart(fps: float) -> int:
    return max(1, round(PAIR_SECONDS * fps))


def _frames(clip: VideoClip) -> list[NDArray[np.uint8]]:
    """The first `SECONDS` of a clip."""
    count = round(SECONDS * clip.fps)
    # Reading ends after them; the iterator alone would read the file to its end.
    found = islice(clip.frames(range(count)), count)
    return [frame.image for frame in found if frame.image is not None]
