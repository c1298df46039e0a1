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
from uvanet.evaluation.baselines import center_prior, mean_gaze
from uvanet.evaluation.branches import branch_predictors, student_predictor
from uvanet.evaluation.calibration import (
    Calibration,
    best_calibration,
    best_logit_scale,
    log_center,
)
from uvanet.evaluation.card_metrics import CARD_SETS, card_metrics
from uvanet.evaluation.evaluator import score
from uvanet.evaluation.motion_baseline import MotionBaseline
from uvanet.evaluation.predictors import StreamPredictor
from uvanet.evaluation.size_curve import CurvePoint, best_side
from uvanet.i18n import tr
from uvanet.model import load
from uvanet.model_card import Card, DataSource, file_hash
from uvanet.models import count_macs, count_parameters, layer_costs, load_student
from uvanet.models.teacher import SpatialTeacher, frozen_weights
from uvanet.models.temporal_teacher import MEMORY_SECONDS, STATE_CHANNELS, TemporalTeacher
from uvanet.registry import resolve_model
from uvanet.runtime.engine import LAG, STATE_STRIDE
from uvanet.runtime.input_size import TEACHER_SIZE
from uvanet.training.provenance import (
    USERS_OWN,
    backbone_sources,
    gaze_sources,
    merge_sources,
    weights_license,
)
from uvanet.training.teachers.build import SYNTHETIC
from uvanet.training.teachers.inference import SPATIAL, TEMPORAL

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from uvanet.data.fixations import GazePicture
    from uvanet.evaluation.predictors import Predictor
    from uvanet.model_card import Metrics
    from uvanet.models import Preset, SpatioTemporal
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
    "The best epoch, the strength of the center bias and the logit scale were chosen on `val`; the "
    "aspect ratio of the input and the weights of the branches on `val` and `talk`: its numbers "
    "there are optimistic.",
    "Faces less than about 3 pixels wide at the size that the model sees are lost.",
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
        final: Whether the run has ended. Otherwise only `val` is measured, so that `test` is
            measured once.
    """
    name = config.preset
    student = load_student(name, weights)
    side = choose_size(student, read_split(root, "val"))
    calibration = calibrate(student, side, root)
    path = out / f"{name}.onnx"
    write_onnx(student, path)
    save_weights(student, out / f"{name}.safetensors")
    card = replace(
        _student_card(student, path, side),
        architecture=name,
        description=provenance.description,
        license=provenance.license,
        data=provenance.data,
        recipe={
            **provenance.recipe,
            "center gain": calibration.center_gain,
            "logit scale": calibration.logit_scale,
        },
        limits=[*_LIMITS, *_STUDENT_LIMITS],
    )
    rows = [center_prior(read_split(root, "train")), *branch_predictors(student, card)]
    card = replace(card, metrics=card_metrics(rows, root, CARD_SETS if final else ("val",)))
    card.write(out / f"{name}.json")
    return card


def shown_sizes(preset: Preset) -> list[int]:
    """The shown sizes that `choose_size` compares: multiples of `STATE_STRIDE`, ascending."""
    trained = preset.input_size
    step = max(STATE_STRIDE, trained // 8 // STATE_STRIDE * STATE_STRIDE)
    largest = preset.max_shown_size or trained
    return sorted({*range(trained, largest, step), largest})


def choose_size(student: SpatioTemporal, pictures: Sequence[GazePicture]) -> int:
    """Chooses the shown size by `best_side`.

    Args:
        student: In evaluation mode.
        pictures: Pictures with gaze; not those of the test split.

    Returns:
        The shown size as the side of a square, pixels.
    """
    points = []
    for side in shown_sizes(student.preset):
        predict = student_predictor(student, side=side)
        scale = best_logit_scale(predict, pictures)
        scaled = score(pictures, lambda image, f=predict, s=scale: f(image) ** s, ("nss", "cc"))  # type: ignore[misc]  # lambda
        nss, cc = ({"val": scaled[metric]} for metric in ("nss", "cc"))
        points.append(CurvePoint("", side, 0.0, nss, nss, nss, cc))
    return best_side(points, "val")


def calibrate(student: SpatioTemporal, side: int, root: Path) -> Calibration:
    """Adds to a student's center bias and scales its logits, in place, as is best on `val`.

    Args:
        student: In evaluation mode.
        side: Its shown size.
        root: The data, as `find_root` gives it; the center bias is that of `train`.
    """
    center = log_center(mean_gaze(read_split(root, "train")))
    predict = student_predictor(student, side=side)
    found = best_calibration(predict, read_split(root, "val"), center)
    student.add_center_bias(torch.from_numpy(found.center_gain * center))
    student.scale_logits(found.logit_scale)
    return found


def publish_finetuned(result: FinetuneResult, config: AdaptConfig, name: str, out: Path) -> Card:
    """Exports a fine-tuned student: `<name>.onnx`, `.safetensors` and `.json`.

    Args:
        result: The student and its comparison with the start.
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
            tr("The student cannot be written to {folder}: {reason}.").format(
                folder=out, reason=error
            ),
            tr("Free some disk space."),
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
        _student_card(student, path, start.shown_size),
        name=name,
        architecture=result.preset,
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


