"""Students get pictures in their original aspect ratio, in use and in training."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

import uvanet
from uvanet.data.synthetic import MotionConfig, make_pairs
from uvanet.models import create_student
from uvanet.runtime.input_size import fit_to_area
from uvanet.training.data.loader import AspectRatioBuckets


@pytest.mark.parametrize("side", [32, 64, 128, 443])
@pytest.mark.parametrize("ratio", [0.3, 0.56, 0.75, 1.0, 4 / 3, 16 / 9, 3.0])
def test_a_shape_has_the_pictures_proportions_and_as_many_pixels(side: int, ratio: float) -> None:
    height, width = fit_to_area(900, round(900 * ratio), side**2)
    assert height % 4 == width % 4 == 0
    assert abs(math.log(width / height / ratio)) < 0.15
    assert height * width == pytest.approx(side**2, rel=0.2)


@pytest.mark.parametrize("size", [(90, 160), (160, 90), (100, 100)])
def test_a_map_has_the_shape_that_was_seen(size: tuple[int, int]) -> None:
    image = np.random.default_rng(1).integers(0, 256, (*size, 3), np.uint8)
    stream = uvanet.Stream("uvanet-64")
    saliency = stream.step(image, 0.0)
    expected = fit_to_area(*size, stream.model.card.inference_size[0] ** 2)
    assert saliency.shape == (expected[0] // 2, expected[1] // 2)


def test_a_stream_goes_on_when_the_pictures_change_their_shape() -> None:
    rng = np.random.default_rng(2)
    wide, tall = (rng.integers(0, 256, (*s, 3), np.uint8) for s in ((90, 160), (160, 90)))
    stream = uvanet.Stream("uvanet-64")
    shapes = [stream.step(image, i / 10).shape for i, image in enumerate([wide, wide, tall, wide])]
    first, again, other, last = shapes
    assert first == again == last
    assert first[0] < first[1]
    assert other[0] > other[1]


def test_batches_are_of_one_shape_and_hold_everything_that_fills_them() -> None:
    ratios = torch.tensor([16 / 9] * 20 + [4 / 3] * 30 + [0.75] * 3)
    groups = AspectRatioBuckets(ratios, 64, 8)
    rng = torch.Generator().manual_seed(3)
    found = groups.shuffled(rng)
    assert len(found) == groups.batches == 20 // 8 + 33 // 8
    for shape, chosen in found:
        assert len(chosen) == 8
        # The few upright pictures join the nearest shape that fills a batch.
        own = {fit_to_area(1000, round(1000 * r), 64 * 64) for r in ratios[chosen].tolist()}
        assert shape in own
        assert own <= {shape, (72, 56)}
    seen = torch.cat([chosen for _, chosen in found])
    assert len(seen.unique()) == len(seen)
    assert [len(chosen) for _, chosen in groups.draw(9, rng)] == [8] * 9


def test_few_pictures_of_many_shapes_make_a_smaller_batch() -> None:
    groups = AspectRatioBuckets(torch.tensor([0.5, 1.0, 1.0, 2.0]), 32, 64)
    ((shape, chosen),) = groups.shuffled(torch.Generator().manual_seed(0))
    assert shape == (32, 32)
    assert sorted(chosen.tolist()) == [0, 1, 2, 3]


def test_pairs_in_a_pictures_own_shape_do_not_stretch_it() -> None:
    """A disc that is stretched in memory is round in a batch."""
    y, x = np.mgrid[:96, :96]
    # The picture is twice as wide as high, so that a disc is an upright ellipse in the square.
    disc = ((x - 48) / 12.0) ** 2 + ((y - 48) / 24.0) ** 2 < 1
    images = torch.from_numpy(np.repeat(np.where(disc, 255, 0)[..., None], 3, -1).astype(np.uint8))
    still = MotionConfig(min_zoom=1.0, camera=0.0, camera_zoom=0.0, objects=0.0, parts=0.0)
    rng = torch.Generator().manual_seed(0)
    labels = torch.ones(1, 48, 48)
    pairs = make_pairs(images[None], labels, (64, 128), still, rng)
    assert pairs.frame.shape == (1, 3, 64, 128)
    assert pairs.temporal_target.shape == (1, 1, 32, 64)
    bright = pairs.frame[0].mean(0) > pairs.frame.max() / 2
    rows, columns = bright.any(1).sum(), bright.any(0).sum()
    assert abs(int(rows) - int(columns)) <= 2


def test_sharpening_raises_densities_to_a_power() -> None:
    torch.manual_seed(5)
    student = create_student("uvanet-32").eval()
    with torch.no_grad():
        student.head.centre_bias.normal_()
        frame = torch.rand(1, 3, 24, 44)
        before = student(frame).ensemble.flatten(1).softmax(1)
        student.scale_logits(1.3)
        after = student(frame).ensemble.flatten(1).softmax(1)
    expected = before**1.3 / (before**1.3).sum()
    torch.testing.assert_close(after, expected)
