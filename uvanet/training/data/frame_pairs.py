"""Pairs of frames with labels: the data model that all training shares.

A pair is a frame and the one about 100 ms before it. Pairs of video hold real motion; for still
pictures `uvanet.data.synthetic` makes the earlier frame while training.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from uvanet.errors import OutputError, UsageError
from uvanet.i18n import tr
from uvanet.runtime.preprocess import resize_to_input
from uvanet.training.data.array_file import read_arrays, write_arrays
from uvanet.training.fingerprint import fingerprint, require_same

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from uvanet.training.fingerprint import Record

    Image = NDArray[np.uint8]
    Map = NDArray[np.float32]
    Label = NDArray[np.float16]
    AnyMap = NDArray[np.floating[Any]]

    Labeller = Callable[[Image, Image], Map]
    """From a frame and the one about 100 ms before, RGB of any size, to a map of any scale."""

NOW, BEFORE = "-now.jpg", "-before.jpg"
"""Endings of the files of a recorded pair."""

LABEL_SIDE = 64
"""Side of the squares to which labels are stretched in memory: the largest student's output."""

STEP1_EPOCHS = 400
"""Passes over the pictures with gaze in step 1 of a distillation."""

POOL_SHARE, CLIP_SHARE = 0.35, 0.2
"""Shares of the batches of a distillation: pictures without gaze, and pairs of frames of clips."""

MAX_PAIRS = 240
"""Pairs of one scene; more of the same scene teach little and take long to label."""

MIN_PAIRS = 16
"""Pairs without which nothing can be learned and measured."""


MIN_GROUPS = 4
"""Groups without which none can be held out; see `split_groups`."""


@dataclass(frozen=True, slots=True)
class FramePair:
    """A frame and the one about 100 ms before it.

    Attributes:
        frame: RGB, uint8, (h, w, 3).
        earlier: The same scene earlier; `frame` itself for a still picture.
        t: Seconds since the start of its recording or file.
        source: The recording or file; empty for a scene that is watched live.
        group: Part of the source that is held out as one; the source where empty.
        gaze: Density of human gaze, (h', w'), of any scale; None to ask the teacher.
    """

    frame: Image
    earlier: Image
    t: float
    source: str = ""
    group: str = ""
    gaze: Map | None = None


@dataclass(frozen=True, slots=True)
class LabelledPairs:
    """Labelled pairs of frames in memory, n of them; the teacher's labels and gaze are apart.

    Attributes:
        frames: RGB, uint8, (n, s, s, 3), stretched to squares.
        earlier: Likewise, about 100 ms before; None for still pictures.
        spatial: The teacher's labels for the frames as still pictures, float16, (n, l, l), the
            largest value of each 1; zeros where no teacher was asked.
        temporal: The same with the motion before; None where it is `spatial`.
        gaze: Densities of human gaze, float16, (m, l, l), the largest value of each 1.
        gaze_rows: Row of each pair in `gaze`, int64, (n,); -1 where gaze is not known.
        ratios: The frames' own width divided by their height, float32, (n,).
        times: Seconds since the start of the source, float32, (n,).
        sources: The file or recording of each, (n,).
        groups: What is held out as one and drawn as one by the bootstrap, (n,).
        faces: Where faces are, uint8, (n, l, l), 255 at the center of a certain one; None where it
            is not known.
    """

    frames: NDArray[np.uint8]
    earlier: NDArray[np.uint8] | None
    spatial: NDArray[np.float16]
    temporal: NDArray[np.float16] | None
    gaze: NDArray[np.float16]
    gaze_rows: NDArray[np.int64]
    ratios: NDArray[np.float32]
    times: NDArray[np.float32]
    sources: NDArray[np.str_]
    groups: NDArray[np.str_]
    faces: NDArray[np.uint8] | None = None

    def __len__(self) -> int:
        return len(self.frames)

    def take(self, chosen: NDArray[np.intp] | NDArray[np.bool_]) -> LabelledPairs:
        """Returns some of the pairs."""
        rows = self.gaze_rows[chosen]
        known = rows >= 0
        kept = np.where(known, np.cumsum(known) - 1, -1)
        values: dict[str, Any] = {
            name: None if (column := getattr(self, name)) is None else column[chosen]
            for name in self.__slots__
            if name != "gaze"
        }
        values |= {"gaze": self.gaze[rows[known]], "gaze_rows": kept}
        return LabelledPairs(**values)

    def targets(self) -> NDArray[np.float16]:
        """What a student is held against: gaze where it is known, else the teacher's label."""
        labels = self.spatial if self.temporal is None else self.temporal
        known = self.gaze_rows >= 0
        if not known.any():
            return labels
        found = labels.copy()
        found[known] = self.gaze[self.gaze_rows[known]]
        return found

    def fingerprint(self) -> str:
        """The fingerprint of all of it."""
        columns = (getattr(self, name) for name in self.__slots__)
        return fingerprint(*columns)

    def save(self, path: Path, made_from: Record) -> None:
        """Writes the pairs and their record atomically, readable by the user alone.

        Raises:
            OutputError: The disk is full, or the folder has gone.
        """
        columns = {
            name: column for name in self.__slots__ if (column := getattr(self, name)) is not None
        }
        try:
            write_arrays(path, private=True, **columns, made_from=np.array(json.dumps(made_from)))
        except OSError as error:
            raise OutputError(
                tr("The frames cannot be stored in {folder}: {reason}.").format(
                    folder=path.parent, reason=error.strerror or error
                ),
                tr("Make room on the disk, and start again."),
            ) from error


