"""The heat blended in planes is the heat blended in RGB."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from uvanet.render import OverlayStyle, compose
from uvanet.render.planes import blend, to_planes


@pytest.mark.parametrize("name", ["turbo", "cividis"])
def test_blending_planes_looks_like_blending_pixels(name: str) -> None:
    style = OverlayStyle(name, 0.7, 0.2)
    # Smooth, since chroma of half the size loses edges whatever the way.
    ramp = np.linspace(40, 200, 160, dtype=np.float32)
    image = np.stack([np.tile(ramp, (120, 1))] * 3, axis=2).astype(np.uint8)
    yy, xx = np.mgrid[0:64, 0:64]
    saliency = np.exp(-((xx - 20) ** 2 + (yy - 40) ** 2) / 200).astype(np.float32)
    planes = to_planes(image)
    blend(planes, saliency, style)
    got = cv2.cvtColor(planes, cv2.COLOR_YUV2BGR_I420)
    expected = compose(image, saliency, style)
    difference = np.abs(got.astype(int) - expected)
    assert difference.mean() < 2.5
    assert np.percentile(difference, 99) < 14


def test_odd_sizes_are_filled_up() -> None:
    assert to_planes(np.zeros((17, 33, 3), np.uint8)).shape == (27, 34)


def test_opacity_zero_changes_nothing() -> None:
    image = np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)
    planes = to_planes(image)
    before = planes.copy()
    blend(planes, np.ones((8, 8), np.float32), OverlayStyle(opacity=0))
    np.testing.assert_array_equal(planes, before)
