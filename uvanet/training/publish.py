"""A student of the user's own: exported with a card that says from what it was made."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from uvanet.deploy.onnx_export import CITATION, save_weights, write_onnx
from uvanet.errors import OutputError
from uvanet.model_card import Card, DataSource, file_hash
from uvanet.models import layer_costs
from uvanet.registry import resolve_model

if TYPE_CHECKING:
    from pathlib import Path

    from uvanet.training.adapt import AdaptConfig, FinetuneResult


def export_own(adapted: FinetuneResult, config: AdaptConfig, name: str, out: Path) -> Card:
    """Writes `<name>.onnx`, `.safetensors` and `.json`.

    Args:
        adapted: The student and what it was measured at.
        config: The run.
        name: Of the model.
        out: An existing folder.

    Raises:
        OutputError: The disk is full, or the folder has gone.
    """
    student, report = adapted.student, adapted.report
    onnx = out / f"{name}.onnx"
    try:
        write_onnx(student, onnx)
        save_weights(student, out / f"{name}.safetensors")
    except (OSError, RuntimeError) as error:
        raise OutputError(
            f"The student cannot be written to {out}: {error}.", "Make room on the disk."
        ) from error
    start = resolve_model(config.start).verified()[1]
    costs = layer_costs(student)
    scene = config.own is None
    gaze = bool(config.layout)
    what = config.judged_by if gaze else "a folder of the user's own"
    teacher, digest = adapted.teacher
    metrics = {
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
    card = Card(
        name=name,
        role="student",
        architecture=adapted.preset,
        memory_seconds=start.memory_seconds,
        description=f"{start.name}, adapted to {'one scene' if scene else what}"
        + ("." if gaze else f" by what the teacher {teacher} says of it."),
        input_size=(student.preset.input_size, student.preset.input_size),
        parameters=sum(parameters for parameters, _ in costs.values()),
        macs=sum(macs for _, macs in costs.values()),
        sha256=file_hash(onnx),
        license=start.license,
        data=[
            *start.data,
            DataSource(
                config.layout or ("a scene" if scene else "a folder"),
                "its authors' terms" if gaze else "the user's own",
                "pictures and gaze" if gaze else "labelled by the teacher; not kept",
            ),
        ],
        recipe={
            "command": f"uvanet finetune SOURCE --seconds {config.seconds:g}"
            if scene
            else "uvanet finetune "
            + (f"--set {config.layout}=FOLDER" if config.layout else "--pool FOLDER"),
            "config": {"preset": adapted.preset, "start": start.name},
            "tune": dataclasses.asdict(config.tune),
            "teacher": {"name": teacher, "sha256": digest},
        },
        metrics=metrics,
        limits=[
            f"Agrees with {config.judged_by} on what it was adapted to; elsewhere it may be worse "
            "now.",
            *(() if gaze else ("Agreement with a teacher is not agreement with people.",)),
            *start.limits,
        ],
        citation=CITATION,
    )
    card.write(out / f"{name}.json")
    return card
