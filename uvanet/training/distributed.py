"""One run on several processes, and on whatever runs it: Lightning Fabric, set up in one place.

Started by `torchrun`, every process takes its share of each batch; gradients and the statistics of
batch norm are those of the whole batch, so that a run learns the same as on one process. Started
plainly, there is one process and nothing to agree on.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Iterator


def make_fabric(precision: str = "32-true", device: str = "auto") -> Fabric:
    """Fabric for this process, in the group it belongs to.

    Args:
        precision: As Fabric names it.
        device: "cpu", "cuda", "mps", or "auto" for the fastest that is there.
    """
    count = int(os.environ.get("WORLD_SIZE", "1"))
    fabric = Fabric(
        accelerator=device,
        devices=int(os.environ.get("LOCAL_WORLD_SIZE", count)) if count > 1 else 1,
        num_nodes=max(1, count // int(os.environ.get("LOCAL_WORLD_SIZE", count))),
        strategy="ddp" if count > 1 else "auto",
        precision=precision,  # type: ignore[arg-type]
    )
    fabric.launch()
    return fabric


@contextlib.contextmanager
def one_after_the_other(fabric: Fabric) -> Iterator[None]:
    """What the first process makes here, the others find made."""
    if fabric.global_rank:
        fabric.barrier()
    yield
    if not fabric.global_rank and fabric.world_size > 1:
        fabric.barrier()


def share(values: Tensor, fabric: Fabric) -> Tensor:
    """This process's part of a batch, as large as everybody's: every so-manyth picture."""
    whole = len(values) - len(values) % fabric.world_size
    return values[fabric.global_rank : whole : fabric.world_size].to(fabric.device)


class _Total(torch.autograd.Function):
    """The sum over all processes; each of them has a part in the gradient of every other."""

    @staticmethod
    def forward(_context: object, values: Tensor) -> Tensor:
        total = values.clone()
        torch.distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(_context: object, gradient: Tensor) -> Tensor:
        total = gradient.clone()
        torch.distributed.all_reduce(total)
        return total


class SharedBatchNorm(nn.BatchNorm2d):
    """Batch norm over the batches of all processes together.

    `torch.nn.SyncBatchNorm` does the same, on GPUs only.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Normalises (n, c, h, w) over all but c."""
        if not self.training or self.running_mean is None or self.running_var is None:
            return super().forward(x)
        size = torch.distributed.get_world_size()
        count = size * x.numel() / x.shape[1]
        values = x if x.dtype is torch.float64 else x.float()
        mean: Tensor = _Total.apply(values.sum((0, 2, 3))) / count  # type: ignore[no-untyped-call]
        # In a second pass: the difference of two large sums would lose a small variance.
        centred = values - mean[None, :, None, None]
        squares = centred.square().sum((0, 2, 3))
        variance: Tensor = _Total.apply(squares) / count  # type: ignore[no-untyped-call]
        with torch.no_grad():
            momentum = self.momentum or 0.0
            self.running_mean.lerp_(mean, momentum)
            self.running_var.lerp_(variance * (count / (count - 1)), momentum)
        scale = self.weight * torch.rsqrt(variance + self.eps)
        return (centred * scale[None, :, None, None] + self.bias[None, :, None, None]).to(x.dtype)


def share_statistics(module: nn.Module) -> None:
    """Turns a module's batch norms into shared ones, in place; names of weights stay."""
    for name, child in module.named_children():
        if isinstance(child, nn.BatchNorm2d):
            shared = SharedBatchNorm(child.num_features, child.eps, child.momentum)
            shared.load_state_dict(child.state_dict())
            setattr(module, name, shared)
        else:
            share_statistics(child)
