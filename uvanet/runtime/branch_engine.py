"""Runs a torch student, or one of its branches, as an engine: for evaluation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from uvanet.errors import ModelError
from uvanet.model import Model
from uvanet.models import load_student
from uvanet.registry import resolve_model
from uvanet.runtime.engine import LAG, Step
from uvanet.runtime.input_size import input_size
from uvanet.runtime.preprocess import resize_to_input

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from uvanet.models import SpatioTemporal


class BranchEngine:
    """Runs a student by torch on the CPU and gives one of its outputs; see `Engine`.

    Args:
        model: In evaluation mode.
        output: "ensemble", "spatiotemporal", "spatial" or "temporal".
    """

    lag = LAG
    memory = LAG
    dynamic_input_size = True

    def __init__(self, model: SpatioTemporal, output: str) -> None:
        self.input_size = (model.preset.input_size, model.preset.input_size)
        self._model = model
        self._output = output

    @torch.no_grad()
    def step(self, frames: NDArray[np.uint8], earlier: NDArray[np.float32] | None = None) -> Step:
        """See `Engine.step`."""
        now = torch.from_numpy(frames).permute(0, 3, 1, 2).float() / 255
        result = (
            self._model(now)
            if earlier is None
            else self._model.step(now, torch.from_numpy(earlier))
        )
        logits = getattr(result, self._output)[:, 0]
        saliency = torch.exp(logits - logits.amax((1, 2), keepdim=True))
        return Step(saliency.numpy().astype(np.float32), result.features.numpy())

    def cancel(self) -> None:
        """See `Engine.cancel`; without effect, since its steps are short."""


def student_predictor(
    model: SpatioTemporal, output: str = "ensemble"
) -> Callable[[NDArray[np.uint8]], NDArray[np.float32]]:
    """Makes a function from a still picture (RGB, uint8, (h, w, 3)) to the network's map.

    Args:
        model: In evaluation mode.
        output: "ensemble", "spatiotemporal", "spatial" or "temporal".
    """
    engine = BranchEngine(model, output)

    def predict(image: NDArray[np.uint8]) -> NDArray[np.float32]:
        frame = resize_to_input(image, input_size(engine, image))
        saliency: NDArray[np.float32] = engine.step(frame[None])[0][0]
        return saliency

    return predict


def load_branch(name: str | Path, output: str) -> Model:
    """Loads a student that predicts with one of its branches.

    Args:
        name: As `uvanet.load` takes it; its .safetensors file must lie beside the ONNX file.
        output: "ensemble", "spatiotemporal", "spatial" or "temporal".

    Raises:
        ModelError: There is no such model, it is no student, or its weights are missing or
            damaged.
    """
    path, card = resolve_model(name).verified()
    preset = card.architecture
    if card.role != "student":
        raise ModelError(f"{card.name} is no student and has no branches.", "Name a student.")
    student = load_student(preset, path.with_suffix(".safetensors"))
    return Model(card, BranchEngine(student, output))
