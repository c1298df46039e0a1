"""Pairs of frames with labels: the data model of all training.

A pair is a frame and the one about 100 ms before it. Pairs of video hold real motion; for still
pictures `uvanet.data.synthetic` makes the earlier frame while training.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from uvanet.errors import UsageError, output_errors
from uvanet.i18n import tr
from uvanet.runtime.preprocess import resize_to_input
from uvanet.training.data.array_file import read_arrays, write_arrays
from uvanet.training.fingerprint import Record, fingerprint, require_same

Image = NDArray[np.uint8]
Map = NDArray[np.float32]
Label = NDArray[np.float16]
AnyMap = NDArray[np.floating[Any]]

Labeller = Callable[[Image, Image], Map]
"""Function from a frame and the one about 100 ms before, RGB, to a map of any scale."""


NOW, BEFORE = "-now.jpg", "-before.jpg"
"""Endings of the files of a recorded pair."""

LABEL_SIDE = 64
"""Side of the squares to which labels are resized in memory, pixels."""

STEP1_EPOCHS = 400
"""Passes over the pictures with gaze in step 1 of a distillation."""

POOL_SHARE, CLIP_SHARE = 0.35, 0.2
"""Shares of pictures without gaze and of pairs of clips among the batches of a distillation."""

MAX_PAIRS = 240
"""Largest number of pairs of a scene; more improve a student little and take long to label."""

MIN_PAIRS = 16
"""Smallest number of pairs for a fine-tuning."""

MIN_GROUPS = 4
"""Smallest number of groups of which some can be held out; see `split_groups`."""


@dataclass(frozen=True, slots=True)
class FramePair:
    """A frame and the one about 100 ms before it.

    Attributes:
        frame: RGB, uint8, (h, w, 3).
        earlier: The same scene earlier; `frame` itself for a still picture.
        t: Seconds since the start of its recording or file.
        source: Name of the recording or file; empty for a live scene.
        group: Part of the source that is held out as a whole; empty for the whole source.
        gaze: Density of human gaze, (h', w'), of any scale; None for a teacher's label.
    """

    frame: Image
    earlier: Image
    t: float
    source: str = ""
    group: str = ""
    gaze: Map | None = None


@dataclass(frozen=True, slots=True)
class LabelledPairs:
    """n labelled pairs of frames in memory, with the teacher's labels and human gaze apart.

    Attributes:
        frames: RGB, uint8, (n, s, s, 3), stretched to squares.
        earlier: The frames about 100 ms before, likewise; None for still pictures.
        spatial: Teacher's labels of the frames as still pictures, float16, (n, l, l), the largest
            value of each 1; zeros where a pair has no teacher's label.
        temporal: Teacher's labels with the effect of motion, likewise; None where equal to
            `spatial`.
        gaze: Densities of human gaze, float16, (m, l, l), the largest value of each 1.
        gaze_rows: Row of each pair in `gaze`, int64, (n,); -1 where gaze is not known.
        ratios: Width divided by height of the frames before stretching, float32, (n,).
        times: Seconds since the start of the source, float32, (n,).
        sources: Name of the file or recording of each pair, (n,).
        groups: Name of the group of each pair, (n,). Groups are held out as a whole, and drawn as a
            whole by the bootstrap.
        faces: Face maps, uint8, (n, l, l), 255 at the center of a face of score 1; None where faces
            are not known.
        motion: Mean change of brightness over 0.8 s, float16, (n, l, l), 0..1; None where
            it is not known.
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
    motion: NDArray[np.float16] | None = None

    def __len__(self) -> int:
        return len(self.frames)

    def take(self, chosen: NDArray[np.intp] | NDArray[np.bool_]) -> LabelledPairs:
        """Returns the chosen pairs; `chosen` holds row numbers or a mask."""
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
        """Targets for measuring a student: gaze where known, else labels with motion; (n, l, l)."""
        labels = self.spatial if self.temporal is None else self.temporal
        known = self.gaze_rows >= 0
        if not known.any():
            return labels
        found = labels.copy()
        found[known] = self.gaze[self.gaze_rows[known]]
        return found

    def fingerprint(self) -> str:
        """The fingerprint of all arrays."""
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
        with output_errors(
            tr("The frames cannot be stored in {folder}: {reason}."),
            tr("Make room on the disk, and start again."),
            folder=path.parent,
        ):
            write_arrays(path, private=True, **columns, made_from=np.array(json.dumps(made_from)))


