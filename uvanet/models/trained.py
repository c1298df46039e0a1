"""Loads trained students from safetensors."""

from __future__ import annotations

from pathlib import Path

from safetensors.torch import load_file

from uvanet.errors import ModelError
from uvanet.i18n import tr
from uvanet.models.presets import PRESETS
from uvanet.models.student import SpatioTemporal, create_student


def load_student(preset: str, weights: Path) -> SpatioTemporal:
    """Loads a trained student, in evaluation mode.

    Args:
        preset: Its architecture, a key of `PRESETS`.
        weights: A .safetensors file.

    Raises:
        ModelError: There is no such architecture, or the file is missing, damaged or does not
            fit it.
    """
    if preset not in PRESETS:
        raise ModelError(
            tr("{stem} is not a student.").format(stem=weights.stem),
            tr("Choose {choices}.").format(choices=", ".join(PRESETS)),
        )
    if not weights.is_file():
        raise ModelError(
            tr("{path} is missing.").format(path=weights),
            tr("Copy it beside the model's ONNX file."),
        )
    try:
        state = load_file(weights)
        student = create_student(preset, state)
        student.load_state_dict(state)
    except Exception as error:
        raise ModelError(
            tr("{weights} does not fit the student {preset} of this version.").format(
                weights=weights, preset=preset
            ),
            tr("Choose a student that comes with the program, or train it again."),
        ) from error
    return student.eval()
