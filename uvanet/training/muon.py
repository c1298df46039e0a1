"""Muon (Jordan et al., *Muon: An optimizer for hidden layers in neural networks*, 2024), batched.

The update rule of `torch.optim.Muon`, which orthogonalizes one matrix at a time in bfloat16. Here
all matrices of one shape are one batch, in float32: the student's 51 matrices have ten shapes. On a
CPU without bfloat16 that takes 7.5 ms a step instead of 31 (a whole step of 64 pairs at 64 pixels
takes 500 ms), and it starts a fifth of the kernels.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

COEFFICIENTS = (3.4445, -4.775, 2.0315)
"""Coefficients of the quintic iteration that brings all singular values near 1 (Jordan et al.)."""

ITERATIONS = 5


class Muon(torch.optim.Optimizer):
    """Orthogonalizes the momentum of each gradient matrix before a step.

    Args:
        matrices: Parameters of two dimensions.
        lr: Learning rate; a step of a matrix (m, n) is scaled by 0.2 sqrt(max(m, n)), so that
            it is as large as one of AdamW (Liu et al., arXiv 2502.16982).
        weight_decay: Decoupled weight decay, as in AdamW.
        momentum: Nesterov momentum.
    """

    def __init__(
        self,
        matrices: Iterable[Tensor],
        lr: float,
        weight_decay: float = 0.0,
        momentum: float = 0.95,
    ) -> None:
        super().__init__(matrices, {"lr": lr, "weight_decay": weight_decay, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]  # no loss is returned
        """Updates the matrices that have a gradient; `closure` is evaluated first."""
        if closure is not None:
            with torch.enable_grad():
                closure()
        for group in self.param_groups:
            weights = [weight for weight in group["params"] if weight.grad is not None]
            if not weights:
                continue
            gradients = [weight.grad for weight in weights]
            momenta = [self._momentum(weight) for weight in weights]
            torch._foreach_lerp_(momenta, gradients, 1 - group["momentum"])
            updates = torch._foreach_lerp(gradients, momenta, group["momentum"])
            torch._foreach_mul_(weights, 1 - group["lr"] * group["weight_decay"])
            for chosen in _by_shape(weights):
                steps = orthogonalized(torch.stack([updates[place] for place in chosen]))
                rate = group["lr"] * 0.2 * max(steps.shape[1:]) ** 0.5
                torch._foreach_add_(
                    [weights[place] for place in chosen], list(steps.unbind()), alpha=-rate
                )

    def _momentum(self, weight: Tensor) -> Tensor:
        state = self.state[weight]
        if not state:
            state["momentum_buffer"] = torch.zeros_like(weight)
        momentum: Tensor = state["momentum_buffer"]
        return momentum


def orthogonalized(matrices: Tensor) -> Tensor:
    """Brings the singular values of (k, m, n) matrices near 1, by Newton-Schulz iterations."""
    upright = matrices.shape[1] > matrices.shape[2]
    x = matrices.mT if upright else matrices
    x = x / x.norm(dim=(1, 2), keepdim=True).clamp_min(1e-7)
    a, b, c = COEFFICIENTS
    for _ in range(ITERATIONS):
        square = x @ x.mT
        x = a * x + (b * square + c * square @ square) @ x
    result: Tensor = x.mT if upright else x
    return result


def _by_shape(matrices: list[Tensor]) -> Iterable[list[int]]:
    places: defaultdict[torch.Size, list[int]] = defaultdict(list)
    for place, matrix in enumerate(matrices):
        places[matrix.shape].append(place)
    return places.values()
