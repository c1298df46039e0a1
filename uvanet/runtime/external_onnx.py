"""What a foreign ONNX model wants and gives, as a user says it on the command line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from uvanet.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

Colour = Literal["rgb", "bgr"]
Output = Literal["map", "log", "logit"]


@dataclass(frozen=True, slots=True)
class ExternalOnnx:
    """What a foreign model wants and gives.

    A pixel x of 0..255 becomes (x / 255 * range - mean) / std.

    Attributes:
        path: The file.
        name: The row's name.
        size: Width and height of the input, to which the picture is stretched; None: the file's.
        mean: A channel, in the model's colour order, on the scale that `range` gives.
        std: Likewise.
        range: What white becomes before mean and std: 1 or 255.
        layout: Of the input, letters in order: N batch, T frames, C channels, H, W; empty: told
            from the file's shape, by the place of the three colours.
        colour: Order of the channels.
        frames: How many frames it takes at once, the predicted one last; each one apart, the
            earliest repeated where there are fewer. A file that states it need not be asked.
        output: What comes out: a map; its logarithm; or its log odds. Of several maps (one a
            frame, or a background before) the last counts.
        output_name: Which output; the first where empty.
    """

    path: Path
    name: str
    size: tuple[int, int] | None = None
    mean: tuple[float, ...] = (0.0, 0.0, 0.0)
    std: tuple[float, ...] = (1.0, 1.0, 1.0)
    range: float = 1.0
    layout: str = ""
    colour: Colour = "rgb"
    frames: int = 1
    output: Output = "map"
    output_name: str = ""

    @classmethod
    def parse(cls, text: str) -> ExternalOnnx:
        """Reads `FILE[,key=value]...`; sizes as 384x224, lists as 0.485:0.456:0.406.

        Raises:
            UsageError: A key is unknown or a value makes no sense; names it.
        """
        file, *settings = text.split(",")
        path = Path(file).expanduser()
        values: dict[str, Any] = {}
        for setting in settings:
            key, _, value = setting.partition("=")
            if key not in _READERS:
                raise UsageError(
                    f"{key!r} is no setting of an ONNX model.", f"Use {', '.join(_READERS)}."
                )
            try:
                values[key] = _READERS[key](value)
            except ValueError as error:
                raise UsageError(
                    f"{value!r} is no {key} of an ONNX model.", EXAMPLES[key]
                ) from error
        spec = cls(**{"path": path, "name": path.stem, **values})
        if spec.frames > 1 and spec.layout and "T" not in spec.layout:
            raise UsageError(
                f"A stack of {spec.frames} frames needs a T in its layout.", EXAMPLES["layout"]
            )
        return spec


def _size(text: str) -> tuple[int, int]:
    width, height = (_count(side) for side in text.lower().split("x"))
    return width, height


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
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


def _spreads(text: str) -> tuple[float, ...]:
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
    "std": _spreads,
    "range": _positive,
    "layout": _layout,
    "colour": _one_of(get_args(Colour)),
    "frames": _count,
    "output": _one_of(get_args(Output)),
    "output_name": _name,
}

EXAMPLES = {
    "name": "Such as name=TASED-Net.",
    "size": "Width and height, such as size=384x224.",
    "mean": "One number or three, such as mean=0.485:0.456:0.406.",
    "std": "One number above 0 or three, such as std=0.229:0.224:0.225.",
    "range": "What white becomes, such as range=1 or range=255.",
    "layout": "N, T for a stack of frames, C, H and W in order, such as layout=NTCHW.",
    "colour": "Use colour=rgb or colour=bgr.",
    "frames": "How many frames it takes at once, such as frames=32.",
    "output": "Use output=map, output=log or output=logit.",
    "output_name": "The name of an output, such as output_name=saliency.",
}
"""How each setting looks, for errors."""
