"""Times a training step, and the live view while a student trains. Imports torch."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import psutil
import torch

from uvanet.bench.program import bench_program
from uvanet.bench.timing import time_calls
from uvanet.data.synthetic import make_pairs
from uvanet.models import create_student
from uvanet.registry import list_models
from uvanet.runtime.input_size import size_of_ratio
from uvanet.system_info import usable_cores
from uvanet.training.config import step1_config
from uvanet.training.distillation import DistillationModule
from uvanet.training.optim import MuonAdamW
from uvanet.training.run_lock import holder

BATCH, SIDE = 64, 160


def bench_step(preset: str, seconds: float) -> dict[str, Any]:
    """Times making a batch of pairs and a training step on it, on all cores.

    Returns:
        `preset`, `batch`, `threads`, the times `pairs_ms` and `step_ms`, and `samples_per_second`.
    """
    config = step1_config(preset)
    task = DistillationModule(create_student(preset), config).train()
    optimizer = MuonAdamW(task, config)
    optimizer.set_rate(1, 1_000_000)
    rng = torch.Generator().manual_seed(0)
    pictures = torch.randint(0, 256, (BATCH, SIDE, SIDE, 3), dtype=torch.uint8, generator=rng)
    labels = torch.rand(BATCH, SIDE // 2, SIDE // 2, generator=rng)
    shape = size_of_ratio(4 / 3, task.model.preset.input_size**2)
    pairs = make_pairs(pictures, labels, shape, config.motion, rng)

    def step() -> None:
        optimizer.zero_grad()
        task(pairs)["loss"].backward()
        optimizer.step()

    # An earlier benchmark of an engine may have set torch to one thread.
    before, threads = torch.get_num_threads(), usable_cores()
    torch.set_num_threads(threads)
    try:
        making = time_calls(
            lambda: make_pairs(pictures, labels, shape, config.motion, rng), seconds
        )
        learning = time_calls(step, seconds)
    finally:
        torch.set_num_threads(before)
    both = making["p50_ms"] + learning["p50_ms"]
    return {
        "preset": preset,
        "batch": BATCH,
        "threads": threads,
        "pairs_ms": making["p50_ms"],
        "step_ms": learning["p50_ms"],
        "samples_per_second": round(1000 * BATCH / both, 1),
    }


def bench_with_training(model: str, seconds: float) -> dict[str, Any] | None:
    """Measures the program on the demo, alone and while it trains a student in the background.

    Returns:
        `alone` and `beside`, see `bench_program`; `beside` also has the memory at the first
        training step, `rss_at_first_mib`. None without a teacher.

    Raises:
        UvanetError: The program gave no result, or the training failed.
    """
    if not any(card.role == "teacher" for card in list_models()):
        return None
    alone = bench_program(model, seconds)
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home, "run")
        folder.mkdir()
        try:
            beside = bench_program(model, seconds, train_in=folder)
        finally:
            if pid := holder(folder):
                run = psutil.Process(pid)
                run.kill()
                run.wait()
    return {"alone": alone, "beside": beside}
