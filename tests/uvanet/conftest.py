"""A small tree of pictures with gaze, in the shared layout."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from training_kit import write_gaze

from uvanet.extras import is_installed

if TYPE_CHECKING:
    from pathlib import Path


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


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Tests share a small machine: several threads of torch would wait for each other's cores."""
    if is_installed("torch"):
        import torch

        torch.set_num_threads(1)
