"""Torch students and their branches as predictors."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from uvanet.errors import ModelError
from uvanet.evaluation.predictors import PREDICTIONS, Predictor, StreamPredictor
from uvanet.i18n import tr
from uvanet.model import Model
from uvanet.model_card import Card
from uvanet.models import SpatioTemporal, load_student
from uvanet.registry import resolve_model
from uvanet.runtime.engine import Engine
from uvanet.runtime.input_size import input_size
from uvanet.runtime.preprocess import resize_to_input
from uvanet.runtime.torch_engine import TorchEngine


def student_predictor(
    student: SpatioTemporal, card: Card | None = None, side: int = 0
) -> Callable[[NDArray[np.uint8]], NDArray[np.float32]]:
    """Makes a function from a still picture to the student's map.

    Args:
        student: In evaluation mode, on the CPU.
        card: See `TorchEngine`.
        side: Shown size, `side` squared pixels; 0 for that of the card.

    Returns:
        Function from RGB, uint8, (h, w, 3) to float32, (h', w'), 0..1.
    """
    engine = TorchEngine(student, card=card)
    if side:
        engine.input_size = (side, side)
    return engine_predictor(engine)


def engine_predictor(engine: Engine) -> Callable[[NDArray[np.uint8]], NDArray[np.float32]]:
    """Makes a function from a still picture to an engine's map, as `student_predictor`."""

    def predict(image: NDArray[np.uint8]) -> NDArray[np.float32]:
        frame = resize_to_input(image, input_size(engine, image))
        saliency: NDArray[np.float32] = engine.step(frame[None]).saliency[0]
        return saliency

    return predict


def load_branch(name: str, output: str) -> Model:
    """Loads a student that predicts with one of its branches, run by torch.

    Args:
        name: Model, as `uvanet.load` takes it; its .safetensors file must be beside the ONNX file.
        output: "ensemble", "spatiotemporal", "spatial" or "temporal".

    Raises:
        ModelError: There is no such model, the model is no student, or its weights are missing or
            damaged.
    """
    path, card = resolve_model(name).verified()
    if card.role != "student":
        raise ModelError(
            tr("{name} is no student and has no branches.").format(name=card.name),
            tr("Name a student."),
        )
    student = load_student(card.architecture, path.with_suffix(".safetensors"))
    return Model(card, TorchEngine(student, output=output, card=card))


def branch_predictors(student: SpatioTemporal, card: Card) -> list[Predictor]:
    """Makes predictors of the ensemble and all branches, which share one forward pass a frame.

    Args:
        student: In evaluation mode, on the CPU.
        card: The student's card, which has its shown size.

    Returns:
        A predictor for each of `PREDICTIONS`, under that name. All must be given the same frames in
        the same order, as the evaluator does.
    """
    shared = _SharedPass(student, card)
    return [_Branch(name, shared, place) for place, name in enumerate(PREDICTIONS)]


class _AllPredictions(TorchEngine):
    """An engine whose maps hold all predictions, (n, predictions, h, w)."""

    def _run(self, frames: Tensor, earlier: Tensor | None) -> tuple[Tensor, Tensor]:
        result = self._forward(frames, earlier)
        logits = torch.cat([getattr(result, name) for name in PREDICTIONS], 1)
        return torch.exp(logits - logits.amax((2, 3), keepdim=True)), result.features


class _SharedPass:
    """Runs each frame once, however many predictors ask for it."""

    def __init__(self, student: SpatioTemporal, card: Card) -> None:
        self.row = StreamPredictor("all", Model(card, _AllPredictions(student, card=card)))
        self._frame: tuple[NDArray[np.uint8], float] | None = None
        self._maps: NDArray[np.float32] | None = None

    def reset(self) -> None:
        self.row.reset()
        self._frame = None

    def maps(self, image: NDArray[np.uint8], t: float) -> NDArray[np.float32]:
        """(predictions, h, w)."""
        known = self._frame is not None and self._frame[0] is image and self._frame[1] == t
        if not known or self._maps is None:
            self._maps, self._frame = self.row.predict(image, t), (image, t)
        return self._maps


class _Branch(Predictor):
    def __init__(self, name: str, shared: _SharedPass, place: int) -> None:
        super().__init__(name)
        self._shared, self._place = shared, place

    def history(self, fps: float) -> int:
        return self._shared.row.history(fps)

    def reset(self) -> None:
        self._shared.reset()

    def observe(self, image: NDArray[np.uint8], t: float) -> None:
        self._shared.maps(image, t)

    def predict(self, image: NDArray[np.uint8], t: float) -> NDArray[np.float32]:
        maps = self._shared.maps(image, t)
        result: NDArray[np.float32] = maps[self._place]
        return result
