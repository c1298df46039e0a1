"""Model, load and create_model: the entry points of the library."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, overload

import numpy as np

from uvanet.errors import UsageError
from uvanet.extras import require
from uvanet.i18n import tr
from uvanet.model_card import external_card
from uvanet.paths import DEFAULT_MODEL
from uvanet.registry import resolve_model
from uvanet.result import Result
from uvanet.runtime.engines import AUTO, choose_engine, open_engine
from uvanet.runtime.external_engine import ExternalEngine
from uvanet.runtime.input_size import input_size
from uvanet.runtime.preprocess import check_image, resize_to_image, resize_to_input
from uvanet.runtime.streaming import StreamingEngine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from uvanet.model_card import Card
    from uvanet.models import SpatioTemporal
    from uvanet.runtime.engine import Engine

MAX_THREADS = 256
"""Largest number of CPU threads that `load` takes."""

_GRAY_16_MODES = ("I;16", "I;16B", "I;16L", "I;16N")  # of Pillow


class PilImage(Protocol):
    """The part of `PIL.Image.Image` that is used; Pillow itself is not required."""

    def convert(self, mode: str) -> Any:
        """Converts to another mode."""
        ...


class Model:
    """A loaded model.

    Attributes:
        card: Its model card.
        engine: The engine that runs its network.
    """

    def __init__(self, card: Card, engine: Engine) -> None:
        self.card = card
        self.engine = engine

    def __repr__(self) -> str:
        return f"<Model {self.card.name!r}, {self.card.role}>"

    @overload
    def __call__(self, image: str | Path | PilImage) -> Result: ...
    @overload
    def __call__(self, image: Sequence[Any]) -> list[Result]: ...
    @overload
    # Any: the number of dimensions decides between Result and list, and is not part of the type.
    def __call__(self, image: NDArray[np.uint8]) -> Any: ...
    def __call__(self, image: Any) -> Result | list[Result]:
        """Predicts where people look in still pictures.

        Args:
            image: The path of a picture; a PIL picture; an array, RGB, uint8, (h, w, 3); a batch
                of arrays, (n, h, w, 3); or a sequence of any of these, of any sizes.

        Returns:
            The result; for a batch or a sequence a list of results.

        Raises:
            SourceError: A file is missing or is not a picture.
            UsageError: An array has another type or shape.
            ModelError: The network fails.
        """
        if isinstance(image, np.ndarray) and image.ndim == 4:
            return self._predict(list(image))
        if isinstance(image, Sequence) and not isinstance(image, str | bytes):
            return self._predict([to_rgb(picture) for picture in image])
        return self._predict([to_rgb(image)])[0]

    def predict(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Predicts the map of a still picture.

        Args:
            image: RGB, uint8, (h, w, 3).

        Returns:
            The saliency map, float32, (h, w), 0..1: proportional to the predicted density of
            fixations, the maximum scaled to 1.

        Raises:
            UsageError: `image` has another type or shape.
            ModelError: The network fails.
        """
        return self._predict([image])[0].map

    def predict_video(
        self, source: str | Path, *, reconnect: float = 20.0
    ) -> Iterator[tuple[float, Result]]:
        """Predicts the frames of a video in order; the network uses features of earlier frames.

        Args:
            source: The path of a video, or any source that `uvanet.sources.make_source` takes.
            reconnect: Seconds for which to reconnect a camera or live stream that failed; 0 for
                never.

        Yields:
            Presentation time in seconds, and the result of the frame.

        Raises:
            SourceError: The source cannot be opened or read, or could not be connected again.
            ModelError: The network fails.
        """
        from uvanet.sources import make_source  # loads FFmpeg, which arrays do not need

        stream = StreamingEngine(self.engine)
        with make_source(str(source), reconnect=reconnect) as opened:
            while (frame := opened.read()) is not None:
                raw = stream.step(frame.picture, frame.pts, bgr=True)
                rgb = np.ascontiguousarray(frame.image[..., ::-1])
                yield frame.pts, self._result(rgb, raw)

    def _predict(self, images: list[NDArray[np.uint8]]) -> list[Result]:
        for image in images:
            check_image(image)
        small = [resize_to_input(image, input_size(self.engine, image)) for image in images]
        if len({picture.shape for picture in small}) == 1:
            raw = list(self.engine.step(np.stack(small)).saliency)
        else:  # pictures of different sizes cannot share a batch
            raw = [self.engine.step(picture[None]).saliency[0] for picture in small]
        return [self._result(*pair) for pair in zip(images, raw, strict=True)]

    def _result(self, image: NDArray[np.uint8], raw: NDArray[np.float32]) -> Result:
        return Result(resize_to_image(raw, image.shape[:2]), raw, image, self.card.name)


