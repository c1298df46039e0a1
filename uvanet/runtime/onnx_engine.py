"""The default engine: ONNX Runtime on the processor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from uvanet.errors import ModelError
from uvanet.runtime.engine import LAG, STATE_STRIDE, Step
from uvanet.runtime.session import open_session
from uvanet.runtime.sizes import TEACHER_SIZE

if TYPE_CHECKING:
    from pathlib import Path

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
        threads: Threads of one prediction; one is fastest for single frames of a student's size.

    Raises:
        ModelError: The file is damaged or is no model of ours.
    """

    lag = LAG

    def __init__(self, path: Path, threads: int = 1) -> None:
        self._session = open_session(path, threads)
        inputs = {node.name: node for node in self._session.get_inputs()}
        outputs = [node.name for node in self._session.get_outputs()]
        if (set(inputs), outputs) not in KINDS:
            raise ModelError(
                f"{path.name} is no model of UVA-Net.",
                "Its inputs must be frame and earlier, its outputs saliency and features; or only "
                "frame and saliency.",
            )
        height, width = inputs["frame"].shape[1:3]
        # An open size is a name in the file instead of a number.
        self.keeps_proportions = not isinstance(height, int)
        self.input_size: tuple[int, int] = (
            TEACHER_SIZE if self.keeps_proportions else (height, width)
        )
        # A teacher's memory of motion fades over a second; a student compares two frames.
        self.memory = 1.2 if self.keeps_proportions else LAG
        self._channels: int | None = inputs["earlier"].shape[1] if "earlier" in inputs else None

    def step(self, frames: NDArray[np.uint8], earlier: NDArray[Any] | None = None) -> Step:
        """See `Engine.step`."""
        if self._channels is None:
            return Step(self._session.run(None, {"frame": frames})[0], None)
        if earlier is None:
            rows, columns = (-(-side // STATE_STRIDE) for side in frames.shape[1:3])
            earlier = np.zeros((len(frames), self._channels, rows, columns), np.float32)
            earlier = self._run(frames, earlier).features
        return self._run(frames, earlier)

    def _run(self, frames: NDArray[np.uint8], earlier: NDArray[Any] | None) -> Step:
        return Step(*self._session.run(None, {"frame": frames, "earlier": earlier}))
