"""Programs that write until they are killed. Each prints a line once it has begun."""

from __future__ import annotations

import itertools
import sys
import time
from typing import TYPE_CHECKING

import numpy as np

from app.features.analyse.region_store import RegionStore
from app.features.training.run_folders import RunRequest, write_request
from app.runtime.settings import SettingsStore
from app.session.settings import SessionSettings
from uvanet.analysis import Region, Shape
from uvanet.video.replay_buffer import ReplayBuffer

if TYPE_CHECKING:
    from pathlib import Path


def write_files(folder: Path) -> None:
    """Writes settings, regions and requests of training."""
    settings = SettingsStore(folder / "settings.json")
    regions = RegionStore(folder / "regions.json")
    for number in itertools.count():
        text = f"{number}-" + "x" * 20_000
        settings.section(SessionSettings).model = text
        settings.write(settings.text())
        regions.put("demo", [Region(str(number), Shape.RECTANGLE, ((0, 0), (1, 1)))] * 300)
        regions.write()
        write_request(folder, RunRequest("adapt", text))
        if number == 0:
            _tell()


def record(folder: Path) -> None:
    """Records frames whose gray is their number."""
    buffer = ReplayBuffer(folder, 5.0)
    buffer.hold(0.0, "take")
    for number in itertools.count():
        buffer.put(np.full((48, 64, 3), number % 256, np.uint8), number / 30)
        if number == 5:
            _tell()
        time.sleep(0.001)


def _tell() -> None:
    sys.stdout.write("begun\n")
    sys.stdout.flush()