def load(
    name: str | Path = DEFAULT_MODEL,
    *,
    engine: str = AUTO,
    device: str = "",
    threads: int | None = None,
) -> Model:
    """Loads a model for prediction.

    Args:
        name: A name or path that `uvanet.registry.resolve_model` takes.
        engine: "onnx", "torch" (needs the extra `train`), or "auto": torch where `device` is a
            GPU, else onnx. ONNX models from elsewhere run on ONNX Runtime only.
        device: "cpu", "cuda" or "mps"; empty: the CPU, or with the torch engine the fastest.
        threads: CPU threads of one prediction, 1 to 256; None: one for a student, all usable
            cores for a teacher.

    Raises:
        ModelError: There is no such model, it is damaged, or the engine cannot run it.
        MissingExtraError: The engine is not installed.
        UsageError: A setting after the path, the engine, the device or `threads` is invalid.
    """
    if threads is not None and not (isinstance(threads, int) and 1 <= threads <= MAX_THREADS):
        raise UsageError(
            tr("{threads!r} is not a number of threads.").format(threads=threads),
            tr("Give 1 to {most}, or None.").format(most=MAX_THREADS),
        )
    model = resolve_model(name)
    if (external := model.external) is not None:
        if choose_engine(engine, device) != "onnx":
            raise UsageError(
                tr("The torch engine runs models of UVA-Net only."), tr("Choose the CPU.")
            )
        runner = ExternalEngine(external, threads or 1)
        return Model(external_card(external.path, external.name, runner.input_size), runner)
    path, card = model.verified()
    return Model(card, open_engine(path, card, engine, device=device, threads=threads))


def create_model(name: str = DEFAULT_MODEL, *, pretrained: bool = True) -> SpatioTemporal:
    """Creates a student as a torch module.

    Args:
        name: The name of an installed student, or the path of one; without weights also a key of
            `uvanet.models.PRESETS`.
        pretrained: Load the trained weights and set evaluation mode; otherwise the weights are
            random and the module is in training mode.

    Returns:
        The module; see `uvanet.models.student.SpatioTemporal` for inputs and outputs.

    Raises:
        MissingExtraError: torch is not installed.
        ModelError: There is no such student, or its weights are missing.
    """
    require("torch", "train")
    from uvanet.models import PRESETS, create_student, load_student

    if not pretrained and name in PRESETS:
        return create_student(name)
    path, card = resolve_model(name).verified()
    if not pretrained and card.architecture:
        return create_student(card.architecture)
    return load_student(card.architecture, path.with_suffix(".safetensors"))


def to_rgb(image: Any) -> NDArray[np.uint8]:
    """Reads a picture as an array.

    Args:
        image: A path, a PIL picture, or an array, which is returned as it is.

    Returns:
        RGB, uint8, (h, w, 3). Transparent parts are white; an EXIF orientation is applied; gray
        values of 16 bits are scaled to 0..255.

    Raises:
        SourceError: The file is missing or is not a picture.
        UsageError: `image` has another type.
    """
    if isinstance(image, str | Path):
        from uvanet.sources import load_picture

        return np.ascontiguousarray(load_picture(Path(image))[..., ::-1])
    if isinstance(image, np.ndarray):
        return image
    if hasattr(image, "convert"):
        from PIL import ImageOps  # installed, since the picture is one of Pillow

        upright: Any = ImageOps.exif_transpose(image)
        if upright.mode in _GRAY_16_MODES:  # Pillow would clip them to 255
            gray = np.rint(np.asarray(upright, np.float32) * (255 / 65535)).astype(np.uint8)
            return np.repeat(gray[..., None], 3, axis=2)
        rgba = np.asarray(upright.convert("RGBA"), np.float32)
        alpha = rgba[..., 3:] / 255
        return np.rint(rgba[..., :3] * alpha + 255 * (1 - alpha)).astype(np.uint8)
    raise UsageError(
        tr("A picture cannot be of the type {kind}.").format(kind=type(image).__name__),
        tr("Give a path, a PIL picture or an array."),
    )
