"""Random changes of color of training pictures."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Generator, Tensor


class ColorChange(NamedTuple):
    """Factors of a color change, (n, 1 or 3, 1, 1) each."""

    saturation: Tensor
    contrast: Tensor
    brightness: Tensor
    cast: Tensor


def random_color(n: int, rng: Generator, device: torch.device) -> ColorChange:
    """Mild brightness, contrast, saturation and color cast; some pictures become gray."""

    def rand(low: float, high: float, channels: int = 1) -> Tensor:
        return low + (high - low) * torch.rand(n, channels, 1, 1, generator=rng)

    colored = torch.rand(n, 1, 1, 1, generator=rng) > 0.08
    color = (rand(0.4, 1.4) * colored, rand(0.7, 1.25), rand(0.7, 1.2), rand(0.93, 1.07, 3))
    return ColorChange(*(values.to(device) for values in color))


def change_color(images: Tensor, mean: Tensor, color: ColorChange) -> Tensor:
    """Applies a color change; `mean` is the brightness that contrast keeps."""
    # All four changes are together one affine map of a pixel's value and its gray value.
    own = color.saturation * color.contrast * color.cast
    gray = (1 - color.saturation) * color.contrast * color.cast
    offset = mean * (color.brightness - color.contrast) * color.cast
    y = images * own
    y.addcmul_(images.mean(1, keepdim=True), gray)
    return y.add_(offset).clamp_(0, 1)
