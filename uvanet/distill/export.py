"""From trained weights to what ships: ONNX, safetensors and the card."""

from __future__ import annotations

import shutil
import warnings
from typing import TYPE_CHECKING

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from uvanet.data.fixations import read_split
from uvanet.distill.evaluate import student_predictor
from uvanet.distill.slim import slim
from uvanet.evaluation.baselines import centre_prior
from uvanet.evaluation.evaluate import score
from uvanet.models import SpatioTemporal, build, layer_costs
from uvanet.weights import Card, file_hash

if TYPE_CHECKING:
    from pathlib import Path

    from uvanet.distill.config import TrainConfig
    from uvanet.distill.origin import Origin

CITATION = (
    "Fu, Shi, Song, Ge, Lu, Li: Ultrafast Video Attention Prediction with Coupled Knowledge "
    "Distillation. AAAI 2020, 34(07), 10802-10809. arXiv 1904.04449."
)


class Shipped(nn.Module):
    """The streaming step as engines run it: bytes in, a map in 0..1 out.

    Args:
        student: In evaluation mode.
    """

    def __init__(self, student: SpatioTemporal) -> None:
        super().__init__()
        self.student = student

    def forward(self, frame: Tensor, earlier: Tensor) -> tuple[Tensor, Tensor]:
        """See `uvanet.runtime.engine.Engine.step`."""
        output = self.student.step(frame.permute(0, 3, 1, 2).float() * (1 / 255), earlier)
        logits = output.fused[:, 0]
        return torch.exp(logits - logits.amax((1, 2), keepdim=True)), output.features


def load_student(preset: str, weights: Path) -> SpatioTemporal:
    """A trained student in evaluation mode."""
    student = build(preset)
    student.load_state_dict(load_file(weights))
    return student.eval()


def write_onnx(student: SpatioTemporal, path: Path) -> None:
    """Exports the streaming step; the batch size stays open, the frame's size is the preset's."""
    size = student.preset.input_size
    frame = torch.zeros(2, size, size, 3, dtype=torch.uint8)
    earlier = student.stem(torch.zeros(2, 3, size, size))
    export_onnx(
        Shipped(student),
        (frame, earlier),
        path,
        inputs=("frame", "earlier"),
        outputs=("saliency", "features"),
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
    part = path.with_name(path.name + ".part")
    with warnings.catch_warnings():
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
    part.replace(path)


def _open_sizes(inputs: tuple[str, ...]) -> dict[str, dict[int, str]]:
    """Height and width of a frame (n, h, w, 3), and of a state (n, c, rows, columns)."""
    frame, *states = inputs
    return {
        frame: {0: "n", 1: "height", 2: "width"},
        **{state: {0: "n", 2: "rows", 3: "columns"} for state in states},
    }


def export(config: TrainConfig, weights: Path, root: Path, out: Path, origin: Origin) -> Card:
    """Exports a run's best weights and measures them.

    Writes `<preset>.onnx`, `<preset>.safetensors` and `<preset>.json` into `out`.

    Args:
        config: The run.
        weights: Its best averaged weights, safetensors.
        root: The data, for the card's metrics.
        out: An existing folder.
        origin: What the card says of the making.
    """
    name = config.preset
    student = load_student(name, weights)
    onnx = out / f"{name}.onnx"
    write_onnx(student, onnx)
    shutil.copyfile(weights, out / f"{name}.safetensors")
    prior = centre_prior(read_split(root, "train"))
    measured: dict[str, dict[str, dict[str, float]]] = {}
    for split in ("val", "test"):
        pictures = read_split(root, split)
        rows = {"centre prior": score(pictures, prior)}
        for output in ("fused", "spatial", "temporal"):
            rows[output] = score(pictures, student_predictor(student, output))
        measured[split] = {
            row: {metric: round(value, 4) for metric, value in values.items()}
            for row, values in rows.items()
        }
    costs = layer_costs(student)
    card = Card(
        name=name,
        role="student",
        description=origin.description,
        input_size=(student.preset.input_size, student.preset.input_size),
        parameters=sum(parameters for parameters, _ in costs.values()),
        macs=sum(macs for _, macs in costs.values()),
        sha256=file_hash(onnx),
        licence="Apache-2.0",
        data=origin.data,
        recipe=origin.recipe,
        metrics=measured,
        limits=[
            "Trained on free viewing of still pictures; tasks, sound and text are not known to it.",
            "Motion is known from synthetic pairs only, not from gaze on real video.",
            "Sees a small square picture: a face of fewer than about 3 of its pixels is lost.",
            "A map is relative: its largest value is always 1, also where nothing draws the eye.",
        ],
        citation=CITATION,
    )
    card.write(out / f"{name}.json")
    return card
