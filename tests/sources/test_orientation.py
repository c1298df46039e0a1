"""Mirrored and rotated pictures, against NumPy's own turning."""

import numpy as np
import pytest

from uvanet.sources import make_source
from uvanet.sources.orientation import Orientation, Orientations, OrientedSource


@pytest.mark.parametrize("quarters", range(4))
@pytest.mark.parametrize("mirrored", [False, True])
def test_pictures_are_rotated_and_then_mirrored(mirrored, quarters):
    image = np.random.default_rng(0).integers(0, 255, (7, 5, 3), np.uint8)
    kept = image.copy()
    expected = np.rot90(image, -quarters)
    expected = expected[:, ::-1] if mirrored else expected
    turned = Orientation(mirrored, quarters).apply(image)
    assert (turned == expected).all()
    assert turned.flags.c_contiguous
    assert (image == kept).all()
    assert (turned is image) == (not mirrored and quarters == 0)


def test_a_wish_counts_from_the_next_picture_on_and_for_its_source_only():
    orientations = Orientations()
    with OrientedSource(make_source("demo"), orientations) as source:
        upright = source.read().image
        assert upright.shape[:2] == (source.info.height, source.info.width)
        orientations.set("another", Orientation(True, 1))
        assert source.read().image.shape == upright.shape
        orientations.set(source.info.spec, Orientation(False, 1))
        assert source.read().image.shape == (upright.shape[1], upright.shape[0], 3)
        assert (source.info.width, source.info.height) == upright.shape[:2]
        again = source.renew()
    with again:
        assert again.read().image.shape == (upright.shape[1], upright.shape[0], 3)
