"""Builds the two teachers of a run, or loads them from its folder.

A run's folder holds `teacher-spatial` and `teacher-temporal` as .safetensors and .onnx with a card,
and `teachers.json` with the records of their settings and gaze data.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import nn

from uvanet.atomic_io import write_text
from uvanet.data.fixations import GazePicture, read_split
from uvanet.deploy.onnx_export import save_weights
from uvanet.evaluation.calibration import best_logit_scale
from uvanet.models.teacher import Readout, SpatialTeacher
from uvanet.models.temporal_teacher import TemporalTeacher
from uvanet.training.checkpoint import refusing_damage
from uvanet.training.config import SpatialTeacherConfig, TemporalTeacherConfig
from uvanet.training.control import Callback
from uvanet.training.fingerprint import Record, gaze_fingerprint, record, require_same
from uvanet.training.teachers.export import export_spatial, export_temporal
from uvanet.training.teachers.inference import (
    SPATIAL,
    TEMPORAL,
    Teachers,
    load_spatial,
    open_teachers,
)
from uvanet.training.teachers.spatial import Extractor, FrozenFeatures, extract, train_readout
from uvanet.training.teachers.temporal import compare, motion_data, train_gate

Splits = tuple[list[GazePicture], list[GazePicture]]
Image = NDArray[np.uint8]
Map = NDArray[np.float32]


SYNTHETIC, RECORDS = "synthetic-motion.json", "teachers.json"
FEATURES_FOLDER = "features"


def make_spatial(
    root: Path, out: Path, config: SpatialTeacherConfig, callback: Callback | None = None
) -> SpatialTeacher:
    """Trains the spatial teacher unless `out` holds it, and exports it.

    Args:
        root: The data, as `find_root` gives it.
        out: Folder of the run.
        config: The settings.
        callback: Receives progress; may stop the training.

    Returns:
        The teacher, in evaluation mode.

    Raises:
        ModelError: `out` holds a teacher of other data or settings, or a damaged one.
        StoppedError: The training was told to stop; finished features and readouts are kept.
    """
    splits = read_split(root, "train"), read_split(root, "val")
    return _spatial(out, config, splits, _made_from(splits, config), callback or Callback())


def make_teachers(
    root: Path,
    out: Path,
    spatial: SpatialTeacherConfig,
    temporal: TemporalTeacherConfig,
    callback: Callback | None = None,
) -> Teachers:
    """Trains both teachers unless `out` holds them, and exports them; see `make_spatial`.

    Args:
        root: The data, as `find_root` gives it.
        out: Folder of the run.
        spatial: Settings of the spatial teacher.
        temporal: Settings of the temporal teacher.
        callback: Receives progress; may stop the training.

    Raises:
        UvanetError: See `make_spatial`.
    """
    callback = callback or Callback()
    splits = read_split(root, "train"), read_split(root, "val")
    before = _made_from(splits, spatial)
    teacher = _spatial(out, spatial, splits, before, callback)
    files = out / f"{SPATIAL}.onnx", out / f"{TEMPORAL}.onnx"
    made_from = {**_made_from(splits, temporal), "spatial teacher": json.dumps(before)}
    labeller = load_spatial(files[0], spatial.threads)
    _temporal(out, teacher, labeller, temporal, splits, made_from, callback)
    return open_teachers(*files, spatial.threads)


def _made_from(splits: Splits, config: SpatialTeacherConfig | TemporalTeacherConfig) -> Record:
    settings = replace(config, threads=0) if isinstance(config, SpatialTeacherConfig) else config
    return record(settings, **{"gaze data": [gaze_fingerprint(split) for split in splits]})


def _load_or_train(
    weights: Path, module: nn.Module, made_from: Record, train: Callable[[], None]
) -> None:
    """Loads the weights of a module, or trains it and stores them.

    Raises:
        ModelError: The weights were made from other settings or data, or their file is damaged.
    """
    records = _records(weights.parent)
    if weights.exists():
        require_same(records.get(weights.stem, {}), made_from, weights)
        with refusing_damage(weights):
            module.load_state_dict(load_file(weights))
        return
    weights.with_suffix(".onnx").unlink(missing_ok=True)  # made from weights that were deleted
    train()
    records = _records(weights.parent)
    records[weights.stem] = made_from
    write_text(weights.parent / RECORDS, json.dumps(records, indent=1))
    save_weights(module, weights)


def _records(out: Path) -> dict[str, Record]:
    try:
        found: dict[str, Record] = json.loads((out / RECORDS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found


def _spatial(
    out: Path,
    config: SpatialTeacherConfig,
    splits: Splits,
    made_from: Record,
    callback: Callback,
) -> SpatialTeacher:
    onnx = out / f"{SPATIAL}.onnx"
    teacher = SpatialTeacher(config.scales, config.width)

    def train() -> None:
        for place in range(len(config.scales)):
            _readout(out, place, teacher, config, splits[0], made_from, callback)
        for folder in out.glob(f"{FEATURES_FOLDER}-*"):
            shutil.rmtree(folder)
        export_spatial(teacher.eval(), onnx)
        teacher.sharpness.fill_(best_logit_scale(load_spatial(onnx, config.threads), splits[1]))
        onnx.unlink()

    _load_or_train(onnx.with_suffix(".safetensors"), teacher, made_from, train)
    if not onnx.exists():
        export_spatial(teacher.eval(), onnx)
    return teacher.eval()


def _readout(
    out: Path,
    place: int,
    teacher: SpatialTeacher,
    config: SpatialTeacherConfig,
    pictures: list[GazePicture],
    made_from: Record,
    callback: Callback,
) -> None:
    """Trains a readout of the spatial teacher, or takes it from a run that was stopped."""
    scale, backbone = config.scales[place], teacher.backbone_of(place)
    readout = teacher.readouts[place]
    seeded = replace(config, seed=config.seed + place)

    def extractor() -> Extractor:
        return Extractor(FrozenFeatures(backbone, teacher.faces), config.threads)

    def train() -> None:
        folder = out / f"{FEATURES_FOLDER}-{scale}"
        views = {name: made_from[name] for name in ("views", "min_zoom", "seed", "gaze data")}
        data = extract(pictures, extractor, config, folder, views, callback)
        torch.manual_seed(seeded.seed)  # the initial weights do not depend on other readouts
        fresh = Readout(backbone.channels, config.width)
        train_readout(fresh, data, seeded, callback)
        readout.load_state_dict(fresh.state_dict())

    name = f"readout-{place}-lite{scale}.safetensors"
    _load_or_train(out / name, readout, made_from, train)


def _temporal(
    out: Path,
    spatial: SpatialTeacher,
    labeller: Callable[[Image], Map],
    config: TemporalTeacherConfig,
    splits: Splits,
    made_from: Record,
    callback: Callback,
) -> None:
    onnx = out / f"{TEMPORAL}.onnx"
    torch.manual_seed(config.seed)
    teacher = TemporalTeacher(spatial, config.width)

    def train() -> None:
        data = motion_data(splits[0], config.sequences, labeller, config.seed, callback)
        train_gate(teacher.gate, data, config, callback)
        data = motion_data(splits[1], config.held_out, labeller, config.seed + 1, callback)
        write_text(out / SYNTHETIC, json.dumps(compare(teacher.gate, data), indent=1))

    _load_or_train(onnx.with_suffix(".safetensors"), teacher.gate, made_from, train)
    if not onnx.exists():
        export_temporal(teacher.eval(), onnx)
