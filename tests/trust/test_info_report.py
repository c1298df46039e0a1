"""Logs and reports: private, without secrets, and offered after a crash."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app.runtime.logs import Logs
from uvanet.cli.crash import write_report
from uvanet.cli.problem_report import LAST_CRASH, problem_report
from uvanet.paths import log_folder

ROOT = Path(__file__).resolve().parents[2]
ADDRESS = "rtsp://user:s3cret@host/live?token=t0ken"
SECRETS = ("s3cret", "t0ken", "user:")


@pytest.fixture
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A log folder of its own, of which the program knows."""
    for name in ("HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    folder = log_folder()
    assert folder.is_relative_to(tmp_path)
    return folder


def log_something(folder: Path) -> None:
    opened = Logs(folder)
    try:
        try:
            raise ValueError(f"cannot open {ADDRESS}")
        except ValueError:
            logging.getLogger("x").exception("\x1b[31m source %s", ADDRESS)
        shown = "".join(line.text for line in opened.buffer.since(0))
        assert not any(secret in shown for secret in SECRETS)
    finally:
        opened.close()


def test_the_log_holds_no_secret_and_no_escape_sequence(logs: Path) -> None:
    log_something(logs)
    text = (logs / "uvanet.log").read_text()
    assert "\\x1b[31m source rtsp://host/live" in text
    assert "ValueError: cannot open rtsp://host/live" in text
    assert not any(secret in text for secret in SECRETS)


@pytest.mark.skipif(os.name != "posix", reason="modes of POSIX")
def test_logs_and_crash_reports_are_private(logs: Path) -> None:
    logs.mkdir(parents=True, mode=0o755)
    (logs / "uvanet.log").touch(0o644)  # as 0.1.0 left it
    log_something(logs)
    try:
        raise RuntimeError(ADDRESS)
    except RuntimeError:
        report = write_report()
    assert report is not None
    modes = {path.name: path.stat().st_mode & 0o777 for path in (logs, *logs.iterdir())}
    assert modes.pop(logs.name) == 0o700
    assert set(modes) == {"uvanet.log", "crash.log", report.name}
    assert set(modes.values()) == {0o600}
    assert not any(secret in report.read_text() for secret in SECRETS)


CRASHES = """
import ctypes, sys
from pathlib import Path
from app.runtime.logs import Logs
logs = Logs(Path(sys.argv[1]))
assert logs.last_crash is None
ctypes.string_at(0)
"""


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_a_crash_of_native_code_is_known_at_the_next_start(logs: Path) -> None:
    command = [sys.executable, "-c", CRASHES, str(logs)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == -signal.SIGSEGV, done.stderr
    opened = Logs(logs)
    opened.close()
    assert opened.last_crash == logs / LAST_CRASH
    assert "Segmentation fault" in problem_report()
    again = Logs(logs)
    again.close()
    assert again.last_crash is None


def test_info_prints_the_report(logs: Path) -> None:
    log_something(logs)
    command = [sys.executable, "-m", "uvanet", "info", "--report"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "== uvanet.log" in done.stdout
    assert "onnxruntime: " in done.stdout
    assert not any(secret in done.stdout for secret in (*SECRETS, "\x1b", str(Path.home())))


def test_a_report_without_any_log_has_the_versions(logs: Path) -> None:
    assert not logs.exists()
    assert problem_report().startswith("uvanet ")


def test_the_card_as_json_is_plain_ascii() -> None:
    command = [sys.executable, "-m", "uvanet", "info", "uvanet-32", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.isascii()
    assert json.loads(done.stdout)["name"] == "uvanet-32"
