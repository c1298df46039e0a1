"""The heat blended in planes is the heat blended in RGB."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from uvanet.overlay import OverlayStyle, compose
from uvanet.video.yuv import PlaneBlender, to_planes


@pytest.mark.parametrize("name", ["turbo", "cividis"])
def test_blending_planes_looks_like_blending_pixels(name: str) -> None:
    style = OverlayStyle(name, 0.7, 0.2)
    # Smooth, since chroma of half the size loses edges whatever the way.
    ramp = np.linspace(40, 200, 160, dtype=np.float32)
    image = np.stack([np.tile(ramp, (120, 1))] * 3, axis=2).astype(np.uint8)
    yy, xx = np.mgrid[0:64, 0:64]
    saliency = np.exp(-((xx - 20) ** 2 + (yy - 40) ** 2) / 200).astype(np.float32)
    planes = to_planes(image)
    PlaneBlender().blend(planes, saliency, style)
    got = cv2.cvtColor(planes, cv2.COLOR_YUV2BGR_I420)
    expected = compose(image, saliency, style)
    difference = np.abs(got.astype(int) - expected)
    assert difference.mean() < 2.5
    assert np.percentile(difference, 99) < 14


@pytest.mark.parametrize("threshold", [0.0, 0.15, 0.6, 1.0])
def test_no_heat_is_lost_outside_of_the_box(
    threshold: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng, style = np.random.default_rng(3), OverlayStyle(threshold=threshold)
    for trial in range(60):
        shape = (int(rng.integers(8, 60)), int(rng.integers(8, 100)))
        saliency = cv2.GaussianBlur(rng.random(shape, np.float32) ** 9, (0, 0), rng.uniform(0.4, 6))
        saliency *= rng.uniform(0.1, 1) / saliency.max()
        if trial % 4 == 0:
            # What a cubic filter overshoots most: four cells amid nothing.
            saliency = np.zeros(shape, np.float32)
            row, column = rng.integers(0, shape[0] - 1), rng.integers(0, shape[1] - 1)
            saliency[row : row + 2, column : column + 2] = rng.uniform(threshold / 2, 1)
        size = rng.integers(9, 240) * 2, 640 if trial % 2 else 160
        image = rng.integers(0, 256, (*size, 3), np.uint8)
        planes, everywhere = to_planes(image), to_planes(image)
        PlaneBlender().blend(planes, saliency, style)
        with monkeypatch.context() as patch:
            patch.setattr("uvanet.video.yuv._visible_box", lambda *_: np.s_[:, :])
            PlaneBlender().blend(everywhere, saliency, style)
        np.testing.assert_array_equal(planes, everywhere)


def test_odd_sizes_are_filled_up() -> None:
    assert to_planes(np.zeros((17, 33, 3), np.uint8)).shape == (27, 34)


def test_opacity_zero_changes_nothing() -> None:
    image = np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)
    planes = to_planes(image)
    before = planes.copy()
    PlaneBlender().blend(planes, np.ones((8, 8), np.float32), OverlayStyle(opacity=0))
    np.testing.assert_array_equal(planes, before)


def test_a_blender_carries_nothing_over() -> None:
    rng, style, blender = np.random.default_rng(5), OverlayStyle(), PlaneBlender()
    for height, width, shape in ((360, 640, (32, 56)), (48, 64, (20, 30)), (720, 1280, (40, 72))):
        image = rng.integers(0, 256, (height, width, 3), np.uint8)
        saliency = cv2.GaussianBlur(rng.random(shape, np.float32) ** 9, (0, 0), 3)
        saliency /= saliency.max()
        planes, fresh = to_planes(image), to_planes(image)
        blender.blend(planes, saliency, style)
        PlaneBlender().blend(fresh, saliency, style)
        np.testing.assert_array_equal(planes, fresh)
