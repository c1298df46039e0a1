"""Measures a student on still pictures with gaze."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch

from uvanet import metrics
from uvanet.data.fixations import density_map, read_rgb
from uvanet.runtime.preprocess import shrink

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from uvanet.data.fixations import GazePicture
    from uvanet.models import SpatioTemporal

METRICS = ("nss", "auc_judd", "cc", "sim", "kld")


def score(
    pictures: Sequence[GazePicture],
    predict: Callable[[NDArray[np.uint8]], NDArray[np.float32]],
    names: Sequence[str] = METRICS,
) -> dict[str, float]:
    """Means of the metrics over pictures.

    Args:
        pictures: With fixations.
        predict: From RGB uint8 (h, w, 3) to a map of any size, which is stretched to the picture.
        names: Which metrics; NSS and AUC-Judd on points, the others on the density map.

    Returns:
        Metric to mean; pictures in which a metric is undefined are left out of its mean.
    """
    rows: dict[str, list[float]] = {name: [] for name in names}
    for picture in pictures:
        image = read_rgb(picture.path)
        height, width = image.shape[:2]
        saliency = cv2.resize(predict(image), (width, height), interpolation=cv2.INTER_CUBIC)
        density = density_map(picture.fixations, (width, height), (height, width))
        for name in names:
            truth = picture.fixations if name in ("nss", "auc_judd") else density
            rows[name].append(getattr(metrics, name)(np.maximum(saliency, 0), truth))
    return {name: float(np.nanmean(values)) for name, values in rows.items()}


def centre_prior(
    pictures: Sequence[GazePicture],
) -> Callable[[NDArray[np.uint8]], NDArray[np.float32]]:
    """The map that says of every picture what the mean of `pictures` says; (64, 64)."""
    total = np.zeros((64, 64), np.float32)
    for picture in pictures:
        height, width = read_rgb(picture.path).shape[:2]
        total += density_map(picture.fixations, (width, height), (64, 64))
    mean = np.asarray(total / len(pictures), np.float32)
    return lambda _image: mean


def student_predictor(
    model: SpatioTemporal, output: str = "fused"
) -> Callable[[NDArray[np.uint8]], NDArray[np.float32]]:
    """A student, or one of its branches, as a function of one still picture.

    Args:
        model: In evaluation mode.
        output: "fused", "spatial" or "temporal".
    """
    size = model.preset.input_size

    def predict(image: NDArray[np.uint8]) -> NDArray[np.float32]:
        small = torch.from_numpy(shrink(image, size)).permute(2, 0, 1)[None].float() / 255
        with torch.no_grad():
            logits = getattr(model(small), output)[0, 0]
        return np.asarray(torch.exp(logits - logits.max()).numpy(), np.float32)

    return predict
