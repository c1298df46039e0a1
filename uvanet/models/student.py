"""The student: a shared stem, a spatial and a temporal branch, and the network that fuses them.

Source: Fu et al., AAAI 2020 (arXiv 1904.04449). Stem, branches and fusion follow the paper;
widths, depths, the decoder and the learned center bias are ours.

A picture keeps its aspect ratio and is resized to as many pixels as the preset's square: 4 : 3
becomes 56 x 72, 16 : 9 becomes 48 x 88 (`uvanet.runtime.input_size`). The paper stretches all
pictures to squares, which costs much accuracy on wide video.

Layers of `uvanet-64` (input 3 x 64 x 64; sizes scale with the input), with parameters and
multiply-accumulates (MACs) of one streaming step, checked by `tests/uvanet/test_models.py`:

    part                     output  parameters        MACs
    stem.conv          16 x 32 x 32         464     442,368
    stem.block         32 x 16 x 16       2,992   1,290,240
    spatial.down8        32 x 8 x 8      17,376   1,832,960
    spatial.down16       64 x 4 x 4      70,220   1,256,448
    spatial.down32       48 x 2 x 2      16,532     161,024
    spatial.lateral16    64 x 2 x 2       3,200      12,288
    spatial.lateral8     32 x 4 x 4       2,112      32,768
    spatial.up8          32 x 8 x 8       7,456     448,512
    spatial.lateral4     32 x 8 x 8       1,088      65,536
    spatial.skip4      32 x 16 x 16       1,088     262,144
    spatial.up4        32 x 16 x 16       4,992   1,196,032
    spatial.head        1 x 32 x 32         196      32,768
    memory.to_features 32 x 16 x 16         288      73,728
    memory.to_logits    4 x 16 x 16          36       9,216
    motion             32 x 16 x 16       2,112     524,288
    temporal.down8       24 x 8 x 8       8,880   1,318,912
    temporal.down16      32 x 4 x 4      14,728     323,584
    temporal.lateral8    24 x 4 x 4         816      12,288
    temporal.up8         24 x 8 x 8       4,440     262,656
    temporal.head       1 x 32 x 32         164      24,576
    mix                32 x 16 x 16       1,856     458,752
    fuse               32 x 16 x 16       4,992   1,196,032
    head                1 x 32 x 32         196      32,768
    total                               166,224  11,269,888

Students of 0.1.0 have no stage at 1/32, and their temporal branch decodes to 1/4, at twice the
arithmetic. They are still read, and so are students without a memory of motion.

Placement of attention and width of the stem were chosen at 64 x 64 (ONNX Runtime, one thread;
three epochs of the whole pipeline, NSS on `val`): attention in every block as in the paper, with a
stem of 8 and 16 channels, 0.36 ms and 1.467; no attention and twice the channels, 0.38 ms and
1.585; attention at 1/16 only, 0.41 ms and 1.602; at 1/8 and 1/16, 0.45 ms and 1.579. Attention is
nine small operations with changes of memory layout, which cost more than their arithmetic.

Streaming: a step runs the stem on the new frame only and takes the cached state of the earlier
frame. `step(cur, first_state(prev))` equals `forward(cur, prev)` and costs one stem less.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from uvanet.models.blocks import Attention, CARes, ConvBN
from uvanet.models.motion_memory import CHANNELS, MotionMemory, brightness_of


@dataclass(frozen=True, slots=True)
class Preset:
    """Widths, depths and input size of a student.

    Attributes:
        input_size: Side of a square with as many pixels as pictures are shown at; the network
            takes any height and width that are multiples of 4.
        max_shown_size: Largest shown size of a trained student, as the side of a square; 0 for
            `input_size`. It bounds the time of a step (0.35, 0.8, 2.5 and 8 ms of an AVX2 core).
        stem: Channels of the stem at 1/2 and at 1/4 of the input's size.
        spatial: Channels of the spatial branch at 1/8, at 1/16 and, where there are three, at 1/32.
        temporal: As `spatial`, for the temporal branch.
        spatial_depth: Residual blocks of the spatial branch at 1/8 and at 1/16.
        temporal_depth: As `spatial_depth`.
        temporal_stride: Stride of the temporal branch's decoder: 4, or 8 for half its arithmetic.
        memory: Whether there is a `MotionMemory`.
        attention: Kind of channel attention.
        attention_from: Smallest stride of blocks with attention: 16, 8 or 4; 4 is every block, as
            in the paper.
    """

    input_size: int
    max_shown_size: int = 0
    stem: tuple[int, int] = (16, 32)
    spatial: tuple[int, ...] = (32, 64, 48)
    temporal: tuple[int, ...] = (24, 32)
    spatial_depth: tuple[int, int] = (1, 2)
    temporal_depth: tuple[int, int] = (0, 1)
    temporal_stride: Literal[4, 8] = 8
    memory: bool = True
    attention: Attention = "ca"
    attention_from: int = 16

    def attention_at(self, stride: int) -> Attention:
        """Kind of attention in blocks with this output stride."""
        return self.attention if stride >= self.attention_from else "none"


PRESETS: dict[str, Preset] = {
    "uvanet-32": Preset(40, 56),
    "uvanet-64": Preset(64, 100),
    "uvanet-128": Preset(128, 176),
    "uvanet-256": Preset(224, 288),
}


ENSEMBLE_WEIGHTS = (0.4, 0.1, 0.5)
"""Weights of the spatial, temporal and spatiotemporal logits in the ensemble. Three predictions
with different errors are better together. Chosen on `val`, where the sum of NSS over all three
students is flat near it: 5.992; (0.25, 0.25, 0.5) gives 5.977, spatial alone 5.941, spatiotemporal
alone 5.975. `resources/weights/DISTILLED.md` has the effect on `test`."""


MEAN, SCALE = 0.45, 4.0
"""Input normalization: mean of training pictures in 0..1, and factor of the difference to it."""


class StudentOutput(NamedTuple):
    """Output of a forward pass.

    Attributes:
        spatial: Logits of the spatial branch, (n, 1, h / 2, w / 2), float32.
        temporal: Logits of the temporal branch, same shape.
        spatiotemporal: Logits of the fused features of both branches, same shape.
        ensemble: The prediction: mean of the three, weighted by `ENSEMBLE_WEIGHTS`, same shape.
        features: State of the current frame, the input `earlier` of a later step: its stem
            features and the state of the memory of motion, (n, c, h / 4, w / 4).
    """

    spatial: Tensor
    temporal: Tensor
    spatiotemporal: Tensor
    ensemble: Tensor
    features: Tensor


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


class SpatioTemporal(nn.Module):
    """The student: stem, spatial branch, temporal branch and their fusion.

    Args:
        preset: Widths and depths.
    """

    def __init__(self, preset: Preset) -> None:
        super().__init__()
        self.preset = preset
        quarter = preset.stem[1]
        self.stem = Stem(preset)
        self.spatial = Branch(
            quarter, quarter, preset.spatial, preset.spatial_depth, preset.attention_at
        )
        self.memory = MotionMemory(quarter) if preset.memory else None
        # The temporal branch gets this frame's features and their difference to the earlier ones.
        self.motion = ConvBN(2 * quarter, quarter)
        moving = preset.temporal[0] if preset.temporal_stride == 8 else quarter
        self.temporal = Branch(
            quarter,
            moving,
            preset.temporal,
            preset.temporal_depth,
            preset.attention_at,
            preset.temporal_stride,
        )
        self.mix = ConvBN(quarter + moving, quarter)
        self.fuse = CARes(quarter, quarter, expand=2, attention=preset.attention_at(4))
        self.head = Head(quarter)
        self.apply(_initialise)
        if self.memory is not None:
            self.memory.start_as_rule()

    @property
    def state_channels(self) -> int:
        """Number of channels of the state of a step."""
        return self.preset.stem[1] + (CHANNELS if self.preset.memory else 0)

    def step(self, frame: Tensor, earlier: Tensor) -> StudentOutput:
        """One streaming step.

        Args:
            frame: RGB in 0..1, (n, 3, h, w), float32.
            earlier: State of the frame about 100 ms before, (n, c, h / 4, w / 4): the `features` of
                its step. For a still picture or a first frame, this frame's own.

        Returns:
            The logits of all three predictions and this frame's state.
        """
        return self._after(frame, self.stem(frame), earlier)

    def forward(self, frame: Tensor, earlier_frame: Tensor | None = None) -> StudentOutput:
        """Like `step`, from a pair of frames; without an earlier frame, nothing moves.

        Args:
            frame: RGB in 0..1, (n, 3, h, w), float32.
            earlier_frame: As `frame`, about 100 ms before.
        """
        features = self.stem(frame)
        if earlier_frame is None:
            return self._after(frame, features, self._first_state(frame, features))
        return self._after(frame, features, self.first_state(earlier_frame))

    def first_state(self, frame: Tensor) -> Tensor:
        """The state of a frame without an earlier one, (n, c, h / 4, w / 4)."""
        return self._first_state(frame, self.stem(frame))

    def _first_state(self, frame: Tensor, features: Tensor) -> Tensor:
        if self.memory is None:
            return features
        unmoved = F.pad(brightness_of(frame), (0, 0, 0, 0, 0, CHANNELS - 1))
        return torch.cat([features, unmoved], 1)

    def _after(self, frame: Tensor, features: Tensor, earlier: Tensor) -> StudentOutput:
        """The output for a frame, its stem features and the state of the earlier frame."""
        if self.memory is None:
            return self.predict(self.decode(features, earlier), features)
        before, past = torch.split(earlier, [self.preset.stem[1], CHANNELS], 1)
        cue, state = self.memory(brightness_of(frame), past)
        decoded = self.decode(features, before, cue)
        return self.predict(decoded, torch.cat([features, state], 1), cue)

    def predict(
        self, decoded: tuple[Tensor, Tensor, Tensor], state: Tensor, cue: Tensor | None = None
    ) -> StudentOutput:
        """The output of a step.

        Args:
            decoded: See `decode`.
            state: State of this frame.
            cue: See `decode`.
        """
        motion = None if self.memory is None or cue is None else self.memory.to_logits(cue)
        spatial, temporal, both = (
            head(values, None if head is self.spatial.head else motion)
            for head, values in zip(self.heads, decoded, strict=True)
        )
        first, second, third = ENSEMBLE_WEIGHTS
        ensemble = first * spatial + second * temporal + third * both
        return StudentOutput(spatial, temporal, both, ensemble, state)

    def decode(
        self, features: Tensor, earlier: Tensor, cue: Tensor | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Decoder features from stem features of this frame and the earlier one.

        Args:
            features: Stem features, (n, c, h / 4, w / 4).
            earlier: Those of the earlier frame.
            cue: Cue of the memory of motion, (n, 1, h / 4, w / 4); None without a memory.

        Returns:
            Features of the spatial, temporal and spatiotemporal prediction, (n, c, h / 4, w / 4)
            each.
        """
        moving: Tensor = self.motion(torch.cat([features, features - earlier], 1))
        if self.memory is not None and cue is not None:
            moving = moving + self.memory.to_features(cue)
        spatial = self.spatial(features)
        temporal = self.temporal(moving)
        return spatial, temporal, self.fuse(self.mix(torch.cat([spatial, temporal], 1)))

    @property
    def heads(self) -> tuple[Head, Head, Head]:
        """Heads of the three features that `decode` returns."""
        return self.spatial.head, self.temporal.head, self.head

    @torch.no_grad()
    def joined_head(self) -> Head:
        """One head that gives the ensemble's logits from the concatenated decoder features."""
        parts = list(zip(ENSEMBLE_WEIGHTS, self.heads, strict=True))
        joined = Head(sum(head.conv.in_channels for _, head in parts))
        joined.conv.weight.copy_(torch.cat([share * head.conv.weight for share, head in parts], 1))
        for name in ("conv.bias", "centre_bias"):
            shared = [share * head.get_parameter(name) for share, head in parts]
            joined.get_parameter(name).copy_(torch.stack(shared).sum(0))
        return joined

    def with_memory(self) -> SpatioTemporal:
        """Returns a student with these weights and an untrained memory of motion."""
        grown = SpatioTemporal(replace(self.preset, memory=True))
        grown.load_state_dict({**grown.state_dict(), **self.state_dict()})
        return grown

    @torch.no_grad()
    def add_center_bias(self, logits: Tensor) -> None:
        """Adds logits to those of all three predictions, in place, and so to the ensemble.

        Args:
            logits: (8, 8), resized to the map.
        """
        for head in self.heads:
            head.centre_bias.add_(logits)

    def scale_logits(self, factor: float) -> None:
        """Scales the logits of all three predictions, in place: temperature 1 / factor."""
        for head in self.heads:
            head.scale_logits(factor)
        if self.memory is not None:
            with torch.no_grad():
                self.memory.to_logits.weight.mul_(factor)


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def create_student(
    name: str = "uvanet-64", weights: Collection[str] | None = None, *, memory: bool = True
) -> SpatioTemporal:
    """Builds the network of a preset with random weights.

    Args:
        name: Name of the preset.
        weights: Names of the weights that will be loaded. Networks without a memory of motion, and
            those of 0.1.0, which had no stage at 1/32 and a larger temporal branch, are recognized
            by them. None for the network of this version.
        memory: Whether it has a memory of motion, where `weights` do not decide this.

    Raises:
        KeyError: There is no such preset.
    """
    preset = PRESETS[name]
    deep = len(preset.spatial) == 3
    if weights and deep and not any(name.startswith("spatial.down32") for name in weights):
        preset = replace(
            preset, spatial=(32, 64), temporal=(32, 32), temporal_depth=(1, 1), temporal_stride=4
        )
    if weights:
        memory = any(name.startswith("memory.") for name in weights)
    return SpatioTemporal(replace(preset, memory=memory))
