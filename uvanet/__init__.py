"""UVA-Net: where people look in a picture or a video, fast.

    >>> import uvanet
    >>> saliency = uvanet.load("uvanet-64").predict(image)      # RGB uint8 (h, w, 3)

    >>> stream = uvanet.Stream("uvanet-64")
    >>> for seconds, image in video:
    ...     saliency = stream.predict(image, seconds)           # float32 (h, w), 0..1

Source of the network: Fu, Shi, Song, Ge, Lu and Li, *Ultrafast Video Attention Prediction with
Coupled Knowledge Distillation*, AAAI 2020, arXiv 1904.04449.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from uvanet.model import Model, load
    from uvanet.model_card import Card
    from uvanet.registry import list_models
    from uvanet.stream import Stream

__version__ = "0.1.0"
__all__ = ["Card", "Model", "Stream", "__version__", "available", "list_models", "load"]

_HOMES = {
    "Card": "uvanet.model_card",
    "Model": "uvanet.model",
    "Stream": "uvanet.stream",
    "available": "uvanet.registry",
    "list_models": "uvanet.registry",
    "load": "uvanet.model",
}


def __getattr__(name: str) -> Any:
    # Looked up at first use, so that `import uvanet` costs nothing where only a part is needed.
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'uvanet' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
