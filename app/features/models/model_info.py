"""Facts about models that are not in use: their cards, their files, and a trial run."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.pipeline.predictor import checked_map, known_error
from app.session.models import load_predictor, short_name
from app.session.step_times import TIME_LIMIT, model_key, speed_key
from app.ui.i18n import tr
from uvanet.errors import ModelError, UvanetError
from uvanet.model_card import Card
from uvanet.registry import list_models, resolve_model
from uvanet.runtime.engine import time_limit
from uvanet.user_models import user_model_files


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """Facts about a model that are known without running it.

    Attributes:
        name: Name or path, for `uvanet.load`.
        title: Name to show.
        role: "student", "teacher" or "external".
        description: One sentence; may be empty.
        input_size: Width and height of the input, pixels; (0, 0) if unknown.
        size: Size of the file, bytes.
        parameters: Number of parameters; 0 if unknown.
        bits: Bits per parameter, estimated from the size: 8, 16 or 32; 0 if unknown.
        scores: Data set to metric to value, from the model card; empty without a card.
        license: License of the weights; empty if unknown.
        key: Key of the stored speed; empty if the model cannot be used.
        deletable: Whether the user trained the model.
        listed: Whether the user added the file to the list.
        problem: Why the model cannot be used; empty if it can.
    """

    name: str
    title: str
    role: str
    description: str = ""
    input_size: tuple[int, int] = (0, 0)
    size: int = 0
    parameters: int = 0
    bits: int = 0
    scores: dict[str, dict[str, float]] = field(default_factory=dict)
    license: str = ""
    key: str = ""
    deletable: bool = False
    listed: bool = False
    problem: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class ModelPreview:
    """The result of a trial.

    Attributes:
        saliency: Map, float32, shape (h, w), 0..1.
        milliseconds: Duration of the prediction.
    """

    saliency: NDArray[np.float32]
    milliseconds: float


def list_model_info(files: Iterable[str]) -> list[ModelInfo]:
    """Lists the installed models, then files. Reads their cards.

    Args:
        files: Paths of files, with settings if any; empty names and installed models are skipped.
    """
    cards = list_models()
    names = {"", *(card.name for card in cards)}
    own = {path.stem for path in user_model_files()}
    installed = [
        replace(
            _card_info(card.name, card, resolve_model(card.name).path), deletable=card.name in own
        )
        for card in cards
    ]
    return installed + [
        replace(_file_info(name), listed=True) for name in files if name not in names
    ]


def _file_info(name: str) -> ModelInfo:
    try:
        model = resolve_model(name)
    except UvanetError as error:
        return ModelInfo(name, short_name(name), "external", problem=str(error))
    if model.card is not None:
        return _card_info(name, model.card, model.path)
    size = model.path.stat().st_size
    return ModelInfo(name, short_name(name), "external", size=size, key=speed_key(name))


def _card_info(name: str, card: Card, path: Path) -> ModelInfo:
    height, width = card.inference_size
    return ModelInfo(
        name,
        card.name,
        card.role,
        tr(card.description),
        (width, height),
        path.stat().st_size,
        card.parameters,
        _bits(path.stat().st_size, card.parameters),
        {name: card.measured(name) for name in card.metrics},
        card.license,
        model_key(card),
    )


def _bits(size: int, parameters: int) -> int:
    """Returns the nearest usual width, since the file has other data than parameters, too."""
    return (
        0
        if not parameters
        else min((8, 16, 32), key=lambda bits: abs(bits - 8 * size / parameters))
    )


def try_model(name: str, image: NDArray[np.uint8] | None) -> ModelPreview:
    """Loads a model and runs it on a picture.

    Args:
        name: Name or path, for `uvanet.load`.
        image: BGR, uint8, shape (h, w, 3); None for a gray picture.

    Raises:
        UvanetError: The model cannot be loaded, returns no map, or exceeds `TIME_LIMIT`.
    """
    if image is None:
        image = np.full((360, 640, 3), 128, np.uint8)
    predictor = load_predictor(name)
    try:
        with time_limit(predictor.model.engine, TIME_LIMIT):
            predictor.step(image, 0.0, bgr=True)  # the first call includes warm-up
            start = time.perf_counter()
            saliency = checked_map(predictor.step(image, 0.1, bgr=True))
            milliseconds = 1000 * (time.perf_counter() - start)
    except UvanetError:
        raise
    except Exception as error:
        what = tr("{name} failed on the picture").format(name=short_name(name))
        raise known_error(error, what) from error
    if not saliency.any():
        raise ModelError(
            tr("{name} gives a map without any attention.").format(name=short_name(name)),
            tr("Check mean, standard deviation and kind of output."),
        )
    return ModelPreview(saliency, milliseconds)
