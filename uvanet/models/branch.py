"""Parts of the student: the stem, a branch with its encoder and decoder, and the head."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from uvanet.models.blocks import Attention, CARes, ConvBN
from uvanet.models.presets import Preset

MEAN, SCALE = 0.45, 4.0
"""Input normalization: mean of training pictures in 0..1, and factor of the difference to it."""


def upsample_to(x: Tensor, like: Tensor) -> Tensor:
    """Resizes (n, c, h, w) bilinearly to the height and width of `like`."""
    return F.interpolate(x, size=like.shape[-2:], mode="bilinear", align_corners=False)


class Stem(nn.Module):
    """Low-level features shared by both branches: (n, 3, h, w) to (n, c, h / 4, w / 4)."""

    def __init__(self, preset: Preset) -> None:
        super().__init__()
        half, quarter = preset.stem
        self.conv = ConvBN(3, half, 3, stride=2)
        self.block = CARes(half, quarter, stride=2, expand=3, attention=preset.attention_at(4))

    def forward(self, x: Tensor) -> Tensor:
        """Takes RGB in 0..1, (n, 3, h, w), float32."""
        # Normalized here, so that callers do not need the mean of the training pictures.
        y: Tensor = self.block(self.conv((x - MEAN) * SCALE))
        return y


class Head(nn.Module):
    """Logits at half the input's size from decoder features at a quarter of it.

    A 1x1 convolution to four channels and a pixel shuffle, which costs little. The center bias is a
    learned 8 x 8 field of logits, resized to the map.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, 4, 1)
        self.centre_bias = nn.Parameter(torch.zeros(1, 1, 8, 8))

    def forward(self, x: Tensor, motion: Tensor | None = None) -> Tensor:
        """Maps (n, c, h, w) to logits (n, 1, 2 h, 2 w).

        Args:
            x: Decoder features.
            motion: `MotionMemory.to_logits`, (n, 4, h, w).
        """
        values: Tensor = self.conv(x)
        if motion is not None:
            values = values + motion
        logits = F.pixel_shuffle(values, 2)
        return logits + upsample_to(self.centre_bias, logits)

    @torch.no_grad()
    def scale_logits(self, factor: float) -> None:
        """Scales all future logits, in place; a factor above 1 makes maps more peaked."""
        for values in self.parameters():
            values.mul_(factor)


class Branch(nn.Module):
    """Encoder to 1/16 or 1/32 of the input's size and decoder back to 1/4, with skips.

    The stage at 1/32 gives the context that a larger input needs: at 256 pixels, the receptive
    field of features at 1/16 is a quarter of that at 64, relative to the picture.

    Args:
        c_in: Channels of the input at 1/4.
        c_out: Channels of the decoder features at 1/4; `widths[0]` with `stride` 8.
        widths: Channels at 1/8, 1/16 and, where there are three, 1/32.
        depth: Residual blocks at 1/8 and 1/16.
        attention: Kind of channel attention for the stride of a block's output.
        stride: Stride of the decoder: 4, or 8 for features at 1/8 that are resized to 1/4.
    """

    def __init__(
        self,
        c_in: int,
        c_out: int,
        widths: tuple[int, ...],
        depth: tuple[int, int],
        attention: Callable[[int], Attention],
        stride: Literal[4, 8] = 4,
    ) -> None:
        super().__init__()
        mid, deep = widths[:2]
        at4, at8, at16 = attention(4), attention(8), attention(16)
        self.down8 = nn.Sequential(
            CARes(c_in, mid, stride=2, expand=4, attention=at8),
            *(CARes(mid, mid, expand=3, attention=at8) for _ in range(depth[0])),
        )
        self.down16 = nn.Sequential(
            CARes(mid, deep, stride=2, expand=4, attention=at16),
            *(CARes(deep, deep, expand=3, attention=at16) for _ in range(depth[1])),
        )
        self.down32: nn.Module | None = None
        if len(widths) > 2:
            self.down32 = CARes(deep, widths[2], stride=2, expand=2, attention=at16)
            self.lateral16 = ConvBN(widths[2], deep, act=False)
        self.lateral8 = ConvBN(deep, mid, act=False)
        self.up8 = CARes(mid, mid, expand=3, attention=at8)
        self.stride = stride
        if stride == 4:
            self.lateral4 = ConvBN(mid, c_out, act=False)
            self.skip4 = ConvBN(c_in, c_out, act=False)
            self.up4 = CARes(c_out, c_out, expand=2, attention=at4)
        self.head = Head(c_out)

    def forward(self, x: Tensor) -> Tensor:
        """Maps (n, c_in, h, w) to decoder features (n, c_out, h, w)."""
        x8 = self.down8(x)
        x16 = self.down16(x8)
        if self.down32 is not None:
            x16 = x16 + upsample_to(self.lateral16(self.down32(x16)), x16)
        y8 = self.up8(x8 + upsample_to(self.lateral8(x16), x8))
        if self.stride == 8:
            return upsample_to(y8, x)
        y: Tensor = self.up4(self.skip4(x) + upsample_to(self.lateral4(y8), x))
        return y
