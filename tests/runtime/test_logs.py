"""Log file and uncaught exceptions, also where nothing can be written."""

import logging
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from app.runtime.logs import Logs, UncaughtExceptionHook

ROOT = Path(__file__).resolve().parents[2]
DEV_FULL = Path("/dev/full")


@pytest.fixture
def logs(tmp_path):
    logs = Logs(tmp_path / "log")
    yield logs
    logs.close()


def run(code, **options):
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        **options,
    )


def test_records_go_to_the_file_and_not_to_the_terminal(tmp_path):
    code = f"""
import logging
from pathlib import Path
from app.runtime.logs import Logs
logging.basicConfig(level=logging.WARNING)
logs = Logs(Path({str(tmp_path)!r}))
logging.getLogger("x").error("into the file")
logs.close()
logging.getLogger("x").error("to the terminal")
"""
    result = run(code)
    assert "into the file" not in result.stderr
    assert "to the terminal" in result.stderr
    assert "into the file" in (tmp_path / "uvanet.log").read_text()


def test_a_folder_that_cannot_be_made_is_no_reason_not_to_start(tmp_path):
    (tmp_path / "file").write_text("")
    logs = Logs(tmp_path / "file" / "log")
    assert logs.path is None
    logs.close()


@pytest.mark.skipif(not DEV_FULL.exists(), reason="a device that is full")
def test_a_full_disk_drops_records_silently(tmp_path, capsys):
    (tmp_path / "uvanet.log").symlink_to(DEV_FULL)
    logs = Logs(tmp_path)
    logging.getLogger("x").error("lost")
    logs.close()
    assert capsys.readouterr().err == ""


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes of POSIX")
@pytest.mark.parametrize("name", ["uvanet.log", "crash.log"])
def test_a_pipe_in_place_of_a_log_is_not_waited_for(tmp_path, name):
    os.mkfifo(tmp_path / name)
    logs = Logs(tmp_path)
    assert logs.path is None
    logs.close()


def test_a_log_that_cannot_be_renamed_begins_anew(tmp_path):
    (tmp_path / "uvanet.log.1").mkdir()
    (tmp_path / "uvanet.log").write_text("old\n" * 200_000)
    logs = Logs(tmp_path)
    logging.getLogger("x").error("the newest")
    logs.close()
    text = (tmp_path / "uvanet.log").read_text()
    assert "the newest" in text
    assert "old" not in text


def test_an_uncaught_exception_shows_no_secret_and_steers_no_terminal(capsys, logs):
    hook = UncaughtExceptionHook()
    try:
        sys.excepthook(ValueError, ValueError("\x1b[31m http://me:s3cret@host/?t0ken"), None)
    finally:
        hook.close()
    assert capsys.readouterr().err == (
        "uvanet: unexpected error, ValueError: \\x1b[31m http://host/\n"
    )


def test_an_uncaught_exception_is_reported_in_one_line(qtbot, logs):
    hook = UncaughtExceptionHook()
    lines = []
    hook.happened.connect(lines.append)
    try:
        sys.excepthook(ZeroDivisionError, ZeroDivisionError("a slip"), None)
        thread = threading.Thread(target=lambda: 1 / 0)
        thread.start()
        thread.join()
        qtbot.waitUntil(lambda: len(lines) == 2, timeout=60_000)
    finally:
        hook.close()
    assert lines[0] == "ZeroDivisionError: a slip"
    assert "a slip" in logs.path.read_text()


def test_an_exception_of_a_finalizer_is_reported(capsys, logs):
    class Thing:
        def __del__(self):
            raise ValueError("at the end")

    hook = UncaughtExceptionHook()
    try:
        Thing()
    finally:
        hook.close()
    assert capsys.readouterr().err == "uvanet: unexpected error, ValueError: at the end\n"
    assert "Traceback" in logs.path.read_text()


def test_before_there_is_a_window_exceptions_go_to_stderr(capsys, logs):
    hook = UncaughtExceptionHook()
    try:
        sys.excepthook(ValueError, ValueError("no window yet"), None)
    finally:
        hook.close()
    assert capsys.readouterr().err == "uvanet: unexpected error, ValueError: no window yet\n"


def test_an_exception_while_reporting_does_not_call_the_hook_again(tmp_path):
    """A fresh process, since endless recursion ended in a crash of the interpreter."""
    code = f"""
import sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication, QTimer
from app.runtime.logs import Logs, UncaughtExceptionHook
app = QCoreApplication([])
logs = Logs(Path({str(tmp_path)!r}))
hook = UncaughtExceptionHook()
calls = []
def slot(text):
    calls.append(text)
    raise RuntimeError("the banner is broken")
hook.happened.connect(slot)
def fail():
    raise ValueError("first")
QTimer.singleShot(0, fail)
QTimer.singleShot(0, lambda: QTimer.singleShot(0, app.quit))
app.exec()
hook.close()
logs.close()
assert calls == ["ValueError: first"], calls
"""
    result = run(code)
    assert result.returncode == 0, result.stderr
    assert "Traceback" not in result.stderr
    log = (tmp_path / "uvanet.log").read_text()
    assert "first" in log
    assert "the banner is broken" in log


@pytest.mark.skipif(not DEV_FULL.exists(), reason="a device that is full")
@pytest.mark.parametrize("stderr", ["closed", "full"])
def test_the_hook_survives_without_stderr(stderr):
    code = """
import sys
from app.runtime.logs import UncaughtExceptionHook
hook = UncaughtExceptionHook()
sys.excepthook(ValueError, ValueError("x"), None)
sys.stdout.write("alive")
"""
    redirect = "2>&-" if stderr == "closed" else f"2>{DEV_FULL}"
    result = subprocess.run(
        ["sh", "-c", f'exec "$0" -c "$1" {redirect}', sys.executable, code],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        timeout=120,
    )
    assert result.stdout == "alive"
