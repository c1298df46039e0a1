"""Labelled synthetic motion, the temporal teacher and its gate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from training_kit import write_film

from uvanet.data.fixations import read_split
from uvanet.data.motion_law import FLOOR, POWER, motion_gain
from uvanet.data.sequences import STEPS, make_sequence
from uvanet.errors import UsageError
from uvanet.models.temporal_teacher import STATE_CHANNELS, Gate, Motion
from uvanet.training.config import TemporalTeacherConfig
from uvanet.training.control import Callback
from uvanet.training.data.pseudo_labels import label_clips
from uvanet.training.teachers.inference import chosen_teachers
from uvanet.training.teachers.temporal import compare, energies, motion_data, train_gate

if TYPE_CHECKING:
    from pathlib import Path


def even(image: np.ndarray) -> np.ndarray:
    """A spatial teacher with an even map."""
    shape = (image.shape[0] // 8, image.shape[1] // 8)
    return np.full(shape, 1 / (shape[0] * shape[1]), np.float32)


def test_motion_moves_gaze_and_rest_does_not(gaze_data_root: Path) -> None:
    pictures = read_split(gaze_data_root, "train")
    moved = 0
    for seed in range(12):
        sequence = make_sequence(pictures[0], pictures[1], np.random.default_rng(seed))
        assert sequence.frames.shape[0] == STEPS
        assert sequence.frames.shape[1] * 2 == sequence.last.shape[0]
        assert sequence.spatial_target.sum() == pytest.approx(1, abs=1e-3)
        assert sequence.temporal_target.sum() == pytest.approx(1, abs=1e-3)
        ratio = sequence.temporal_target / np.maximum(sequence.spatial_target, 1e-9)
        seen = sequence.spatial_target > sequence.spatial_target.max() / 100
        # The effect is at most that of the law for full contrast.
        assert ratio[seen].max() / ratio[seen].min() <= (1 + FLOOR) / FLOOR * 1.01
        moved += not np.allclose(sequence.temporal_target, sequence.spatial_target, atol=1e-7)
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


def test_the_gate_learns_more_than_the_rule_knows(gaze_data_root: Path) -> None:
    pictures = read_split(gaze_data_root, "train")
    config = TemporalTeacherConfig(sequences=24, held_out=0, width=8, epochs=12, batch=8)
    data = motion_data(pictures, config.sequences, even, config.seed, Callback())
    gate = Gate(config.width)
    train_gate(gate, data, config, Callback())
    found = compare(gate, data)
    assert found["temporal"]["kld"] < found["rule"]["kld"]
    assert found["temporal"]["kld"] < found["spatial"]["kld"]


def test_one_law_of_motion_for_arrays_and_tensors() -> None:
    contrast = np.linspace(0, 1, 5, dtype=np.float32)
    gain = motion_gain(contrast)
    assert gain[0] == pytest.approx(FLOOR)
    assert gain[-1] == pytest.approx(1 + FLOOR)
    assert torch.allclose(motion_gain(torch.from_numpy(contrast)), torch.from_numpy(gain))


def test_the_temporal_teacher_labels_a_clip_as_a_stream(tmp_path: Path) -> None:
    teachers = chosen_teachers()
    shares = []
    for step in (0, 4):
        path = write_film(tmp_path / f"film{step}.mp4", step)
        found = label_clips([path], teachers, 0.2, tmp_path / "cache", 64, Callback())
        assert found is not None
        assert found.temporal is not None
        spatial, temporal = (
            maps / maps.sum((1, 2), keepdims=True)
            for maps in (found.spatial.astype(float), found.temporal.astype(float))
        )
        square = found.frames.mean(3, dtype=float) > 120
        shares.append(((temporal - spatial) * square).sum((1, 2)).mean())
    # Moving places get more gaze than in a still picture; where nothing moves, both maps agree.
    assert abs(shares[0]) < 0.05
    assert shares[1] > shares[0] + 0.05
    with pytest.raises(UsageError, match="no motion"):
        chosen_teachers(temporal="teacher-spatial")
