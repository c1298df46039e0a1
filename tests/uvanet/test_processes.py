"""A run on two processes learns what one process learns on the whole batch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from uvanet.data.fixations import read_rgb, read_split
from uvanet.data.synthetic import MotionConfig, make_pairs
from uvanet.metrics import cc
from uvanet.model import load
from uvanet.training.config import TrainConfig
from uvanet.training.distillation import DistillationModule
from uvanet.training.distributed import share_statistics

# Saves the gradients of one step: run by torchrun, and by this process for the whole batch.
CHILD = """
import sys
from test_processes import gradients
gradients(sys.argv[1])
"""


def gradients(out: str | None = None) -> dict[str, torch.Tensor]:
    """One step of a fresh task on a batch that is always the same; gradients and statistics."""
    from uvanet.data.synthetic import Pairs
    from uvanet.training.distributed import make_fabric, share

    torch.manual_seed(3)
    rng = torch.Generator().manual_seed(3)
    pictures = torch.randint(0, 256, (6, 48, 48, 3), generator=rng, dtype=torch.uint8)
    pairs = make_pairs(
        pictures, torch.rand(6, 24, 24, generator=rng), (28, 36), MotionConfig(), rng
    )
    # In 64 bits: what rounding takes over the edge of a ReLU6 changes gradients by percents.
    fabric = make_fabric("64-true", device="cpu")
    task = DistillationModule(TrainConfig(preset="uvanet-32"))
    if fabric.world_size > 1:
        share_statistics(task.student)
    learner = fabric.setup(task)
    fabric.backward(learner(Pairs(*(share(column, fabric) for column in pairs)))["loss"])
    student = task.student
    found = {name: p.grad.clone() for name, p in student.named_parameters() if p.grad is not None}
    found |= {name: b.clone() for name, b in student.named_buffers() if "running" in name}
    if out and fabric.is_global_zero:
        torch.save(found, out)
    return found


def torchrun(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    run = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"]
    address = ["--rdzv-backend", "c10d", "--rdzv-endpoint", "localhost:0"]
    done = subprocess.run(
        [*run, *address, *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    logs = [path.read_text() for path in Path.home().rglob("crash-*.txt")]
    assert done.returncode == 0, "\n".join([done.stderr, *logs])
    return done


def test_gradients_of_two_processes_are_those_of_one(tmp_path: Path) -> None:
    (tmp_path / "child.py").write_text(
        CHILD.replace(
            "import sys", f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})"
        )
    )
    torchrun("child.py", tmp_path / "two.pt", cwd=tmp_path)
    two, one = torch.load(tmp_path / "two.pt"), gradients()
    assert two.keys() == one.keys()
    for name, expected in one.items():
        scale = float(expected.abs().max()) + 1e-6
        torch.testing.assert_close(two[name], expected, atol=2e-4 * scale + 1e-6, rtol=1e-3)


def test_a_run_on_two_processes_learns_and_is_exported_once(
    gaze_tree: Path, tmp_path: Path
) -> None:
    """The command of the README, on two processes and on one: nearly the same student."""
    command = ["-m", "uvanet", "train", "--data", gaze_tree, "--preset", "uvanet-32"]
    command += ["--epochs", 2, "--threads", 1]
    done = torchrun(*command, "--out", tmp_path / "two", cwd=tmp_path)
    assert done.stdout.count("NSS") == 1
    alone = [sys.executable, *map(str, command), "--out", str(tmp_path / "one")]
    subprocess.run(alone, check=True, capture_output=True, cwd=tmp_path)
    one, two = (load(tmp_path / name / "uvanet-32.onnx") for name in ("one", "two"))
    for picture in read_split(gaze_tree, "train"):
        image = read_rgb(picture.path)
        # Large steps let the small differences of sums in another order grow.
        assert cc(two.predict(image), one.predict(image)) > 0.95


def test_shared_statistics_keep_the_names_of_weights() -> None:
    task = DistillationModule(TrainConfig(preset="uvanet-32"))
    before = task.student.state_dict()
    share_statistics(task.student)
    after = task.student.state_dict()
    assert after.keys() == before.keys()
    assert all(torch.equal(after[name], before[name]) for name in before)


@pytest.mark.parametrize("precision", ["bf16-mixed"])
def test_a_run_of_mixed_precision_learns(gaze_tree: Path, tmp_path: Path, precision: str) -> None:
    from uvanet.training.data.loader import gaze_material
    from uvanet.training.trainer import train

    config = TrainConfig(
        preset="uvanet-32",
        epochs=3,
        batch=4,
        eval_every=3,
        cache_resolution=64,
        precision=precision,
    )
    history = train(config, gaze_material(gaze_tree, 64), tmp_path, progress=False).history
    assert history[-1]["loss"] < history[0]["loss"]
