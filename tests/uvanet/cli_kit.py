"""Runs the command line as processes of a shell."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


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
