"""Runs any ONNX model as an engine, for example UNISAL or TASED-Net."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from uvanet.errors import ModelError
from uvanet.i18n import tr
from uvanet.redaction import excerpt
from uvanet.runtime.engine import MAX_SIDE, Step, check_input_size
from uvanet.runtime.external_onnx import ExternalOnnx, example
from uvanet.runtime.session import OnnxSession

_TYPES = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
    "tensor(uint8)": np.uint8,
}


class ExternalEngine:
    """Runs an ONNX model without a model card.

    A model that takes a stack of frames uses the preceding frames as its memory.

    Args:
        spec: Description of the model's input and output.
        threads: CPU threads of one prediction.

    Attributes:
        input_size: Height and width of the input, pixels.
        frames: Number of frames per input.
        lag: 0, since the memory ends at the frame of the last step; see `Engine.lag`.

    Raises:
        ModelError: The file is missing or damaged, does not fit `spec`, or its input is too large.
    """

    lag = 0.0
    memory = 0.0
    dynamic_input_size = False
    size_multiple = 1

    def __init__(self, spec: ExternalOnnx, threads: int = 1) -> None:
        file = spec.path.name
        if not os.path.isfile(spec.path):  # pathlib raises for names that are too long
            raise ModelError(
                tr("There is no model file {path}.").format(path=spec.path), tr("Check the path.")
            )
        self.name = spec.name
        self._session = OnnxSession(spec.path, threads, bounded=True)
        inputs, outputs = self._session.inputs, self._session.outputs
        if set(inputs) == {"frame", "earlier"}:
            raise ModelError(
                tr("{stem}.json is missing beside its ONNX file.").format(stem=spec.path.stem),
                tr("Copy both files together."),
            )
        if len(inputs) != 1:
            raise ModelError(
                tr("{file} has {count} inputs ({inputs}).").format(
                    file=file, count=len(inputs), inputs=excerpt(", ".join(inputs), 200)
                ),
                tr("Export it with the frames as its one input."),
            )
        if not outputs:
            raise ModelError(
                tr("{file} has no output.").format(file=file),
                tr("Export it with the map as its output."),
            )
        if spec.output_name and spec.output_name not in outputs:
            raise ModelError(
                tr("{file} has no output {output!r}.").format(file=file, output=spec.output_name),
                tr("It has {outputs}.").format(outputs=excerpt(", ".join(outputs), 200)),
            )
        ((self._input, node),) = inputs.items()
        self._output = spec.output_name or outputs[0]
        if node.type not in _TYPES:
            raise ModelError(
                tr("{file} takes {type}.").format(file=file, type=node.type),
                tr("Export it with a float input."),
            )
        self._type = _TYPES[node.type]
        if self._type is np.uint8 and spec.range == 1:
            # Bytes scaled to 0..1 would all be 0 or 1.
            spec = replace(spec, range=255)
        self._spec, self.input_size = _fit(spec, list(node.shape))
        self.frames = self._spec.frames

    def step(self, frames: NDArray[np.uint8], earlier: NDArray[Any] | None = None) -> Step:
        """See `Engine.step`; negative values of a map count as 0.

        Raises:
            ModelError: The model fails, was canceled, or its output is not a map.
        """
        maps, memories = [], []
        for i, frame in enumerate(frames):
            past = [frame] * (self.frames - 1) if earlier is None else list(earlier[i])
            stack = np.stack([*past, frame])
            maps.append(_normalize(self.run(stack)))
            memories.append(stack[1:])
        return Step(np.stack(maps), np.stack(memories) if self.frames > 1 else None)

    def cancel(self) -> None:
        """See `Engine.cancel`."""
        self._session.cancel()

    def run(self, stack: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Predicts from a stack of frames.

        Args:
            stack: RGB, uint8, (frames, height, width, 3), the predicted frame last.

        Returns:
            The unscaled output of the model, float32, (h, w).

        Raises:
            ModelError: The model fails, was canceled, or its output is not a map.
        """
        # The axes are N, T, H, W, C with N = 1, then reordered as in the model's layout.
        batch = self._prepare(stack)[None]
        if "T" not in self._spec.layout:
            batch = batch[:, 0]
        if "N" not in self._spec.layout:
            batch = batch[0]
        axes = [letter for letter in "NTHWC" if letter in self._spec.layout]
        ordered = batch.transpose([axes.index(letter) for letter in self._spec.layout])
        feed = np.ascontiguousarray(ordered, self._type)
        (result,) = self._session.run([self._output], {self._input: feed})
        return self._as_map(result)

    def _prepare(self, stack: NDArray[np.uint8]) -> NDArray[np.float32]:
        spec = self._spec
        ordered = stack if spec.color == "rgb" else stack[..., ::-1]
        scaled = ordered.astype(np.float32) * np.float32(spec.range / 255)
        centered = (scaled - np.array(spec.mean, np.float32)) / np.array(spec.std, np.float32)
        return np.asarray(centered, np.float32)

    def _as_map(self, result: Any) -> NDArray[np.float32]:
        """The last map of the output, as float32.

        Raises:
            ModelError: The output is not an array of numbers, is empty, not finite, or has a wrong
                shape.
        """
        hint = tr("Choose another output with output_name.")
        if not isinstance(result, np.ndarray) or result.dtype.kind not in "fiub":
            raise ModelError(tr("{name} gives no array of numbers.").format(name=self.name), hint)
        values: NDArray[np.floating] = np.squeeze(result).astype(np.float32)
        while values.ndim > 2 and values.size:
            values = values[-1]
        if values.ndim != 2 or not values.size or max(values.shape) > MAX_SIDE:
            raise ModelError(
                tr("{name} gives an array of shape {shape}, which is no map.").format(
                    name=self.name, shape=result.shape
                ),
                hint,
            )
        if not np.isfinite(values).all():
            raise ModelError(
                tr("{name} gives values that are not finite.").format(name=self.name),
                tr("Check mean, std and range."),
            )
        if self._spec.output == "log":
            values = np.exp(values - values.max())
        elif self._spec.output == "logit":
            values = 1 / (1 + np.exp(-np.clip(values, -60, 60)))
        return np.asarray(values, np.float32)


