"""What training takes: samples a second of its step, and what it leaves of the live view."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from uvanet.bench.program import bench_program
from uvanet.distill.events import LineReader
from uvanet.errors import UvanetError

BATCH, SIDE = 64, 160
PATIENCE_S = 300.0


def bench_step(preset: str, seconds: float) -> dict[str, Any] | None:
    """A student's training step on all cores: making pairs, and learning from them.

    Returns:
        Milliseconds of both and samples a second; None without torch.
    """
    if not find_spec("torch"):
        return None
    import torch

    from uvanet.bench.timing import time_calls
    from uvanet.data.synthetic import make_pairs
    from uvanet.distill.config import distilled
    from uvanet.distill.task import GazeTask
    from uvanet.runtime.sizes import of_ratio

    config = distilled(preset)
    task = GazeTask(config).train()
    optimizer = torch.optim.AdamW(task.student.parameters(), lr=1e-4)
    rng = torch.Generator().manual_seed(0)
    pictures = torch.randint(0, 256, (BATCH, SIDE, SIDE, 3), dtype=torch.uint8, generator=rng)
    labels = torch.rand(BATCH, SIDE // 2, SIDE // 2, generator=rng)
    shape = of_ratio(4 / 3, task.student.preset.input_size**2)
    pairs = make_pairs(pictures, labels, shape, config.motion, rng)

    def step() -> None:
        optimizer.zero_grad(set_to_none=True)
        task(pairs)["loss"].backward()
        optimizer.step()

    making = time_calls(lambda: make_pairs(pictures, labels, shape, config.motion, rng), seconds)
    learning = time_calls(step, seconds)
    both = making["p50_ms"] + learning["p50_ms"]
    return {
        "preset": preset,
        "batch": BATCH,
        "threads": torch.get_num_threads(),
        "pairs_ms": making["p50_ms"],
        "step_ms": learning["p50_ms"],
        "samples_per_second": round(1000 * BATCH / both, 1),
    }


def bench_beside(model: str, seconds: float) -> dict[str, Any] | None:
    """The program on the demo, alone and while a student adapts in the background.

    Returns:
        `alone` and `beside` as `bench_program` gives them; None where nothing can be trained.

    Raises:
        UvanetError: The training or the program did not answer.
    """
    from uvanet.weights import available

    if not (find_spec("torch") and any(card.role == "teacher" for card in available())):
        return None
    alone = bench_program(model, seconds)
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "uvanet", "adapt", "demo", "--seconds", "10"]
        command += ["--steps", "1000000", "--background", "--events", "jsonl"]
        told = Path(folder, "events")
        # A pipe that nobody reads would hold the training up.
        with told.open("wb") as events:
            child = subprocess.Popen(
                [*command, "--out", str(Path(folder, "run"))],
                stdin=subprocess.DEVNULL,
                stdout=events,
                stderr=subprocess.DEVNULL,
            )
        try:
            _wait_for_training(child, told)
            beside = bench_program(model, seconds)
        finally:
            child.kill()
            child.wait()
    return {"alone": alone, "beside": beside}


def _wait_for_training(child: subprocess.Popen[bytes], told: Path) -> None:
    end = time.monotonic() + PATIENCE_S
    while child.poll() is None and time.monotonic() < end:
        if any(one["phase"] == "train" for one in LineReader().feed(told.read_bytes())):
            return
        time.sleep(0.2)
    raise UvanetError("The training did not begin.", "Try `uvanet adapt demo` by hand.")
