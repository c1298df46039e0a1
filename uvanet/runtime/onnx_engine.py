"""The default engine: ONNX Runtime on the processor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from uvanet.errors import ModelError
from uvanet.runtime.engine import Step
from uvanet.runtime.session import open_session

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
        self._session = open_session(path, threads)
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
