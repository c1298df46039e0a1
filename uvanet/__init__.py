"""UVA-Net: predicts where people look in pictures and videos.

    >>> import uvanet
    >>> model = uvanet.load("uvanet-64")
    >>> result = model("photo.jpg")             # also a PIL picture, an array, a batch of arrays
    >>> result.map.shape                        # float32, (h, w), 0..1
    >>> result.save("heat.png")
    >>> for seconds, result in model.predict_video("talk.mp4"):
    ...     print(seconds, result.peaks[0], result.entropy)

`uvanet.Stream` predicts frames that come from elsewhere, `uvanet.create_model` gives the network as
a torch module, `uvanet.evaluate` and `uvanet.metrics` measure predictions against human gaze,
`uvanet.load_gaze` and `uvanet.evaluate_gaze` against recordings of your own eye tracker;
`uvanet.evaluation.pysaliency_adapter` hands a model to pysaliency.

Source of the network: Fu, Shi, Song, Ge, Lu and Li, *Ultrafast Video Attention Prediction with
Coupled Knowledge Distillation*, AAAI 2020, arXiv 1904.04449.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from uvanet.version import __version__

if TYPE_CHECKING:
    from uvanet import metrics
    from uvanet.data.gaze_mapping import GazeMapping
    from uvanet.data.gaze_reader import load_gaze
    from uvanet.data.gaze_table import GazeTable
    from uvanet.evaluation.evaluate import evaluate
    from uvanet.evaluation.evaluate_gaze import evaluate_gaze
    from uvanet.evaluation.gaze_scores import GazeScores
    from uvanet.model import Model, create_model, load
    from uvanet.model_card import Card
    from uvanet.registry import available, list_models
    from uvanet.result import Result
    from uvanet.stream import Stream

__all__ = [
    "Card",
    "GazeMapping",
    "GazeScores",
    "GazeTable",
    "Model",
    "Result",
    "Stream",
    "__version__",
    "available",
    "create_model",
    "evaluate",
    "evaluate_gaze",
    "list_models",
    "load",
    "load_gaze",
    "metrics",
]

_HOMES = {
    "Card": "uvanet.model_card",
    "GazeMapping": "uvanet.data.gaze_mapping",
    "GazeScores": "uvanet.evaluation.gaze_scores",
    "GazeTable": "uvanet.data.gaze_table",
    "Model": "uvanet.model",
    "Result": "uvanet.result",
    "Stream": "uvanet.stream",
    "available": "uvanet.registry",  # the name of list_models in 0.1.0
    "create_model": "uvanet.model",
    "evaluate": "uvanet.evaluation.evaluate",
    "evaluate_gaze": "uvanet.evaluation.evaluate_gaze",
    "list_models": "uvanet.registry",
    "load": "uvanet.model",
    "load_gaze": "uvanet.data.gaze_reader",
}


def __getattr__(name: str) -> Any:
    # Imported at first use, so that `import uvanet` loads neither numpy nor OpenCV.
    if name == "metrics":
        return import_module("uvanet.metrics")
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'uvanet' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
