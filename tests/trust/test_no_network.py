"""The program needs no network: commands run where a network socket kills the process.

So do the walks of `tests/e2e/test_walks.py` through the window.
"""

from __future__ import annotations

import platform
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from no_network import SOCKET

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in SOCKET, reason="a filter of Linux"
)


def python(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, ROOT / "tests/no_network.py", *arguments]
    return subprocess.run(
        [str(word) for word in command], cwd=ROOT, capture_output=True, text=True, check=False
    )


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return python("-m", "uvanet", *arguments)


def test_a_socket_kills_the_process() -> None:
    assert python("-c", "import socket; socket.socket()").returncode == -signal.SIGSYS


def test_the_window_plays_the_demo(tmp_path: Path) -> None:
    picture = tmp_path / "window.png"
    done = run("run", "demo", "--screenshot", picture, "--delay", "0.5")
    assert done.returncode == 0, done.stderr
    assert picture.stat().st_size > 0


def test_a_video_and_its_tables_are_exported(tmp_path: Path) -> None:
    outputs = [tmp_path / name for name in ("a.mp4", "a.csv")]
    options = [word for path in outputs for word in ("-o", path)]
    done = run("predict", "demo", "--seconds", "0.5", "--quiet", *options)
    assert done.returncode == 0, done.stderr
    assert all(path.stat().st_size > 0 for path in outputs)


def test_this_machine_is_described() -> None:
    done = run("info", "--report")
    assert done.returncode == 0, done.stderr
