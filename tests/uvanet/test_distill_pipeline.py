"""Teachers, and the pipeline from data to a distilled student, on generated pictures."""

from __future__ import annotations

import dataclasses
import json
import logging
import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from msgspec import structs
from safetensors.torch import load_file
from small_configs import SPATIAL_CONFIG, STUDENT, TEMPORAL_CONFIG
from training_kit import Stopper, write_pool

from uvanet.data.fixations import read_split
from uvanet.data.gaze_files import read_rgb
from uvanet.errors import ModelError
from uvanet.model import load
from uvanet.models.teacher import Backbone, SpatialTeacher
from uvanet.stream import Stream
from uvanet.teacher_input import HEIGHT, WIDTH
from uvanet.training.control import Callback, StoppedError
from uvanet.training.pipeline import DistillConfig, distill
from uvanet.training.progress import CheckpointEvent, Event, StepEvent
from uvanet.training.publish import publish_spatial, publish_temporal
from uvanet.training.teachers.build import make_spatial, make_teachers
from uvanet.training.teachers.inference import load_spatial

if TYPE_CHECKING:
    from pathlib import Path


class Listener(Stopper):
    def __init__(self, checkpoints: int = 1_000_000) -> None:
        super().__init__()
        self.events: list[Event] = []
        self._checkpoints = checkpoints

    def emit(self, event: Event) -> None:
        self.events.append(event)

    def proceed(self) -> bool:
        return self.checkpoints < self._checkpoints

    @property
    def checkpoints(self) -> int:
        return sum(isinstance(event, CheckpointEvent) for event in self.events)

    @property
    def phases(self) -> list[str]:
        return list(dict.fromkeys(e.phase for e in self.events if isinstance(e, StepEvent)))


def config_of(root: Path, pool: Path | None = None) -> DistillConfig:
    return DistillConfig(
        student=STUDENT,
        spatial=SPATIAL_CONFIG,
        temporal=TEMPORAL_CONFIG,
        clip_every=0.5,
        root=root,
        pools=(pool,) if pool else (),
    )


