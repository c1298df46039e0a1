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


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """Tests share a small machine: several threads of torch would wait for each other's cores."""
    if is_installed("torch"):
        import torch

        torch.set_num_threads(1)
