"""Builds the two teachers of a run, or takes those that its folder holds.

A run's folder holds `teacher-spatial` and `teacher-temporal`: .safetensors, .onnx, the card, and in
`teachers.json` what both were made from: settings and gaze data.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from uvanet.atomic_io import atomic_write, write_text
from uvanet.data.fixations import read_split
from uvanet.deploy.graph_passes import store_half
from uvanet.deploy.onnx_export import export_onnx, save_weights
from uvanet.evaluation.calibration import best_logit_scale
from uvanet.models.teacher import HEIGHT, WIDTH, SpatialTeacher
from uvanet.models.temporal_teacher import STATE_CHANNELS, TemporalTeacher
from uvanet.runtime.engine import STATE_STRIDE
from uvanet.training.control import Callback
from uvanet.training.fingerprint import gaze_fingerprint, record, require_same
from uvanet.training.teachers.inference import (
    SPATIAL,
    TEMPORAL,
    Teachers,
    load_spatial,
    open_teachers,
)
from uvanet.training.teachers.spatial import Extractor, extract, train_readout
from uvanet.training.teachers.temporal import compare, motion_data, train_gate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from uvanet.data.fixations import GazePicture
    from uvanet.training.config import SpatialTeacherConfig, TemporalTeacherConfig
    from uvanet.training.fingerprint import Record

    Splits = tuple[list[GazePicture], list[GazePicture]]
    Image = NDArray[np.uint8]
    Map = NDArray[np.float32]

SYNTHETIC, RECORDS = "synthetic-motion.json", "teachers.json"


class SpatialExport(nn.Module):
    """The spatial teacher as engines run it: bytes in, a map in 0..1 out.

    Args:
        teacher: In evaluation mode.
    """

    def __init__(self, teacher: SpatialTeacher) -> None:
        super().__init__()
        self.teacher = teacher

    def forward(self, frame: Tensor) -> Tensor:
        """Maps RGB uint8 (n, h, w, 3) to maps (n, h / 8, w / 8), the largest value of each 1."""
        return _saliency(self.teacher(_pixels(frame)))


class TemporalExport(nn.Module):
    """The temporal teacher as engines run it; see `uvanet.runtime.engine.Engine.step`.

    Args:
        teacher: In evaluation mode.
    """

    def __init__(self, teacher: TemporalTeacher) -> None:
        super().__init__()
        self.teacher = teacher

    def forward(self, frame: Tensor, earlier: Tensor) -> tuple[Tensor, Tensor]:
        """Maps RGB uint8 (n, h, w, 3) and the earlier state to maps and the state now."""
        logits, state = self.teacher(_pixels(frame), earlier)
        return _saliency(logits), state


def _pixels(frame: Tensor) -> Tensor:
    return frame.permute(0, 3, 1, 2).float() * (1 / 255)


def _saliency(logits: Tensor) -> Tensor:
    logits = logits[:, 0]
    return torch.exp(logits - logits.amax((1, 2), keepdim=True))


def make_teachers(
    root: Path,
    out: Path,
    spatial: SpatialTeacherConfig,
    temporal: TemporalTeacherConfig,
    callback: Callback | None = None,
) -> Teachers:
    """Trains both teachers unless `out` holds them, and exports them.

    Args:
        root: The data, as `find_root` gives it.
        out: The run's folder.
        spatial: Settings of the spatial teacher.
        temporal: Settings of the temporal teacher.
        callback: Receives progress; may stop it.

    Raises:
        ModelError: `out` holds teachers of other data or settings; names what differs.
        StoppedError: It was told to stop; a teacher that is finished stays.
    """
    callback = callback or Callback()
    splits = read_split(root, "train"), read_split(root, "val")
    data = {"gaze data": [gaze_fingerprint(split) for split in splits]}
    made_from = record(replace(spatial, threads=0), **data)
    teacher = _spatial(out, spatial, splits, made_from, callback)
    files = out / f"{SPATIAL}.onnx", out / f"{TEMPORAL}.onnx"
    made_from = record(temporal, **data, **{"spatial teacher": made_from})
    labeller = load_spatial(files[0], spatial.threads)
    _temporal(out, teacher, labeller, temporal, splits, made_from, callback)
    return open_teachers(*files, spatial.threads)


def _make(
    onnx: Path,
    module: nn.Module,
    made_from: Record,
    train: Callable[[], None],
    write: Callable[[], None],
) -> None:
    """Loads a module from its weights, or trains it and keeps them; exports it where needed.

    Raises:
        ModelError: The weights were made from other settings or data.
    """
    weights, records = onnx.with_suffix(".safetensors"), _records(onnx.parent)
    if weights.exists():
        require_same(records.get(onnx.stem, {}), made_from, weights)
        module.load_state_dict(load_file(weights))
    else:
        onnx.unlink(missing_ok=True)  # of weights that were deleted
        train()
        records[onnx.stem] = made_from
        write_text(onnx.parent / RECORDS, json.dumps(records, indent=1))
        save_weights(module, weights)
    if not onnx.exists():
        write()


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
    torch.manual_seed(config.seed)
    teacher = SpatialTeacher(config.scale, config.width)

    def write() -> None:
        export_spatial(teacher, onnx)

    def train() -> None:
        extractor = Extractor(teacher, config.threads)
        levels, densities = extract(splits[0], extractor, config, callback)
        train_readout(teacher, levels, densities, config, callback)
        write()
        teacher.sharpness.fill_(best_logit_scale(load_spatial(onnx, config.threads), splits[1]))
        onnx.unlink()

    _make(onnx, teacher, made_from, train, write)
    return teacher.eval()


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

    def write() -> None:
        _export(
            TemporalExport(teacher.eval()), onnx, ("frame", "earlier"), ("saliency", "features")
        )

    _make(onnx, teacher.gate, made_from, train, write)


def export_spatial(teacher: SpatialTeacher, path: Path) -> None:
    """Writes a spatial teacher as ONNX, for pictures of any size."""
    _export(SpatialExport(teacher), path, ("frame",), ("saliency",))


def _export(
    module: nn.Module, path: Path, inputs: tuple[str, ...], outputs: tuple[str, ...]
) -> None:
    frame = torch.zeros(2, HEIGHT, WIDTH, 3, dtype=torch.uint8)
    earlier = torch.zeros(2, STATE_CHANNELS, HEIGHT // STATE_STRIDE, WIDTH // STATE_STRIDE)
    with atomic_write(path) as part:  # both steps or none
        example = (frame, earlier)[: len(inputs)]
        export_onnx(module, example, part, inputs=inputs, outputs=outputs, any_size=True)
        store_half(part)
