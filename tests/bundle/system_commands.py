"""Commands of the system that must succeed."""

from __future__ import annotations

import subprocess


def check(*command: object) -> str:
    """Runs a command and gives what it printed, on both outputs."""
    words = [str(word) for word in command]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    printed = done.stdout + done.stderr
    assert done.returncode == 0, printed[-8000:]
    return printed
