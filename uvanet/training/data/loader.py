"""Batches of pairs: aspect-ratio buckets, mixing of labels and gaze, augmentation.

The batch of a step depends only on the seed of the run and the number of the step, so that a
resumed run has the same batches.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import torch
from torch import Generator, Tensor

from uvanet.data.synthetic import MotionConfig, Pairs, crop_pairs, make_pairs
from uvanet.errors import UsageError
from uvanet.i18n import tr, tr_noop
from uvanet.runtime.input_size import size_of_ratio
from uvanet.training.distributed import shard

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lightning_fabric import Fabric
    from numpy.typing import NDArray

    from uvanet.data.synthetic import Shape
    from uvanet.training.config import OptimConfig
    from uvanet.training.data.frame_pairs import LabelledPairs

T = TypeVar("T")

_SHARES = tr_noop("Choose smaller shares of clips, of unlabelled pictures or of replay.")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the training data of a run.

    Attributes:
        pairs: The pairs.
        share: Share of the batches, 0..1; the first part of a run gets the rest.
        gaze_share: Share of human gaze in the target of a pair that also has a teacher's label.
        min_zoom: Smallest share of a side that a crop of a pair of video shows.
        gentle: Whether half of the frames are not cropped and colors change little, for
            fine-tuning.
        motion: Settings of the synthetic motion of still pictures.
    """

    pairs: LabelledPairs
    share: float = 0.0
    gaze_share: float = 0.5
    min_zoom: float = 0.7
    gentle: bool = False
    motion: MotionConfig = field(default_factory=MotionConfig)


class DataLoader:
    """The batches of a run; see `uvanet.training.trainer.Batches`.

    All pairs of a batch are of one part and have one shape, since pictures keep their aspect ratio.

    Args:
        parts: The training data. An epoch holds each pair of the first part once, and batches of
            the others according to their shares.
        config: Batch size and seed.
        side: The student's input size, as the side of a square.
        device: Device on which batches are made.

    Attributes:
        steps: Batches of an epoch.

    Raises:
        UsageError: The first part is empty, or the sum of the other shares is 1 or more.
    """

    def __init__(
        self, parts: Sequence[Part], config: OptimConfig, side: int, device: torch.device
    ) -> None:
        if not len(parts[0].pairs):
            raise UsageError(tr("There is nothing to learn from."), tr("Check the data."))
        self._parts = [_Tensors(part, device) for part in parts]
        self._seed, self._device = config.seed, device
        self._buckets = [
            AspectRatioBuckets(torch.from_numpy(part.pairs.ratios), side, config.batch)
            for part in parts
        ]
        pictures = self._buckets[0].batches
        left = 1 - sum(part.share for part in parts[1:])
        if left <= 0:
            raise UsageError(
                tr("The shares of the data leave nothing for its first part."), tr(_SHARES)
            )
        self._counts = [max(1, round(pictures * part.share / left)) for part in parts[1:]]
        self.steps = pictures + sum(self._counts)
        self._epoch = -1
        self._plan: list[tuple[int, Shape, Tensor]] = []

    def batch(self, step: int, fabric: Fabric) -> Pairs:
        """This process's part of the batch of a step, on its device."""
        epoch, place = divmod(step, self.steps)
        if epoch != self._epoch:
            self._epoch, self._plan = epoch, self._plan_of(epoch)
        number, shape, rows = self._plan[place]
        pairs = self._parts[number].batch(rows, shape, seeded(self._seed, step, 1), self._device)
        return Pairs(*(shard(column, fabric) for column in pairs))

    def _plan_of(self, epoch: int) -> list[tuple[int, Shape, Tensor]]:
        rng = seeded(self._seed, epoch, 0)
        first, *others = self._buckets
        plan = [(0, *batch) for batch in first.shuffled(rng)]
        for number, (buckets, count) in enumerate(zip(others, self._counts, strict=True), 1):
            plan += [(number, *batch) for batch in buckets.draw(count, rng)]
        return shuffled(plan, rng)


class _Tensors:
    """A part as tensors, on the GPU if they take at most half of its free memory."""

    def __init__(self, part: Part, device: torch.device) -> None:
        pairs, self._part = part.pairs, part
        arrays = [
            pairs.frames,
            pairs.earlier,
            pairs.spatial,
            pairs.temporal,
            pairs.gaze,
            pairs.faces,
        ]
        size = sum(values.nbytes for values in arrays if values is not None)
        there = torch.device("cpu")
        if device.type == "cuda" and 2 * size < torch.cuda.mem_get_info(device)[0]:
            there = device

        def tensor(values: NDArray[Any]) -> Tensor:
            return torch.from_numpy(values).to(there)

        self._frames = tensor(pairs.frames)
        self._spatial, self._gaze = tensor(pairs.spatial), tensor(pairs.gaze)
        self._earlier = None if pairs.earlier is None else tensor(pairs.earlier)
        self._motion = None if pairs.motion is None else tensor(pairs.motion)
        self._faces = None if pairs.faces is None else tensor(pairs.faces)
        self._temporal = self._spatial if pairs.temporal is None else tensor(pairs.temporal)
        self._gaze_rows = torch.from_numpy(pairs.gaze_rows)

    def batch(self, rows: Tensor, shape: Shape, rng: Generator, device: torch.device) -> Pairs:
        """Makes the pairs of some rows, (n,), at a height and width."""

        def take(values: Tensor) -> Tensor:
            return values[rows.to(values.device)].to(device)

        part = self._part
        spatial = self._target(self._spatial, rows, device)
        if self._earlier is None:
            faces = None if self._faces is None else take(self._faces).float() / 255
            return make_pairs(take(self._frames), spatial, shape, part.motion, rng, faces)
        temporal = self._target(self._temporal, rows, device)
        film = Pairs(take(self._frames), take(self._earlier), spatial, temporal, spatial, spatial)
        motion = None if self._motion is None else take(self._motion)
        return crop_pairs(film, shape, part.min_zoom, rng, motion=motion, gentle=part.gentle)

    def _target(self, labels: Tensor, rows: Tensor, device: torch.device) -> Tensor:
        """Labels mixed with gaze, float32, (n, l, l), of sum 1."""
        teacher = _density(labels[rows.to(labels.device)].to(device))
        gaze_rows = self._gaze_rows[rows]
        looked = (gaze_rows >= 0).to(device)[:, None, None]
        if not len(self._gaze):
            return teacher
        gaze = self._gaze[gaze_rows.clamp_min(0).to(self._gaze.device)].to(device)
        labelled = teacher.sum((1, 2), keepdim=True) > 0
        share = torch.where(labelled, self._part.gaze_share, 1.0) * looked
        return torch.lerp(teacher, _density(gaze), share)


