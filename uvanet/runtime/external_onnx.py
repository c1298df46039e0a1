"""Describes input and output of an ONNX model without a card, as given on the command line."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from uvanet.errors import UsageError
from uvanet.i18n import tr, tr_noop
from uvanet.paths import expand_user
from uvanet.runtime.engine import MAX_FRAMES, MAX_SIDE

Color = Literal["rgb", "bgr"]
Output = Literal["map", "log", "logit"]


@dataclass(frozen=True, slots=True)
class ExternalOnnx:
    """Input and output of an ONNX model.

    A channel value x of 0..255 becomes (x / 255 * range - mean) / std.

    Attributes:
        path: The file.
        name: Name for users.
        size: Width and height of the input, to which pictures are stretched; None for the size in
            the file.
        mean: Mean of each channel, in the model's channel order, on the scale of `range`.
        std: Standard deviation of each channel, in the same order and scale.
        range: Value of white before mean and std are applied, such as 1 or 255.
        layout: Axes of the input in order: N batch, T frames, C channels, H, W. Empty for the
            layout that follows from the file's shape, whose axis of length 3 is that of the
            channels.
        color: Channel order.
        frames: Number of frames per input, the predicted one last. The earliest frame is repeated
            until enough frames came. Needless if the file states the number.
        output: Whether the output is a map, its logarithm, or its log odds. Of several maps (one
            per frame, or a background first) the last is used.
        output_name: Name of the output to use; empty for the first.
    """

    path: Path
    name: str
    size: tuple[int, int] | None = None
    mean: tuple[float, ...] = (0.0, 0.0, 0.0)
    std: tuple[float, ...] = (1.0, 1.0, 1.0)
    range: float = 1.0
    layout: str = ""
    color: Color = "rgb"
    frames: int = 1
    output: Output = "map"
    output_name: str = ""

    @classmethod
    def parse(cls, text: str) -> ExternalOnnx:
        """Parses `FILE[,key=value]...`: sizes as 384x224, lists as 0.485:0.456:0.406.

        Raises:
            UsageError: A key is unknown or a value is invalid; the message names it.
        """
        match = re.match(r".*?\.onnx(?=,|\Z)", text, re.IGNORECASE | re.DOTALL)
        file = match[0] if match else text.partition(",")[0]  # the path may have commas
        settings = text[len(file) + 1 :]
        path = expand_user(file)
        values: dict[str, Any] = {}
        for setting in settings.split(",") if settings else ():
            key, _, value = setting.partition("=")
            key = _OLD_KEYS.get(key, key)
            if key not in _READERS:
                raise UsageError(
                    tr("{key!r} is not a setting of an ONNX model.").format(key=key),
                    tr("Use {choices}.").format(choices=", ".join(_READERS)),
                )
            try:
                values[key] = _READERS[key](value)
            except ValueError as error:
                raise UsageError(
                    tr("{value!r} is not a valid value of {key}.").format(value=value, key=key),
                    example(key),
                ) from error
        spec = cls(**{"path": path, "name": path.stem, **values})
        if spec.frames > 1 and spec.layout and "T" not in spec.layout:
            raise UsageError(
                tr("A stack of {frames} frames needs a T in its layout.").format(
                    frames=spec.frames
                ),
                example("layout"),
            )
        return spec


def _size(text: str) -> tuple[int, int]:
    width, height = (_integer(side, MAX_SIDE) for side in text.lower().split("x"))
    return width, height


def _frames(text: str) -> int:
    return _integer(text, MAX_FRAMES)


def _integer(text: str, largest: int) -> int:
    number = int(text)
    if not 1 <= number <= largest:
        raise ValueError(text)
    return number


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number < float("inf"):
        raise ValueError(text)
    return number


def _channels(text: str) -> tuple[float, ...]:
    numbers = tuple(float(part) for part in text.split(":"))
    if len(numbers) not in (1, 3) or not np.isfinite(numbers).all():
        raise ValueError(text)
    return numbers * 3 if len(numbers) == 1 else numbers


def _deviations(text: str) -> tuple[float, ...]:
    numbers = _channels(text)
    if min(numbers) <= 0:
        raise ValueError(text)
    return numbers


def _layout(text: str) -> str:
    letters = text.upper()
    if sorted(letters) not in (sorted("NCHW"), sorted("NTCHW"), sorted("CHW"), sorted("TCHW")):
        raise ValueError(text)
    return letters


def _name(text: str) -> str:
    if not text:
        raise ValueError(text)
    return text


def _one_of(choices: tuple[str, ...]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text.lower() not in choices:
            raise ValueError(text)
        return text.lower()

    return read


_READERS: dict[str, Callable[[str], Any]] = {
    "name": _name,
    "size": _size,
    "mean": _channels,
    "std": _deviations,
    "range": _positive,
    "layout": _layout,
    "color": _one_of(get_args(Color)),
    "frames": _frames,
    "output": _one_of(get_args(Output)),
    "output_name": _name,
}

_OLD_KEYS = {"colour": "color"}
"""Spellings of version 0.1.0, which stored model names may have."""

_EXAMPLES = {
    "name": tr_noop("Such as name=TASED-Net."),
    "size": tr_noop("Width and height up to {side}, such as size=384x224."),
    "mean": tr_noop("One number or three, such as mean=0.485:0.456:0.406."),
    "std": tr_noop("One number above 0 or three, such as std=0.229:0.224:0.225."),
    "range": tr_noop("Value of white, such as range=1 or range=255."),
    "layout": tr_noop("The axes in order: N, T (frames), C, H and W, such as layout=NTCHW."),
    "color": tr_noop("Use color=rgb or color=bgr."),
    "frames": tr_noop("Frames at once, 1 to {frames}, such as frames=32."),
    "output": tr_noop("Use output=map, output=log or output=logit."),
    "output_name": tr_noop("The name of an output, such as output_name=saliency."),
}


def example(key: str) -> str:
    """Returns an example of a setting, for error messages."""
    return tr(_EXAMPLES[key]).format(side=MAX_SIDE, frames=MAX_FRAMES)
