"""The trainer and the two steps: learning, exact resume, what differs from another run."""

from __future__ import annotations

import dataclasses
import json
import math
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from lightning_fabric import Fabric
from lightning_fabric.plugins import MixedPrecision
from safetensors.torch import load_file
from training_kit import Stopper

from uvanet.errors import ModelError, TrainingError
from uvanet.model import load
from uvanet.models import PRESETS, create_student, load_student
from uvanet.models.presets import Preset
from uvanet.paths import resource
from uvanet.training.config import FinetuneConfig, TrainConfig, step1_config, step2_config
from uvanet.training.control import StoppedError
from uvanet.training.data.loader import DataLoader, Part
from uvanet.training.distillation import (
    STEP2,
    DistillationModule,
    TrainingData,
    better,
    distill_student,
    start_student,
    train_student,
)
from uvanet.training.finetune import finetune
from uvanet.training.optim import learning_rate
from uvanet.training.pipeline import gaze_pictures
from uvanet.training.progress import CheckpointEvent, Event
from uvanet.training.provenance import Provenance
from uvanet.training.publish import publish_student
from uvanet.training.trainer import MAX_NORM, Trainer, TrainResult, best_of

if TYPE_CHECKING:
    from torch import Tensor

QUICK = TrainConfig(
    preset="uvanet-32", epochs=6, step2_epochs=3, batch=4, eval_every=3, cache_resolution=64
)
SCALE = 64.0  # of the loss in 16 bits; small enough that nothing overflows
OLD = Path(__file__).parent / "files_of_0_1_0" / "checkpoint.pt"


@pytest.fixture(scope="module")
def data(gaze_data_root: Path) -> TrainingData:
    return gaze_pictures(gaze_data_root, 64)


@pytest.fixture(scope="module")
def trained(data: TrainingData, tmp_path_factory: pytest.TempPathFactory) -> TrainResult:
    return train_student(QUICK, data, tmp_path_factory.mktemp("trained") / "run")


def checkpoint_of(folder: Path) -> dict[str, Tensor]:
    state = torch.load(folder / "checkpoint.pt", weights_only=True)
    return {
        **state["task"],
        **{f"average.{name}": value for name, value in state["average"].items()},
    }


def assert_equal(one: dict[str, Tensor], other: dict[str, Tensor]) -> None:
    assert one.keys() == other.keys()
    for name, value in one.items():
        assert torch.equal(other[name], value), name


def test_training_learns_and_its_export_is_the_same_network(
    trained: TrainResult, gaze_data_root: Path, tmp_path: Path
) -> None:
    assert trained.history[-1]["ensemble"] < trained.history[0]["ensemble"]
    assert trained.best == max(row["val_nss"] for row in trained.history if "val_nss" in row)
    assert trained.weights is not None
    origin = Provenance("test", [], {})
    card = publish_student(QUICK, trained.weights, gaze_data_root, tmp_path, origin)
    assert set(card.metrics) == {"val", "test"}
    model = load(tmp_path / "uvanet-32.onnx")
    student = load_student("uvanet-32", tmp_path / "uvanet-32.safetensors")
    rng = np.random.default_rng(0)
    frames = rng.integers(0, 256, (3, 32, 32, 3), np.uint8)
    before = rng.integers(0, 256, (3, 32, 32, 3), np.uint8)
    step = model.engine.step(frames, model.engine.step(before).features)
    with torch.no_grad():
        now, earlier = (torch.from_numpy(x).permute(0, 3, 1, 2) / 255 for x in (frames, before))
        expected = student(now, earlier)
    logits = expected.ensemble[:, 0].numpy()
    np.testing.assert_allclose(
        step.saliency, np.exp(logits - logits.max((1, 2), keepdims=True)), atol=1e-4
    )
    np.testing.assert_allclose(step.features, expected.features.numpy(), atol=1e-4)


def test_test_is_measured_only_at_the_end(
    trained: TrainResult, gaze_data_root: Path, tmp_path: Path
) -> None:
    assert trained.weights is not None
    origin = Provenance("test", [], {})
    card = publish_student(QUICK, trained.weights, gaze_data_root, tmp_path, origin, final=False)
    assert set(card.metrics) == {"val"}