def _density(labels: Tensor) -> Tensor:
    values = labels.float()
    return values / values.sum((1, 2), keepdim=True).clamp_min(1e-8)


class TensorBatches:
    """Batches of samples of one shape; see `uvanet.training.trainer.Batches`.

    Args:
        columns: Tensors of n samples each.
        config: Batch size and seed; an incomplete batch is left out.
        mirror: Whether half of the batches are mirrored left to right.

    Attributes:
        steps: Batches of an epoch.
    """

    def __init__(
        self, columns: Sequence[Tensor], config: OptimConfig, *, mirror: bool = False
    ) -> None:
        self._columns, self._seed, self._mirror = columns, config.seed, mirror
        self._batch = min(config.batch, len(columns[0]))
        self.steps = len(columns[0]) // self._batch

    def batch(self, step: int, fabric: Fabric) -> list[Tensor]:
        """The samples of a step: a float32 tensor for each column."""
        epoch, place = divmod(step, self.steps)
        order = torch.randperm(len(self._columns[0]), generator=seeded(self._seed, epoch, 0))
        rows = order[place * self._batch : (place + 1) * self._batch]
        mirrored = self._mirror and torch.rand((), generator=seeded(self._seed, step, 1)) < 0.5
        columns = [column[rows].float() for column in self._columns]
        return [column.flip(3) for column in columns] if mirrored else columns


class AspectRatioBuckets:
    """Pictures grouped by the shape of a student's input.

    The pictures of a shape with fewer pictures than a batch are moved to the nearest shape that has
    enough.

    Args:
        ratios: Width divided by height of each picture, (n,).
        side: The student's input size, as the side of a square.
        batch: Largest number of pictures of a batch.

    Attributes:
        batches: Batches of one pass.
    """

    def __init__(self, ratios: Tensor, side: int, batch: int) -> None:
        own = [size_of_ratio(ratio, side**2) for ratio in ratios.tolist()]
        counts = {shape: own.count(shape) for shape in dict.fromkeys(own)}
        kept = [shape for shape, count in counts.items() if count >= batch]
        kept = kept or [max(counts, key=lambda shape: counts[shape])]
        rows: dict[Shape, list[int]] = {shape: [] for shape in kept}
        nearest = {shape: min(kept, key=lambda other: _distance(other, shape)) for shape in counts}
        for row, shape in enumerate(own):
            rows[nearest[shape]].append(row)
        self._buckets = [(shape, torch.tensor(members)) for shape, members in rows.items()]
        self._batch = batch
        self.batches = sum(len(members) // self._size(members) for _, members in self._buckets)

    def shuffled(self, rng: Generator) -> list[tuple[Shape, Tensor]]:
        """One pass, bucket by bucket: batches as shape and rows; incomplete ones are left out."""
        batches = []
        for shape, members in self._buckets:
            order = members[torch.randperm(len(members), generator=rng)]
            size, count = self._size(members), len(members) // self._size(members)
            batches += [(shape, order[i * size : (i + 1) * size]) for i in range(count)]
        return batches

    def draw(self, count: int, rng: Generator) -> list[tuple[Shape, Tensor]]:
        """Draws `count` batches in random order, in as many passes as needed."""
        batches: list[tuple[Shape, Tensor]] = []
        while len(batches) < count:
            batches += shuffled(self.shuffled(rng), rng)
        return batches[:count]

    def _size(self, members: Tensor) -> int:
        return min(self._batch, len(members))


def seeded(seed: int, number: int, purpose: int) -> Generator:
    """A generator on the CPU for a step or an epoch of a run."""
    return Generator().manual_seed(((seed * 1_000_003 + number) * 31 + purpose) % 2**63)


def shuffled(items: Sequence[T], rng: Generator) -> list[T]:
    """The items in random order."""
    return [items[place] for place in torch.randperm(len(items), generator=rng).tolist()]


def _distance(one: Shape, other: Shape) -> float:
    ratios = sorted((one[1] / one[0], other[1] / other[0]))
    return ratios[1] / ratios[0]
