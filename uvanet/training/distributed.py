"""Devices and processes: Lightning Fabric, set up in one place.

Under `torchrun`, every process takes its part of each batch, and gradients are averaged. Batch norm
on GPUs uses the statistics of the whole batch (`torch.nn.SyncBatchNorm`). On CPUs torch has no such
layer: each process normalizes its own part, and the running statistics are those of the first
process.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import torch
from lightning_fabric import Fabric
from lightning_fabric.strategies.ddp import DDPStrategy
from torch import Tensor, nn

from uvanet.errors import TrainingError
from uvanet.i18n import tr
from uvanet.training.control import StoppedError

_TIMEOUT = timedelta(days=7)
"""How long processes wait while the first one labels or is paused; torch's default is 30 min."""


def make_fabric(precision: str = "32-true", device: str = "auto") -> Fabric:
    """Returns Fabric for this process and its group of processes.

    Args:
        precision: Numeric precision, as Fabric names it.
        device: "cpu", "cuda", "mps", or "auto" for the fastest one available.
    """
    count = int(os.environ.get("WORLD_SIZE", "1"))
    local = int(os.environ.get("LOCAL_WORLD_SIZE", count))
    fabric = Fabric(
        accelerator=device,
        devices=local if count > 1 else 1,
        num_nodes=max(1, count // local),
        strategy=DDPStrategy(timeout=_TIMEOUT) if count > 1 else "auto",
        precision=precision,  # type: ignore[arg-type]  # a Literal there; checked by the command
    )
    fabric.launch()
    return fabric


def synchronize_batch_norm(module: nn.Module, fabric: Fabric) -> nn.Module:
    """Returns the module with batch norm over all processes, where the device supports it."""
    if fabric.world_size > 1 and fabric.device.type == "cuda":
        convert: Any = torch.nn.SyncBatchNorm.convert_sync_batchnorm
        converted: nn.Module = convert(module)
        return converted
    return module


@contextlib.contextmanager
def rank_zero_first(fabric: Fabric) -> Iterator[None]:
    """Runs a block in the first process before the others, which find its results on disk.

    Raises:
        StoppedError: The first process was told to stop.
        TrainingError: It failed.
    """
    if fabric.world_size == 1:
        yield
        return
    if fabric.is_global_zero:
        ended = "failed"
        try:
            yield
            ended = "done"
        except StoppedError:
            ended = "stopped"
            raise
        finally:
            fabric.broadcast(ended)
        return
    ended = fabric.broadcast("")
    if ended == "stopped":
        raise StoppedError
    if ended == "failed":
        raise TrainingError(tr("The first process failed."), tr("Look at its messages."))
    yield


def any_process(flag: bool, fabric: Fabric) -> bool:
    """Whether the flag is set in any process; all processes must call this together."""
    if fabric.world_size == 1:
        return flag
    total = fabric.all_reduce(torch.tensor(float(flag), device=fabric.device), reduce_op="sum")
    return bool(total)


def shard(values: Tensor, fabric: Fabric) -> Tensor:
    """This process's part of a batch: every n-th sample for n processes; all parts are equal."""
    even = len(values) - len(values) % fabric.world_size
    return values[fabric.global_rank : even : fabric.world_size].to(fabric.device)
