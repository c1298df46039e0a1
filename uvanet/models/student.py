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

from collections.abc import Collection
from dataclasses import replace
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from uvanet.data.motion_law import MEMORY_STEPS
from uvanet.models.blocks import CARes, ConvBN
from uvanet.models.branch import Branch, Head, Stem
from uvanet.models.motion_memory import CHANNELS, MotionMemory, brightness_of
from uvanet.models.presets import PRESETS, Preset

ENSEMBLE_WEIGHTS = (0.4, 0.1, 0.5)
"""Weights of the spatial, temporal and spatiotemporal logits in the ensemble. Three predictions
with different errors are better together. Chosen on `val`, where the sum of NSS over all three
students is flat near it: 5.992; (0.25, 0.25, 0.5) gives 5.977, spatial alone 5.941, spatiotemporal
alone 5.975. `resources/weights/DISTILLED.md` has the effect on `test`."""


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

    @property
    def memory_steps(self) -> int:
        """Number of steps back, each to the frame about 100 ms before, on which a map depends."""
        return MEMORY_STEPS if self.preset.memory else 1

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
