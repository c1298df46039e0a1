"""Losses between predicted logits and label densities, in torch.

All take logits (n, 1, h, w) and a label (n, 1, h, w) that is not negative and sums to more than
zero per picture, and give the mean over the batch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable


def _normalised(label: Tensor) -> Tensor:
    flat = label.flatten(1)
    return flat / flat.sum(1, keepdim=True).clamp_min(1e-8)


def _standardised(flat: Tensor) -> Tensor:
    centred = flat - flat.mean(1, keepdim=True)
    return centred / centred.square().mean(1, keepdim=True).clamp_min(1e-12).sqrt()


def kl(logits: Tensor, label: Tensor) -> Tensor:
    """Divergence of the predicted distribution from the label's, in nats."""
    return F.kl_div(F.log_softmax(logits.flatten(1), 1), _normalised(label), reduction="batchmean")


def correlation(logits: Tensor, label: Tensor) -> Tensor:
    """1 - CC of the predicted density and the label."""
    predicted = _standardised(F.softmax(logits.flatten(1), 1))
    return 1 - (predicted * _standardised(label.flatten(1))).mean()


def nss(logits: Tensor, label: Tensor) -> Tensor:
    """Minus the expected NSS if fixations were drawn from the label."""
    predicted = _standardised(F.softmax(logits.flatten(1), 1))
    return -(predicted * _normalised(label)).sum(1).mean()


def mixture(logits: Tensor, label: Tensor) -> Tensor:
    """KL + 0.2 (1 - CC) - 0.1 NSS.

    The mixture is that of UNISAL (Droste et al., ECCV 2020) with more weight on CC; the weights
    here are ours.
    """
    return torch.add(kl(logits, label), 0.2 * correlation(logits, label) + 0.1 * nss(logits, label))


def mse(logits: Tensor, label: Tensor) -> Tensor:
    """Mean square between the two maps, each scaled so that its largest value is 1.

    What the authors' sister code trains with; kept to be compared with.
    """
    predicted = torch.exp(logits - logits.amax((2, 3), keepdim=True))
    return F.mse_loss(predicted, label / label.amax((2, 3), keepdim=True).clamp_min(1e-8))


def attention_hint(features: Tensor, label: Tensor) -> Tensor:
    """How far where a layer is active lies from where the teacher looks.

    Attention transfer (Zagoruyko and Komodakis, *Paying More Attention to Attention*, ICLR 2017)
    compares a student's activity, the mean of squares over channels, with that of a teacher's
    layer. Our teachers' answer is such a map already, and is what takes its place.

    Args:
        features: Of a hidden layer, (n, c, h, w).
        label: (n, 1, h', w'), h' and w' not smaller.

    Returns:
        The square distance of the two maps, each of length 1; mean over the batch, 0..2.
    """
    active = F.normalize(features.square().mean(1).flatten(1), dim=1)
    rows, columns = features.shape[-2:]
    wanted = F.adaptive_avg_pool2d(label, (rows, columns))
    wanted = F.normalize(wanted.flatten(1), dim=1)
    return (active - wanted).square().sum(1).mean()


def similarity_hint(features: Tensor, teacher: Tensor) -> Tensor:
    """How far pictures that are alike to the teacher are alike to a layer, too.

    Similarity-preserving distillation (Tung and Mori, ICCV 2019): what is compared is how alike
    the pictures of a batch are to each other, so that student and teacher may have any number of
    channels. Rows are compared, not the whole matrix, so that the value does not shrink with the
    batch.

    Args:
        features: Of a hidden layer, (n, c, h, w).
        teacher: What the teacher sees in the same pictures, (n, k).

    Returns:
        The mean square distance of the rows of both, each of length 1; 0..4.
    """
    own, wanted = (
        F.normalize(values @ values.T, dim=1) for values in (features.flatten(1), teacher)
    )
    return (own - wanted).square().sum(1).mean()


LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "mixture": mixture,
    "kl": kl,
    "cc": correlation,
    "nss": nss,
    "mse": mse,
}
"""By the name that a run's settings give."""