def load_pairs(path: Path, made_from: Record) -> LabelledPairs | None:
    """Reads pairs; None where there are none, or the file is damaged.

    Raises:
        ModelError: They were made from something else; names what differs.
    """
    held = read_arrays(path)
    if held is None or "made_from" not in held:
        return None
    require_same(json.loads(str(held.pop("made_from"))), made_from, path)
    held.pop("whole", None)  # a column of earlier versions
    columns: dict[str, Any] = {"earlier": None, "temporal": None, "faces": None, **held}
    return LabelledPairs(**columns)


class PairCollector:
    """Collects labelled pairs one by one; no frame is kept at its full size.

    Args:
        side: Side of the squares at which frames are kept, pixels.
    """

    def __init__(self, side: int) -> None:
        self._side = side
        self._rows: list[tuple[Image, Image, Label, Label]] = []
        self._gaze: list[Label] = []
        self._gaze_rows: list[int] = []
        self._facts: list[tuple[float, float, str, str]] = []

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, pair: FramePair, spatial: AnyMap | None, temporal: AnyMap | None = None) -> None:
        """Adds a pair.

        Args:
            pair: With its gaze, where that is known.
            spatial: The teacher's map; None where no teacher was asked.
            temporal: The temporal teacher's; None where it is `spatial`.

        Raises:
            UsageError: A map has not two dimensions, or holds NaN.
        """
        size = (self._side, self._side)
        blank = np.zeros((LABEL_SIDE, LABEL_SIDE), np.float16)
        label = blank if spatial is None else square_label(spatial)
        moving = label if temporal is None else square_label(temporal)
        frame = resize_to_input(pair.frame, size)
        still = pair.earlier is pair.frame
        earlier = frame if still else resize_to_input(pair.earlier, size)
        self._rows.append((frame, earlier, label, moving))
        self._gaze_rows.append(-1 if pair.gaze is None else len(self._gaze))
        if pair.gaze is not None:
            self._gaze.append(square_label(pair.gaze))
        height, width = pair.frame.shape[:2]
        self._facts.append((width / height, pair.t, pair.source, pair.group or pair.source))

    def build(self) -> LabelledPairs:
        """Returns the pairs.

        Raises:
            UsageError: There are none.
        """
        if not self._rows:
            raise UsageError(tr("There were no frames to learn from."), tr("Watch for longer."))
        frames, earlier, spatial, temporal = (
            np.stack(column) for column in zip(*self._rows, strict=True)
        )
        ratios, times, sources, groups = zip(*self._facts, strict=True)
        if not any(groups):
            # Frames near in time are alike: the bootstrap draws blocks of them.
            block = min(3.0, max(0.2, times[-1] / 40))
            groups = tuple(f"block {int(t // block)}" for t in times)
        empty = np.empty((0, LABEL_SIDE, LABEL_SIDE), np.float16)
        return LabelledPairs(
            frames,
            earlier,
            spatial,
            temporal,
            np.stack(self._gaze) if self._gaze else empty,
            np.array(self._gaze_rows, np.int64),
            np.array(ratios, np.float32),
            np.array(times, np.float32),
            np.array(sources),
            np.array(groups),
        )


