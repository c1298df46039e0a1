"""Profile of a student's layers: MACs, bytes moved, feature maps. Needs torch; measures no time."""

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
        name: Name of the module.
        macs: Multiply-accumulates.
        weight_bytes: Bytes of weights and biases, float32.
        input_bytes: Bytes of the input, float32.
        output_bytes: Bytes of the output, float32.
    """

    name: str
    macs: int
    weight_bytes: int
    input_bytes: int
    output_bytes: int

    @property
    def bytes_moved(self) -> int:
        """Bytes of weights, input and output."""
        return self.weight_bytes + self.input_bytes + self.output_bytes

    @property
    def intensity(self) -> float:
        """MACs per byte moved; below the roofline's knee, memory is the limit."""
        return self.macs / self.bytes_moved


def profile_layers(preset: str) -> list[LayerProfile]:
    """Profiles the convolutions of one streaming step, in order of execution.

    Args:
        preset: A key of `uvanet.models.PRESETS`.

    Raises:
        KeyError: There is no such preset.
    """
    model = build(preset).eval()
    found: list[LayerProfile] = []
    hooks = []

    def hook(name: str) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], None]:
        def add(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
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

        return add

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
    """Bytes of all feature maps of one streaming step together, without reuse of memory."""
    return sum(layer.output_bytes for layer in profile_layers(preset))
