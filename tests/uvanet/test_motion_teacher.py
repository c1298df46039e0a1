"""Labelled motion at high resolution, the temporal teacher, and pairs of clips."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
import torch

from uvanet.data.fixations import read_split
from uvanet.data.sequences import FLOOR, POWER, STEPS, make_sequence
from uvanet.errors import UsageError
from uvanet.models.temporal_teacher import STATE_CHANNELS, Gate, Motion
from uvanet.training.data.labelled_clips import label_clips
from uvanet.training.teachers.inference import chosen_teachers
from uvanet.training.teachers.temporal import (
    MotionTeacherConfig,
    compare,
    energies,
    motion_material,
    train_gate,
)

if TYPE_CHECKING:
    from pathlib import Path


def even(image: np.ndarray) -> np.ndarray:
    """A spatial teacher that finds everything alike."""
    shape = (image.shape[0] // 8, image.shape[1] // 8)
    return np.full(shape, 1 / (shape[0] * shape[1]), np.float32)


def test_motion_moves_gaze_and_rest_does_not(gaze_tree: Path) -> None:
    pictures = read_split(gaze_tree, "train")
    moved = 0
    for seed in range(12):
        sequence = make_sequence(pictures[0], pictures[1], np.random.default_rng(seed))
        assert sequence.frames.shape[0] == STEPS
        assert sequence.frames.shape[1] * 2 == sequence.last.shape[0]
        assert sequence.still.sum() == pytest.approx(1, abs=1e-3)
        assert sequence.label.sum() == pytest.approx(1, abs=1e-3)
        ratio = sequence.label / np.maximum(sequence.still, 1e-9)
        seen = sequence.still > sequence.still.max() / 100
        # Between full contrast and none lies what the law says, and never more.
        assert ratio[seen].max() / ratio[seen].min() <= (1 + FLOOR) / FLOOR * 1.01
        moved += not np.allclose(sequence.label, sequence.still, atol=1e-7)
    assert 0 < moved < 12
    assert 0 < POWER < 1


def pan(steps: int, speed: int) -> np.ndarray:
    """A grey scene with a bright square that moves to the right."""
    frames = np.full((steps, 48, 64, 3), 60, np.uint8)
    for step, frame in enumerate(frames):
        frame[16:28, 4 + speed * step : 16 + speed * step] = 200
    return frames


def test_energy_lies_where_something_moved() -> None:
    motion = Motion()
    energy = energies(motion, pan(STEPS, 3))
    assert energy.shape == (STATE_CHANNELS, 12, 16)
    right, left = energy[0, :, 9:].sum(), energy[0, :, :3].sum()
    assert right > 3 * left
    assert energies(motion, pan(STEPS, 0)).abs().max() < 1e-6


def test_a_first_frame_is_known_from_a_black_one() -> None:
    motion = Motion()
    bright = torch.full((1, 1, 8, 8), 0.5)
    state, energy = motion(bright, torch.zeros(1, STATE_CHANNELS, 8, 8))
    assert energy.abs().max() == 0
    black, _ = motion(torch.zeros(1, 1, 8, 8), torch.zeros(1, STATE_CHANNELS, 8, 8))
    _, energy = motion(bright, black)
    assert energy.min() > 0.05
    _, energy = motion(bright, state)
    assert energy.abs().max() < 1e-6


def test_the_gate_starts_as_the_rule_and_stillness_changes_nothing() -> None:
    gate = Gate(8).eval()
    spatial = torch.randn(1, 1, 6, 8)
    with torch.no_grad():
        still = gate(torch.zeros(1, STATE_CHANNELS, 6, 8), spatial)
        energy = torch.zeros(1, STATE_CHANNELS, 6, 8)
        energy[..., 2, 3] = 0.2
        added = gate(energy, spatial)[0, 0]
    assert still.abs().max() < 1e-6
    assert added.argmax() == 2 * 8 + 3
    assert added.max() - added.min() > 2


def test_the_gate_learns_more_than_the_rule_knows(gaze_tree: Path) -> None:
    pictures = read_split(gaze_tree, "train")
    config = MotionTeacherConfig(sequences=24, held_out=0, width=8, epochs=12, batch=8)
    material = motion_material(pictures, config.sequences, even, config.seed)
    gate = Gate(config.width)
    train_gate(gate, material, config)
    found = compare(gate, material)
    assert found["temporal"]["kld"] < found["rule"]["kld"]
    assert found["temporal"]["kld"] < found["spatial"]["kld"]


def film(path: Path, step: int) -> Path:
    """Two seconds of a bright square that moves to the right by `step` pixels a frame."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 30, (320, 240))
    for index in range(60):
        frame = np.full((240, 320, 3), 60, np.uint8)
        left = 20 + step * index
        frame[100:140, left : left + 40] = 220
        writer.write(frame)
    writer.release()
    return path


def test_clips_are_labelled_by_both_and_only_once(tmp_path: Path) -> None:
    path, asked = film(tmp_path / "film.avi", 4), []
    given = chosen_teachers()

    def spatial(image: np.ndarray) -> np.ndarray:
        asked.append(image.shape)
        return even(image)

    teachers = dataclasses.replace(given, spatial=spatial)
    pairs, ratios = label_clips([path], teachers, 0.2, tmp_path / "cache", 64)
    assert ratios.tolist() == pytest.approx([4 / 3] * len(asked))
    assert len(pairs.frame) == len(asked) > 2
    assert pairs.frame.shape[1:] == pairs.earlier.shape[1:] == (64, 64, 3)
    assert pairs.still.shape == pairs.label.shape == (len(asked), 48, 48)
    for frame, still, label in zip(pairs.frame, pairs.still, pairs.label, strict=True):
        assert still.float().std() < 0.02
        square = frame.float().mean(2).argmax() % 64
        looked = label.float().argmax() % 48
        assert abs(float(square) / 64 - float(looked) / 48) < 0.2
    again = label_clips([path], teachers, 0.2, tmp_path / "cache", 64)
    assert len(asked) == len(pairs.frame)
    assert torch.equal(again.pairs.label, pairs.label)


def test_the_temporal_teacher_labels_a_clip_as_a_stream(tmp_path: Path) -> None:
    teachers = chosen_teachers()
    shares = []
    for step in (0, 4):
        path = film(tmp_path / f"film{step}.avi", step)
        found = label_clips([path], teachers, 0.2, tmp_path / "cache", 64)
        still, label = (maps.float().flatten(1) for maps in (found.pairs.still, found.pairs.label))
        label, still = label / label.sum(1, keepdim=True), still / still.sum(1, keepdim=True)
        square = found.pairs.frame.float().mean(3)
        where = torch.nn.functional.interpolate(square[:, None], (48, 48), mode="area") > 120
        shares.append(((label - still) * where.flatten(1)).sum(1).mean())
    # What moves is looked at more than as a picture; where nothing does, the two say the same.
    assert abs(shares[0]) < 0.05
    assert shares[1] > shares[0] + 0.05
    with pytest.raises(UsageError, match="no motion"):
        chosen_teachers(temporal="teacher-spatial")
