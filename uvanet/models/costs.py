"""Parameters and multiply-accumulates (MACs) of networks, by torch's FLOP counter."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from uvanet.models.student import SpatioTemporal

_NESTED = ("stem", "memory", "spatial", "temporal")
"""Parts of the student whose children have a row each."""


def count_parameters(module: nn.Module) -> int:
    """Number of trained values."""
    return sum(parameter.numel() for parameter in module.parameters())


@torch.no_grad()
def count_macs(module: nn.Module, *inputs: Tensor) -> int:
    """MACs of the convolutions and matrix products of one call, in evaluation mode."""
    return sum(_flops(module, *inputs).get(type(module).__name__, {}).values()) // 2


@torch.no_grad()
def layer_costs(model: SpatioTemporal, size: int | None = None) -> dict[str, tuple[int, int]]:
    """Parameters and MACs of one streaming step, for each row of the table in `student`.

    Args:
        model: The network.
        size: Side of a square input, pixels; None for that of the preset.

    Returns:
        Row to (parameters, MACs).
    """
    side = size or model.preset.input_size
    # Without an earlier frame, `forward` runs the stem once, as a streaming step does.
    flops = _flops(model, torch.zeros(1, 3, side, side))
    rows: dict[str, nn.Module] = {}
    for name, part in model.named_children():
        if name in _NESTED:
            rows |= {f"{name}.{child}": module for child, module in part.named_children()}
        else:
            rows[name] = part
    root = type(model).__name__
    return {
        name: (count_parameters(module), sum(flops[f"{root}.{name}"].values()) // 2)
        for name, module in rows.items()
    }


def _flops(module: nn.Module, *inputs: Tensor) -> dict[str, dict[object, int]]:
    """FLOPs by module and operator; torch counts two for a multiply-accumulate."""
    training = module.training
    module.eval()
    with FlopCounterMode(display=False) as counter:
        module(*inputs)
    module.train(training)
    counts: dict[str, dict[object, int]] = counter.get_flop_counts()
    return counts
