"""The heat map of successive saliency maps."""

import numpy as np
import pytest

from app.features.overlay.settings import OverlaySettings
from app.session.heat import Heat
from uvanet.evaluation.predictors import FunctionPredictor
from uvanet.evaluation.smoothed import Smoothed
from uvanet.overlay import OverlayStyle
from uvanet.video.job import ClipStyle


def peak(value=1.0):
    saliency = np.zeros((32, 32), np.float32)
    saliency[16, 16] = value
    return saliency


def test_the_heat_map_has_the_aspect_ratio_of_the_frame():
    overlay = Heat(OverlayStyle())
    assert overlay.heat(1280, 720) is None
    overlay.push(0.0, peak(), 1)
    assert overlay.heat(1280, 720).shape == (216, 384, 4)
    assert max(overlay.heat(1, 1).shape) >= 32
    assert min(overlay.heat(8000, 10).shape[:2]) >= 1


def test_the_number_of_stored_maps_is_bounded():
    overlay = Heat(OverlayStyle(), smoothing=1.0)
    for number in range(2000):
        overlay.push(number / 100, peak(), 1)
    assert len(overlay._maps) <= 60
    overlay.push(100.0, peak(), 1)
    assert len(overlay._maps) == 1


@pytest.mark.parametrize("change", ["epoch", "shape", "time"])
def test_a_discontinuity_drops_earlier_maps(change):
    overlay = Heat(OverlayStyle(), smoothing=1.0)
    overlay.push(1.0, peak(), 1)
    saliency = np.zeros((16, 32) if change == "shape" else (32, 32), np.float32)
    overlay.push(0.5 if change == "time" else 1.1, saliency, 2 if change == "epoch" else 1)
    assert overlay.saliency().max() == 0


def test_a_model_that_sees_more_pixels_continues_the_smoothing():
    overlay = Heat(OverlayStyle(), smoothing=1.0)
    overlay.push(1.0, np.full((24, 44), 0.8, np.float32), 1)
    overlay.push(1.1, np.zeros((56, 96), np.float32), 1)
    found = overlay.saliency()
    assert found.shape == (56, 96)
    assert found.max() == pytest.approx(0.8 * np.exp(-0.1) / (1 + np.exp(-0.1)), rel=1e-4)


def test_a_rotated_picture_does_not_continue_the_smoothing():
    overlay = Heat(OverlayStyle(), smoothing=1.0)
    overlay.push(1.0, np.ones((24, 44), np.float32), 1)
    overlay.push(1.1, np.zeros((44, 24), np.float32), 1)
    assert overlay.saliency().max() == 0


def test_a_new_time_constant_is_applied_to_the_maps_so_far():
    maps = np.random.default_rng(0).random((10, 4, 6)).astype(np.float32)
    late, always = Heat(smoothing=0.0), Heat(smoothing=0.4)
    for number, saliency in enumerate(maps[:9]):
        late.push(number / 10, saliency, 0)
        always.push(number / 10, saliency, 0)
    late.smoothing = 0.4
    np.testing.assert_allclose(late.saliency(), always.saliency(), atol=1e-6)
    for heat in (late, always):
        heat.push(0.9, maps[9], 0)
    np.testing.assert_allclose(late.saliency(), always.saliency(), atol=1e-6)


def test_the_window_exports_and_the_evaluation_smooth_alike():
    assert OverlaySettings().smoothing == ClipStyle().smoothing
    maps = np.random.default_rng(0).random((40, 8, 12), np.float32)
    row = Smoothed(FunctionPredictor("brightness", lambda image: image[..., 0] / np.float32(255)))
    heat = Heat(smoothing=OverlaySettings().smoothing)
    for _ in range(2):  # a reset forgets the clip before
        row.reset()
        heat.clear()
        for number, values in enumerate(maps):
            image = np.repeat(np.uint8(255 * values)[..., None], 3, 2)
            heat.push(number / 10, image[..., 0] / np.float32(255), 0)
            shown = row.predict(image, number / 10)
            np.testing.assert_allclose(shown, heat.saliency(), atol=1e-5)
    assert row.history(10.0) <= 40
