"""The default engine: ONNX Runtime on the processor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnxruntime as ort

from uvanet.errors import ModelError
from uvanet.runtime.engine import Step

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


class OnnxEngine:
    """Runs a student's ONNX file.

    Args:
        path: The file.
        threads: Threads of one prediction; one is fastest for single frames of this size.

    Raises:
        ModelError: The file is damaged or is no student of ours.
    """

    def __init__(self, path: Path, threads: int = 1) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # Waiting threads must not burn the cores that decode and paint.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = ort.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:
            raise ModelError(
                f"{path.name} cannot be loaded as an ONNX model.", "Copy or export it again."
            ) from error
        inputs = {node.name: node for node in self._session.get_inputs()}
        outputs = [node.name for node in self._session.get_outputs()]
        if set(inputs) != {"frame", "earlier"} or outputs != ["saliency", "features"]:
            raise ModelError(
                f"{path.name} is no student of UVA-Net.",
                "Its inputs must be frame and earlier, its outputs saliency and features.",
            )
        self.input_size: int = inputs["frame"].shape[1]
        self._feature_shape: tuple[int, ...] = tuple(inputs["earlier"].shape[1:])

    def step(self, frames: NDArray[np.uint8], earlier: NDArray[np.float32] | None = None) -> Step:
        """See `Engine.step`."""
        if earlier is None:
            nothing = np.zeros((len(frames), *self._feature_shape), np.float32)
            earlier = self._run(frames, nothing).features
        return self._run(frames, earlier)

    def _run(self, frames: NDArray[np.uint8], earlier: NDArray[np.float32]) -> Step:
        return Step(*self._session.run(None, {"frame": frames, "earlier": earlier}))
