"""The default engine: ONNX Runtime on the processor."""

from __future__ import annotations

from collections import OrderedDict
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from uvanet.errors import ModelError
from uvanet.runtime.engine import LAG, STATE_STRIDE, Step
from uvanet.runtime.micro_batching import MicroBatcher, piece
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

OPEN = 3
"""Shapes of input for which a session is kept open."""


class OnnxEngine:
    """Runs the ONNX file of a student or a teacher.

    Args:
        path: The file.
        size: Height and width of an input with as many pixels as the model is to see.
        threads: Threads of one frame, or of a batch; one is fastest for single frames of a
            student's size.
        memory: Seconds before a frame on which its map depends.

    Raises:
        ModelError: The file is damaged or is no model of ours.
    """

    lag = LAG

    def __init__(
        self, path: Path, size: tuple[int, int], threads: int = 1, memory: float = LAG
    ) -> None:
        self._path, self._threads = path, threads
        self.input_size, self.memory = size, memory
        self._single: OrderedDict[tuple[int, int], onnxruntime.InferenceSession] = OrderedDict()
        self._many: MicroBatcher | None = None
        # Not told its sizes, it says which are open; the first frame's size is not known yet.
        session = open_session(path, optimise=False)
        inputs = {node.name: node for node in session.get_inputs()}
        outputs = [node.name for node in session.get_outputs()]
        if (set(inputs), outputs) not in KINDS:
            raise ModelError(
                f"{path.name} is no model of UVA-Net.",
                "Its inputs must be frame and earlier, its outputs saliency and features; or only "
                "frame and saliency.",
            )
        height, width = inputs["frame"].shape[1:3]
        # An open size is a name in the file instead of a number.
        self.keeps_proportions = not isinstance(height, int)
        if not self.keeps_proportions:
            self.input_size = (height, width)
        self._channels: int | None = inputs["earlier"].shape[1] if "earlier" in inputs else None

    def step(self, frames: NDArray[np.uint8], earlier: NDArray[Any] | None = None) -> Step:
        """See `Engine.step`."""
        size = (frames.shape[1], frames.shape[2])
        if len(frames) == 1:
            return self._run(self._session(size), frames, earlier)
        if self._many is None or self._many.input_size != size:
            self._many = self._batches(size)
        return self._many.step(frames, earlier)

    def _session(self, size: tuple[int, int]) -> onnxruntime.InferenceSession:
        """The session of single frames of a size; those last used stay open."""
        if size not in self._single:
            # A third of the nodes serves batches and sizes that are not known beforehand.
            self._single[size] = open_session(self._path, self._threads, _sizes(1, size))
        self._single.move_to_end(size)
        if len(self._single) > OPEN:
            self._single.popitem(last=False)
        return self._single[size]

    def _batches(self, size: tuple[int, int]) -> MicroBatcher:
        """What runs batches of a size; made when first wanted: the live view never does."""
        count = piece(size)
        session = open_session(self._path, 1, _sizes(count, size))
        return MicroBatcher(partial(self._run, session), size, self._threads)

    def _run(
        self,
        session: onnxruntime.InferenceSession,
        frames: NDArray[np.uint8],
        earlier: NDArray[Any] | None,
    ) -> Step:
        if self._channels is None:
            return Step(session.run(None, {"frame": frames})[0], None)
        if earlier is None:
            rows, columns = (side // STATE_STRIDE for side in frames.shape[1:3])
            nothing = np.zeros((len(frames), self._channels, rows, columns), np.float32)
            earlier = session.run(["features"], {"frame": frames, "earlier": nothing})[0]
        return Step(*session.run(None, {"frame": frames, "earlier": earlier}))


def _sizes(batch: int, size: tuple[int, int]) -> dict[str, int]:
    """The open sizes of our files by their names; see `uvanet.deploy.onnx_export`."""
    height, width = size
    rows, columns = height // STATE_STRIDE, width // STATE_STRIDE
    return {"n": batch, "height": height, "width": width, "rows": rows, "columns": columns}