def test_the_backbone_gives_a_pyramid_and_knows_its_weights() -> None:
    backbone = Backbone(0).eval()
    with torch.no_grad():
        dark = backbone(torch.zeros(1, 3, HEIGHT, WIDTH))
        light = backbone(torch.ones(1, 3, HEIGHT, WIDTH))
    for level, stride, channels in zip(dark, (8, 16, 32), backbone.channels, strict=True):
        assert level.shape == (1, channels, HEIGHT // stride, WIDTH // stride)
    # Trained weights tell light from dark; the scale of the features is theirs.
    assert (dark.s32 - light.s32).abs().mean() > 0.01


def test_teachers_learn_where_the_backbone_stays(
    gaze_data_root: Path, small_teachers: Path, tmp_path: Path
) -> None:
    before = SpatialTeacher((0,), 16).backbones.state_dict()
    after = load_file(small_teachers / "teacher-spatial.safetensors")
    for name, value in before.items():
        assert torch.equal(after[f"backbones.{name}"], value), name
    # Existing results are reused, and nothing is trained.
    run = tmp_path / "run"
    shutil.copytree(small_teachers, run)
    listener = Listener()
    teachers = make_teachers(gaze_data_root, run, SPATIAL_CONFIG, TEMPORAL_CONFIG, listener)
    assert listener.events == []
    (picture, *_) = read_split(gaze_data_root, "train")
    image = read_rgb(picture.path)
    density = teachers.spatial(image)
    assert density.sum() == pytest.approx(1, abs=1e-3)
    assert np.allclose(load_spatial(run / "teacher-spatial.onnx", 1)(image), density)


def test_a_run_that_was_stopped_keeps_its_readouts(
    gaze_data_root: Path, small_teachers: Path, tmp_path: Path
) -> None:
    run, other = tmp_path / "run", tmp_path / "other"
    other.mkdir()
    shutil.copytree(small_teachers, run)
    weights = run / "teacher-spatial.safetensors"
    first = load_file(weights)
    weights.unlink()  # stopped before the end
    readout = run / "readout-0-lite0.safetensors"
    whole = readout.read_bytes()
    readout.write_bytes(whole[:-100])
    with pytest.raises(ModelError, match="readout-0"):
        make_spatial(gaze_data_root, run, SPATIAL_CONFIG)
    readout.write_bytes(whole)
    listener = Listener()
    again = make_spatial(gaze_data_root, run, SPATIAL_CONFIG, listener).state_dict()
    assert listener.events == []
    assert all(torch.equal(value, again[name]) for name, value in first.items())
    # A readout does not depend on the others; two of one backbone differ by their seeds.
    three = dataclasses.replace(SPATIAL_CONFIG, scales=(0, 0, 0))

    class InTheThird(Callback):
        def proceed(self) -> bool:
            return len(list(other.glob("readout-*"))) < 2

    with pytest.raises(StoppedError):
        make_spatial(gaze_data_root, other, three, InTheThird())
    kept = [load_file(path) for path in sorted(other.glob("readout-*"))]
    assert len(kept) == 2
    for name, value in kept[0].items():
        assert torch.equal(value, first[f"readouts.0.{name}"])
    assert not torch.equal(kept[0]["head.weight"], kept[1]["head.weight"])


def test_teachers_of_other_data_or_settings_are_not_used(
    gaze_data_root: Path, small_teachers: Path, tmp_path: Path
) -> None:
    run, other = tmp_path / "run", tmp_path / "data"
    shutil.copytree(small_teachers, run)
    shutil.copytree(gaze_data_root, other)
    victim = other / "fixations" / "made" / "train0.jpg"
    victim.write_bytes((other / "fixations" / "made" / "train1.jpg").read_bytes())
    with pytest.raises(ModelError, match=r"teacher-spatial.safetensors .* gaze data"):
        make_teachers(other, run, SPATIAL_CONFIG, TEMPORAL_CONFIG)
    wider = dataclasses.replace(SPATIAL_CONFIG, epochs=9)
    with pytest.raises(ModelError, match=r"epochs \(1 there, 9 now\)"):
        make_teachers(gaze_data_root, run, wider, TEMPORAL_CONFIG)
    # 0.1.0 stored no record, so the data of its teachers is unknown.
    (run / "teachers.json").unlink()
    with pytest.raises(ModelError, match="teacher-spatial"):
        make_teachers(gaze_data_root, run, SPATIAL_CONFIG, TEMPORAL_CONFIG)


def test_teachers_stream_like_any_model_and_keep_the_aspect_ratio(
    gaze_data_root: Path, small_teachers: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    shutil.copytree(small_teachers, run)
    card = publish_spatial(gaze_data_root, run, SPATIAL_CONFIG)
    assert {"val", "test"} <= set(card.metrics)
    assert "blazeface.onnx" in card.recipe["frozen weights"]
    card = publish_temporal(gaze_data_root, run, TEMPORAL_CONFIG, card)
    assert card.metrics["synthetic motion"]["rule"]["kld"] > 0
    picture = np.full((90, 160, 3), 90, np.uint8)
    picture[30:60, 20:50] = 230
    shifted = np.roll(picture, 60, 1)
    spatial, temporal = (
        Stream(load(run / f"teacher-{kind}.onnx")) for kind in ("spatial", "temporal")
    )
    still = spatial.step(picture, 0.0)
    assert still.shape[1] > 1.5 * still.shape[0]
    # In a first frame nothing moves.
    assert np.allclose(temporal.step(picture, 0.0), still, atol=1e-4)
    moved = temporal.step(shifted, 0.1)
    gain = moved / np.maximum(spatial.step(shifted, 0.1), 1e-6)
    columns = gain.mean(0)
    assert columns[len(columns) // 2 - 3 : len(columns) // 2 + 3].mean() > columns[-4:].mean()


def test_a_student_is_distilled_stopped_and_resumed(
    gaze_data_root: Path,
    small_teachers: Path,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    out = tmp_path / "run"
    shutil.copytree(small_teachers, out)
    config = config_of(gaze_data_root, write_pool(tmp_path / "pool"))
    (config.pools[0] / "cut.jpg").write_bytes(b"\xff\xd8\xff cut")
    listener = Listener(1)
    with caplog.at_level(logging.WARNING):
        card, finished = distill(config, out, callback=listener)
    assert listener.phases == ["label", "train"]
    assert "cut.jpg" in caplog.text
    assert not finished
    assert card is not None
    assert set(card.metrics) == {"val"}
    # Stopped before the checkpoint was compared, so the student in the folder may be of other data.
    assert distill(config, out, callback=Stopper(0)) == (None, False)
    listener = Listener()
    card, finished = distill(config, out, callback=listener)
    assert finished
    assert card is not None
    assert set(card.metrics) == {"val", "test"}
    model = load(out / "uvanet-32" / "uvanet-32.onnx")
    assert model.predict(np.zeros((20, 30, 3), np.uint8)).shape == (20, 30)
    told = {row.name: row for row in card.data}
    assert told["made"].license == "CC0"
    assert any("EfficientNet" in name for name in told)
    assert "--pool" in card.recipe["command"]
    assert card.recipe["clips"]["clip_every"] == 0.5
    history = json.loads((out / "uvanet-32" / "history.json").read_text())
    assert len(history) == STUDENT.epochs
    # The better step ships.
    best = {
        step: torch.load(out / "uvanet-32" / step / "checkpoint.pt", weights_only=True)["best"]
        for step in (".", "step2")
    }
    assert structs.asdict(card)["recipe"]["step 2"]["epochs"] == STUDENT.step2_epochs
    assert None not in best.values()
    # The same call again trains nothing.
    listener = Listener()
    distill(config, out, callback=listener)
    assert listener.checkpoints == 0


def test_a_deleted_teacher_is_exported_anew(
    gaze_data_root: Path, small_teachers: Path, tmp_path: Path
) -> None:
    """The ONNX file was kept, so that the deleted gate still labelled."""
    run = tmp_path / "run"
    shutil.copytree(small_teachers, run)
    before = (run / "teacher-temporal.onnx").read_bytes()
    (run / "teacher-temporal.safetensors").unlink()
    other = dataclasses.replace(TEMPORAL_CONFIG, seed=99)
    make_teachers(gaze_data_root, run, SPATIAL_CONFIG, other)
    assert (run / "teacher-temporal.onnx").read_bytes() != before
    assert not list(run.glob(".*"))


def test_a_start_that_is_missing_is_reported_before_teachers_are_trained(
    gaze_data_root: Path, tmp_path: Path
) -> None:
    config = config_of(gaze_data_root)
    student = dataclasses.replace(config.student, start="nobody")
    listener = Listener()
    with pytest.raises(ModelError, match="nobody"):
        distill(dataclasses.replace(config, student=student), tmp_path, callback=listener)
    assert listener.events == []
