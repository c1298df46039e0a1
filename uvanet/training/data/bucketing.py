"""Batches of one shape each: a student sees every picture in the picture's own proportions."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import torch

from uvanet.runtime.input_size import size_of_ratio

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Generator, Tensor

    from uvanet.data.synthetic import Shape

T = TypeVar("T")


class AspectRatioBuckets:
    """Pictures grouped by the shape at which a student sees them.

    A shape that too few pictures have to fill a batch goes with the nearest one that enough have.

    Args:
        ratios: Width over height of each picture, (n,).
        side: The student's pixels, as the side of a square.
        batch: Pictures of a batch, at most.

    Attributes:
        batches: Batches of one pass.
    """

    def __init__(self, ratios: Tensor, side: int, batch: int) -> None:
        own = [size_of_ratio(ratio, side**2) for ratio in ratios.tolist()]
        counts = {shape: own.count(shape) for shape in dict.fromkeys(own)}
        kept = [shape for shape, count in counts.items() if count >= batch]
        kept = kept or [max(counts, key=lambda shape: counts[shape])]
        places: dict[Shape, list[int]] = {shape: [] for shape in kept}
        nearest = {shape: min(kept, key=lambda one: _distance(one, shape)) for shape in counts}
        for place, shape in enumerate(own):
            places[nearest[shape]].append(place)
        self._groups = [(shape, torch.tensor(those)) for shape, those in places.items()]
        self._batch = batch
        self.batches = sum(len(those) // self._size(those) for _, those in self._groups)

    def shuffled(self, rng: Generator) -> list[tuple[Shape, Tensor]]:
        """One pass: all batches, group by group, each a shape and what is in it.

        What does not fill a batch is left out, another time something else.
        """
        found = []
        for shape, those in self._groups:
            order = those[torch.randperm(len(those), generator=rng)]
            size = self._size(those)
            found += [(shape, order[i * size : (i + 1) * size]) for i in range(len(those) // size)]
        return found

    def draw(self, count: int, rng: Generator) -> list[tuple[Shape, Tensor]]:
        """So many batches, as often as it takes through all of them."""
        found: list[tuple[Shape, Tensor]] = []
        while len(found) < count:
            found += mixed(self.shuffled(rng), rng)
        return found[:count]

    def _size(self, those: Tensor) -> int:
        return min(self._batch, len(those))


def mixed(items: Sequence[T], rng: Generator) -> list[T]:
    """The same in random order."""
    return [items[place] for place in torch.randperm(len(items), generator=rng).tolist()]


def _distance(one: Shape, other: Shape) -> float:
    ratios = sorted((one[1] / one[0], other[1] / other[0]))
    return ratios[1] / ratios[0]
