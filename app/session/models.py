"""Models of the live view by name or path."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np

from uvanet.registry import is_available, resolve_model, shipped_students

if TYPE_CHECKING:
    from uvanet.stream import Stream

AUTOMATIC = "auto"
"""Stands for the student that `AutomaticModel` chooses, instead of a model's name."""

START_MODEL = "uvanet-64"
"""The student that the automatic choice uses first: it loads fast and runs live everywhere."""

DEFAULT_ENGINE = "auto"
"""Engine of new users, as `uvanet.load` takes it."""


def load_predictor(name: str, engine: str = DEFAULT_ENGINE, threads: int | None = None) -> Stream:
    """Loads a model as a streaming predictor. Takes a moment; any thread.

    Args:
        name: A name or path that `uvanet.load` takes.
        engine: Inference engine, as `uvanet.load` takes it; external ONNX files always use
            ONNX Runtime.
        threads: Threads of one prediction; None for the engine's default.

    Raises:
        ModelError: There is no such model, it is damaged, or the engine cannot run it.
        MissingExtraError: The engine is not installed.
        UsageError: A setting is not valid.
    """
    import uvanet

    if resolve_model(name).external is not None:
        engine = "onnx"
    return uvanet.Stream(uvanet.load(name, engine=engine, threads=threads))


def engines() -> list[str]:
    """Names of the installed engines, and "auto"."""
    from uvanet.runtime.engines import AUTO, ENGINES

    # onnx is always installed; the others have packages of the same name.
    return [AUTO, *(name for name in ENGINES if name == "onnx" or find_spec(name) is not None)]


def warm_up(predictor: Stream, height: int, width: int) -> None:
    """Runs a model once on a black frame, since the first step of a size takes many times longer.

    Args:
        predictor: The model; reset before its next frame by the caller.
        height: Height of the next frames in pixels; 0 where it is unknown.
        width: Width in pixels; 0 where it is unknown.
    """
    if height > 0 and width > 0:
        predictor.step(np.zeros((height, width, 3), np.uint8), 0.0, bgr=True)


def short_name(name: str) -> str:
    """Name of a model for users; for a file, its name without folder, extension and settings."""
    path, dot, _ = name.partition(".onnx")
    return path.replace("\\", "/").rpartition("/")[2] if dot else name


def if_available(name: str) -> str:
    """Returns the name where the model is installed, else an empty string."""
    return name if name and is_available(name) else ""


@cache  # the window asks often, and each answer reads all cards
def largest_student() -> str:
    """Name of the shipped student with the largest input, the most accurate one; empty for none."""
    return next((card.name for card in reversed(shipped_students())), "")


def first_teacher(student: str) -> str:
    """The default teacher of a student: an installed teacher, else another student.

    Returns:
        Its name; empty where no other model is installed.
    """
    import uvanet

    others = [card for card in uvanet.available() if card.name != student]
    others.sort(key=lambda card: card.role != "teacher")
    return others[0].name if others else ""
