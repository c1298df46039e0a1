"""Runs the command line as a process."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


def uvanet(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "uvanet", *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def refused(*arguments: object, cwd: Path) -> str:
    """Runs what must end in one clear line and exit code 2; gives the line."""
    done = uvanet(*arguments, cwd=cwd)
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("uvanet: ")
    assert "Traceback" not in line
    return line


def shell(command: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs a line of shell; `uvanet` in it is the command under test."""
    line = f'uvanet() {{ "{sys.executable}" -m uvanet "$@"; }}; {command}'
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", line],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


needs_full_device = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