def test_a_run_leaves_its_history(trained: TrainResult) -> None:
    assert trained.weights is not None
    rows = json.loads(trained.weights.with_name("history.json").read_text())
    assert rows == trained.history
    assert [row["epoch"] for row in rows] == [1, 2, 3, 4, 5, 6]
    assert [("val_nss" in row) for row in rows] == [False, False, True] * 2
    assert all(math.isfinite(row["loss"]) for row in rows)
    assert load_file(trained.weights)


def test_an_interrupted_run_ends_at_the_same_weights(
    trained: TrainResult, data: TrainingData, tmp_path: Path
) -> None:
    """Stopped twice in the middle of an epoch; order and optimizer are restored."""
    for steps in (1, 4):
        with pytest.raises(StoppedError):
            train_student(QUICK, data, tmp_path, callback=Stopper(steps))
    state = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert state["step"] == 5
    again = train_student(QUICK, data, tmp_path)
    assert again.best == trained.best
    assert again.history == trained.history
    assert trained.weights is not None
    assert_equal(checkpoint_of(tmp_path), checkpoint_of(trained.weights.parent))


def test_an_interrupted_fine_tuning_ends_at_the_same_weights(
    data: TrainingData, tmp_path: Path
) -> None:
    pairs = dataclasses.replace(data.pictures, earlier=data.pictures.frames[::-1].copy())
    student = create_student("uvanet-32").eval()
    config = FinetuneConfig(steps=12, batch=4)
    for name, steps in (("straight", ()), ("stopped", (5, 3))):
        for count in steps:
            callback = Stopper(count)
            _, finished = finetune(
                student, pairs, pairs, config, tmp_path / name, callback=callback
            )
            assert not finished
        _, finished = finetune(student, pairs, pairs, config, tmp_path / name, callback=Stopper())
        assert finished
    assert_equal(checkpoint_of(tmp_path / "stopped"), checkpoint_of(tmp_path / "straight"))


def test_a_finished_run_is_not_taken_for_one_of_other_data_or_settings(
    trained: TrainResult, data: TrainingData, tmp_path: Path
) -> None:
    assert trained.weights is not None
    shutil.copytree(trained.weights.parent, tmp_path / "run")
    assert train_student(QUICK, data, tmp_path / "run").best == trained.best
    with pytest.raises(ModelError, match=r"epochs \(6 there, 7 now\)"):
        train_student(dataclasses.replace(QUICK, epochs=7), data, tmp_path / "run")
    fewer = data._replace(pictures=data.pictures.take(np.arange(7)))
    with pytest.raises(ModelError, match="training data"):
        train_student(QUICK, fewer, tmp_path / "run")
    with pytest.raises(ModelError, match="held-out data"):
        train_student(QUICK, data._replace(held_out=data.held_out[:1]), tmp_path / "run")
    (tmp_path / "run" / "best.safetensors").unlink()
    again = train_student(QUICK, data, tmp_path / "run")
    assert again.weights is not None
    assert again.weights.exists()
    assert again.best == again.history[-1]["val_nss"]
    torch.save([1, 2], tmp_path / "list.pt")
    for damaged in (b"half a fi", (tmp_path / "list.pt").read_bytes()):
        (tmp_path / "run" / "checkpoint.pt").write_bytes(damaged)
        with pytest.raises(ModelError, match="no readable checkpoint"):
            train_student(QUICK, data, tmp_path / "run")


