"""A training on two machines: two starts of torchrun that find each other on loopback."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

import pytest
import torch
from fork_kit import ForkedProcess, run_torchrun
from safetensors.torch import load_file

from uvanet.training.config import TrainConfig
from uvanet.training.control import Callback
from uvanet.training.distillation import train_student
from uvanet.training.distributed import make_fabric
from uvanet.training.pipeline import gaze_pictures

EPOCHS, STEPS = 3, 2  # of a run, and of an epoch; a checkpoint is written after each epoch
SCRIPT = """
import sys
sys.path[:0] = {folders!r}
from test_two_machines import train
train(sys.argv[1] == "dies", *sys.argv[2:])
"""


class Death(Callback):
    """Kills this process before a step.

    Args:
        step: Number of the step, from 0.
    """

    def __init__(self, step: int) -> None:
        self._left = step

    def proceed(self) -> bool:
        self._left -= 1
        if self._left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return True


def train(dies: bool, *folders: str) -> None:
    """Makes runs on this machine's share; if one `dies`, the second machine in the second epoch."""
    fabric = make_fabric(device="cpu")
    torch.set_num_threads(1)
    config = TrainConfig(preset="uvanet-32", batch=4, epochs=EPOCHS, eval_every=1)
    callback = Death(STEPS + 1) if dies and fabric.global_rank == 1 else Callback()
    data = gaze_pictures(Path("data"), 64)
    for folder in folders:
        train_student(config, data, Path(folder), callback=callback, fabric=fabric)


def run_on_two(script: Path, *arguments: str) -> list[int | None]:
    """Runs a script on two machines; gives their exit codes."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = ["--rdzv-backend", "c10d", "--rdzv-endpoint", f"localhost:{port}"]
    words = ["--nnodes", "2", "--nproc-per-node", "1", *address, str(script), *arguments]
    machines = [ForkedProcess(run_torchrun, str(script.parent), words) for _ in range(2)]
    for machine in machines:
        machine.communicate()
    return [machine.returncode for machine in machines]


@pytest.fixture(scope="module")
def script(gaze_data_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, tests = tmp_path_factory.mktemp("machines"), Path(__file__).parent
    (folder / "data").symlink_to(gaze_data_root)
    path = folder / "child.py"
    path.write_text(SCRIPT.format(folders=[str(tests), str(tests.parent)]))
    return path


def test_a_run_resumes_after_a_machine_died(script: Path) -> None:
    assert all(run_on_two(script, "dies", "run"))  # the other one does not wait for it
    folder = script.parent / "run"
    assert torch.load(folder / "checkpoint.pt", weights_only=True)["step"] == STEPS
    # Both in one start of torchrun, which takes longer than they do.
    assert run_on_two(script, "lives", "run", "undisturbed") == [0, 0]
    weights = [
        load_file(script.parent / name / "best.safetensors") for name in ("run", "undisturbed")
    ]
    assert weights[0].keys() == weights[1].keys()
    for name, expected in weights[1].items():
        torch.testing.assert_close(weights[0][name], expected, atol=1e-6, rtol=1e-5)
