"""Perceptually ordered color maps, from OpenCV."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from uvanet.errors import UsageError
from uvanet.i18n import tr

COLORMAPS = ("turbo", "inferno", "cividis", "viridis")
"""Names of the color maps; the first is the default."""

SAFE_COLORMAPS = frozenset({"inferno", "cividis", "viridis"})
"""Color maps that color-blind people can read: their lightness is monotonic."""


def check_colormap(name: str) -> None:
    """Checks the name of a color map.

    Raises:
        UsageError: The name is not in `COLORMAPS`.
    """
    if name not in COLORMAPS:
        raise UsageError(
            tr("There is no color map {name!r}.").format(name=name),
            tr("Choose {choices}.").format(choices=", ".join(COLORMAPS)),
        )


@functools.cache
def colormap(name: str) -> NDArray[np.uint8]:
    """Returns the colors of a color map, from the lowest value to the highest.

    Args:
        name: One of `COLORMAPS`.

    Returns:
        RGB, uint8, shape (256, 3), read-only: callers share the array.

    Raises:
        UsageError: The name is not in `COLORMAPS`.
    """
    import cv2

    check_colormap(name)
    ramp = np.arange(256, dtype=np.uint8).reshape(256, 1)
    bgr = cv2.applyColorMap(ramp, getattr(cv2, f"COLORMAP_{name.upper()}"))
    table = np.ascontiguousarray(bgr[:, 0, ::-1], dtype=np.uint8)
    table.flags.writeable = False
    return table
