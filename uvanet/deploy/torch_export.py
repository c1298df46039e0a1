"""Exports students as programs of PyTorch: for C++ and, through ExecuTorch, for phones."""

from __future__ import annotations

from pathlib import Path

import torch
from torch.export import Dim

from uvanet.atomic_io import atomic_write
from uvanet.deploy.inference_module import InferenceStudent
from uvanet.models import SpatioTemporal
from uvanet.runtime.engine import STATE_STRIDE

_MIN_CELLS = 9  # smallest side of the features; the exporter takes smaller sides for constants


def write_program(student: SpatioTemporal, path: Path) -> None:
    """Writes the streaming step of a student as an exported program (.pt2).

    `torch.export.load` reads it; batch size, height and width stay dynamic, sides are multiples of
    4 and at least 36. Inputs and outputs are those of
    `uvanet.deploy.inference_module.InferenceStudent.forward`.

    Args:
        student: The student in evaluation mode.
        path: The file.

    Raises:
        OSError: The file cannot be written.
    """
    size = max(student.preset.input_size, STATE_STRIDE * _MIN_CELLS)
    # The sides differ, because the exporter takes equal sides for one dimension.
    frame = torch.zeros(2, size, size + STATE_STRIDE, 3, dtype=torch.uint8)
    with torch.no_grad():
        earlier = student.first_state(frame.permute(0, 3, 1, 2).float())
    count = Dim("n")
    rows, columns = (Dim(name, min=_MIN_CELLS) for name in ("rows", "columns"))
    program = torch.export.export(
        InferenceStudent(student).eval(),
        (frame, earlier),
        dynamic_shapes=(
            {0: count, 1: STATE_STRIDE * rows, 2: STATE_STRIDE * columns},
            {0: count, 2: rows, 3: columns},
        ),
    )
    with atomic_write(path) as part, part.open("wb") as file:
        torch.export.save(program, file)
