"""Runs on two processes, by torchrun."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from fork_kit import ForkedProcess, run_torchrun

from uvanet.data.synthetic import MotionConfig, Pairs, make_pairs
from uvanet.model import load
from uvanet.models import create_student
from uvanet.training.config import TrainConfig
from uvanet.training.distillation import DistillationModule, train_student
from uvanet.training.distributed import make_fabric, shard, synchronize_batch_norm
from uvanet.training.pipeline import gaze_pictures

# The tests share one start of torchrun, which takes longer than their steps.
SCRIPT = """
import sys
sys.path[:0] = {folders!r}
from test_distributed import gradients, stop
from uvanet.cli import main
gradients("two.pt")
stop()
sys.exit(main(sys.argv[1:]))
"""


def gradients(out: str | None = None) -> dict[str, torch.Tensor]:
    """Gradients of one step of a fresh student on a batch that is always the same.

    Batch norm uses its running statistics: on CPUs, those of a batch are each process's own.
    """
    torch.manual_seed(3)
    rng = torch.Generator().manual_seed(3)
    pictures = torch.randint(0, 256, (6, 48, 48, 3), generator=rng, dtype=torch.uint8)
    pairs = make_pairs(
        pictures, torch.rand(6, 24, 24, generator=rng), (28, 36), MotionConfig(), rng
    )
    # In 64 bits, since rounding at the edge of a ReLU6 changes gradients by percents.
    fabric = make_fabric("64-true", device="cpu")
    task = DistillationModule(create_student("uvanet-32"), TrainConfig(preset="uvanet-32"))
    task.model = synchronize_batch_norm(task.model, fabric)  # type: ignore[assignment]  # same type
    learner = fabric.setup_module(task).eval()
    fabric.backward(learner(Pairs(*(shard(column, fabric) for column in pairs)))["loss"])
    found = {
        name: p.grad.clone() for name, p in task.model.named_parameters() if p.grad is not None
    }
    if out and fabric.is_global_zero:
        torch.save(found, out)
    return found


def stop() -> None:
    """Stops the first process before it has labelled, then before its sixth step."""
    from training_kit import Stopper

    from uvanet.training.control import StoppedError
    from uvanet.training.distributed import rank_zero_first

    fabric = make_fabric(device="cpu")
    for steps in (0, 5):
        callback = Stopper(steps if fabric.is_global_zero else None)
        root = Path("data")
        try:
            with rank_zero_first(fabric):
                data = gaze_pictures(root, 64, callback if steps == 0 else None)
            config = TrainConfig(preset="uvanet-32", batch=4, cache_resolution=64)
            train_student(config, data, Path("run"), callback=callback, fabric=fabric)
        except StoppedError:
            sys.stdout.write(f"stopped {fabric.global_rank} {steps}\n")
            sys.stdout.flush()


def torchrun(*arguments: object, cwd: Path) -> str:
    address = ["--rdzv-backend", "c10d", "--rdzv-endpoint", "localhost:0"]
    words = ["--nproc-per-node", "2", *address, *map(str, arguments)]
    process = ForkedProcess(run_torchrun, str(cwd), words)
    out, err = process.communicate()
    logs = [path.read_text() for path in Path.home().rglob("crash-*.txt")]
    assert process.returncode == 0, "\n".join([err.decode(), *logs])
    return out.decode()


@pytest.fixture(scope="module")
def two_processes(
    gaze_data_root: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, str]:
    """Folder and output of the script on two processes."""
    folder, tests = tmp_path_factory.mktemp("two"), Path(__file__).parent
    (folder / "data").symlink_to(gaze_data_root)
    script = folder / "child.py"
    script.write_text(SCRIPT.format(folders=[str(tests), str(tests.parent)]))
    command = ["train", "--data", gaze_data_root, "--preset", "uvanet-32", "--out", "trained"]
    command += ["--epochs", 1, "--threads", 1, "--seed", 0]
    return folder, torchrun(script, *command, cwd=folder)


def test_gradients_of_two_processes_are_those_of_one(two_processes: tuple[Path, str]) -> None:
    two, one = torch.load(two_processes[0] / "two.pt"), gradients()
    assert two.keys() == one.keys()
    for name, expected in one.items():
        scale = float(expected.abs().max()) + 1e-6
        torch.testing.assert_close(two[name], expected, atol=2e-4 * scale + 1e-6, rtol=1e-3)


def test_stop_reaches_all_processes(two_processes: tuple[Path, str]) -> None:
    """In 0.1.0 the first process ended, and the others waited for it."""
    folder, out = two_processes
    told = sorted(line for line in out.splitlines() if line.startswith("stopped"))
    assert told == [f"stopped {r} {s}" for r in (0, 1) for s in (0, 5)]
    assert torch.load(folder / "run" / "checkpoint.pt", weights_only=True)["step"] == 5


def test_a_run_on_two_processes_is_exported_once(two_processes: tuple[Path, str]) -> None:
    folder, out = two_processes
    assert out.count("NSS") == 1
    card = load(folder / "trained" / "uvanet-32.onnx").card
    assert card is not None
    assert {"val", "test"} <= set(card.metrics)
    assert "--epochs 1 --seed 0" in card.recipe["command"]


def test_a_run_of_mixed_precision_learns(gaze_data_root: Path, tmp_path: Path) -> None:
    config = TrainConfig(preset="uvanet-32", epochs=3, batch=4, eval_every=3, cache_resolution=64)
    config = replace(config, precision="bf16-mixed")
    history = train_student(config, gaze_pictures(gaze_data_root, 64), tmp_path).history
    assert history[-1]["loss"] < history[0]["loss"]
