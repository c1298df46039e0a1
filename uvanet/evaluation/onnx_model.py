"""Any ONNX model as a row, so that UNISAL, TASED-Net and others can stand beside ours."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from uvanet.errors import ModelError
from uvanet.evaluation.onnx_spec import EXAMPLES, OnnxSpec
from uvanet.evaluation.predictors import Predictor

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_TYPES = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
    "tensor(uint8)": np.uint8,
}


class OnnxPredictor(Predictor):
    """Runs a foreign ONNX model.

    Args:
        spec: What it wants and gives.

    Raises:
        ModelError: The file is missing or damaged, or does not fit what `spec` says.
    """

    def __init__(self, spec: OnnxSpec) -> None:
        super().__init__(spec.name)
        self._session = _open(spec.path)
        inputs = self._session.get_inputs()
        if len(inputs) != 1:
            names = ", ".join(node.name for node in inputs)
            raise ModelError(
                f"{spec.path.name} has {len(inputs)} inputs ({names}).",
                "Export it with the frames as its one input.",
            )
        self._input, self._type = inputs[0].name, _TYPES.get(inputs[0].type)
        if self._type is None:
            raise ModelError(
                f"{spec.path.name} takes {inputs[0].type}.", "Export it with a float input."
            )
        outputs = [node.name for node in self._session.get_outputs()]
        if spec.output_name and spec.output_name not in outputs:
            raise ModelError(
                f"{spec.path.name} has no output {spec.output_name!r}.",
                f"It has {', '.join(outputs)}.",
            )
        self._output = spec.output_name or outputs[0]
        self._spec = _fitted(spec, list(inputs[0].shape))
        self._past: deque[NDArray[np.float32]] = deque(maxlen=spec.frames)

    def history(self, fps: float) -> int:
        """See `Predictor.history`."""
        return self._spec.frames - 1

    def reset(self) -> None:
        """See `Predictor.reset`."""
        self._past.clear()

    def observe(self, image: NDArray[np.uint8], t: float) -> None:
        """See `Predictor.observe`."""
        self._past.append(self._prepare(image))

    def predict(self, image: NDArray[np.uint8], t: float) -> NDArray[np.float32]:
        """See `Predictor.predict`.

        Raises:
            ModelError: The model fails, or what comes out is no map.
        """
        self.observe(image, t)
        stack = [self._past[0]] * (self._spec.frames - len(self._past)) + list(self._past)
        # T, H, W, C and a batch of one before it, then the letters in the model's order.
        batch = np.stack(stack)[None]
        if "T" not in self._spec.layout:
            batch = batch[:, 0]
        if "N" not in self._spec.layout:
            batch = batch[0]
        held = [letter for letter in "NTHWC" if letter in self._spec.layout]
        ordered = batch.transpose([held.index(letter) for letter in self._spec.layout])
        feed = np.ascontiguousarray(ordered, self._type)
        try:
            (result,) = self._session.run([self._output], {self._input: feed})
        except Exception as error:
            words = str(error).strip().splitlines()
            raise ModelError(
                f"{self.name} failed on its input of shape {feed.shape}: {words[-1]}",
                "Look at size, layout and frames.",
            ) from error
        return self._as_map(np.asarray(result, np.float32))

    def _prepare(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        spec = self._spec
        assert spec.size is not None
        height, width = image.shape[:2]
        shrinks = width >= spec.size[0] and height >= spec.size[1]
        small = cv2.resize(
            image, spec.size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        )
        ordered = small if spec.colour == "rgb" else small[..., ::-1]
        scaled = ordered.astype(np.float32) * np.float32(spec.range / 255)
        centred = (scaled - np.array(spec.mean, np.float32)) / np.array(spec.std, np.float32)
        return np.asarray(centred, np.float32)

    def _as_map(self, result: NDArray[np.float32]) -> NDArray[np.float32]:
        values: NDArray[np.floating] = np.squeeze(result)
        while values.ndim > 2:
            values = values[-1]
        if values.ndim != 2:
            raise ModelError(
                f"{self.name} gives an array of shape {result.shape}, which is no map.",
                "Choose another with output_name.",
            )
        if self._spec.output == "log":
            values = np.exp(values - values.max())
        elif self._spec.output == "logit":
            values = 1 / (1 + np.exp(-np.clip(values, -60, 60)))
        return np.asarray(values, np.float32)


def _fitted(spec: OnnxSpec, shape: list[int | str | None]) -> OnnxSpec:
    """The spec with the size that the file states; sees that both agree."""
    if len(shape) != len(spec.layout):
        raise ModelError(
            f"{spec.path.name} takes {len(shape)} dimensions, not {spec.layout}.",
            EXAMPLES["layout"],
        )
    stated = dict(zip(spec.layout, shape, strict=True))
    size = spec.size
    if size is None:
        width, height = stated["W"], stated["H"]
        if not (isinstance(width, int) and isinstance(height, int)):
            raise ModelError(
                f"{spec.path.name} takes pictures of any size.", f"Give one. {EXAMPLES['size']}"
            )
        size = (width, height)
    wanted = {"N": 1, "T": spec.frames, "C": 3, "H": size[1], "W": size[0]}
    for letter, number in stated.items():
        if isinstance(number, int) and number != wanted[letter]:
            raise ModelError(
                f"{spec.path.name} takes {letter} = {number} where {wanted[letter]} was said.",
                "Look at size, layout and frames.",
            )
    return replace(spec, size=size)


def _open(path: Path) -> Any:
    if not path.is_file():
        raise ModelError(f"There is no model file {path}.", "Check the path.")
    # Here and not above: the runtime takes longer to import than all the rest.
    from uvanet.runtime.session import open_session

    return open_session(path)
