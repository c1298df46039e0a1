"""Baselines without a trained network."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from uvanet.data.gaze import Picture
from uvanet.errors import UsageError
from uvanet.evaluation.predictors import FunctionPredictor
from uvanet.evaluation.progress import Progress, silent
from uvanet.i18n import tr
from uvanet.resizing import small_gray

PRIOR_SIDE = 64


def center_prior(pictures: Sequence[Picture], progress: Progress = silent) -> FunctionPredictor:
    """Makes a predictor whose map of every picture is the mean gaze density of `pictures`.

    Args:
        pictures: The train split, without pictures on which the predictor is evaluated.
        progress: Called for each picture.

    Raises:
        UvanetError: See `mean_gaze`.
    """
    mean = mean_gaze(pictures, progress)
    return FunctionPredictor("center-prior", lambda _image: mean)


def mean_gaze(pictures: Sequence[Picture], progress: Progress = silent) -> NDArray[np.float32]:
    """The mean gaze density of pictures, each resized to a square.

    Args:
        pictures: With gaze.
        progress: Called for each picture.

    Returns:
        float32, (`PRIOR_SIDE`, `PRIOR_SIDE`), with sum 1.

    Raises:
        UvanetError: A picture is missing or damaged, or `pictures` is empty.
    """
    if not pictures:
        raise UsageError(
            tr("The center prior needs pictures with gaze."), tr("Choose another split.")
        )
    total = np.zeros((PRIOR_SIDE, PRIOR_SIDE), np.float64)
    with progress("center prior", len(pictures)) as advance:
        for picture in pictures:
            density = picture.gaze().density_on((PRIOR_SIDE, PRIOR_SIDE))
            total += density / max(float(density.sum()), 1e-12)
            advance()
    return np.asarray(total / len(pictures), np.float32)


def spectral_residual(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Spectral residual saliency: deviations of the log spectrum from its local mean.

    At 64 pixels width: log amplitude minus its 3 x 3 mean, transformed back with the original
    phase, squared, blurred by a Gaussian of sigma 2.5. Source: Hou and Zhang, *Saliency
    Detection: A Spectral Residual Approach*, CVPR 2007, section 3.

    Args:
        image: RGB, uint8, (h, w, 3).

    Returns:
        float32, (64 h / w, 64).
    """
    gray = small_gray(image, 64) / 255
    spectrum = np.fft.fft2(gray)
    # A flat picture has zero amplitude at most frequencies.
    amplitude = np.log(np.abs(spectrum) + 1e-8).astype(np.float32)
    residual = amplitude - cv2.blur(amplitude, (3, 3), borderType=cv2.BORDER_REPLICATE)
    back = np.fft.ifft2(np.exp(residual + 1j * np.angle(spectrum)))
    blurred = cv2.GaussianBlur(np.square(np.abs(back)).astype(np.float32), (0, 0), 2.5)
    return np.asarray(blurred, np.float32)


def image_signature(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Image signature saliency: reconstruction from the signs of the cosine transform.

    At 64 pixels width, for each channel of CIE Lab: the inverse cosine transform of the transform's
    signs, squared; the sum is blurred by a Gaussian of sigma 0.045 of the width. Source: Hou, Harel
    and Koch, *Image Signature: Highlighting Sparse Salient Regions*, PAMI 2012.

    Args:
        image: RGB, uint8, (h, w, 3).

    Returns:
        float32, (64 h / w, 64), both sides even.
    """
    height = max(2, 2 * round(image.shape[0] * 32 / image.shape[1]))  # cv2.dct takes even sizes
    small = cv2.resize(image, (64, height), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    total = np.zeros((height, 64), np.float32)
    for channel in cv2.split(cv2.cvtColor(small, cv2.COLOR_RGB2LAB)):
        total += np.square(cv2.idct(np.sign(cv2.dct(channel))))
    return np.asarray(cv2.GaussianBlur(total, (0, 0), 0.045 * 64), np.float32)


SURROUNDS = (12, 24, 48, 28, 56, 112)


def center_surround(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Center-surround contrast of brightness on six scales.

    On-center (brighter than the surround) and off-center (darker) differences at full resolution,
    by box filters; each is scaled to a maximum of 1, and both are summed. Source: Montabone and
    Soto, *Human detection using a mobile platform and novel features derived from a visual saliency
    mechanism*, IVC 2010. OpenCV's contributed modules (not in its wheel) call it fine-grained
    saliency; this is a new implementation from the paper, so scores may differ. Unlike the paper,
    pictures are first reduced to 512 pixels, so that surrounds are equally wide on all.

    Args:
        image: RGB, uint8, (h, w, 3).

    Returns:
        float32, (h', w').
    """
    height, width = image.shape[:2]
    gray = small_gray(image, round(width * min(1.0, 512 / max(width, height))) or 1)
    on, off = np.zeros_like(gray), np.zeros_like(gray)
    for radius in SURROUNDS:
        side = 2 * radius + 1
        around = cv2.boxFilter(gray, -1, (side, side), borderType=cv2.BORDER_REPLICATE)
        # The surround excludes the pixel itself.
        contrast = gray - (around * side**2 - gray) / (side**2 - 1)
        on += np.maximum(contrast, 0)
        off += np.maximum(-contrast, 0)
    parts = [part / max(float(part.max()), 1.0) for part in (on, off)]
    return np.asarray(parts[0] + parts[1], np.float32)


BASELINES: dict[str, Callable[[NDArray[np.uint8]], NDArray[np.float32]]] = {
    "spectral-residual": spectral_residual,
    "center-surround": center_surround,
    "image-signature": image_signature,
}
"""Baselines that are functions of the picture; the center prior needs data."""