def publish_spatial(root: Path, out: Path, config: SpatialTeacherConfig) -> Card:
    """Measures the spatial teacher of a run and writes its card beside its ONNX file.

    Args:
        root: The data, as `find_root` gives it.
        out: Folder of the run.
        config: Settings of the teacher.
    """
    model = SpatialTeacher(config.scales, config.width)
    data = merge_sources(gaze_sources(root), backbone_sources(config.scales))
    card = Card(
        name=SPATIAL,
        role="teacher",
        description="EfficientNet-Lite features and face cues, read out for gaze on one frame.",
        input_size=TEACHER_SIZE,
        parameters=count_parameters(model),
        macs=count_macs(model, torch.zeros(1, 3, *TEACHER_SIZE)),
        sha256=file_hash(out / f"{SPATIAL}.onnx"),
        license=weights_license(data),
        data=data,
        recipe={
            "command": "make weights",
            "spatial teacher": dataclasses.asdict(config),
            "frozen weights": {
                path.name: file_hash(path) for path in frozen_weights(config.scales)
            },
        },
        limits=[*_LIMITS, *_TEACHER_LIMITS],
        citation=CITATION,
    )
    card.write(out / f"{SPATIAL}.json")
    card = replace(card, metrics=spatial_metrics(root, out, config.threads))
    card.write(out / f"{SPATIAL}.json")
    return card


def publish_temporal(root: Path, out: Path, config: TemporalTeacherConfig, spatial: Card) -> Card:
    """Measures the temporal teacher of a run and writes its card beside its ONNX file.

    Args:
        root: The data, as `find_root` gives it.
        out: Folder of the run.
        config: Settings of the teacher.
        spatial: Card of the spatial teacher, which is part of the temporal one.
    """
    settings = spatial.recipe["spatial teacher"]
    model = TemporalTeacher(SpatialTeacher(settings["scales"], settings["width"]), config.width)
    rows, columns = (side // STATE_STRIDE for side in TEACHER_SIZE)
    state = torch.zeros(1, STATE_CHANNELS, rows, columns)
    card = replace(
        spatial,
        name=TEMPORAL,
        description="The spatial teacher's map, gated by motion contrast over the last second.",
        memory_seconds=MEMORY_SECONDS,
        parameters=count_parameters(model),
        macs=count_macs(model, torch.zeros(1, 3, *TEACHER_SIZE), state),
        sha256=file_hash(out / f"{TEMPORAL}.onnx"),
        recipe={**spatial.recipe, "temporal teacher": dataclasses.asdict(config)},
        limits=[*spatial.limits, *_TEMPORAL_LIMITS],
        metrics={},
    )
    card.write(out / f"{TEMPORAL}.json")
    synthetic: Metrics = {"synthetic motion": json.loads((out / SYNTHETIC).read_text())}
    measured = temporal_metrics(root, out, settings["threads"])
    card = replace(card, metrics={**measured, **synthetic})
    card.write(out / f"{TEMPORAL}.json")
    return card


def spatial_metrics(root: Path, folder: Path, threads: int = 1) -> Metrics:
    """Metrics of the card of the spatial teacher: on pictures, and on clips frame by frame.

    Args:
        root: The data, as `find_root` gives it.
        folder: Folder of the teacher and its card.
        threads: Threads of one prediction.
    """
    rows = [center_prior(read_split(root, "train")), _teacher_row(SPATIAL, folder, threads)]
    return card_metrics(rows, root, CARD_SETS)


def temporal_metrics(root: Path, folder: Path, threads: int = 1) -> Metrics:
    """Metrics of the card of the temporal teacher, on clips, with those of the spatial teacher.

    Args:
        root: The data, as `find_root` gives it.
        folder: Folder of both teachers and their cards.
        threads: Threads of one prediction.
    """
    spatial, temporal = (_teacher_row(name, folder, threads) for name in (SPATIAL, TEMPORAL))
    rows = [center_prior(read_split(root, "train")), spatial, MotionBaseline(spatial), temporal]
    return card_metrics(rows, root, ("talk",))


def _teacher_row(name: str, folder: Path, threads: int) -> Predictor:
    return StreamPredictor(name, load(folder / f"{name}.onnx", threads=threads))


def _student_card(student: SpatioTemporal, path: Path, side: int | None) -> Card:
    """Card of an exported student of shown size `side`, without description, data and recipe."""
    costs = layer_costs(student, side)
    trained = student.preset.input_size
    return Card(
        name=path.stem,
        role="student",
        description="",
        input_size=(trained, trained),
        shown_size=None if side == trained else side,
        memory_seconds=student.memory_steps * LAG,
        parameters=sum(parameters for parameters, _ in costs.values()),
        macs=sum(macs for _, macs in costs.values()),
        sha256=file_hash(path),
        license="",
        citation=CITATION,
    )