def test_step_2_is_resumed_however_the_folder_is_named(
    data: TrainingData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relative and then an absolute --out broke step 2, whose settings hold a path."""
    quick = dataclasses.replace(QUICK, epochs=1)
    monkeypatch.chdir(tmp_path)
    steps = 2 + 3  # all of step 1, and three of step 2
    with pytest.raises(StoppedError):
        distill_student(quick, data, Path("run"), callback=Stopper(steps))
    assert (tmp_path / "run" / STEP2 / "checkpoint.pt").exists()
    result = distill_student(quick, data, tmp_path / "run")
    assert result.weights is not None
    assert result.weights.is_absolute()


def test_step_2_of_a_deleted_step_1_is_trained_anew(data: TrainingData, tmp_path: Path) -> None:
    """The old step 2 was compared, and refused, only after the new step 1."""
    quick = dataclasses.replace(QUICK, epochs=1)
    with pytest.raises(StoppedError):
        distill_student(quick, data, tmp_path, callback=Stopper(2 + 1))
    (tmp_path / "checkpoint.pt").unlink()
    other = dataclasses.replace(quick, seed=99)
    with pytest.raises(StoppedError):
        distill_student(other, data, tmp_path, callback=Stopper(1))
    assert not (tmp_path / STEP2).exists()
    assert best_of(tmp_path, tmp_path / STEP2) is None
    with pytest.raises(StoppedError):
        distill_student(other, data, tmp_path, callback=Stopper(1 + 1))
    assert best_of(tmp_path, tmp_path / STEP2) == tmp_path / "best.safetensors"


def test_step_2_keeps_the_settings_of_step_1() -> None:
    step1 = dataclasses.replace(
        step1_config("uvanet-128"),
        clip_share=0.0,
        loss="kl",
        precision="bf16-mixed",
        batch=32,
        weight_decay=0.5,
        warmup=0.2,
        branch_weight=0.1,
        cc_weight=0.3,
        seed=99,
        cache_resolution=99,
        motion=dataclasses.replace(step1_config("uvanet-64").motion, objects=0.9),
    )
    usual = {"start", "epochs", "eval_every", "peak_lr", "muon_lr", "ema_decay", "motion", "memory"}
    for targets, also in (("blended", set()), ("gaze", {"gaze_share"})):
        one = dataclasses.replace(step1, step2_targets=targets, step2_epochs=7, gaze_share=0.3)
        step2 = step2_config(one, "weights")
        changed = {
            field.name
            for field in dataclasses.fields(step1)
            if getattr(one, field.name) != getattr(step2, field.name)
        }
        assert changed == usual | also
        assert step2.motion.objects == 0.9
        assert step2.gaze_share == (0.3 if targets == "blended" else 1.0)
        assert step2.epochs == (7 if targets == "blended" else 20)


def test_a_run_without_step_1_takes_its_start_into_step_2(
    data: TrainingData, tmp_path: Path
) -> None:
    quick = dataclasses.replace(QUICK, epochs=1)
    start = train_student(quick, data, tmp_path / "start").weights
    assert start is not None
    later = dataclasses.replace(quick, start=str(start), epochs=0, step2_epochs=1)
    result = distill_student(later, data, tmp_path / "run")
    assert result.weights == tmp_path / "run" / STEP2 / "best.safetensors"
    # A second call finds a finished run.
    assert distill_student(later, data, tmp_path / "run").weights == result.weights


def test_step_2_ships_only_where_it_is_better() -> None:
    network = create_student("uvanet-32")
    first, second = (TrainResult(network, Path(name), 1.5) for name in ("first", "second"))
    assert better(first, second) is first
    assert better(first, dataclasses.replace(second, best=1.6)).weights == Path("second")
    assert better(first, dataclasses.replace(second, best=1.4)) is first
    assert better(first, dataclasses.replace(second, best=None)) is first


def test_a_run_without_a_measurement_has_no_best(data: TrainingData, tmp_path: Path) -> None:
    with pytest.raises(StoppedError):
        train_student(QUICK, data, tmp_path, callback=Stopper(2))
    assert torch.load(tmp_path / "checkpoint.pt", weights_only=True)["best"] is None
    assert not (tmp_path / "best.safetensors").exists()


def test_a_value_is_better_than_an_undefined_one(data: TrainingData, tmp_path: Path) -> None:
    """NaN as the first value was kept as the best one for the whole run."""

    class Values:
        metric = "nss"

        def __init__(self) -> None:
            self.left = [math.nan, 0.5, math.nan, 0.25]

        def __call__(self, model: torch.nn.Module, step: int) -> tuple[float, None]:
            return self.left.pop(0), None

    config = dataclasses.replace(QUICK, epochs=4)
    batches = DataLoader([Part(data.pictures)], config, 32, torch.device("cpu"))
    task = DistillationModule(create_student("uvanet-32"), config)
    steps = 4 * batches.steps
    trainer = Trainer(
        task, batches, config, steps, evaluation=Values(), eval_every=batches.steps, out=tmp_path
    )
    assert trainer.run().best == 0.5


def test_stop_writes_a_checkpoint(data: TrainingData, tmp_path: Path) -> None:
    class Listener(Stopper):
        events: list[Event] = []  # noqa: RUF012

        def emit(self, event: Event) -> None:
            self.events.append(event)

    listener = Listener(3)
    with pytest.raises(StoppedError):
        train_student(QUICK, data, tmp_path, callback=listener)
    assert listener.events[-1] == CheckpointEvent(step=3)
    assert (tmp_path / "checkpoint.pt").exists()


def test_a_checkpoint_of_0_1_0_is_resumed(
    data: TrainingData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny = Preset(
        32, stem=(4, 8), spatial=(8, 8), temporal=(8, 8), spatial_depth=(0, 0),
        temporal_depth=(0, 0), temporal_stride=4,
    )  # fmt: skip
    monkeypatch.setitem(PRESETS, "tiny", tiny)
    config = TrainConfig(
        preset="tiny", epochs=4, batch=4, eval_every=2, cache_resolution=64, step2_targets="gaze"
    )
    shutil.copy(OLD, tmp_path / "checkpoint.pt")
    with pytest.raises(StoppedError):
        train_student(config, data, tmp_path, callback=Stopper(0))
    old = torch.load(OLD, weights_only=True)
    now = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert now["step"] == 2 * 2
    for name, value in now["task"].items():
        assert torch.equal(value, old["task"][name.replace("model.", "student.", 1)]), name
    result = train_student(config, data, tmp_path)
    assert len(result.history) == 4
    assert result.history[1]["val_nss"] == old["history"][1]["val_nss"]
    # A run with settings that no longer exist is refused with a reason.
    torch.save({**old, "config": {**old["config"], "hint": 0.3}}, tmp_path / "checkpoint.pt")
    with pytest.raises(ModelError, match="hints or the MSE loss"):
        train_student(config, data, tmp_path)


def test_gradients_are_clipped_without_the_loss_scale(data: TrainingData) -> None:
    """0.1.0 clipped gradients of 16-mixed that still carried the loss scale."""
    torch.manual_seed(0)
    scaler = torch.amp.GradScaler("cpu", init_scale=SCALE)
    fabric = Fabric(accelerator="cpu", plugins=MixedPrecision("16-mixed", "cpu", scaler))
    task = DistillationModule(create_student("uvanet-32"), QUICK)
    part = Part(data.pictures, gaze_share=1.0)
    batches = DataLoader([part], QUICK, 32, torch.device("cpu"))
    Trainer(task, batches, QUICK, 1, fabric=fabric).run()
    gradients = [
        weight.grad.norm() for weight in task.model.parameters() if weight.grad is not None
    ]
    assert float(torch.stack(gradients).norm()) == pytest.approx(MAX_NORM, rel=0.02)


def test_a_loss_that_is_not_finite_ends_the_run(data: TrainingData, tmp_path: Path) -> None:
    student = create_student("uvanet-32")
    with torch.no_grad():
        student.head.conv.weight.fill_(math.nan)
    with pytest.raises(TrainingError, match="step 0"):
        finetune(
            student, data.pictures, None, FinetuneConfig(steps=2), tmp_path, callback=Stopper()
        )


def test_the_ensemble_is_trained(data: TrainingData) -> None:
    """The ensemble, which ships, is part of the loss; 0.1.0 trained the three predictions only."""
    task = DistillationModule(
        create_student("uvanet-32"), dataclasses.replace(QUICK, branch_weight=0.0)
    )
    batches = DataLoader([Part(data.pictures)], QUICK, 32, torch.device("cpu"))
    parts = task(batches.batch(0, Fabric(accelerator="cpu", devices=1)))
    assert parts["loss"].item() == pytest.approx(parts["ensemble"].item())
    parts["loss"].backward()
    for head in task.model.heads:
        assert head.conv.weight.grad is not None
        assert float(head.conv.weight.grad.abs().max()) > 0


def test_a_student_can_start_from_another_of_any_size() -> None:
    student = start_student("uvanet-32", "uvanet-64")
    assert_equal(load_file(resource("weights/uvanet-64.safetensors")), dict(student.state_dict()))
    with pytest.raises(ModelError, match="no model named"):
        start_student("uvanet-64", "nobody")


def test_the_learning_rate_rises_and_falls() -> None:
    rates = [learning_rate(step, 100, 1.0, 0.1) for step in range(100)]
    assert rates[0] == pytest.approx(0.1)
    assert max(rates) == pytest.approx(1.0)
    assert rates.index(max(rates)) in (9, 10)
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert rates[-1] < 0.02