def _normalize(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scales a map to 0..1 with maximum 1; a map without positive values becomes zero."""
    positive = np.maximum(values, 0)
    peak = positive.max()
    return np.asarray(positive / peak if peak > 0 else positive, np.float32)


def _fit(spec: ExternalOnnx, shape: list[int | str | None]) -> tuple[ExternalOnnx, tuple[int, int]]:
    """Completes a spec from the file's input shape, and checks that both agree.

    Args:
        spec: The user's settings.
        shape: Shape of the file's input.

    Returns:
        The spec with layout and frames, and height and width of the input.
    """
    file = spec.path.name
    if not spec.layout:
        spec = _with_layout(spec, shape)
    if spec.frames > 1 and "T" not in spec.layout:
        raise ModelError(
            tr("{file} takes one frame, not a stack of {frames}.").format(
                file=file, frames=spec.frames
            ),
            example("layout"),
        )
    if len(shape) != len(spec.layout):
        raise ModelError(
            tr("{file} takes {count} dimensions, not {layout}.").format(
                file=file, count=len(shape), layout=spec.layout
            ),
            example("layout"),
        )
    stated = dict(zip(spec.layout, shape, strict=True))
    width, height = spec.size or (stated["W"], stated["H"])
    if not (isinstance(width, int) and isinstance(height, int)):
        raise ModelError(
            tr("{file} takes pictures of any size.").format(file=file),
            tr("Give one. {examples}").format(examples=example("size")),
        )
    check_input_size(file, height, width, spec.frames)
    wanted = {"N": 1, "T": spec.frames, "C": 3, "H": height, "W": width}
    for letter, number in stated.items():
        if isinstance(number, int) and number != wanted[letter]:
            raise ModelError(
                tr("{file} takes {letter} = {number}, not {wanted}.").format(
                    file=file, letter=letter, number=number, wanted=wanted[letter]
                ),
                tr("Look at size, layout and frames."),
            )
    return spec, (height, width)


def _with_layout(spec: ExternalOnnx, shape: list[int | str | None]) -> ExternalOnnx:
    """Adds layout and number of frames to a spec; the axis of length 3 is that of the channels."""
    layouts = {3: ("CHW", "HWC"), 4: ("NCHW", "NHWC"), 5: ("NTCHW", "NCTHW", "NTHWC")}
    for layout in layouts.get(len(shape), ()):
        if shape[layout.index("C")] == 3:
            stated = shape[layout.index("T")] if "T" in layout else 1
            frames = stated if isinstance(stated, int) and spec.frames == 1 else spec.frames
            return replace(spec, layout=layout, frames=frames)
    raise ModelError(
        tr("{name} does not state which axis is color.").format(name=spec.path.name),
        example("layout"),
    )
