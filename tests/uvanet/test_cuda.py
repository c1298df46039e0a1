"""On a GPU: batches are the same as on the CPU."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from lightning_fabric import Fabric

from uvanet.data.synthetic import MotionConfig, Pairs, crop_pairs, make_pairs
from uvanet.training.config import TrainConfig
from uvanet.training.data.frame_pairs import LabelledPairs
from uvanet.training.data.loader import DataLoader, Part

if TYPE_CHECKING:
    from numpy.typing import NDArray

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")

CONFIG = TrainConfig(preset="uvanet-32", batch=8, clip_share=0.5)


def scene(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Smooth pictures and labels: a shift by less than a pixel changes little."""
    rng = torch.Generator().manual_seed(3)
    blocks = torch.rand(count, 3, 6, 6, generator=rng)
    images = torch.nn.functional.interpolate(blocks, size=(80, 80), mode="bicubic").clamp(0, 1)
    labels = torch.rand(count, 48, 48, generator=rng) + 0.1
    return (images * 255).byte().permute(0, 2, 3, 1).contiguous(), labels


def labelled(
    frames: NDArray[np.uint8], earlier: NDArray[np.uint8] | None, labels: NDArray[np.float32]
) -> LabelledPairs:
    """Pairs with labels of a teacher alone."""
    count = len(frames)
    names = np.zeros(count, "U1")
    return LabelledPairs(
        frames=frames,
        earlier=earlier,
        spatial=labels.astype(np.float16),
        temporal=None,
        gaze=np.empty((0, *labels.shape[1:]), np.float16),
        gaze_rows=np.full(count, -1, np.int64),
        ratios=np.ones(count, np.float32),
        times=np.zeros(count, np.float32),
        sources=names,
        groups=names,
        whole=np.zeros(count, np.bool_),
    )


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
    stills = labelled(images.numpy(), None, labels.numpy())
    clips = labelled(images[:9].numpy(), images[:9].flip(0).numpy(), labels[:9].numpy())
    parts = [Part(stills), Part(clips, 0.5)]
    loaders = [DataLoader(parts, CONFIG, 32, torch.device(name)) for name in ("cuda", "cpu")]
    fabrics = [Fabric(accelerator=name, devices=1) for name in ("cuda", "cpu")]
    for step in range(loaders[0].steps):
        found, expected = (
            loader.batch(step, fabric) for loader, fabric in zip(loaders, fabrics, strict=True)
        )
        same(found, expected)
