"""A user reads how much attention a part of the picture gets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from x11 import CONTROL, SHIFT

from uvanet.paths import resource

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray
    from program_child import Child

# A part of the picture in a window of 1100x720, in logical pixels: its corners and middle line.
LEFT, MIDDLE, RIGHT, TOP, BOTTOM = 14, 404, 794, 102, 516


def numbers(child: Child) -> dict[str, str]:
    """What "Copy numbers" gives another program."""
    child.press("c", CONTROL | SHIFT)
    child.until(lambda: "\t" in child.copied())
    return dict(line.split("\t") for line in child.copied().splitlines())


def stage(child: Child, scale: int) -> NDArray[np.uint8]:
    """The part of the screen that shows the picture; the graphs beside it never rest."""
    return child.user.look()[TOP * scale : BOTTOM * scale, LEFT * scale : RIGHT * scale]


def until_still(child: Child, scale: int) -> NDArray[np.uint8]:
    """Waits until the picture stands still, and gives it."""
    return child.until_still(lambda: stage(child, scale))


@pytest.mark.parametrize("scale", [1, 2])
def test_a_region_is_drawn_and_its_share_is_read(
    start_large: Callable[..., Child], tmp_path: Path, scale: int
) -> None:
    film = tmp_path / "film.mp4"
    film.write_bytes(resource("demo.mp4").read_bytes())
    child = start_large(
        *(str(film), "--model", "uvanet-64", "--theme", "dark", "--size", "1100x720"), scale=scale
    )
    child.until_titled("film.mp4")
    child.until(lambda: stage(child, scale).std() > 20)
    child.press("space")
    until_still(child, scale)
    before = stage(child, scale)
    child.press("a")
    child.drag((LEFT, TOP), (MIDDLE, BOTTOM))
    child.until(lambda: (stage(child, scale) != before).any(axis=2).mean() > 0.002)
    first = numbers(child)
    left = float(first["Region 1: share now"])
    assert 0 < left < 1
    child.press("Escape")  # selects nothing
    until_still(child, scale)  # two keys at once would be one that is held
    child.press("Escape")  # closes the message, which lies over the picture
    until_still(child, scale)
    child.press("q")
    child.drag((MIDDLE, TOP), (RIGHT, BOTTOM))
    child.until(lambda: "Region 2" in child.copied() or "Region 2" in str(numbers(child)))
    second = numbers(child)
    assert float(second["Region 1: share now"]) == left
    # An ellipse leaves out the corners of its half: what lies there depends on the weights.
    ellipse = float(second["Region 2: share now"])
    assert 0.25 * (1 - left) < ellipse <= 1 - left + 0.01
    child.press("x")
    until_still(child, scale)
    child.keep(f"regions-dark-{scale}00")
    child.press("l", SHIFT)
    child.until(lambda: child.user.look()[5 * scale, 300 * scale].min() > 200)
    until_still(child, scale)
    child.keep(f"regions-light-{scale}00")
    child.press("q", CONTROL)
    assert child.end() == 0
