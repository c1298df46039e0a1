"""Exports networks: ONNX for the engines, safetensors for training."""

from __future__ import annotations

import warnings
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from uvanet.atomic_io import atomic_write
from uvanet.deploy.graph_passes import shorten_names
from uvanet.deploy.inference_module import InferenceStudent
from uvanet.models import SpatioTemporal


def write_onnx(student: SpatioTemporal, path: Path) -> None:
    """Exports the streaming step of a student; batch size, height and width stay dynamic.

    Inputs are `frame` and `earlier`, outputs `saliency` and `features`, as in
    `uvanet.deploy.inference_module.InferenceStudent.forward`. A session that fixes the sizes folds
    all values that depend on them, so a frame takes as long as with a file of fixed size (0.364 and
    0.370 ms with `uvanet-64`, ONNX Runtime 1.31, one thread, AVX-512).

    Args:
        student: The student in evaluation mode.
        path: The file.
    """
    size = student.preset.input_size
    frame = torch.zeros(2, size, size, 3, dtype=torch.uint8)
    earlier = student.first_state(torch.zeros(2, 3, size, size))
    export_onnx(
        InferenceStudent(student),
        (frame, earlier),
        path,
        inputs=("frame", "earlier"),
        outputs=("saliency", "features"),
        any_size=True,
    )
    shorten_names(path)


def export_onnx(
    module: nn.Module,
    example: tuple[Tensor, ...],
    path: Path,
    *,
    inputs: tuple[str, ...],
    outputs: tuple[str, ...],
    any_size: bool = False,
) -> None:
    """Writes a module as ONNX; the batch size, the first dimension of all arrays, stays dynamic.

    Args:
        module: The module; it is put into evaluation mode.
        example: Inputs for tracing.
        path: The file.
        inputs: Names of the inputs.
        outputs: Names of the outputs.
        any_size: Keep height and width of the frame (the first input) and of the other inputs
            dynamic.
    """
    # The exporter sets all parts to the mode of the whole module when it ends: a new wrapper in
    # training mode would leave the wrapped student in training mode.
    module.eval()
    with atomic_write(path) as part, warnings.catch_warnings():
        # The TorchScript exporter is deprecated; the new one needs two packages and folds less.
        warnings.simplefilter("ignore", DeprecationWarning)
        # The exporter warns of constants that it cannot fold; ONNX Runtime folds them.
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
    """Dynamic axes of a frame (n, h, w, 3) and of states (n, c, rows, columns)."""
    frame, *states = inputs
    return {
        frame: {0: "n", 1: "height", 2: "width"},
        **{state: {0: "n", 2: "rows", 3: "columns"} for state in states},
    }


def save_weights(module: nn.Module, path: Path) -> None:
    """Writes a network's weights as safetensors, complete or not at all."""
    with atomic_write(path) as part:
        save_file({key: value.contiguous() for key, value in module.state_dict().items()}, part)
