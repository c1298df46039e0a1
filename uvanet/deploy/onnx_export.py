"""From trained weights to what ships: ONNX, safetensors and the card."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import torch
from msgspec.structs import replace
from safetensors.torch import save_file
from torch import Tensor, nn

from uvanet.atomic_io import atomic_write
from uvanet.data.fixations import read_split
from uvanet.deploy.graph_passes import slim
from uvanet.deploy.inference_module import InferenceStudent
from uvanet.evaluation.baselines import centre_prior
from uvanet.evaluation.calibration import best_sharpness
from uvanet.evaluation.predictors import StreamPredictor
from uvanet.model import Model
from uvanet.model_card import Card, file_hash
from uvanet.models import SpatioTemporal, layer_costs, load_student
from uvanet.runtime.branch_engine import BranchEngine, student_predictor
from uvanet.runtime.engine import LAG
from uvanet.training.measure import measure

if TYPE_CHECKING:
    from pathlib import Path

    from uvanet.training.config import TrainConfig
    from uvanet.training.measure import Set
    from uvanet.training.provenance import Provenance

CITATION = (
    "Fu, Shi, Song, Ge, Lu, Li: Ultrafast Video Attention Prediction with Coupled Knowledge "
    "Distillation. AAAI 2020, 34(07), 10802-10809. arXiv 1904.04449."
)


def write_onnx(student: SpatioTemporal, path: Path) -> None:
    """Exports the streaming step; batch and frame size stay open."""
    size = student.preset.input_size
    frame = torch.zeros(2, size, size, 3, dtype=torch.uint8)
    earlier = student.stem(torch.zeros(2, 3, size, size))
    export_onnx(
        InferenceStudent(student),
        (frame, earlier),
        path,
        inputs=("frame", "earlier"),
        outputs=("saliency", "features"),
        any_size=True,
    )
    slim(path)


def export_onnx(
    module: nn.Module,
    example: tuple[Tensor, ...],
    path: Path,
    *,
    inputs: tuple[str, ...],
    outputs: tuple[str, ...],
    any_size: bool = False,
) -> None:
    """Writes a module as ONNX; the batch size, first of every shape, stays open.

    Args:
        module: What to write.
        example: Inputs to trace it with.
        path: The file.
        inputs: Their names.
        outputs: Names of what it returns.
        any_size: Height and width of the frame, the first input, and of a state stay open too.
    """
    # The exporter gives every part the mode that the whole was in before: a wrapper made a
    # moment ago is in training, and would leave its student so.
    module.eval()
    with atomic_write(path) as part, warnings.catch_warnings():
        # This exporter is on its way out, but the new one needs two packages more and folds less.
        warnings.simplefilter("ignore", DeprecationWarning)
        # It tells what it could not fold; ONNX Runtime folds that when it loads the file.
        warnings.filterwarnings("ignore", "Constant folding", UserWarning)
        torch.onnx.export(
            module,
            example,
            str(part),
            input_names=inputs,
            output_names=outputs,
            dynamic_axes={
                **{name: {0: "n"} for name in (*inputs, *outputs)},
                **(_open_sizes(inputs) if any_size else {}),
            },
            opset_version=18,
            dynamo=False,
        )


def _open_sizes(inputs: tuple[str, ...]) -> dict[str, dict[int, str]]:
    """Height and width of a frame (n, h, w, 3), and of a state (n, c, rows, columns)."""
    frame, *states = inputs
    return {
        frame: {0: "n", 1: "height", 2: "width"},
        **{state: {0: "n", 2: "rows", 3: "columns"} for state in states},
    }


def export(
    config: TrainConfig,
    weights: Path,
    root: Path,
    out: Path,
    origin: Provenance,
    *,
    final: bool = True,
) -> Card:
    """Sharpens a run's best weights for NSS on `val`, exports and measures them.

    Writes `<preset>.onnx`, `<preset>.safetensors` and `<preset>.json` into `out`.

    Args:
        config: The run.
        weights: Its best averaged weights, safetensors.
        root: The data, for the card's metrics.
        out: An existing folder.
        origin: What the card says of the making.
        final: The run has ended; else the card holds metrics of `val` alone, so that `test` is
            measured once.
    """
    name = config.preset
    student = load_student(name, weights)
    held_out = read_split(root, "val")
    sharpness = best_sharpness(student_predictor(student), held_out)
    student.scale_logits(sharpness)
    onnx = out / f"{name}.onnx"
    write_onnx(student, onnx)
    save_weights(student, out / f"{name}.safetensors")
    costs = layer_costs(student)
    card = Card(
        name=name,
        role="student",
        description=origin.description,
        input_size=(student.preset.input_size, student.preset.input_size),
        parameters=sum(parameters for parameters, _ in costs.values()),
        macs=sum(macs for _, macs in costs.values()),
        sha256=file_hash(onnx),
        license="Apache-2.0",
        data=origin.data,
        recipe={**origin.recipe, "sharpness": sharpness},
        architecture=name,
        memory_seconds=LAG,
        limits=[
            "Trained on free viewing of still pictures; tasks, sound and text are not known to it.",
            "Motion is known from synthetic pairs and from what a teacher says of clips, not from "
            "gaze on real video.",
            f"Sees a small picture of about {student.preset.input_size**2} pixels: a face of fewer "
            "than about 3 of them across is lost.",
            "A map is relative: its largest value is always 1, also where nothing draws the eye.",
            "Its best epoch and its sharpness were chosen by `val`; that it sees pictures in their "
            "proportions, and its branches' shares, by `val` and talk, so its numbers there "
            "flatter it.",
        ],
        citation=CITATION,
    )
    outputs = [
        StreamPredictor(output, Model(card, BranchEngine(student, output)))
        for output in ("ensemble", "spatiotemporal", "spatial", "temporal")
    ]
    rows = [centre_prior(read_split(root, "train")), *outputs]
    sets: tuple[Set, ...] = ("val", "test", "talk") if final else ("val",)
    card = replace(card, metrics=measure(rows, root, sets))
    card.write(out / f"{name}.json")
    return card


def save_weights(module: nn.Module, path: Path) -> None:
    """Writes a network's weights as safetensors, whole or not at all."""
    with atomic_write(path) as part:
        save_file({key: value.contiguous() for key, value in module.state_dict().items()}, part)
