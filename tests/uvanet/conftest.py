"""What tests of the library share: pictures with gaze, a student, a teacher, clips."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import pytest
from training_kit import write_gaze, write_scene, write_teacher

import uvanet
from uvanet.extras import is_installed
from uvanet.paths import resource

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np


@pytest.fixture
def gaze_tree(tmp_path: Path) -> Path:
    """Twelve pictures of a bright disc on noise; every observer looks at the disc."""
    return write_gaze(tmp_path / "data")


@pytest.fixture(scope="session")
def gaze_data_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, shared by all tests: read only."""
    return write_gaze(tmp_path_factory.mktemp("gaze"))


@pytest.fixture(scope="session")
def small_teachers(gaze_data_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run's folder with both teachers, which have learned next to nothing: read only."""
    from small_configs import SPATIAL_CONFIG, TEMPORAL_CONFIG

    from uvanet.training.teachers.build import make_teachers

    out = tmp_path_factory.mktemp("teachers")
    make_teachers(gaze_data_root, out, SPATIAL_CONFIG, TEMPORAL_CONFIG)
    return out


@pytest.fixture(scope="session")
def model() -> uvanet.Model:
    """A student that ships."""
    return uvanet.load("uvanet-64")


@pytest.fixture(scope="session")
def frames() -> list[np.ndarray]:
    """Some frames of the demo, RGB."""
    video = cv2.VideoCapture(str(resource("demo.mp4")))
    found = []
    for _ in range(30):
        done, image = video.read()
        assert done
        found.append(cv2.cvtColor(image, cv2.COLOR_BGR2RGB))
    video.release()
    return found


@pytest.fixture(scope="session")
def teacher(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A teacher of a few lines, as an ONNX file without a card: read only."""
    return write_teacher(tmp_path_factory.mktemp("teacher") / "green.onnx")


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip of a red and a green square: read only."""
    return write_scene(tmp_path_factory.mktemp("scene") / "squares.mp4")


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Tests share a small machine: several threads of torch would wait for each other's cores."""
    if is_installed("torch"):
        import torch

        torch.set_num_threads(1)
