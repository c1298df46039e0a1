"""The default engine: ONNX Runtime on the processor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from uvanet.errors import ModelError
from uvanet.runtime.batches import Batches
from uvanet.runtime.engine import LAG, Step
from uvanet.runtime.session import open_session

if TYPE_CHECKING:
    from pathlib import Path

    import onnxruntime
    from numpy.typing import NDArray

KINDS = (
    ({"frame", "earlier"}, ["saliency", "features"]),
    ({"frame"}, ["saliency"]),
)
"""Inputs and outputs of our models: those that see motion, and those that see one frame."""


class OnnxEngine:
    """Runs the ONNX file of a student or a teacher.

    Args:
        path: The file.
        threads: Threads of one frame, or of a batch; one is fastest for single frames of a
            student's size.

    Raises:
        ModelError: The file is damaged or is no model of ours.
    """

    lag = LAG

    def __init__(self, path: Path, threads: int = 1) -> None:
        self._path = path
        # With the batch known to be 1, a sixth of the nodes and of the time falls away.
        self._single = open_session(path, threads, batch=1)
        self._many: onnxruntime.InferenceSession | None = None
        inputs = {node.name: node for node in self._single.get_inputs()}
        outputs = [node.name for node in self._single.get_outputs()]
        if (set(inputs), outputs) not in KINDS:
            raise ModelError(
                f"{path.name} is no model of UVA-Net.",
                "Its inputs must be frame and earlier, its outputs saliency and features; or only "
                "frame and saliency.",
            )
        height, width = inputs["frame"].shape[1:3]
        self.input_size: tuple[int, int] = (height, width)
        self._feature_shape: tuple[int, ...] | None = (
            tuple(inputs["earlier"].shape[1:]) if "earlier" in inputs else None
        )
        self._batches = Batches(self._piece, self.input_size, threads)

    def step(self, frames: NDArray[np.uint8], earlier: NDArray[Any] | None = None) -> Step:
        """See `Engine.step`."""
        if len(frames) == 1:
            return self._run(self._single, frames, earlier)
        if self._many is None:
            # Made when first wanted: the live view never does.
            self._many = open_session(self._path, 1, batch=self._batches.piece)
        return self._batches.step(frames, earlier)

    def _piece(self, frames: NDArray[np.uint8], earlier: NDArray[Any] | None) -> Step:
        assert self._many is not None
        return self._run(self._many, frames, earlier)

    def _run(
        self,
        session: onnxruntime.InferenceSession,
        frames: NDArray[np.uint8],
        earlier: NDArray[Any] | None,
    ) -> Step:
        if self._feature_shape is None:
            return Step(session.run(None, {"frame": frames})[0], None)
        if earlier is None:
            nothing = np.zeros((len(frames), *self._feature_shape), np.float32)
            earlier = session.run(["features"], {"frame": frames, "earlier": nothing})[0]
        return Step(*session.run(None, {"frame": frames, "earlier": earlier}))
