"""Losses between predicted logits and target densities, in torch.

All take logits (n, 1, h, w) and a target (n, 1, h, w) of any scale that is not negative and whose
sum for each sample is above zero. They return the mean over the batch, a scalar.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor


def _normalized(target: Tensor) -> Tensor:
    flat = target.flatten(1)
    return flat / flat.sum(1, keepdim=True).clamp_min(1e-8)


def _standardized(flat: Tensor) -> Tensor:
    centered = flat - flat.mean(1, keepdim=True)
    return centered / centered.square().mean(1, keepdim=True).clamp_min(1e-12).sqrt()


def kl(logits: Tensor, target: Tensor) -> Tensor:
    """Kullback-Leibler divergence of the predicted from the target distribution, in nats."""
    return F.kl_div(F.log_softmax(logits.flatten(1), 1), _normalized(target), reduction="batchmean")


def correlation(logits: Tensor, target: Tensor) -> Tensor:
    """1 - CC (Pearson's correlation) of the predicted density and the target; 0..2."""
    predicted = _standardized(F.softmax(logits.flatten(1), 1))
    return 1 - (predicted * _standardized(target.flatten(1))).mean()


def nss(logits: Tensor, target: Tensor) -> Tensor:
    """Minus the expected NSS of fixations drawn from the target."""
    predicted = _standardized(F.softmax(logits.flatten(1), 1))
    return -(predicted * _normalized(target)).sum(1).mean()


def mixture(logits: Tensor, target: Tensor) -> Tensor:
    """KL + 0.2 (1 - CC) - 0.1 NSS.

    A mixture as in UNISAL (Droste et al., ECCV 2020), with more weight on CC; the weights are ours.
    """
    return torch.add(
        kl(logits, target), 0.2 * correlation(logits, target) + 0.1 * nss(logits, target)
    )


def face_loss(logits: Tensor, faces: Tensor) -> Tensor:
    """Binary cross-entropy of face maps, in nats, over the pictures whose faces are known.

    Args:
        logits: (n, 1, h / 4, w / 4).
        faces: (n, 1, h / 2, w / 2), 0..1; -1 where faces are not known.
    """
    known = (faces.amin((1, 2, 3)) >= 0).float()
    cross = F.binary_cross_entropy_with_logits(
        logits, F.avg_pool2d(faces, 2).clamp_min(0), reduction="none"
    )
    return (cross.mean((1, 2, 3)) * known).sum() / known.sum().clamp_min(1)


LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "mixture": mixture,
    "kl": kl,
    "cc": correlation,
    "nss": nss,
}
"""Values of `StudentConfig.loss` to losses."""
