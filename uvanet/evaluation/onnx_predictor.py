"""Predictor of an ONNX model without a card, such as UNISAL or TASED-Net."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from uvanet.evaluation.predictors import Predictor
from uvanet.runtime.external_engine import ExternalEngine
from uvanet.runtime.external_onnx import ExternalOnnx
from uvanet.runtime.preprocess import resize_to_input


class OnnxPredictor(Predictor):
    """Runs an external ONNX model; observed frames are stored, not predicted.

    Args:
        spec: Inputs and outputs of the model.

    Raises:
        ModelError: The file is missing or damaged, or does not fit `spec`.
    """

    def __init__(self, spec: ExternalOnnx) -> None:
        super().__init__(spec.name)
        self._engine = ExternalEngine(spec)
        self._past: deque[NDArray[np.uint8]] = deque(maxlen=self._engine.frames)

    def history(self, fps: float) -> int:
        """See `Predictor.history`."""
        return self._engine.frames - 1

    def reset(self) -> None:
        """See `Predictor.reset`."""
        self._past.clear()

    def observe(self, image: NDArray[np.uint8], t: float) -> None:
        """See `Predictor.observe`."""
        self._past.append(resize_to_input(image, self._engine.input_size))

    def predict(self, image: NDArray[np.uint8], t: float) -> NDArray[np.float32]:
        """See `Predictor.predict`.

        Raises:
            ModelError: The model fails, or its output is not a map.
        """
        self.observe(image, t)
        missing = self._engine.frames - len(self._past)
        return self._engine.run(np.stack([self._past[0]] * missing + list(self._past)))
