"""The two teachers of a run: trained, or found where the run's folder has them already.

A run's folder holds `teacher-spatial` and `teacher-temporal`: .safetensors, .onnx and the card.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from uvanet.data.fixations import read_split
from uvanet.deploy.graph_passes import store_half
from uvanet.deploy.onnx_export import export_onnx, save_weights
from uvanet.evaluation.calibration import best_logit_scale
from uvanet.models.teacher import HEIGHT, WIDTH, SpatialTeacher
from uvanet.models.temporal_teacher import STATE_CHANNELS, TemporalTeacher
from uvanet.runtime.engine import STATE_STRIDE
from uvanet.training.teachers.inference import (
    SPATIAL,
    TEMPORAL,
    Teachers,
    load_spatial,
    open_teachers,
)
from uvanet.training.teachers.spatial import Extractor, TeacherConfig, extract, train_readout
from uvanet.training.teachers.temporal import (
    MotionTeacherConfig,
    compare,
    motion_material,
    train_gate,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from uvanet.training.control import Callback

    Image = NDArray[np.uint8]
    Map = NDArray[np.float32]

SYNTHETIC = "synthetic-motion.json"


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
    spatial: TeacherConfig,
    temporal: MotionTeacherConfig,
    watch: Callback | None = None,
) -> Teachers:
    """Trains both teachers unless `out` has them, and exports them.

    Args:
        root: The data, as `find_root` gives it.
        out: The run's folder.
        spatial: The run of the spatial teacher.
        temporal: The run of the temporal teacher.
        watch: Told how far it is; may end it.

    Raises:
        StoppedError: The run was told to stop; a teacher that is done stays.
    """
    still = _spatial(root, out, spatial, watch)
    files = out / f"{SPATIAL}.onnx", out / f"{TEMPORAL}.onnx"
    _temporal(root, out, still, load_spatial(files[0], spatial.threads), temporal, watch)
    return open_teachers(*files, spatial.threads, spatial.scale)


def _spatial(
    root: Path, out: Path, config: TeacherConfig, watch: Callback | None
) -> SpatialTeacher:
    teacher = SpatialTeacher(config.scale, config.width)
    weights, onnx = out / f"{SPATIAL}.safetensors", out / f"{SPATIAL}.onnx"
    if weights.exists():
        teacher.load_state_dict(load_file(weights))
    else:
        levels, densities = extract(
            read_split(root, "train"), Extractor(teacher, config.threads), config, watch
        )
        train_readout(teacher, levels, densities, config, watch)
        _write_spatial(teacher, onnx)
        pictures = read_split(root, "val")
        teacher.sharpness.fill_(best_logit_scale(load_spatial(onnx, config.threads), pictures))
        onnx.unlink()
        save_weights(teacher, weights)
    if not onnx.exists():
        _write_spatial(teacher, onnx)
    return teacher.eval()


def _temporal(
    root: Path,
    out: Path,
    spatial: SpatialTeacher,
    labeller: Callable[[Image], Map],
    config: MotionTeacherConfig,
    watch: Callback | None,
) -> None:
    weights, onnx = out / f"{TEMPORAL}.safetensors", out / f"{TEMPORAL}.onnx"
    teacher = TemporalTeacher(spatial, config.width)
    if weights.exists():
        teacher.gate.load_state_dict(load_file(weights))
    else:
        train = read_split(root, "train")
        train_gate(
            teacher.gate,
            motion_material(train, config.sequences, labeller, config.seed, watch),
            config,
            watch,
        )
        held_out = motion_material(
            read_split(root, "val"), config.held_out, labeller, config.seed + 1, watch
        )
        found = compare(teacher.gate, held_out)
        (out / SYNTHETIC).write_text(json.dumps(found, indent=1))
        save_weights(teacher.gate, weights)
    teacher.eval()
    if not onnx.exists():
        earlier = torch.zeros(2, STATE_CHANNELS, HEIGHT // STATE_STRIDE, WIDTH // STATE_STRIDE)
        export_onnx(
            TemporalExport(teacher),
            (_frame(), earlier),
            onnx,
            inputs=("frame", "earlier"),
            outputs=("saliency", "features"),
            any_size=True,
        )
        store_half(onnx)


def _write_spatial(teacher: SpatialTeacher, path: Path) -> None:
    export_onnx(
        SpatialExport(teacher),
        (_frame(),),
        path,
        inputs=("frame",),
        outputs=("saliency",),
        any_size=True,
    )
    store_half(path)


def _frame() -> Tensor:
    """What exports are traced with."""
    return torch.zeros(2, HEIGHT, WIDTH, 3, dtype=torch.uint8)
