"""The window runs natively on Wayland: weston without a screen, and the program on its demo."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import pytest
from program_child import PATIENCE, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "wayland-test"


@pytest.fixture
def wayland() -> Iterator[dict[str, str]]:
    """A compositor of our own; the environment of its clients."""
    if shutil.which("weston") is None:
        pytest.skip("weston is not installed")
    # A path of a socket holds 107 bytes at most, which those of pytest may exceed.
    with tempfile.TemporaryDirectory(prefix="uvanet-") as folder:
        environment = {**os.environ, "XDG_RUNTIME_DIR": folder}
        environment.pop("DISPLAY", None)
        command = ["weston", "--backend=headless-backend.so", f"--socket={NAME}", "--idle-time=0"]
        compositor = subprocess.Popen(
            [*command, "--width=1280", "--height=800"],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            deadline = time.monotonic() + PATIENCE
            while not Path(folder, NAME).exists():
                assert compositor.poll() is None, "weston ended"
                assert time.monotonic() < deadline, "weston has no socket"
                time.sleep(0.05)
            yield {**environment, "QT_QPA_PLATFORM": "wayland", "WAYLAND_DISPLAY": NAME}
        finally:
            compositor.terminate()
            compositor.wait(PATIENCE)


def run(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs the program on the demo until it quits."""
    return subprocess.run(
        [sys.executable, "-m", "app", "demo", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=3 * PATIENCE,
        check=False,
    )


def test_frames_are_painted_and_the_program_quits(wayland: dict[str, str]) -> None:
    done = run(wayland, "--measure", "2")
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    numbers = json.loads(done.stdout)
    assert numbers["platform"] == "wayland"
    assert numbers["painted"] > 0
    assert numbers["failed"] == 0


def test_the_window_has_its_picture(wayland: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "window.png"
    done = run(wayland, "--screenshot", str(path), "--size", "1000x640", "--theme", "dark")
    assert done.returncode == 0, done.stderr
    picture = cv2.imread(str(path))
    assert picture is not None
    assert picture.shape == (640, 1000, 3)
    # The demo's photographs are bright beside the dark theme.
    assert picture[140:480, 40:680].std() > 20