def cache_side(size: int) -> int:
    """Returns the side at which pictures are kept for a student of `size` x `size` pixels.

    Crops of 0.4 of a side still show one picture pixel for each input pixel, up to the size that
    most unlabelled pictures have.
    """
    return min(384, 5 * size // 2)


def square_label(saliency: AnyMap) -> Label:
    """Returns a map as labels are kept in memory: float16, (64, 64), the largest value 1.

    Raises:
        UsageError: It has not two dimensions, or holds NaN.
    """
    if saliency.ndim != 2 or not np.isfinite(saliency).all():
        raise UsageError(tr("The teacher gives no map."), tr("Choose another teacher."))
    resized = cv2.resize(
        np.asarray(saliency, np.float32), (LABEL_SIDE, LABEL_SIDE), interpolation=cv2.INTER_CUBIC
    )
    resized = np.maximum(resized, 0)
    return np.asarray(resized / max(float(resized.max()), 1e-12), np.float16)


def split_later(pairs: LabelledPairs, held_out: float = 0.3) -> tuple[LabelledPairs, LabelledPairs]:
    """Parts a scene in time: earlier frames to learn from, later ones to measure on.

    `gap_of` seconds between the two are left out.

    Raises:
        UsageError: There are too few pairs.
    """
    if len(pairs) < MIN_PAIRS:
        raise UsageError(
            tr("The scene gave only {count} frames; {least} are needed.").format(
                count=len(pairs), least=MIN_PAIRS
            ),
            tr("Watch for longer."),
        )
    cut = float(np.quantile(pairs.times, 1 - held_out))
    learned = pairs.times < cut - gap_of(float(pairs.times[-1]))
    return pairs.take(learned), pairs.take(pairs.times >= cut)


def split_groups(
    pairs: LabelledPairs, held_out: float = 0.2
) -> tuple[LabelledPairs, LabelledPairs]:
    """Parts whole groups: most to learn from, the others to measure on.

    Of a source with learned and held-out groups, frames within `gap_of` seconds of a held-out one
    are left out.

    Raises:
        UsageError: There are too few groups or pairs.
    """
    names = sorted(set(pairs.groups.tolist()))
    if len(names) < MIN_GROUPS or len(pairs) < MIN_PAIRS:
        raise UsageError(
            tr(
                "The folder gives {count} frames in {groups} groups; at least {least} in "
                "{least_groups} are needed."
            ).format(count=len(pairs), groups=len(names), least=MIN_PAIRS, least_groups=MIN_GROUPS),
            tr("Add a video of a few seconds, or at least {least} pictures.").format(
                least=MIN_PAIRS
            ),
        )
    rng = np.random.default_rng(3)
    chosen = rng.permutation(len(names))[: max(2, round(held_out * len(names)))]
    out = np.isin(pairs.groups, [names[place] for place in chosen])
    near = np.zeros(len(pairs), np.bool_)
    for source in set(pairs.sources[out].tolist()) & set(pairs.sources[~out].tolist()):
        own = pairs.sources == source
        gap = gap_of(float(np.ptp(pairs.times[own])))
        distance = np.abs(pairs.times[:, None] - pairs.times[own & out][None]).min(1)
        near |= own & (distance < gap)
    return pairs.take(~out & ~near), pairs.take(out)


def gap_of(duration: float) -> float:
    """Seconds between learned and held-out frames, so that none is nearly one that was learned."""
    return min(2.0, 0.05 * duration)
