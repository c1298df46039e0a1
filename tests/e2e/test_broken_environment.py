"""The program without usable streams or home: no traceback, no crash."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from home_kit import HOME_VARIABLES

DEV_FULL = Path("/dev/full")
pytestmark = pytest.mark.skipif(not DEV_FULL.exists(), reason="shell redirections of Linux")


def measure(redirect="", home=None):
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    if home is not None:
        environment.update(dict.fromkeys(HOME_VARIABLES, str(home)))
    return subprocess.run(
        ["sh", "-c", f'exec "$0" -m uvanet run demo --measure 1 {redirect}', sys.executable],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.mark.parametrize("redirect", ["2>&-", "2>/dev/full", "<&-"])
def test_the_window_runs_without_standard_streams(redirect):
    result = measure(redirect)
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["source"] == "demo"
    assert result.stderr == ""


def test_a_full_standard_output_is_named_in_one_line():
    result = measure(f">{DEV_FULL}")
    assert result.returncode != 0
    assert "Standard output cannot be written" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_the_window_runs_without_a_writable_home(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    result = measure(home=blocked / "home")
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["source"] == "demo"
    assert "Traceback" not in result.stderr
