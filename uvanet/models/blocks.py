"""The building block of UVA-Net: an inverted residual with channel-wise attention.

Source: Fu et al., *Ultrafast Video Attention Prediction with Coupled Knowledge Distillation*,
AAAI 2020 (arXiv 1904.04449), "CA-Res". The paper fixes the parts (MobileNetV2 inverted residual,
attention over channels from global average and global max pooling); their wiring is ours, see
`ChannelAttention`.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

Attention = Literal["ca", "se", "none"]


class ConvBN(nn.Sequential):
    """Convolution, batch norm and optional ReLU6.

    Args:
        c_in: Channels in.
        c_out: Channels out.
        kernel: 1 or 3; "same" padding.
        stride: 1 or 2; an odd size rounds up.
        groups: Groups of the convolution; `c_in` makes it depthwise.
        act: Whether ReLU6 follows.
    """

    def __init__(
        self,
        c_in: int,
        c_out: int,
        kernel: int = 1,
        *,
        stride: int = 1,
        groups: int = 1,
        act: bool = True,
    ) -> None:
        layers: list[nn.Module] = [
            nn.Conv2d(c_in, c_out, kernel, stride, kernel // 2, groups=groups, bias=False),
            nn.BatchNorm2d(c_out),
        ]
        if act:
            layers.append(nn.ReLU6(inplace=True))
        super().__init__(*layers)


class ChannelAttention(nn.Module):
    """Scales each channel by a gate computed from global pools.

    The paper gives no details; these are ours. One MLP (two 1x1 convolutions) is shared by the
    average and the maximum, as in CBAM. Their sum goes through a hard sigmoid, which is cheaper
    than the sigmoid and exact in int8. `use_max=False` is the squeeze-and-excitation of the paper's
    ablation.

    Args:
        channels: Channels of the features.
        reduction: The MLP's hidden layer has `channels // reduction` units, 4 at least.
        use_max: Whether global max pooling takes part.
    """

    def __init__(self, channels: int, reduction: int = 16, *, use_max: bool = True) -> None:
        super().__init__()
        hidden = max(4, channels // reduction)
        self.mlp = nn.Sequential(
            nn.Conv2d(channels, hidden, 1), nn.ReLU(inplace=True), nn.Conv2d(hidden, channels, 1)
        )
        self.use_max = use_max
        self.gate = nn.Hardsigmoid()

    def forward(self, x: Tensor) -> Tensor:
        """Scales (n, c, h, w) to the same shape."""
        pooled = x.mean((2, 3), keepdim=True)
        if self.use_max:
            # Concatenated, so that the shared MLP runs once.
            pooled = torch.cat([pooled, x.amax((2, 3), keepdim=True)], 3)
        weight: Tensor = self.mlp(pooled)
        if self.use_max:
            weight = weight.sum(3, keepdim=True)
        gate: Tensor = self.gate(weight)
        return x * gate


class CARes(nn.Module):
    """CA-Res: 1x1 expand, 3x3 depthwise, 1x1 linear project, channel attention, residual add.

    Attention precedes the residual add, so that the identity path is not scaled (our choice; the
    paper leaves it open). The residual add needs stride 1 and equal channels.

    Args:
        c_in: Channels in.
        c_out: Channels out.
        stride: 1 or 2.
        expand: The hidden layer has `expand * c_in` channels.
        attention: "ca" (the paper's), "se" or "none" (its ablation).
    """

    def __init__(
        self,
        c_in: int,
        c_out: int,
        *,
        stride: int = 1,
        expand: int = 3,
        attention: Attention = "ca",
    ) -> None:
        super().__init__()
        hidden = c_in * expand
        self.expand = ConvBN(c_in, hidden)
        self.depthwise = ConvBN(hidden, hidden, 3, stride=stride, groups=hidden)
        self.project = ConvBN(hidden, c_out, act=False)
        self.attention = (
            nn.Identity()
            if attention == "none"
            else ChannelAttention(c_out, use_max=attention == "ca")
        )
        self.residual = stride == 1 and c_in == c_out

    def forward(self, x: Tensor) -> Tensor:
        """Maps (n, c_in, h, w) to (n, c_out, ceil(h / stride), ceil(w / stride))."""
        y: Tensor = self.attention(self.project(self.depthwise(self.expand(x))))
        return x + y if self.residual else y
