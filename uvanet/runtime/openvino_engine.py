"""OpenVINO on the processor: an extra, faster than ONNX Runtime where batches are wanted."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from uvanet.errors import MissingExtraError, ModelError
from uvanet.runtime.batches import Batches
from uvanet.runtime.engine import LAG, Step

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


class OpenvinoEngine:
    """Runs the ONNX file of a student; a teacher, whose size is open, is left to ONNX Runtime.

    Args:
        path: The file.
        threads: Threads of one frame, or of a batch.

    Raises:
        MissingExtraError: OpenVINO is not installed.
        ModelError: The file is damaged or is no model of ours.
    """

    lag = LAG
    memory = LAG
    keeps_proportions = False

    def __init__(self, path: Path, threads: int = 1) -> None:
        # Its telemetry starts a thread when it is imported, and would tell its maker of our users.
        # Without that package it works on by itself.
        sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
        try:
            import openvino
        except ImportError as error:
            raise MissingExtraError(
                "The engine openvino is not installed.",
                "Install it with: pip install 'uvanet[openvino]'.",
            ) from error
        self._core = openvino.Core()
        try:
            self._model = self._core.read_model(path)
        except Exception as error:
            raise ModelError(
                f"{path.name} cannot be loaded as an ONNX model.", "Copy or export it again."
            ) from error
        shapes = {port.any_name: port.partial_shape for port in self._model.inputs}
        if "frame" not in shapes or not set(shapes) <= {"frame", "earlier"}:
            raise ModelError(
                f"{path.name} is no model of UVA-Net.", "Its inputs must be frame and earlier."
            )
        if shapes["frame"][1].is_dynamic:
            raise ModelError(
                f"{path.name} takes pictures of any size, which openvino does not run.",
                "Choose --engine onnx.",
            )
        self.input_size: tuple[int, int] = (
            shapes["frame"][1].get_length(),
            shapes["frame"][2].get_length(),
        )
        self._feature_shape = (
            tuple(side.get_length() for side in list(shapes["earlier"])[1:])
            if "earlier" in shapes
            else None
        )
        self._threads = threads
        self._single = self._compile(1, threads, 1).create_infer_request()
        self._batches = Batches(self._piece, self.input_size, threads)
        self._many: Any = None
        self._requests = threading.local()

    def step(self, frames: NDArray[np.uint8], earlier: NDArray[Any] | None = None) -> Step:
        """See `Engine.step`."""
        if len(frames) == 1:
            return self._run(self._single, frames, earlier)
        if self._many is None:
            self._many = self._compile(self._batches.piece, self._threads, self._threads)
        return self._batches.step(frames, earlier)

    def _compile(self, batch: int, threads: int, streams: int) -> Any:
        # Shapes that are known when it is compiled are worth a third of the time.
        model = self._model.clone()
        model.reshape({port: _with_batch(port.partial_shape, batch) for port in model.inputs})
        settings = {
            "INFERENCE_NUM_THREADS": threads,
            "NUM_STREAMS": streams,
            "INFERENCE_PRECISION_HINT": "f32",
        }
        return self._core.compile_model(model, "CPU", settings)

    def _piece(self, frames: NDArray[np.uint8], earlier: NDArray[Any] | None) -> Step:
        if not hasattr(self._requests, "own"):
            self._requests.own = self._many.create_infer_request()
        return self._run(self._requests.own, frames, earlier)

    def _run(self, request: Any, frames: NDArray[np.uint8], earlier: NDArray[Any] | None) -> Step:
        feed: dict[str, NDArray[Any]] = {"frame": np.ascontiguousarray(frames)}
        if self._feature_shape is not None:
            if earlier is None:
                nothing = np.zeros((len(frames), *self._feature_shape), np.float32)
                request.infer({**feed, "earlier": nothing}, share_inputs=True)
                earlier = request.get_tensor("features").data.copy()
            feed["earlier"] = np.ascontiguousarray(earlier)
        # The tensors belong to the request, whose next call overwrites them: hence the copies.
        request.infer(feed, share_inputs=True, share_outputs=True)
        saliency = request.get_tensor("saliency").data.copy()
        return Step(
            saliency, request.get_tensor("features").data.copy() if self._feature_shape else None
        )


def _with_batch(shape: Any, batch: int) -> Any:
    fixed = shape
    fixed[0] = batch
    return fixed
