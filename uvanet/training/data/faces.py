"""Detects faces in training pictures, as an auxiliary target, since they attract gaze most.

The detector is BlazeFace, full range (Apache-2.0; Bazarevsky et al., *BlazeFace: Sub-millisecond
Neural Face Detection on Mobile GPUs*, CVPR Workshop 2019), converted by
`packaging/convert_blazeface.py`. It is used in training only.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from uvanet.paths import resource
from uvanet.runtime.session import OnnxSession
from uvanet.teacher_input import FACE_DETECTOR
from uvanet.training.data.array_file import read_arrays, write_arrays
from uvanet.training.data.crops import View
from uvanet.training.fingerprint import fingerprint

Image = NDArray[np.uint8]
Boxes = NDArray[np.float32]
"""Faces, (n, 5): left, top, width and height as shares of the picture's sides, and the score
(0..1); those with the highest scores first."""

Map = NDArray[np.float32]


SIDES = (192, 320)
"""Longer sides at which faces are detected, pixels. The detector was trained at 192 and finds large
faces there; at 320 it finds faces of a twentieth of the picture's side."""

STEP, STRIDE = 32, 4
"""The sides of an input are multiples of 32; boxes lie on a grid of 4 pixels."""

MIN_SCORE = 0.5
MAX_OVERLAP = 0.3
"""Intersection over union above which the face with the lower score is dropped."""


class FaceDetector:
    """BlazeFace on ONNX Runtime.

    Args:
        threads: Threads of one call.
    """

    def __init__(self, threads: int = 1) -> None:
        self._session = OnnxSession(resource(FACE_DETECTOR), threads)

    def __call__(self, image: Image) -> Boxes:
        """Finds the faces of an RGB picture, uint8 (h, w, 3)."""
        boxes = np.concatenate([self._at_side(image, side) for side in SIDES])
        kept = cv2.dnn.NMSBoxes(boxes[:, :4].tolist(), boxes[:, 4].tolist(), 0.0, MAX_OVERLAP)
        return boxes[np.asarray(kept, np.int64).reshape(-1)]

    def _at_side(self, image: Image, side: int) -> Boxes:
        """The faces before suppression, where the longer side has so many pixels."""
        scale = side / max(image.shape[:2])
        height, width = (max(1, round(length * scale / STEP)) * STEP for length in image.shape[:2])
        frame = View().cut(image, (width, height)).transpose(2, 0, 1)[None] / np.float32(127.5) - 1
        logits, raw = self._session.run(["scores", "boxes"], {"frame": frame})
        scores = 1 / (1 + np.exp(-logits[0, 0].clip(-80, 80)))
        rows, columns = np.nonzero(scores > MIN_SCORE)
        x, y, w, h = raw[0, :4, rows, columns].T
        left, top = (columns + 0.5) * STRIDE + x - w / 2, (rows + 0.5) * STRIDE + y - h / 2
        found = [left / width, top / height, w / width, h / height, scores[rows, columns]]
        return np.stack(found, 1).astype(np.float32)


def face_map(boxes: Boxes, shape: tuple[int, int]) -> Map:
    """Draws faces as blobs: 0 where there is none, at a face's center its score.

    Args:
        boxes: As `FaceDetector` finds them.
        shape: Height and width of the map.

    Returns:
        Float32 (h, w), 0..1. A blob is a Gaussian with standard deviations of 0.35 times the sides
        of the face, but at least half a cell.
    """
    rows, columns = ((np.arange(count, dtype=np.float32) + 0.5) / count for count in shape)
    found = np.zeros(shape, np.float32)
    for x, y, width, height, score in boxes:
        across = (columns - x - width / 2) / max(0.35 * width, 0.5 / shape[1])
        down = (rows - y - height / 2) / max(0.35 * height, 0.5 / shape[0])
        np.maximum(found, score * np.exp(-0.5 * (across**2 + down[:, None] ** 2)), out=found)
    return found


class FaceLabels:
    """The faces of pictures, cached in a file for each picture.

    Args:
        cache: Folder of all caches; made where missing.
        threads: Threads of the detector, which is loaded at the first picture without a file.
    """

    def __init__(self, cache: Path, threads: int = 1) -> None:
        self._folder = cache / fingerprint(
            "faces", resource(FACE_DETECTOR), SIDES, MIN_SCORE, MAX_OVERLAP
        )
        self._folder.mkdir(parents=True, exist_ok=True)
        self._threads = threads
        self._detector: FaceDetector | None = None

    def __call__(self, key: str, image: Image) -> Boxes:
        """The faces of a picture.

        Args:
            key: Fingerprint of its content.
            image: RGB uint8 (h, w, 3).

        Raises:
            OSError: The disk is full.
        """
        path = self._folder / f"{key}.npz"
        if held := read_arrays(path):
            return np.asarray(held["arr_0"], np.float32)
        self._detector = self._detector or FaceDetector(self._threads)
        found = self._detector(image)
        write_arrays(path, found)
        return found
