"""Optimizer and learning rate: Muon on weights that are matrices, AdamW on all others.

Nearly all weights of the student are 1x1 convolutions, which are matrices. Muon (Jordan et al.,
*Muon: An optimizer for hidden layers in neural networks*, 2024; `uvanet.training.muon`) makes the
singular values of an update about equal, so that rare directions are learned as fast as common
ones. Measured at 32 pixels, three epochs of step 1, NSS on `val`: AdamW alone 1.324; Muon at rates
of 0.005, 0.015, 0.04 and 0.1 1.345, 1.423, 1.438 and 1.418; 0.06 with three times AdamW's rate
1.446.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from uvanet.training.muon import Muon

if TYPE_CHECKING:
    from uvanet.training.config import OptimConfig


def learning_rate(step: int, total: int, peak: float, warmup: float) -> float:
    """Linear warm-up, then half a cosine down to 1 % of the peak.

    Args:
        step: Steps taken so far, from 0.
        total: Steps of the whole run.
        peak: The largest rate.
        warmup: Share of `total` in which the rate rises, 0..1.
    """
    rising = max(1, round(total * warmup))
    if step < rising:
        return peak * (step + 1) / rising
    progress = min(1.0, (step - rising) / max(1, total - rising))
    return peak * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * progress)))


class MuonAdamW(torch.optim.Optimizer):
    """Muon and AdamW behind one interface, so that gradients are scaled and clipped once.

    Args:
        module: Module with the parameters; they must not move to another device afterwards.
        config: The run's settings.
    """

    def __init__(self, module: nn.Module, config: OptimConfig) -> None:
        weights = [weight for weight in module.parameters() if weight.requires_grad]
        super().__init__(weights, {})
        matrices = [weight for weight in weights if config.muon_lr and _is_matrix(weight)]
        taken = {id(weight) for weight in matrices}
        others = [weight for weight in weights if id(weight) not in taken]
        groups = [
            {"params": [w for w in others if _decays(w)], "weight_decay": config.weight_decay},
            {"params": [w for w in others if not _decays(w)], "weight_decay": 0.0},
        ]
        self._rates = (config.peak_lr, config.muon_lr)
        self._warmup = config.warmup
        self._adamw = torch.optim.AdamW(groups, lr=config.peak_lr, betas=(0.9, 0.99))
        # Muon takes parameters of two dimensions: views of the same memory.
        self._matrices = [(weight, _as_matrix(weight)) for weight in matrices]
        self._muon: torch.optim.Optimizer | None = None
        if matrices:
            self._muon = Muon(
                [view for _, view in self._matrices], config.muon_lr, config.weight_decay
            )

    def set_rate(self, step: int, total: int) -> None:
        """Sets the learning rates of step `step` of `total`."""
        for peak, optimizer in zip(self._rates, (self._adamw, self._muon), strict=True):
            for group in optimizer.param_groups if optimizer else ():
                group["lr"] = learning_rate(step, total, peak, self._warmup)

    def step(self, closure: Any = None) -> None:  # type: ignore[override]  # no loss is returned
        """Updates the weights; `closure` is evaluated first where it is given."""
        if closure is not None:
            closure()
        for weight, view in self._matrices:
            view.grad = None if weight.grad is None else weight.grad.reshape(view.shape)
        self._adamw.step()
        if self._muon is not None:
            self._muon.step()

    def state_dict(self) -> dict[str, Any]:
        """The states of both optimizers."""
        muon = self._muon.state_dict() if self._muon else None
        return {"adamw": self._adamw.state_dict(), "muon": muon}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restores what `state_dict` returned."""
        self._adamw.load_state_dict(state_dict["adamw"])
        if self._muon is not None:
            self._muon.load_state_dict(state_dict["muon"])


def _is_matrix(weight: Tensor) -> bool:
    return weight.ndim == 4 and weight.shape[2:] == (1, 1) and min(weight.shape[:2]) > 1


def _decays(weight: Tensor) -> bool:
    return weight.ndim > 1 and weight.shape[0] > 1


def _as_matrix(weight: Tensor) -> nn.Parameter:
    return nn.Parameter(weight.detach().view(weight.shape[0], -1))
