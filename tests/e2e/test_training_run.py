"""A student adapts to the scene in the real program, on a real X server, by keys alone."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import numpy as np
import psutil
from test_program import STAGE
from training_kit import write_gaze, write_scene, write_teacher
from x11 import CONTROL, SHIFT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest
    from program_child import Child

PATIENCE = 300.0  # seconds; a bound for conditions, not a measure of anything


def test_a_student_adapts_and_the_map_changes(
    start: Callable[..., Child], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    teacher = write_teacher(tmp_path / "green.onnx")
    settings = tmp_path / ".config" / "uvanet" / "settings.json"
    settings.parent.mkdir(parents=True)
    chosen = {"training_teacher": str(teacher), "training_steps": 20}
    settings.write_text(json.dumps({"version": 1, "training_background": False, **chosen}))
    data = tmp_path / ".local" / "share"
    monkeypatch.setenv("XDG_DATA_HOME", str(data))
    monkeypatch.setenv("UVANET_DATA", str(write_gaze(tmp_path / "gaze")))
    monkeypatch.setattr("program_child.PATIENCE", PATIENCE)
    clip = write_scene(tmp_path / "squares.mp4")
    # The largest student, which *Automatic* takes on some machines, would learn four times as long.
    child = start(str(clip), "--model", "uvanet-64", "--theme", "dark", "--size", "1100x720")
    child.until_titled("squares.mp4")
    # The first frame stands still, so that only the map can change.
    child.press("space")
    child.press("Home")

    def still() -> np.ndarray:
        return child.until_still(lambda: child.user.look()[STAGE])

    before = still()
    child.press("a", SHIFT)
    child.until_titled("Adapt to this scene")
    child.press("Return", title="Adapt to this scene")
    child.until(lambda: list(data.glob("uvanet/models/*/*.onnx")))
    # The window of the result, and all else that lies over the picture, goes.
    child.press("Escape", title="Adapt to this scene")
    child.until(lambda: not list(data.glob("uvanet/runs/*")))

    def changed(than: np.ndarray) -> bool:
        now = still()
        return bool((np.abs(now.astype(int) - than).max(axis=2) > 40)[200:].mean() > 0.01)

    child.until(lambda: changed(before))
    child.keep("adapted")
    after = still()
    child.press("z", CONTROL)
    child.until(lambda: changed(after))
    child.press("q", CONTROL)
    assert child.end() == 0
    assert not any(
        "uvanet" in " ".join(process.info["cmdline"] or []) and "adapt" in process.info["cmdline"]
        for process in psutil.process_iter(["cmdline"])
        if str(tmp_path) in " ".join(process.info["cmdline"] or [])
    )
    assert os.listdir(data / "uvanet" / "runs") == []
