"""Any ONNX model as an engine, so that UNISAL, TASED-Net or one's own can stand beside ours."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from uvanet.errors import ModelError
from uvanet.runtime.engine import Step
from uvanet.runtime.external_onnx import EXAMPLES

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from uvanet.runtime.external_onnx import ExternalOnnx

_TYPES = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
    "tensor(uint8)": np.uint8,
}


class ExternalEngine:
    """Runs a foreign ONNX model. The memory of one that takes a stack is the frames before.

    Args:
        spec: What it wants and gives.
        threads: Threads of one prediction.

    Attributes:
        input_size: Height and width of the input, pixels.
        frames: How many frames it takes at once.
        lag: See `Engine`; of a stack the frame just before counts.

    Raises:
        ModelError: The file is missing or damaged, or does not fit what `spec` says.
    """

    lag = 0.0
    memory = 0.0
    keeps_proportions = False

    def __init__(self, spec: ExternalOnnx, threads: int = 1) -> None:
        self.name = spec.name
        self._session = _open(spec.path, threads)
        inputs = self._session.get_inputs()
        if {node.name for node in inputs} == {"frame", "earlier"}:
            raise ModelError(
                f"{spec.path.stem}.json is missing beside its ONNX file.",
                "Copy both files together.",
            )
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
        if self._type is np.uint8 and spec.range == 1:
            # Bytes in 0..1 would be black and white.
            spec = replace(spec, range=255)
        self._spec = _fitted(spec, list(inputs[0].shape))
        assert self._spec.size is not None
        self.input_size = (self._spec.size[1], self._spec.size[0])
        self.frames = self._spec.frames

    def step(self, frames: NDArray[np.uint8], earlier: NDArray[Any] | None = None) -> Step:
        """See `Engine.step`; negative values of a map count as 0.

        Raises:
            ModelError: The model fails, or what comes out is no map.
        """
        maps, memories = [], []
        for i, frame in enumerate(frames):
            past = [frame] * (self.frames - 1) if earlier is None else list(earlier[i])
            stack = np.stack([*past, frame])
            maps.append(_scaled(self.run(stack)))
            memories.append(stack[1:])
        return Step(np.stack(maps), np.stack(memories) if self.frames > 1 else None)

    def run(self, stack: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Predicts from a stack of frames; the map is as the model gives it, of any scale.

        Args:
            stack: RGB, uint8, (frames, height, width, 3), the predicted frame last.

        Raises:
            ModelError: The model fails, or what comes out is no map.
        """
        # T, H, W, C and a batch of one before it, then the letters in the model's order.
        batch = self._prepare(stack)[None]
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

    def _prepare(self, stack: NDArray[np.uint8]) -> NDArray[np.float32]:
        spec = self._spec
        ordered = stack if spec.colour == "rgb" else stack[..., ::-1]
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


def _scaled(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """0..1, the largest value 1; a map without any value above 0 stays dark."""
    positive = np.maximum(values, 0)
    peak = positive.max()
    return np.asarray(positive / peak if peak > 0 else positive, np.float32)


def _fitted(spec: ExternalOnnx, shape: list[int | str | None]) -> ExternalOnnx:
    """The spec with what the file states (layout, frames, size); sees that both agree."""
    if not spec.layout:
        spec = _told(spec, shape)
    if spec.frames > 1 and "T" not in spec.layout:
        raise ModelError(
            f"{spec.path.name} takes one frame, not a stack of {spec.frames}.", EXAMPLES["layout"]
        )
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


def _told(spec: ExternalOnnx, shape: list[int | str | None]) -> ExternalOnnx:
    """The layout, by the place of the three colours, and the length of a stack."""
    layouts = {3: ("CHW", "HWC"), 4: ("NCHW", "NHWC"), 5: ("NTCHW", "NCTHW", "NTHWC")}
    for layout in layouts.get(len(shape), ()):
        if shape[layout.index("C")] == 3:
            frames = shape[layout.index("T")] if "T" in layout else 1
            told = frames if isinstance(frames, int) and spec.frames == 1 else spec.frames
            return replace(spec, layout=layout, frames=told)
    raise ModelError(f"{spec.path.name} does not say where its colours are.", EXAMPLES["layout"])


def _open(path: Path, threads: int) -> Any:
    if not path.is_file():
        raise ModelError(f"There is no model file {path}.", "Check the path.")
    # Here and not above: the runtime takes longer to import than all the rest.
    from uvanet.runtime.session import open_session

    return open_session(path, threads)