def load_pairs(path: Path, made_from: Record) -> LabelledPairs | None:
    """Reads pairs; None where the file is missing or damaged.

    Raises:
        ModelError: The pairs were made from other settings or data; the message names them.
    """
    held = read_arrays(path)
    if held is None or "made_from" not in held:
        return None
    require_same(json.loads(str(held.pop("made_from"))), made_from, path)
    held.pop("whole", None)  # a column of earlier versions
    columns: dict[str, Any] = dict.fromkeys(("earlier", "temporal", "faces", "motion")) | held
    return LabelledPairs(**columns)


class PairCollector:
    """Collects labelled pairs one by one; frames are stored at a small size.

    Args:
        side: Side of the squares to which frames are resized, pixels.
    """

    def __init__(self, side: int) -> None:
        self._side = side
        self._rows: list[tuple[Image, Image, Label, Label]] = []
        self._gaze: list[Label] = []
        self._motion: list[Label] = []
        self._gaze_rows: list[int] = []
        self._facts: list[tuple[float, float, str, str]] = []

    def __len__(self) -> int:
        return len(self._rows)

    def add(
        self,
        pair: FramePair,
        spatial: AnyMap | None,
        temporal: AnyMap | None = None,
        motion: Map | None = None,
    ) -> None:
        """Adds a pair.

        Args:
            pair: The pair, with its gaze where that is known.
            spatial: Map of the spatial teacher; None without a teacher.
            temporal: Map of the temporal teacher; None where equal to `spatial`.
            motion: Mean change of brightness, (`LABEL_SIDE`, `LABEL_SIDE`); for all pairs or for
                none.

        Raises:
            UsageError: A map does not have two dimensions, or holds NaN.
        """
        size = (self._side, self._side)
        blank = np.zeros((LABEL_SIDE, LABEL_SIDE), np.float16)
        label = blank if spatial is None else square_label(spatial)
        moving = label if temporal is None else square_label(temporal)
        frame = resize_to_input(pair.frame, size)
        still = pair.earlier is pair.frame
        earlier = frame if still else resize_to_input(pair.earlier, size)
        self._rows.append((frame, earlier, label, moving))
        if motion is not None:
            self._motion.append(motion.astype(np.float16))
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
            # The bootstrap draws blocks of time, since frames near in time are alike.
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
            motion=np.stack(self._motion) if self._motion else None,
        )


def cache_side(size: int) -> int:
    """Returns the side of stored pictures for a student with an input of `size` x `size` pixels.

    A crop of 0.4 of a side then has a pixel for each input pixel. The largest side is about that of
    most unlabelled pictures.
    """
    return min(384, 5 * size // 2)


def square_label(saliency: AnyMap) -> Label:
    """Converts a map to a label in memory: float16, (64, 64), the largest value 1.

    Raises:
        UsageError: The map does not have two dimensions, or holds NaN.
    """
    if saliency.ndim != 2 or not np.isfinite(saliency).all():
        raise UsageError(tr("The teacher gives no map."), tr("Choose another teacher."))
    resized = cv2.resize(
        np.asarray(saliency, np.float32), (LABEL_SIDE, LABEL_SIDE), interpolation=cv2.INTER_CUBIC
    )
    resized = np.maximum(resized, 0)
    return np.asarray(resized / max(float(resized.max()), 1e-12), np.float16)


def split_later(pairs: LabelledPairs, held_out: float = 0.3) -> tuple[LabelledPairs, LabelledPairs]:
    """Divides a scene in time into earlier pairs for training and later pairs for measuring.

    Between the two, `gap_of` seconds are left out.

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
    """Divides pairs by whole groups: most groups for training, the others for measuring.

    If a source has groups of both kinds, training pairs within `gap_of` seconds of a held-out pair
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
    """Seconds between training and held-out frames, so that held-out frames are not near copies."""
    return min(2.0, 0.05 * duration)
