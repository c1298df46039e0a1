"""The program is killed while the screen plays: what was recorded is there at the next start."""

from __future__ import annotations

import contextlib
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from x11 import CONTROL

from app.features.export.settings import ExportSettings
from app.runtime.settings import SettingsStore, settings_path
from uvanet.sources import make_source

if TYPE_CHECKING:
    from collections.abc import Callable

    from program_child import Child


def bytes_in(live: Path) -> int:
    """Of all segments; old ones may go meanwhile."""
    total = 0
    for path in live.glob("*/*.jpegs"):
        with contextlib.suppress(FileNotFoundError):
            total += path.stat().st_size
    return total


@pytest.mark.parametrize("recorded", [True, False])
def test_a_killed_program_loses_no_recording_and_leaves_no_picture(
    start: Callable[..., Child],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    recorded: bool,
) -> None:
    live = tmp_path / ".cache" / "uvanet" / "live"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / ".config"))
    store = SettingsStore(settings_path())
    store.section(ExportSettings).keep = True
    store.write(store.text())
    child = start("screen:")
    child.until_titled("creen")
    child.until(lambda: list(live.glob("*/*.jpegs")))
    if recorded:
        child.press("r", CONTROL)
        child.until(lambda: list(live.glob("*/recording.json")))
    before = bytes_in(live)
    child.until(lambda: bytes_in(live) > before + 200_000)
    child.process.send_signal(signal.SIGKILL)
    child.process.communicate()
    assert list(live.glob("*/*.jpegs"))
    again = start("demo")
    again.until(lambda: not list(live.glob("*/*.jpegs")))
    films = list(tmp_path.glob("*.mkv"))
    assert len(films) == recorded
    assert again.interrupt() == 0
    for film in films:
        with make_source(str(film)) as source:
            frames = list(iter(source.read, None))
        assert len(frames) >= 2
        assert frames[0].image.shape[:2] == (800, 1280)
