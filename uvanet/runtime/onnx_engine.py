"""ONNX Runtime on the CPU: the default engine."""

from __future__ import annotations

from collections import OrderedDict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from uvanet.errors import ModelError
from uvanet.i18n import tr
from uvanet.runtime.engine import LAG, MAX_SIDE, STATE_STRIDE, Step, check_input_size
from uvanet.runtime.micro_batching import MicroBatcher, micro_batch_size
from uvanet.runtime.session import OnnxSession

SIGNATURES = (
    ({"frame", "earlier"}, ["saliency", "features"]),
    ({"frame"}, ["saliency"]),
)
"""Inputs and outputs of UVA-Net models: with memory of earlier frames, and without."""

MAX_OPEN_SESSIONS = 3
"""Number of input sizes for which a session is kept open."""


class OnnxEngine:
    """Runs the ONNX file of a student or teacher of UVA-Net.

    Args:
        path: The file.
        size: `Engine.input_size` for files with a dynamic input size.
        threads: CPU threads for a frame or a batch; one is fastest for single frames of students.
        memory: See `Engine`.
        size_multiple: See `Engine`.

    Raises:
        ModelError: The file is damaged, is not a UVA-Net model, or has an impossible input size.
    """

    lag = LAG

    def __init__(
        self,
        path: Path,
        size: tuple[int, int],
        threads: int = 1,
        memory: float = LAG,
        size_multiple: int = STATE_STRIDE,
    ) -> None:
        self._path, self._threads = path, threads
        self.memory, self.size_multiple = memory, size_multiple
        self._single: OrderedDict[tuple[int, int], OnnxSession] = OrderedDict()
        self._batcher: MicroBatcher | None = None
        self._canceled = False
        # A session without sizes shows which dimensions are dynamic.
        session = OnnxSession(path, optimize=False)
        if (set(session.inputs), session.outputs) not in SIGNATURES:
            raise ModelError(
                tr("{name} is not a model of UVA-Net.").format(name=path.name),
                tr(
                    "Its inputs must be frame and earlier, its outputs saliency and features; or "
                    "only frame and saliency."
                ),
            )
        shape = session.inputs["frame"].shape
        if len(shape) != 4:
            raise ModelError(
                tr("{name} takes frames of {count} dimensions.").format(
                    name=path.name, count=len(shape)
                ),
                tr("Export it again."),
            )
        # A dynamic dimension is a name in the file instead of a number.
        self.dynamic_input_size = not (isinstance(shape[1], int) and isinstance(shape[2], int))
        self.input_size = size if self.dynamic_input_size else (shape[1], shape[2])
        check_input_size(path.name, *self.input_size)
        self._channels: int | None = None
        if "earlier" in session.inputs:
            self._channels = session.inputs["earlier"].shape[1]

    def step(self, frames: NDArray[np.uint8], earlier: NDArray[Any] | None = None) -> Step:
        """See `Engine.step`."""
        size = (frames.shape[1], frames.shape[2])
        if len(frames) == 1:
            return self._run(self._session(size), frames, earlier)
        if self._batcher is None or self._batcher.input_size != size:
            self._batcher = self._make_batcher(size)
        return self._batcher.step(frames, earlier)

    def cancel(self) -> None:
        """See `Engine.cancel`."""
        self._canceled = True
        for session in list(self._single.values()):
            session.cancel()

    def _session(self, size: tuple[int, int]) -> OnnxSession:
        """The session for single frames of a size; the last few sessions stay open."""
        if size not in self._single:
            # Fixed dimensions remove a third of the nodes, which compute dynamic sizes.
            self._single[size] = OnnxSession(self._path, self._threads, _dimensions(1, size))
        self._single.move_to_end(size)
        if len(self._single) > MAX_OPEN_SESSIONS:
            self._single.popitem(last=False)
        return self._single[size]

    def _make_batcher(self, size: tuple[int, int]) -> MicroBatcher:
        """Makes the batcher of a size, at the first batch, since the live view has no batches."""
        session = OnnxSession(self._path, 1, _dimensions(micro_batch_size(size), size))
        return MicroBatcher(partial(self._run, session), size, self._threads)

    def _run(
        self, session: OnnxSession, frames: NDArray[np.uint8], earlier: NDArray[Any] | None
    ) -> Step:
        if self._canceled:
            raise ModelError(
                tr("{name} was canceled.").format(name=self._path.name), tr("Load it again.")
            )
        if self._channels is None:
            return self._checked(Step(session.run(None, {"frame": frames})[0], None), len(frames))
        if earlier is None:
            rows, columns = (side // STATE_STRIDE for side in frames.shape[1:3])
            zeros = np.zeros((len(frames), self._channels, rows, columns), np.float32)
            earlier = session.run(["features"], {"frame": frames, "earlier": zeros})[0]
        saliency, features = session.run(None, {"frame": frames, "earlier": earlier})
        return self._checked(Step(saliency, features), len(frames))

    def _checked(self, step: Step, count: int) -> Step:
        shape = step.saliency.shape
        if len(shape) != 3 or shape[0] != count or 0 in shape or max(shape[1:]) > MAX_SIDE:
            raise ModelError(
                tr("{name} gives an array of shape {shape}, which is no map.").format(
                    name=self._path.name, shape=shape
                ),
                tr("Export it again."),
            )
        return step


def _dimensions(batch: int, size: tuple[int, int]) -> dict[str, int]:
    """Values of the dynamic dimensions by name; see `uvanet.deploy.onnx_export`."""
    height, width = size
    rows, columns = height // STATE_STRIDE, width // STATE_STRIDE
    return {"n": batch, "height": height, "width": width, "rows": rows, "columns": columns}
