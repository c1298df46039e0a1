"""Finding faces in training pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from uvanet.training.data import faces
from uvanet.training.data.faces import FaceDetector, FaceLabels, face_map

if TYPE_CHECKING:
    from pathlib import Path

skimage_data = pytest.importorskip("skimage.data")

FACE = 160, 60, 290, 200
"""Left, top, right and bottom of the face in the portrait, pixels of 512 x 512."""


@pytest.fixture(scope="module")
def portrait() -> np.ndarray:
    """Eileen Collins (NASA, public domain)."""
    return np.asarray(skimage_data.astronaut())


def overlap(box: np.ndarray, truth: np.ndarray) -> float:
    """Intersection over union of two boxes (left, top, width, height)."""
    corner = np.minimum(box[:2] + box[2:4], truth[:2] + truth[2:4]) - np.maximum(box[:2], truth[:2])
    shared = float(np.prod(corner.clip(0)))
    return shared / (float(np.prod(box[2:4]) + np.prod(truth[2:4])) - shared)


def test_a_face_is_found_where_it_is(portrait: np.ndarray) -> None:
    left, top, right, bottom = (side / 512 for side in FACE)
    truth = np.array([left, top, right - left, bottom - top])
    detector = FaceDetector()
    (found,) = detector(portrait)
    assert found.dtype == np.float32
    assert found[4] > 0.5
    assert overlap(found, truth) > 0.5
    # In a wide picture, shares of the width are smaller, and a face of an eighth is still found.
    wide = np.full((512, 1024, 3), 90, np.uint8)
    wide[:, :512] = portrait
    assert overlap(detector(wide)[0], truth * [0.5, 1, 0.5, 1]) > 0.5
    small = np.full((512, 512, 3), 90, np.uint8)
    small[240:496, 240:496] = cv2.resize(portrait, (256, 256), interpolation=cv2.INTER_AREA)
    moved = truth / 2 + np.array([240 / 512, 240 / 512, 0, 0])
    assert max(overlap(box, moved) for box in detector(small)) > 0.5


def test_a_picture_without_a_face_has_none() -> None:
    found = FaceDetector()(np.asarray(skimage_data.coffee()))
    assert found.shape == (0, 5)
    assert not face_map(found, (12, 16)).any()


def test_faces_are_blobs_of_their_size_and_score() -> None:
    boxes = np.array([[0.25, 0.5, 0.25, 0.25, 0.9], [0.0, 0.0, 0.01, 0.01, 0.6]], np.float32)
    drawn = face_map(boxes, (40, 80))
    assert drawn.dtype == np.float32
    assert drawn.max() == pytest.approx(0.9, abs=0.02)
    assert np.unravel_index(drawn.argmax(), drawn.shape) in [(24, 29), (24, 30), (25, 29), (25, 30)]
    # One standard deviation is 0.35 of a side, 7 of 80 columns.
    assert drawn[25, 37] == pytest.approx(0.9 * np.exp(-0.5 * (7.5 / 7) ** 2), abs=0.01)
    assert drawn[0, 0] > 0.3  # although smaller than a cell


def test_faces_are_found_once(
    tmp_path: Path, portrait: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = FaceLabels(tmp_path)("key", portrait)
    none = FaceLabels(tmp_path)("empty", np.zeros((64, 64, 3), np.uint8))
    assert [len(first), len(none)] == [1, 0]
    monkeypatch.setattr(faces, "FaceDetector", None)  # the detector is not used again
    assert np.array_equal(FaceLabels(tmp_path)("key", portrait), first)
    assert FaceLabels(tmp_path)("empty", portrait).shape == (0, 5)
