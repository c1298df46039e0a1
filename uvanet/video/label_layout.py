"""Places the labels of regions, so that labels of near regions do not cover each other."""

from __future__ import annotations

import functools
from collections.abc import Iterator

Box = tuple[float, float, float, float]
"""Left, top, right and bottom, pixels."""

Size = tuple[float, float]
"""Width and height, pixels."""


@functools.lru_cache(maxsize=32)
def place_labels(
    boxes: tuple[Box, ...], sizes: tuple[Size, ...], area: Box, gap: float
) -> tuple[tuple[float, float], ...]:
    """Places a label at each box: above it, else inside, below or beside it.

    The first place that no label before covers is taken; where there is none, the one that the
    labels before cover least.

    Args:
        boxes: The boxes.
        sizes: Sizes of their labels.
        area: The labels stay inside, as far as they fit.
        gap: Distance of a label from the edge of its box, pixels.

    Returns:
        Left and top of each label.
    """
    placed: list[Box] = []
    for box, size in zip(boxes, sizes, strict=True):
        places = (_moved_into(area, place, size) for place in _places(box, size, area, gap))
        placed.append(min(places, key=lambda place: sum(_common(place, one) for one in placed)))
    return tuple((left, top) for left, top, _, _ in placed)


def _places(box: Box, size: Size, area: Box, gap: float) -> Iterator[tuple[float, float]]:
    """Left and top of each place for a label, the best first."""
    left, top, right, bottom = box
    width, height = size
    if top - gap - height >= area[1]:
        yield left, top - gap - height
        yield right - width, top - gap - height
    yield left + gap, top + gap
    if bottom + gap + height <= area[3]:
        yield left, bottom + gap
        yield right - width, bottom + gap
    yield left + gap, bottom - gap - height
    yield right + gap, top
    yield left - gap - width, top
    # Regions that share nearly all of their edges: one label below the other.
    lines = int((area[3] - max(top, area[1])) / height) if height > 0 else 0
    yield from ((left + gap, top + gap + line * height) for line in range(1, lines))


def _moved_into(area: Box, place: tuple[float, float], size: Size) -> Box:
    left = max(area[0], min(place[0], area[2] - size[0]))
    top = max(area[1], min(place[1], area[3] - size[1]))
    return left, top, left + size[0], top + size[1]


def _common(first: Box, second: Box) -> float:
    """Area that two boxes have in common, square pixels."""
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    return max(0.0, width) * max(0.0, height)
