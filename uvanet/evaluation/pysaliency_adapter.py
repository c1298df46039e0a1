"""Adapter to pysaliency: one of our models as a `pysaliency.SaliencyMapModel`.

    >>> from uvanet.evaluation.pysaliency_adapter import PysaliencyModel
    >>> PysaliencyModel("uvanet-64").NSS(stimuli, fixations)

pysaliency (Kümmerer, github.com/matthias-k/pysaliency, MIT) is not a dependency: install it with
`pip install pysaliency`.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from uvanet.errors import MissingExtraError
from uvanet.i18n import tr
from uvanet.model import Model, load
from uvanet.paths import DEFAULT_MODEL

try:
    with warnings.catch_warnings():
        # pysaliency imports pkg_resources, which warns of its deprecation.
        warnings.simplefilter("ignore")
        import pysaliency
except ImportError as error:
    raise MissingExtraError(
        tr("pysaliency is not installed."), tr("Install it with: pip install pysaliency.")
    ) from error


class PysaliencyModel(pysaliency.SaliencyMapModel):  # type: ignore[misc] # pysaliency has no types
    """Saliency maps of one of our models for pysaliency's metrics and data sets.

    Args:
        model: A loaded model, or what `uvanet.load` takes.
    """

    def __init__(self, model: Model | str | Path = DEFAULT_MODEL) -> None:
        super().__init__()
        self.model = model if isinstance(model, Model) else load(model)

    def _saliency_map(self, stimulus: NDArray[Any]) -> NDArray[np.float64]:
        """The map of one stimulus.

        Args:
            stimulus: uint8, RGB (h, w, 3) or gray (h, w).

        Returns:
            (h, w), proportional to the predicted density, largest value 1.
        """
        image = np.asarray(stimulus, np.uint8)
        if image.ndim == 2:
            image = np.repeat(image[..., None], 3, axis=2)
        saliency = self.model.predict(np.ascontiguousarray(image[..., :3]))
        return np.asarray(saliency, np.float64)
