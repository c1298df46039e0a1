"""On a GPU: a run learns from the same pairs, and its material lies beside the network."""

from __future__ import annotations

import pytest
import torch

from uvanet.data.synthetic import MotionConfig, Pairs, crop_pairs, make_pairs
from uvanet.training.config import TrainConfig
from uvanet.training.data.labelled_clips import LabelledClips
from uvanet.training.data.loader import DataLoader, TrainingData

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")

CONFIG = TrainConfig(preset="uvanet-32", batch=8, clip_share=0.5)


def scene(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Smooth pictures and labels: a shift by less than a pixel changes little."""
    rng = torch.Generator().manual_seed(3)
    blocks = torch.rand(count, 3, 6, 6, generator=rng)
    images = torch.nn.functional.interpolate(blocks, size=(80, 80), mode="bicubic").clamp(0, 1)
    labels = torch.rand(count, 48, 48, generator=rng) + 0.1
    return (images * 255).byte().permute(0, 2, 3, 1).contiguous(), labels


def same(found: Pairs, expected: Pairs) -> None:
    for name, one, other in zip(Pairs._fields, found, expected, strict=True):
        assert one.is_cuda
        torch.testing.assert_close(one.cpu(), other, atol=2e-4, rtol=1e-3, msg=name)


def test_pairs_are_the_same_on_a_gpu() -> None:
    images, labels = scene(16)
    config = MotionConfig(objects=0.7, parts=0.7)
    expected = make_pairs(images, labels, (32, 48), config, torch.Generator().manual_seed(1))
    parts = (images.cuda(), labels.cuda(), (32, 48), config)
    same(make_pairs(*parts, torch.Generator().manual_seed(1)), expected)
    film = Pairs(images, images.flip(0), labels, labels.flip(0))
    expected = crop_pairs(film, (32, 48), 0.7, torch.Generator().manual_seed(1))
    film = Pairs(*(column.cuda() for column in film))
    same(crop_pairs(film, (32, 48), 0.7, torch.Generator().manual_seed(1)), expected)


def test_an_epoch_is_the_same_on_a_gpu() -> None:
    images, labels = scene(24)
    film = Pairs(images[:9], images[:9].flip(0), labels[:9].half(), labels[:9].half())
    clips = LabelledClips(film, torch.ones(9))
    material = TrainingData(images, labels.half(), torch.ones(24), [], clips)
    plans = [DataLoader(material, CONFIG, torch.device(name)) for name in ("cuda", "cpu")]
    epochs = [plan.epoch(torch.Generator().manual_seed(5)) for plan in plans]
    for found, expected in zip(*epochs, strict=True):
        same(found.pairs, expected.pairs)
