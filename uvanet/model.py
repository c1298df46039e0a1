"""A model, ready to predict: the one-line API."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from uvanet.errors import ModelError, UsageError
from uvanet.model_card import external_card
from uvanet.registry import resolve_model
from uvanet.runtime.engines import AUTO, choose_engine, open_engine
from uvanet.runtime.external_engine import ExternalEngine
from uvanet.runtime.input_size import input_size
from uvanet.runtime.preprocess import resize_to_input

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from uvanet.model_card import Card
    from uvanet.runtime.engine import Engine


class Model:
    """A loaded model.

    Attributes:
        card: What it is, and how good.
        engine: What runs it.
    """

    def __init__(self, card: Card, engine: Engine) -> None:
        self.card = card
        self.engine = engine

    def predict(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Predicts where people look on a still picture.

        Args:
            image: RGB, uint8, (h, w, 3).

        Returns:
            The saliency map, float32, (h, w), 0..1. Values are proportional to the predicted
            density of fixations and scaled so that the largest is 1.

        Raises:
            UsageError: `image` is no such array.
        """
        check_image(image)
        small = resize_to_input(image, input_size(self.engine, image))
        return resize_to_image(self.engine.step(small[None]).saliency[0], image.shape[:2])


def load(
    name: str | Path = "uvanet-64",
    *,
    engine: str = AUTO,
    device: str = "",
    threads: int | None = None,
) -> Model:
    """Loads a model.

    Args:
        name: A name that `available` lists; or the path of an ONNX file, with its card beside it
            or of any other make, then with settings behind it where it needs them, such as
            `unisal.onnx,mean=0.485:0.456:0.406,std=0.229:0.224:0.225` (see
            `uvanet.runtime.external_onnx`).
        engine: "onnx", "torch" (an extra), or "auto": torch where `device` is a GPU, else onnx.
            Models of others run by ONNX Runtime only.
        device: "cpu", "cuda" or "mps"; empty: the CPU, or with the engine torch the fastest.
        threads: CPU threads of one prediction; None: one for a student, all usable cores for a
            teacher.

    Raises:
        ModelError: There is no such model, it is damaged, or the engine cannot run it.
        MissingExtraError: The engine is not installed.
        UsageError: A setting or an engine means nothing.
    """
    model = resolve_model(name)
    if (external := model.external) is not None:
        if choose_engine(engine, device) != "onnx":
            raise ModelError("The engine torch runs our own models only.", "Choose --engine onnx.")
        runs = ExternalEngine(external, threads or 1)
        return Model(external_card(external.path, external.name, runs.input_size), runs)
    path, card = model.verified()
    return Model(card, open_engine(path, card, engine, device=device, threads=threads))


def check_image(image: NDArray[np.uint8]) -> None:
    """Refuses what is no picture.

    Raises:
        UsageError: `image` is not uint8 of shape (h, w, 3) with at least one pixel.
    """
    if not isinstance(image, np.ndarray) or image.dtype != np.uint8:
        kind = getattr(image, "dtype", type(image).__name__)
        raise UsageError(f"A picture must be a uint8 array, not {kind}.", "Scale it to 0..255.")
    if image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
        raise UsageError(
            f"A picture must have the shape (h, w, 3), not {image.shape}.",
            "Turn grey or RGBA pictures into RGB first.",
        )


def resize_to_image(saliency: NDArray[np.float32], shape: tuple[int, int]) -> NDArray[np.float32]:
    """Stretches a map to height and width of a picture; float32, 0..1."""
    height, width = shape
    large = cv2.resize(saliency, (width, height), interpolation=cv2.INTER_CUBIC)
    # Cubic interpolation overshoots beside steep peaks.
    return np.clip(large, 0, 1).astype(np.float32, copy=False)
