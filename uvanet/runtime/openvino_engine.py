"""OpenVINO on the processor: an extra, faster than ONNX Runtime where batches are wanted."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from uvanet.errors import MissingExtraError, ModelError
from uvanet.runtime.engine import LAG, STATE_STRIDE, Step
from uvanet.runtime.micro_batching import MicroBatcher, piece

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


class OpenvinoEngine:
    """Runs the ONNX file of a student; a teacher's half precision is left to ONNX Runtime.

    Args:
        path: The file.
        size: Height and width of an input with as many pixels as the model is to see.
        threads: Threads of one frame, or of a batch.

    Raises:
        MissingExtraError: OpenVINO is not installed.
        ModelError: The file is damaged or is no model of ours.
    """

    lag = LAG
    memory = LAG

    def __init__(self, path: Path, size: tuple[int, int], threads: int = 1) -> None:
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
        _, rows, columns, _ = shapes["frame"]
        self.keeps_proportions = rows.is_dynamic
        self.input_size = size if rows.is_dynamic else (rows.get_length(), columns.get_length())
        self._channels = shapes["earlier"][1].get_length() if "earlier" in shapes else None
        self._threads = threads
        self._single: tuple[tuple[int, int], Any] = (
            self.input_size,
            self._request(self.input_size),
        )
        self._many: MicroBatcher | None = None

    def step(self, frames: NDArray[np.uint8], earlier: NDArray[Any] | None = None) -> Step:
        """See `Engine.step`."""
        size = (frames.shape[1], frames.shape[2])
        if len(frames) == 1:
            if self._single[0] != size:
                self._single = (size, self._request(size))
            return self._run(self._single[1], frames, earlier)
        if self._many is None or self._many.input_size != size:
            self._many = self._batches(size)
        return self._many.step(frames, earlier)

    def _request(self, size: tuple[int, int]) -> Any:
        return self._compile(1, size, self._threads, 1).create_infer_request()

    def _batches(self, size: tuple[int, int]) -> MicroBatcher:
        compiled = self._compile(piece(size), size, self._threads, self._threads)
        requests = threading.local()

        def run(frames: NDArray[np.uint8], earlier: NDArray[Any] | None) -> Step:
            if not hasattr(requests, "own"):
                requests.own = compiled.create_infer_request()
            return self._run(requests.own, frames, earlier)

        return MicroBatcher(run, size, self._threads)

    def _compile(self, batch: int, size: tuple[int, int], threads: int, streams: int) -> Any:
        # Shapes that are known when it is compiled are worth a third of the time.
        model = self._model.clone()
        height, width = size
        model.reshape(
            {
                port: [batch, height, width, 3]
                if port.any_name == "frame"
                else [batch, self._channels, height // STATE_STRIDE, width // STATE_STRIDE]
                for port in model.inputs
            }
        )
        settings = {
            "INFERENCE_NUM_THREADS": threads,
            "NUM_STREAMS": streams,
            "INFERENCE_PRECISION_HINT": "f32",
        }
        return self._core.compile_model(model, "CPU", settings)

    def _run(self, request: Any, frames: NDArray[np.uint8], earlier: NDArray[Any] | None) -> Step:
        feed: dict[str, NDArray[Any]] = {"frame": np.ascontiguousarray(frames)}
        if self._channels is not None:
            if earlier is None:
                rows, columns = (side // STATE_STRIDE for side in frames.shape[1:3])
                nothing = np.zeros((len(frames), self._channels, rows, columns), np.float32)
                request.infer({**feed, "earlier": nothing}, share_inputs=True)
                earlier = request.get_tensor("features").data.copy()
            feed["earlier"] = np.ascontiguousarray(earlier)
        # The tensors belong to the request, whose next call overwrites them: hence the copies.
        request.infer(feed, share_inputs=True, share_outputs=True)
        saliency = request.get_tensor("saliency").data.copy()
        features = None if self._channels is None else request.get_tensor("features").data.copy()
        return Step(saliency, features)
