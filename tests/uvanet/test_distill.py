"""Training: that it learns, that a kill loses nothing, that what it exports is what it trained."""

from __future__ import annotations

import dataclasses
import json
import math
import re
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from uvanet.data.synthetic import make_pairs
from uvanet.errors import ModelError
from uvanet.model import load
from uvanet.models import load_student
from uvanet.training import losses
from uvanet.training.config import TrainConfig
from uvanet.training.data.loader import DataLoader, gaze_material
from uvanet.training.distillation import DistillationModule
from uvanet.training.provenance import Provenance, gaze_sources
from uvanet.training.publish import publish_student
from uvanet.training.schedule import learning_rate
from uvanet.training.trainer import train

if TYPE_CHECKING:
    from pathlib import Path

QUICK = TrainConfig(preset="uvanet-32", epochs=6, batch=4, eval_every=3, cache_resolution=64)


def test_training_learns_and_its_export_is_the_same_network(
    gaze_tree: Path, tmp_path: Path
) -> None:
    result = train(QUICK, gaze_material(gaze_tree, 64), tmp_path / "run", progress=False)
    assert result.history[-1]["mixed"] < result.history[0]["mixed"]
    assert result.best == max(row["val_nss"] for row in result.history if "val_nss" in row)
    made = Provenance("test", gaze_sources(gaze_tree), {})
    card = publish_student(QUICK, result.weights, gaze_tree, tmp_path, made)
    assert set(card.metrics) == {"val", "test"}

    model = load(tmp_path / "uvanet-32.onnx")
    student = load_student("uvanet-32", tmp_path / "uvanet-32.safetensors")
    rng = np.random.default_rng(0)
    frames = rng.integers(0, 256, (3, 32, 32, 3), np.uint8)
    before = rng.integers(0, 256, (3, 32, 32, 3), np.uint8)
    earlier = model.engine.step(before).features
    step = model.engine.step(frames, earlier)
    with torch.no_grad():
        as_tensor = [torch.from_numpy(x).permute(0, 3, 1, 2) / 255 for x in (frames, before)]
        expected = student(*as_tensor)
    logits = expected.ensemble[:, 0].numpy()
    np.testing.assert_allclose(
        step.saliency, np.exp(logits - logits.max((1, 2), keepdims=True)), atol=1e-4
    )
    np.testing.assert_allclose(step.features, expected.features.numpy(), atol=1e-4)


@pytest.mark.parametrize("name", losses.LOSSES)
def test_every_loss_is_least_where_the_label_is_met(name: str) -> None:
    rng = torch.Generator().manual_seed(1)
    label = torch.rand(2, 1, 8, 8, generator=rng) ** 4
    right = torch.log(label + 1e-6)
    loss = losses.LOSSES[name]
    for wrong in (torch.zeros_like(right), right.flip(3), -right):
        assert loss(right, label) < loss(wrong, label)
    # Scale and offset of a label mean nothing.
    assert torch.allclose(loss(right, 7 * label), loss(right, label), atol=1e-5)


def test_hints_lead_the_deepest_layers_to_where_the_teacher_looks(gaze_tree: Path) -> None:
    torch.manual_seed(0)
    task = DistillationModule(dataclasses.replace(QUICK, hint=1.0)).train()
    plain = DistillationModule(QUICK).train()
    plain.student.load_state_dict(task.student.state_dict())
    material = gaze_material(gaze_tree, 64)
    rng = torch.Generator().manual_seed(0)
    pairs = make_pairs(material.images, material.labels, (32, 32), QUICK.motion, rng)
    found, without = task(pairs), plain(pairs)
    assert float(found["mixed"]) == pytest.approx(float(without["mixed"]), rel=1e-4)
    assert 0 < float(found["loss"].detach()) - float(without["loss"].detach()) <= 4
    optimizer = torch.optim.Adam(task.student.parameters(), lr=3e-3)
    first = None
    for _ in range(60):
        task(pairs)
        hint = losses.attention_hint(task._deep["spatial"], pairs.still)
        first = float(hint.detach()) if first is None else first
        optimizer.zero_grad()
        hint.backward()
        optimizer.step()
    assert first is not None
    assert float(hint.detach()) < 0.6 * first


def test_feature_hints_make_alike_what_is_alike_to_the_teacher(gaze_tree: Path) -> None:
    torch.manual_seed(0)
    config = dataclasses.replace(QUICK, feature_hint=1.0)
    task, plain = DistillationModule(config).train(), DistillationModule(QUICK).train()
    plain.student.load_state_dict(task.student.state_dict())
    pictures = gaze_material(gaze_tree, 64)
    # To this teacher there are two kinds of pictures.
    kinds = torch.arange(len(pictures.images)) % 2
    material = pictures._replace(features=torch.nn.functional.one_hot(kinds).half())
    device = torch.device("cpu")
    (batch, *_) = DataLoader(material, config, device).epoch(torch.Generator().manual_seed(0))
    assert batch.features is not None
    found, without = task(*batch), plain(*batch)
    assert 0 < float(found["loss"].detach()) - float(without["loss"].detach()) <= 4
    optimizer = torch.optim.Adam(task.student.parameters(), lr=3e-3)
    hints = []
    for _ in range(60):
        task(*batch)
        hint = losses.similarity_hint(task._deep["spatial"], batch.features.float())
        hints.append(float(hint.detach()))
        optimizer.zero_grad()
        hint.backward()
        optimizer.step()
    assert hints[-1] < 0.5 * hints[0]
    # A run that asks for none is given none.
    (batch, *_) = DataLoader(material, QUICK, device).epoch(torch.Generator().manual_seed(0))
    assert batch.features is None


