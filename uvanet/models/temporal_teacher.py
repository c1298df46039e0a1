"""The temporal teacher: the spatial teacher's map, gated by motion contrast at high resolution.

Running averages of the change of each pixel show where objects move. A small network, the gate,
separates their motion from camera motion and noise, and multiplies the spatial map (adds to its
logits). The gate starts as the rule of `uvanet.evaluation.motion_baseline` and learns corrections
to that rule from labelled synthetic motion (`uvanet.data.sequences`).

The state has a quarter of the input's size: fine enough for a mouth, too coarse for noise.

The teacher streams like the student: a step takes a frame and the state of the frame about 100 ms
before, and returns the map and the state of the frame. Without an earlier frame the state is zero,
no motion is seen, and the map is that of the spatial teacher.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from uvanet.data.motion_law import motion_gain
from uvanet.models.blocks import ConvBN
from uvanet.models.teacher import Separable, SpatialTeacher

DECAYS = (0.9, 0.7)
"""Decays of the two running averages per step of 100 ms: time constants of about 1 s and 0.3 s."""

STATE_CHANNELS = 1 + len(DECAYS)

MEMORY_SECONDS = 1.2
"""Age of the oldest frames that change the map noticeably."""

GRAY_LEVEL = 1 / 255

STRENGTH = 0.5
"""Factor of the gate's logits on real video.

In synthetic motion, the contrast of places at rest is exactly zero, and nearly no gaze falls there.
Real viewers follow motion less: on `talk`, the gate at full strength is below the spatial teacher
(NSS 5.01 against 5.05), at half strength above it (5.33). Chosen on `talk` among five variants:
these two strengths, and a gate trained with half the effect, at factors 0.8, 1 and 1.2, which
reached 5.16 at best.
"""


class Motion(nn.Module):
    """Motion energy: from brightness and the earlier state to the new state and the gate's input.

    It has no parameters.
    """

    def __init__(self) -> None:
        super().__init__()
        # About one degree at stride 8 of an input 512 wide, as fixation maps are blurred.
        offsets = torch.arange(-4, 5, dtype=torch.float32)
        kernel = torch.exp(-0.5 * (offsets / 1.8) ** 2)
        kernel = kernel / kernel.sum()
        self.register_buffer("kernel", (kernel[:, None] * kernel)[None, None], persistent=False)
        self.register_buffer(
            "decays",
            torch.tensor(DECAYS, dtype=torch.float32)[None, :, None, None],
            persistent=False,
        )
        self.kernel: Tensor
        self.decays: Tensor

    def forward(self, brightness: Tensor, earlier: Tensor) -> tuple[Tensor, Tensor]:
        """One step.

        Args:
            brightness: 0..1, (n, 1, h / 4, w / 4).
            earlier: Earlier state, (n, 3, h / 4, w / 4); zeros where there is none.

        Returns:
            New state, and blurred energies (change, two averages), (n, 3, h / 8, w / 8).
        """
        # Brightness is stored plus one, to distinguish a state of zeros from a black frame.
        has_earlier = (earlier[:, :1] > 0.5).to(brightness.dtype)
        change = (brightness + 1 - earlier[:, :1]).abs() * has_earlier
        averages = self.decays * earlier[:, 1:] * has_earlier + (1 - self.decays) * change
        state = torch.cat([brightness + 1, averages], 1)
        energy = F.avg_pool2d(torch.cat([change, averages], 1), 2)
        blurred = F.conv2d(
            F.pad(energy, (4, 4, 4, 4), mode="replicate"),
            self.kernel.expand(3, 1, -1, -1),
            groups=3,
        )
        return state, blurred


class Gate(nn.Module):
    """Logits that motion adds, from motion energies and the spatial logits.

    Args:
        width: Number of inner channels.
    """

    def __init__(self, width: int = 24) -> None:
        super().__init__()
        self.rule = nn.Parameter(torch.tensor(1.0))
        self.register_buffer("strength", torch.ones(()))
        self.strength: Tensor
        self.layers = nn.Sequential(
            ConvBN(12, width), *(Separable(width) for _ in range(4)), nn.Conv2d(width, 1, 1)
        )
        last = self.layers[-1]
        assert isinstance(last, nn.Conv2d)
        assert last.bias is not None
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)

    def forward(self, energy: Tensor, spatial: Tensor) -> Tensor:
        """Returns logits to add, (n, 1, h / 8, w / 8).

        Args:
            energy: Energies from `Motion`, (n, 3, h / 8, w / 8).
            spatial: Logits of the spatial teacher, (n, 1, h / 8, w / 8).
        """
        strongest = energy.amax((2, 3), keepdim=True)
        share = energy / strongest.clamp_min(GRAY_LEVEL)
        level = torch.log(energy + 0.25 * GRAY_LEVEL) + 4.0
        mean_level = level.mean((2, 3), keepdim=True)
        rule = torch.log(motion_gain(share[:, 1:2].clamp_min(1e-6)))
        below_maximum = spatial - spatial.amax((2, 3), keepdim=True)
        inputs = torch.cat(
            [
                share,
                level,
                level - mean_level,
                mean_level[:, 1:2].expand_as(below_maximum),
                rule,
                0.2 * below_maximum,
            ],
            1,
        )
        learned: Tensor = self.layers(inputs)
        # Changes below one gray level are noise and not motion.
        moves = strongest[:, 1:2] / (strongest[:, 1:2] + 0.5 * GRAY_LEVEL)
        return self.strength * moves * (self.rule * rule + learned)


class TemporalTeacher(nn.Module):
    """Spatial teacher, motion and gate.

    Args:
        spatial: Trained spatial teacher; it is not changed.
        width: Inner channels of the gate.
    """

    def __init__(self, spatial: SpatialTeacher, width: int = 24) -> None:
        super().__init__()
        self.spatial = spatial
        self.motion = Motion()
        self.gate = Gate(width)

    def forward(self, frame: Tensor, earlier: Tensor) -> tuple[Tensor, Tensor]:
        """One streaming step.

        Args:
            frame: RGB in 0..1, (n, 3, h, w), float32, h and w multiples of 32.
            earlier: State of the frame about 100 ms before, (n, 3, h / 4, w / 4).

        Returns:
            Logits, (n, 1, h / 8, w / 8), and the new state.
        """
        spatial = self.spatial(frame)
        brightness = F.avg_pool2d(frame.mean(1, keepdim=True), 4)
        state, energy = self.motion(brightness, earlier)
        return spatial + self.gate(energy, spatial), state
