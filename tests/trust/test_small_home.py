"""A home that is full or read-only: the window plays, and names what it cannot save."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from home_kit import HOME_VARIABLES
from small_home import NAMES

ROOT = Path(__file__).resolve().parents[2]
MOUNT = 'mount -t tmpfs -o size=64m,mode=700 tmpfs "$0" && '
FILL = 'head -c 100m /dev/zero > "$0/filler" 2> /dev/null; '
LOCK = 'mount -o remount,ro "$0" && '


@cache
def mounts() -> bool:
    """Whether this user may mount a disk in a namespace of its own."""
    command = ["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or not mounts(), reason="needs the right to mount a disk"
)


def run(before: str, home: Path, *words: object, **more: str) -> subprocess.CompletedProcess[str]:
    """Runs Python in a home on a disk of 64 MB, on which `before` is done first."""
    command = ["unshare", "--mount", "bash", "-c", f'{MOUNT}{before}exec "$@"', home]
    return subprocess.run(
        [str(word) for word in (*command, sys.executable, *words)],
        cwd=ROOT,
        env={**os.environ, **dict.fromkeys(HOME_VARIABLES, str(home)), **more},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("before", [FILL, LOCK])
def test_the_program_starts(tmp_path: Path, before: str) -> None:
    home = tmp_path / "home"
    home.mkdir()
    done = run(before, home, "-m", "uvanet", "run", "demo", "--measure", "0.5")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["source"] == "demo"
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("state", "before"), [("full", ""), ("read-only", LOCK)])
def test_the_window_says_what_it_cannot_save(
    tmp_path: Path, x_display: str, state: str, before: str
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    script = Path(__file__).with_name("small_home.py")
    more = {"QT_QPA_PLATFORM": "xcb", "DISPLAY": x_display}
    done = run(before, home, script, state, home, **more)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    report = json.loads(done.stdout.splitlines()[-1])
    assert report["problems"] == []
    for name in NAMES:
        first = report["said"][name][0]
        assert first.startswith(("error: ", "warning: ")), (name, report["said"][name])
        assert str(home) in first or "space" in first.lower(), (name, first)
