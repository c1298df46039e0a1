"""A cluster on loopback."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cluster_kit import Dask

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def dask(tmp_path: Path) -> Iterator[Dask]:
    """A scheduler with two workers."""
    pytest.importorskip("distributed", reason="the extra cluster is not installed")
    folder = tmp_path / "dask"
    folder.mkdir()
    running = Dask(folder, 2)
    yield running
    running.end()
