"""Networks by name or path, made ready to run live."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.pipeline.predictor import Predictor


def load_predictor(name: str) -> Predictor:
    """Loads a network. Takes a moment; any thread.

    Args:
        name: A name that `uvanet.available` lists, or the path of an ONNX file.

    Raises:
        ModelError: There is no such model, or it is damaged.
    """
    import uvanet

    return uvanet.Stream(uvanet.load(name))


def short_name(name: str) -> str:
    """A model's name for people: of a path, the file's name without its ending."""
    if name.lower().endswith(".onnx"):
        return name.replace("\\", "/").rpartition("/")[2][: -len(".onnx")]
    return name
