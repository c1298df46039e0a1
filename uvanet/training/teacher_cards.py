"""Cards of the two teachers: what they are, from what, how good, and where they fail."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

import torch
from msgspec.structs import replace
from torch import Tensor, nn

from uvanet.data.fixations import read_split
from uvanet.deploy.onnx_export import CITATION
from uvanet.evaluation.baselines import centre_prior
from uvanet.evaluation.motion_baseline import MotionBaseline
from uvanet.evaluation.predictors import StreamPredictor
from uvanet.model import Model
from uvanet.model_card import Card, file_hash
from uvanet.models.teacher import SpatialTeacher
from uvanet.models.temporal_teacher import MEMORY_SECONDS, STATE_CHANNELS, TemporalTeacher
from uvanet.runtime.engine import STATE_STRIDE
from uvanet.runtime.engines import open_engine
from uvanet.runtime.input_size import TEACHER_SIZE
from uvanet.training.measure import measure
from uvanet.training.provenance import backbone_data, gaze_data
from uvanet.training.teachers.build import SYNTHETIC
from uvanet.training.teachers.inference import SPATIAL, TEMPORAL

if TYPE_CHECKING:
    from pathlib import Path

    from uvanet.evaluation.predictors import Predictor
    from uvanet.training.config import SpatialTeacherConfig, TemporalTeacherConfig
    from uvanet.training.measure import Metrics

_LIMITS = [
    "Trained on free viewing of still pictures; tasks, sound and text are not known to it.",
    "A map is relative: its largest value is always 1, also where nothing draws the eye.",
    "Its sharpness was set on `val`, at about 384 x 512 pixels.",
    "That it keeps the picture's proportions, and its size, was decided by looking at `val` and at "
    "talk, so its numbers there flatter it.",
]
_MOTION_LIMITS = [
    "What motion does to gaze it knows from synthetic motion only, whose law is an assumption.",
    "How far its gate is believed (half) was chosen by looking at talk, out of five variants: its "
    "number there flatters it.",
]


def write_cards(
    root: Path, out: Path, spatial: SpatialTeacherConfig, temporal: TemporalTeacherConfig
) -> dict[str, Card]:
    """Measures the teachers of a run's folder and writes their cards beside them.

    Args:
        root: The data, as `find_root` gives it.
        out: The run's folder.
        spatial: The run of the spatial teacher.
        temporal: The run of the temporal teacher.
    """
    model = SpatialTeacher(spatial.scale, spatial.width)
    data = [*gaze_data(), backbone_data(spatial.scale)]
    cards = {
        SPATIAL: Card(
            name=SPATIAL,
            role="teacher",
            description="EfficientNet-Lite features read out for human gaze on a single frame.",
            input_size=TEACHER_SIZE,
            parameters=_parameters(model),
            macs=_macs(model, _frame()),
            sha256=file_hash(out / f"{SPATIAL}.onnx"),
            license="Apache-2.0",
            data=data,
            recipe={"command": "make weights", "spatial teacher": dataclasses.asdict(spatial)},
            limits=_LIMITS,
            citation=CITATION,
        )
    }
    moving = TemporalTeacher(model, temporal.width)
    cards[TEMPORAL] = replace(
        cards[SPATIAL],
        name=TEMPORAL,
        description="The spatial teacher's map, gated by motion contrast over the last second.",
        memory_seconds=MEMORY_SECONDS,
        parameters=_parameters(moving),
        macs=_macs(moving, _frame(), _state()),
        sha256=file_hash(out / f"{TEMPORAL}.onnx"),
        recipe={
            **cards[SPATIAL].recipe,
            "temporal teacher": dataclasses.asdict(temporal),
        },
        limits=[*_LIMITS, *_MOTION_LIMITS],
    )
    rows: dict[str, Predictor] = {
        name: StreamPredictor(
            name,
            Model(card, open_engine(out / f"{name}.onnx", card, threads=spatial.threads)),
        )
        for name, card in cards.items()
    }
    still = [centre_prior(read_split(root, "train")), rows[SPATIAL]]
    pictures = measure(still, root, ("val", "test"))
    film = measure([*still, MotionBaseline(rows[SPATIAL]), rows[TEMPORAL]], root, ("talk",))
    synthetic: Metrics = {"synthetic motion": json.loads((out / SYNTHETIC).read_text())}
    cards[SPATIAL] = replace(cards[SPATIAL], metrics={**pictures, **film})
    cards[TEMPORAL] = replace(cards[TEMPORAL], metrics={**film, **synthetic})
    for name, card in cards.items():
        card.write(out / f"{name}.json")
    return cards


def _frame() -> Tensor:
    return torch.zeros(1, 3, *TEACHER_SIZE)


def _state() -> Tensor:
    height, width = TEACHER_SIZE
    return torch.zeros(1, STATE_CHANNELS, height // STATE_STRIDE, width // STATE_STRIDE)


def _parameters(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def _macs(model: nn.Module, *inputs: Tensor) -> int:
    """Multiply-accumulates of the convolutions of one call."""
    counted = []

    def count(module: nn.Module, _inputs: object, output: Tensor) -> None:
        assert isinstance(module, nn.Conv2d)
        counted.append(module.weight[0].numel() * output[0].numel())

    hooks = [
        module.register_forward_hook(count)
        for module in model.modules()
        if isinstance(module, nn.Conv2d)
    ]
    with torch.no_grad():
        model.eval()(*inputs)
    for hook in hooks:
        hook.remove()
    return sum(counted)
