"""Publishes trained models: ONNX, safetensors, measured accuracy and a model card."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

import torch
from msgspec.structs import replace

from uvanet.data.fixations import read_split
from uvanet.deploy.onnx_export import save_weights, write_onnx
from uvanet.errors import OutputError
from uvanet.evaluation.baselines import center_prior
from uvanet.evaluation.branches import student_predictor
from uvanet.evaluation.calibration import best_logit_scale
from uvanet.evaluation.card_metrics import CARD_SETS, card_metrics
from uvanet.evaluation.motion_baseline import MotionBaseline
from uvanet.evaluation.predictors import StreamPredictor
from uvanet.evaluation.registry import PREDICTIONS
from uvanet.model import Model, load
from uvanet.model_card import Card, DataSource, file_hash
from uvanet.models import count_macs, count_parameters, layer_costs, load_student
from uvanet.models.teacher import SpatialTeacher
from uvanet.models.temporal_teacher import MEMORY_SECONDS, STATE_CHANNELS, TemporalTeacher
from uvanet.registry import resolve_model
from uvanet.runtime.engine import LAG, STATE_STRIDE
from uvanet.runtime.input_size import TEACHER_SIZE
from uvanet.runtime.torch_engine import TorchEngine
from uvanet.training.provenance import (
    USERS_OWN,
    backbone_source,
    gaze_sources,
    merge_sources,
    weights_license,
)
from uvanet.training.teachers.build import SYNTHETIC
from uvanet.training.teachers.inference import SPATIAL, TEMPORAL

if TYPE_CHECKING:
    from pathlib import Path

    from uvanet.evaluation.predictors import Predictor
    from uvanet.model_card import Metrics
    from uvanet.models import SpatioTemporal
    from uvanet.training.adapt import AdaptConfig, FinetuneResult
    from uvanet.training.config import SpatialTeacherConfig, TemporalTeacherConfig, TrainConfig
    from uvanet.training.provenance import Provenance


CITATION = (
    "Fu, Shi, Song, Ge, Lu, Li: Ultrafast Video Attention Prediction with Coupled Knowledge "
    "Distillation. AAAI 2020, 34(07), 10802-10809. arXiv 1904.04449."
)

_LIMITS = [
    "Trained on free viewing of still pictures; tasks, sound and text are unknown to it.",
    "Maps are relative: the largest value is always 1, also where nothing attracts attention.",
]
_STUDENT_LIMITS = [
    "Motion was learned from synthetic pairs and from a teacher's maps of clips, not from gaze on "
    "real video.",
    "The best epoch and the logit scale were chosen on `val`; the aspect ratio of the input and "
    "the weights of the branches on `val` and `talk`: its numbers there are optimistic.",
]
_TEACHER_LIMITS = [
    "The logit scale was chosen on `val`, at about 384 x 512 pixels.",
    "The input size and that it keeps the aspect ratio were chosen on `val` and `talk`: its "
    "numbers there are optimistic.",
]
_TEMPORAL_LIMITS = [
    "The effect of motion on gaze was learned from synthetic motion, whose law is an assumption.",
    "The strength of its gate (0.5) was chosen on `talk` among five variants: its number there is "
    "optimistic.",
]


def publish_student(
    config: TrainConfig,
    weights: Path,
    root: Path,
    out: Path,
    provenance: Provenance,
    *,
    final: bool = True,
) -> Card:
    """Calibrates a run's best weights on `val`, exports and measures them.

    Writes `<preset>.onnx`, `<preset>.safetensors` and `<preset>.json`.

    Args:
        config: Settings of the run.
        weights: Its best averaged weights, safetensors.
        root: The data, as `find_root` gives it.
        out: An existing folder.
        provenance: How the student was made.
        final: Whether the run has ended. Before that only `val` is measured, so that `test` is
            measured once.
    """
    name = config.preset
    student = load_student(name, weights)
    scale = best_logit_scale(student_predictor(student), read_split(root, "val"))
    student.scale_logits(scale)
    path = out / f"{name}.onnx"
    write_onnx(student, path)
    save_weights(student, out / f"{name}.safetensors")
    pixels = student.preset.input_size**2
    card = replace(
        _student_card(student, path),
        architecture=name,
        description=provenance.description,
        license=provenance.license,
        data=provenance.data,
        recipe={**provenance.recipe, "logit scale": scale},
        limits=[
            *_LIMITS,
            *_STUDENT_LIMITS,
            f"Sees about {pixels} pixels: faces less than about 3 of them wide are lost.",
        ],
    )
    predictions = [
        StreamPredictor(output, Model(card, TorchEngine(student, output=output, card=card)))
        for output in PREDICTIONS
    ]
    rows = [center_prior(read_split(root, "train")), *predictions]
    card = replace(card, metrics=card_metrics(rows, root, CARD_SETS if final else ("val",)))
    card.write(out / f"{name}.json")
    return card


def publish_finetuned(result: FinetuneResult, config: AdaptConfig, name: str, out: Path) -> Card:
    """Exports a fine-tuned student: `<name>.onnx`, `.safetensors` and `.json`.

    Args:
        result: The student and its comparison with the one before.
        config: Settings of the run.
        name: Name of the new model.
        out: An existing folder.

    Raises:
        OutputError: The files cannot be written.
    """
    student, report = result.student, result.report
    path = out / f"{name}.onnx"
    try:
        write_onnx(student, path)
        save_weights(student, out / f"{name}.safetensors")
    except (OSError, RuntimeError) as error:
        raise OutputError(
            f"The student cannot be written to {out}: {error}.", "Free some disk space."
        ) from error
    start_path, start = resolve_model(config.start).verified()
    scene, gaze = config.own is None, bool(config.layout)
    teacher, digest = result.teacher
    what = "one scene" if scene else (config.judged_by if gaze else "a folder of the user's own")
    source = DataSource(
        config.layout or ("a scene" if scene else "a folder"),
        "its authors' terms" if gaze else USERS_OWN,
        "pictures and gaze" if gaze else "labelled by the teacher; not kept",
    )
    metrics: Metrics = {
        report.held_out: {
            "before": {"cc": report.before["mean"]},
            "after": {"cc": report.after["mean"]},
        }
    }
    if report.forgotten:
        metrics["test"] = {
            row: {metric: values[place] for metric, values in report.forgotten.items()}
            for place, row in enumerate(("before", "after"))
        }
    folder = f"--set {config.layout}=FOLDER" if config.layout else "--pool FOLDER"
    data = merge_sources(start.data, [source])
    card = replace(
        _student_card(student, path),
        name=name,
        architecture=result.preset,
        shown_size=start.shown_size,
        size_multiple=start.size_multiple,
        description=f"{start.name}, fine-tuned on {what}"
        + ("." if gaze else f" with labels of the teacher {teacher}."),
        license=start.license if not gaze else weights_license(data),
        data=data,
        recipe={
            "command": f"uvanet finetune SOURCE --seconds {config.seconds:g}"
            if scene
            else f"uvanet finetune {folder}",
            "config": {
                "preset": result.preset,
                "start": {"name": start.name, "sha256": file_hash(start_path)},
            },
            "tune": dataclasses.asdict(config.tune),
            "teacher": {"name": teacher, "sha256": digest},
        },
        metrics=metrics,
        limits=[
            f"Agrees with {config.judged_by} on the data it was fine-tuned on; it may be less "
            "accurate elsewhere.",
            *(() if gaze else ("Agreement with a teacher is not agreement with people.",)),
            *start.limits,
        ],
    )
    card.write(out / f"{name}.json")
    return card


def publish_teachers(
    root: Path, out: Path, spatial: SpatialTeacherConfig, temporal: TemporalTeacherConfig
) -> dict[str, Card]:
    """Measures both teachers of a run and writes their cards beside their ONNX files.

    Args:
        root: The data, as `find_root` gives it.
        out: Folder of the run.
        spatial: Settings of the spatial teacher.
        temporal: Settings of the temporal teacher.
    """
    model = SpatialTeacher(spatial.scale, spatial.width)
    moving = TemporalTeacher(model, temporal.width)
    height, width = TEACHER_SIZE
    frame = torch.zeros(1, 3, height, width)
    state = torch.zeros(1, STATE_CHANNELS, height // STATE_STRIDE, width // STATE_STRIDE)
    data = merge_sources(gaze_sources(root), [backbone_source(spatial.scale)])
    cards = {
        SPATIAL: Card(
            name=SPATIAL,
            role="teacher",
            description="EfficientNet-Lite features with a readout for human gaze on one frame.",
            input_size=TEACHER_SIZE,
            parameters=count_parameters(model),
            macs=count_macs(model, frame),
            sha256=file_hash(out / f"{SPATIAL}.onnx"),
            license=weights_license(data),
            data=data,
            recipe={"command": "make weights", "spatial teacher": dataclasses.asdict(spatial)},
            limits=[*_LIMITS, *_TEACHER_LIMITS],
            citation=CITATION,
        )
    }
    cards[TEMPORAL] = replace(
        cards[SPATIAL],
        name=TEMPORAL,
        description="The spatial teacher's map, gated by motion contrast over the last second.",
        memory_seconds=MEMORY_SECONDS,
        parameters=count_parameters(moving),
        macs=count_macs(moving, frame, state),
        sha256=file_hash(out / f"{TEMPORAL}.onnx"),
        recipe={**cards[SPATIAL].recipe, "temporal teacher": dataclasses.asdict(temporal)},
        limits=[*_LIMITS, *_TEACHER_LIMITS, *_TEMPORAL_LIMITS],
    )
    for name, card in cards.items():
        card.write(out / f"{name}.json")
    metrics = teacher_metrics(root, out, spatial.threads)
    synthetic: Metrics = {"synthetic motion": json.loads((out / SYNTHETIC).read_text())}
    cards[SPATIAL] = replace(cards[SPATIAL], metrics=metrics[SPATIAL])
    cards[TEMPORAL] = replace(cards[TEMPORAL], metrics={**metrics[TEMPORAL], **synthetic})
    for name, card in cards.items():
        card.write(out / f"{name}.json")
    return cards


def teacher_metrics(root: Path, folder: Path, threads: int = 1) -> dict[str, Metrics]:
    """Metrics of the cards of both teachers: stills for the spatial one, clips for both.

    Args:
        root: The data, as `find_root` gives it.
        folder: Holds both teachers with their cards.
        threads: Threads of one prediction.
    """
    rows: dict[str, Predictor] = {
        name: StreamPredictor(name, load(folder / f"{name}.onnx", threads=threads))
        for name in (SPATIAL, TEMPORAL)
    }
    still = [center_prior(read_split(root, "train")), rows[SPATIAL]]
    pictures = card_metrics(still, root, ("val", "test"))
    clips = card_metrics([*still, MotionBaseline(rows[SPATIAL]), rows[TEMPORAL]], root, ("talk",))
    return {SPATIAL: {**pictures, **clips}, TEMPORAL: clips}


def _student_card(student: SpatioTemporal, path: Path) -> Card:
    """Card of an exported student, without what its making says."""
    costs = layer_costs(student)
    return Card(
        name=path.stem,
        role="student",
        description="",
        input_size=(student.preset.input_size, student.preset.input_size),
        memory_seconds=LAG,
        parameters=sum(parameters for parameters, _ in costs.values()),
        macs=sum(macs for _, macs in costs.values()),
        sha256=file_hash(path),
        license="",
        citation=CITATION,
    )
