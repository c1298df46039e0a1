"""Widths, depths and input sizes of the students."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from uvanet.models.blocks import Attention


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
