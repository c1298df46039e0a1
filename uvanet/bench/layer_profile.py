"""A student layer by layer: sums, bytes moved, feature maps. Needs torch; the same everywhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from uvanet.models import build

if TYPE_CHECKING:
    from collections.abc import Callable

FLOAT_BYTES = 4


@dataclass(frozen=True, slots=True)
class LayerProfile:
    """A convolution of one streaming step, with batch norm and activation folded into it.

    Attributes:
        name: Its place in the network.
        macs: Multiply-accumulates.
        weight_bytes: Of weights and biases, float32.
        input_bytes: Of what it reads.
        output_bytes: Of the feature map that it writes.
    """

    name: str
    macs: int
    weight_bytes: int
    input_bytes: int
    output_bytes: int

    @property
    def intensity(self) -> float:
        """MACs a byte moved; below the machine's knee, memory is the limit, not arithmetic."""
        return self.macs / (self.weight_bytes + self.input_bytes + self.output_bytes)


def layers(preset: str) -> list[LayerProfile]:
    """The convolutions of one streaming step, in order; what serves training alone is left out.

    Raises:
        KeyError: There is no such preset.
    """
    model = build(preset).eval()
    found: list[LayerProfile] = []
    hooks = []

    def hook(name: str) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], None]:
        def note(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            assert isinstance(module, nn.Conv2d)
            found.append(
                LayerProfile(
                    name,
                    module.weight[0].numel() * output[0].numel(),
                    FLOAT_BYTES * (module.weight.numel() + module.out_channels),
                    FLOAT_BYTES * inputs[0][0].numel(),
                    FLOAT_BYTES * output[0].numel(),
                )
            )

        return note

    for name, module in model.named_modules():
        if isinstance(module, nn.Conv2d):
            hooks.append(module.register_forward_hook(hook(name)))
    side = model.preset.input_size
    quarter = -(-side // 4)
    with torch.no_grad():
        earlier = torch.zeros(1, model.preset.stem[1], quarter, quarter)
        model.step(torch.zeros(1, 3, side, side), earlier)
    for one in hooks:
        one.remove()
    return found


def feature_bytes(preset: str) -> int:
    """Bytes of all feature maps of one streaming step together, as if none shared its memory."""
    return sum(layer.output_bytes for layer in layers(preset))