def test_a_student_can_start_from_another_of_any_size(gaze_tree: Path, tmp_path: Path) -> None:
    from uvanet.paths import resource
    from uvanet.training.distillation import DistillationModule

    task = DistillationModule(TrainConfig(preset="uvanet-32", start="uvanet-64"))
    shipped = load_file(resource("weights/uvanet-64.safetensors"))
    for twin in (task.student, task.averaged):
        for name, value in twin.state_dict().items():
            assert torch.equal(value, shipped[name]), name
    with pytest.raises(ModelError, match="no model named"):
        DistillationModule(TrainConfig(start="nobody"))


def test_a_killed_run_goes_on_to_the_same_weights(gaze_tree: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "uvanet", "train", "--preset", "uvanet-32", "--threads", "1"]
    command += ["--epochs", "400", "--data", str(gaze_tree), "--out"]
    killed = subprocess.Popen(
        [*command, str(tmp_path / "killed")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    history = tmp_path / "killed" / "history.json"
    deadline = time.monotonic() + 120
    while not (history.exists() and len(history.read_text()) > 1000):
        assert killed.poll() is None, "training ended by itself"
        assert time.monotonic() < deadline
        time.sleep(0.05)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    # Both end soon after the kill: as many epochs as the killed one had, and three more.
    state = torch.load(tmp_path / "killed" / "checkpoint.pt", weights_only=True)
    assert state["epoch"] >= 1
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        config = TrainConfig(preset="uvanet-32", epochs=400)
        until = state["epoch"] + 3
        resumed = _run_until(config, gaze_tree, tmp_path / "killed", until)
        straight = _run_until(config, gaze_tree, tmp_path / "straight", until)
    finally:
        torch.set_num_threads(threads)
    assert resumed.keys() == straight.keys()
    for name, value in straight.items():
        assert torch.equal(resumed[name], value), name


def _run_until(config: TrainConfig, data: Path, out: Path, epoch: int) -> dict[str, torch.Tensor]:
    """Runs until the checkpoint of `epoch` is written, then breaks off; gives its weights."""
    from uvanet.training import checkpoint

    class Enough(Exception):
        pass

    real = checkpoint.save

    def save(path: Path, **state: object) -> None:
        real(path, **state)  # type: ignore[arg-type]
        if state["epoch"] == epoch:
            raise Enough

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checkpoint, "save", save)
        with pytest.raises(Enough):
            train(config, gaze_material(data, config.cache_resolution), out, progress=False)
    task: dict[str, torch.Tensor] = torch.load(out / "checkpoint.pt", weights_only=True)["task"]
    return task


def test_a_checkpoint_of_another_run_is_refused(gaze_tree: Path, tmp_path: Path) -> None:
    train(QUICK, gaze_material(gaze_tree, 64), tmp_path, progress=False)
    other = TrainConfig(preset="uvanet-32", epochs=7, batch=4, eval_every=3, cache_resolution=64)
    with pytest.raises(ModelError, match="other settings"):
        train(other, gaze_material(gaze_tree, 64), tmp_path, progress=False)
    (tmp_path / "checkpoint.pt").write_bytes(b"half a fi")
    with pytest.raises(ModelError, match="no readable checkpoint"):
        train(QUICK, gaze_material(gaze_tree, 64), tmp_path, progress=False)


def test_every_run_leaves_its_record(gaze_tree: Path, tmp_path: Path) -> None:
    train(QUICK, gaze_material(gaze_tree, 64), tmp_path, progress=False)
    rows = json.loads((tmp_path / "history.json").read_text())
    assert [row["epoch"] for row in rows] == [1, 2, 3, 4, 5, 6]
    assert [("val_nss" in row) for row in rows] == [False, False, True] * 2
    assert all(math.isfinite(row["loss"]) for row in rows)
    assert load_file(tmp_path / "best.safetensors")
    curves = (tmp_path / "curves.svg").read_text()
    assert {"mixed", "spatial", "temporal", "val_nss"} <= set(re.findall(r">([a-z_]+)<", curves))


def test_the_learning_rate_rises_and_falls() -> None:
    rates = [learning_rate(step, 100, 1.0, 0.1) for step in range(100)]
    assert rates[0] == pytest.approx(0.1)
    assert max(rates) == pytest.approx(1.0)
    assert rates.index(max(rates)) in (9, 10)
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert rates[-1] < 0.02


@pytest.mark.parametrize("loss", [losses.kl, losses.correlation, losses.nss, losses.mixture])
def test_a_better_prediction_costs_less(loss: object) -> None:
    torch.manual_seed(0)
    label = torch.rand(2, 1, 8, 8) ** 4 + 1e-4
    good, bad = label.log(), label.flip(3).log()
    assert callable(loss)
    assert loss(good, label) < loss(bad, label)


def test_losses_agree_with_the_metrics() -> None:
    from uvanet import metrics

    torch.manual_seed(1)
    logits, label = torch.randn(1, 1, 8, 8), torch.rand(1, 1, 8, 8) + 0.1
    predicted = torch.softmax(logits.flatten(), 0).reshape(8, 8).numpy()
    truth = (label / label.sum())[0, 0].numpy()
    assert float(losses.kl(logits, label)) == pytest.approx(metrics.kld(predicted, truth), rel=1e-4)
    assert 1 - float(losses.correlation(logits, label)) == pytest.approx(
        metrics.cc(predicted, truth), rel=1e-4
    )
