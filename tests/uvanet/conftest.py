"""Fixtures of the library's tests: pictures with gaze, a student, teachers, clips."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import cv2
import pytest
from training_kit import write_gaze, write_scene, write_teacher

import uvanet
from uvanet.extras import is_installed
from uvanet.paths import resource

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    import numpy as np


@pytest.fixture
def gaze_tree(tmp_path: Path) -> Path:
    """Twelve pictures of a bright disc on noise; every observer looks at the disc."""
    return write_gaze(tmp_path / "data")


@pytest.fixture(scope="session")
def gaze_data_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same pictures, shared by all tests and not to be changed."""
    return write_gaze(tmp_path_factory.mktemp("gaze"))


@pytest.fixture(scope="session")
def small_teachers(gaze_data_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run's folder with both teachers after a minimal training, not to be changed."""
    from small_configs import SPATIAL_CONFIG, TEMPORAL_CONFIG

    from uvanet.training.teachers.build import make_teachers

    out = tmp_path_factory.mktemp("teachers")
    make_teachers(gaze_data_root, out, SPATIAL_CONFIG, TEMPORAL_CONFIG)
    return out


@pytest.fixture(scope="session")
def model() -> uvanet.Model:
    """A shipped student."""
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
    """A tiny teacher, as an ONNX file without a card, not to be changed."""
    return write_teacher(tmp_path_factory.mktemp("teacher") / "green.onnx")


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip of a red and a green square, not to be changed."""
    return write_scene(tmp_path_factory.mktemp("scene") / "squares.mp4")


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Limits torch to one thread, since on a busy machine more threads wait for each other."""
    if is_installed("torch"):
        import torch

        torch.set_num_threads(1)


@pytest.fixture(scope="session")
def pysaliency() -> ModuleType:
    """The peer. It takes a second to import, and every process of xdist imports this file."""
    with warnings.catch_warnings():
        # pysaliency imports pkg_resources, which warns of its deprecation.
        warnings.simplefilter("ignore")
        import pysaliency.metrics
        import pysaliency.roc
    return pysaliency
