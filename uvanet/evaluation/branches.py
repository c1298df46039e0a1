"""Torch students and their branches as predictors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvanet.errors import ModelError
from uvanet.model import Model
from uvanet.models import load_student
from uvanet.registry import resolve_model
from uvanet.runtime.input_size import input_size
from uvanet.runtime.preprocess import resize_to_input
from uvanet.runtime.torch_engine import TorchEngine

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from uvanet.model_card import Card
    from uvanet.models import SpatioTemporal
    from uvanet.runtime.engine import Engine


def student_predictor(
    student: SpatioTemporal, card: Card | None = None
) -> Callable[[NDArray[np.uint8]], NDArray[np.float32]]:
    """Makes a function from a still picture to the student's map.

    Args:
        student: In evaluation mode, on the CPU.
        card: See `TorchEngine`.

    Returns:
        Function from RGB, uint8, (h, w, 3) to float32, (h', w'), 0..1.
    """
    return engine_predictor(TorchEngine(student, card=card))


def engine_predictor(engine: Engine) -> Callable[[NDArray[np.uint8]], NDArray[np.float32]]:
    """The same function of an engine."""

    def predict(image: NDArray[np.uint8]) -> NDArray[np.float32]:
        frame = resize_to_input(image, input_size(engine, image))
        saliency: NDArray[np.float32] = engine.step(frame[None]).saliency[0]
        return saliency

    return predict


def load_branch(name: str, output: str) -> Model:
    """Loads a student that predicts with one of its branches, run by torch.

    Args:
        name: As `uvanet.load` takes it; its .safetensors file must lie beside the ONNX file.
        output: "ensemble", "spatiotemporal", "spatial" or "temporal".

    Raises:
        ModelError: There is no such model, it is no student, or its weights are missing or
            damaged.
    """
    path, card = resolve_model(name).verified()
    if card.role != "student":
        raise ModelError(f"{card.name} is no student and has no branches.", "Name a student.")
    student = load_student(card.architecture, path.with_suffix(".safetensors"))
    return Model(card, TorchEngine(student, output=output, card=card))
