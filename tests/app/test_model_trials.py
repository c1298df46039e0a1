"""A model that never ends is given up by a trial."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest
from endless_model import write_endless_model

from app.features.models import model_info
from app.session import step_times
from uvanet.errors import ModelError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def endless(tmp_path: Path) -> str:
    return str(write_endless_model(tmp_path / "endless.onnx"))


def test_an_endless_model_ends_with_an_error(endless: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_info, "TIME_LIMIT", 0.3)
    with pytest.raises(ModelError, match=r"no map within 0\.3 seconds"):
        model_info.try_model(endless, None)
    monkeypatch.setattr(step_times, "TIME_LIMIT", 0.3)
    with pytest.raises(ModelError, match=r"no map within"):
        step_times.measure_steps(endless, "auto", seconds=0.1)


def test_a_measurement_ends_after_its_seconds_by_the_wall() -> None:
    readings = itertools.count()
    # The clock of a thread that never gets a processor: each step takes a nanosecond of it.
    times = step_times.measure_steps("uvanet-32", "auto", 0.05, None, lambda: next(readings) / 1e9)
    assert times
