"""Muon: the update rule of torch's, with all matrices of one shape in a batch."""

from __future__ import annotations

import copy

import torch
from torch import nn

from uvanet.models import create_student
from uvanet.training.muon import Muon, orthogonalized
from uvanet.training.optim import MuonAdamW

SHAPES = ((32, 96), (96, 32), (64, 64), (32, 96), (4, 16))


def matrices() -> list[nn.Parameter]:
    rng = torch.Generator().manual_seed(0)
    return [nn.Parameter(torch.randn(shape, generator=rng)) for shape in SHAPES]


def steps(optimizer: torch.optim.Optimizer, weights: list[nn.Parameter], count: int) -> None:
    rng = torch.Generator().manual_seed(1)
    for _ in range(count):
        for weight in weights:
            weight.grad = torch.randn(weight.shape, generator=rng)
        optimizer.step()


def assert_same_step(step: torch.Tensor, expected: torch.Tensor) -> None:
    """Within the rounding of torch, which keeps 8 bits of small singular values."""
    assert torch.cosine_similarity(step.flatten(), expected.flatten(), dim=0) > 0.999
    assert abs(step.norm() / expected.norm() - 1) < 0.01


def test_it_takes_the_steps_of_torch() -> None:
    ours, theirs = matrices(), matrices()
    before = [weight.detach().clone() for weight in ours]
    steps(Muon(ours, 0.02, 0.1), ours, 4)
    reference = torch.optim.Muon(theirs, lr=0.02, weight_decay=0.1, adjust_lr_fn="match_rms_adamw")
    steps(reference, theirs, 4)
    for start, one, other in zip(before, ours, theirs, strict=True):
        assert_same_step(one - start, other - start)


def test_all_directions_of_a_matrix_move_alike() -> None:
    rng = torch.Generator().manual_seed(0)
    uneven = torch.randn(3, 24, 64, generator=rng) * torch.logspace(-1, 0.5, 24)[:, None]
    for values in (uneven, uneven.mT):
        found = orthogonalized(values)
        assert found.shape == values.shape
        singular = torch.linalg.svdvals(found)
        assert singular.min() > 0.5
        assert singular.max() < 1.3
    assert not orthogonalized(torch.zeros(2, 4, 8)).any()


def test_it_goes_on_from_a_checkpoint_of_torchs() -> None:
    weights = matrices()
    theirs = torch.optim.Muon(weights, lr=0.02, weight_decay=0.1, adjust_lr_fn="match_rms_adamw")
    steps(theirs, weights, 2)
    found = copy.deepcopy(weights)
    ours = Muon(found, 0.01)
    ours.load_state_dict(copy.deepcopy(theirs.state_dict()))
    (group,) = ours.param_groups
    assert (group["lr"], group["weight_decay"], group["momentum"]) == (0.02, 0.1, 0.95)
    before = [weight.detach().clone() for weight in weights]
    steps(ours, found, 1)
    steps(theirs, weights, 1)
    for start, one, other in zip(before, found, weights, strict=True):
        assert_same_step(one - start, other - start)


def test_the_weights_of_a_student_move_and_keep_their_memory() -> None:
    from uvanet.training.config import step1_config

    student = create_student("uvanet-32").to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # missing in the stubs
    optimizer = MuonAdamW(student, step1_config("uvanet-32"))
    optimizer.set_rate(1, 10)
    before = {name: value.detach().clone() for name, value in student.named_parameters()}
    student(torch.rand(2, 3, 32, 32)).ensemble.square().sum().backward()
    optimizer.step()
    moved = [
        name
        for name, value in student.named_parameters()
        if value.grad is not None and value.grad.any() and torch.equal(value, before[name])
    ]
    assert moved == []
