"""The losses of training: their least value, and their agreement with the metrics."""

from __future__ import annotations

import pytest
import torch

from uvanet import metrics
from uvanet.training import losses


@pytest.mark.parametrize("name", losses.LOSSES)
def test_every_loss_is_least_where_the_target_is_met(name: str) -> None:
    rng = torch.Generator().manual_seed(1)
    target = torch.rand(2, 1, 8, 8, generator=rng) ** 4
    right = torch.log(target + 1e-6)
    loss = losses.LOSSES[name]
    for wrong in (torch.zeros_like(right), right.flip(3), -right):
        assert loss(right, target) < loss(wrong, target)
    # The scale of a target has no effect.
    assert torch.allclose(loss(right, 7 * target), loss(right, target), atol=1e-5)


def test_losses_agree_with_the_metrics() -> None:
    torch.manual_seed(1)
    logits, target = torch.randn(1, 1, 8, 8), torch.rand(1, 1, 8, 8) + 0.1
    predicted = torch.softmax(logits.flatten(), 0).reshape(8, 8).numpy()
    truth = (target / target.sum())[0, 0].numpy()
    assert float(losses.kl(logits, target)) == pytest.approx(
        metrics.kld(predicted, truth), rel=1e-4
    )
    assert 1 - float(losses.correlation(logits, target)) == pytest.approx(
        metrics.cc(predicted, truth), rel=1e-4
    )
