"""The command line where streams, homes and reports cannot be written, and internal errors."""

from __future__ import annotations

import argparse
import os
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from cli_kit import needs_full_device, shell
from home_kit import HOME_VARIABLES

from uvanet.cli.options import check_report, print_report
from uvanet.errors import OutputError

if TYPE_CHECKING:
    from pathlib import Path


@needs_full_device
@pytest.mark.parametrize("command", ["info uvanet-64", "info --json", "--help", "predict --help"])
def test_a_full_standard_output_is_one_clear_line(tmp_path: Path, command: str) -> None:
    done = shell(f"uvanet {command} > /dev/full", tmp_path)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "Standard output cannot be written: No space left" in done.stderr


@needs_full_device
def test_a_report_does_not_replace_a_device(tmp_path: Path) -> None:
    target = tmp_path / "full"
    target.symlink_to("/dev/full")  # were it replaced, only the link would be lost
    check_report(target)
    with pytest.raises(OutputError, match="No space left"):
        print_report({}, [], argparse.Namespace(out=target, json=False))
    assert target.is_symlink()


@needs_full_device
def test_events_that_cannot_be_written_are_one_clear_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "uvanet", "predict", "demo", "-o", "out.csv", "--events"]
    with (
        open("/dev/full", "w") as full,
        subprocess.Popen(
            command, cwd=tmp_path, stdin=subprocess.PIPE, stdout=full, stderr=subprocess.PIPE
        ) as process,
    ):
        assert process.stderr is not None
        message = process.stderr.read().decode()  # stdin stays open, since its end cancels
    assert process.returncode == 2
    assert message.count("\n") == 1
    assert "Standard output cannot be written: No space left" in message
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["info --json", "info uvanet-64 --json", "--help"])
def test_a_reader_that_leaves_ends_the_program_quietly(tmp_path: Path, command: str) -> None:
    done = shell(f"uvanet {command} | head -c 1", tmp_path)
    assert (done.returncode, len(done.stdout), done.stderr) == (0, 1, "")


PREDICT = "uvanet predict demo -o out.npz --seconds 0.3"


@pytest.mark.parametrize(
    "redirection",
    [
        "2>&-",
        "2>&- >&-",
        "<&- >&- 2>&-",
        pytest.param("2>/dev/full", marks=needs_full_device),
        ">&- 2> errors.txt",
    ],
)
def test_closed_or_full_streams_do_not_stop_the_work(tmp_path: Path, redirection: str) -> None:
    done = shell(f"{PREDICT} {redirection}", tmp_path)
    assert done.returncode == 0, done
    with np.load(tmp_path / "out.npz") as maps:
        assert len(maps["saliency"]) > 5
    assert "Traceback" not in done.stdout + done.stderr
    bad = shell(f"uvanet info uvanet-65 {redirection}", tmp_path)
    assert bad.returncode == 2
    assert bad.stdout == ""


@pytest.mark.parametrize("home", ["/dev/null/home", "/proc/home", ""])
def test_a_home_that_cannot_be_written_does_not_stop_the_work(tmp_path: Path, home: str) -> None:
    homes = dict.fromkeys(HOME_VARIABLES, home)
    done = shell(f"{PREDICT} --quiet && uvanet info --json", tmp_path, **homes)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


def test_an_internal_error_is_written_to_a_report_without_secrets(tmp_path: Path) -> None:
    script = (
        "import sys, uvanet.cli.info\n"
        "uvanet.cli.info._facts = lambda: int('rtsp://user:s3cret@host/\\\\x1b')\n"
        "sys.argv += ['info', 'rtsp://user:s3cret@host/a?token=s3cret']\n"
        "from uvanet.cli import main\n"
        "sys.exit(main(['info']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "internal error, ValueError: invalid literal" in done.stderr
    assert "s3cret" not in done.stderr
    path = done.stderr.strip().split(" ")[-1]
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    with open(path, encoding="utf-8") as report:
        text = report.read()
    assert "ValueError" in text
    assert "rtsp://host/a" in text
    assert "s3cret" not in text


@pytest.mark.parametrize("home", ["/dev/null/home"])
def test_an_internal_error_is_reported_where_no_file_can_be_written(
    tmp_path: Path, home: str
) -> None:
    script = tmp_path / "fails.py"
    script.write_text(
        "import sys, tempfile, uvanet.cli.info\n"
        "tempfile.tempdir = '/dev/null/tmp'\n"
        "uvanet.cli.info._facts = lambda: 1 / 0\n"
        "from uvanet.cli import main\n"
        "sys.exit(main(['info']))"
    )
    done = shell(f"'{sys.executable}' fails.py", tmp_path, HOME=home, XDG_STATE_HOME=home)
    assert done.returncode == 1
    assert done.stderr == "uvanet: internal error, ZeroDivisionError: division by zero\n"


@pytest.mark.skipif(os.name != "posix", reason="folders of POSIX can be deleted while in use")
def test_a_current_folder_that_was_deleted_is_named(tmp_path: Path) -> None:
    done = shell('mkdir a; cd a; rmdir "$PWD"; uvanet predict demo --quiet -o a.csv', tmp_path)
    assert done.returncode == 2
    assert done.stderr == (
        "uvanet: The current folder no longer exists. "
        "Change to another folder, or name files by their whole path.\n"
    )


@pytest.mark.skipif(os.name != "posix", reason="limits of POSIX")
def test_an_export_without_space_names_the_file_that_it_writes(tmp_path: Path) -> None:
    done = shell("ulimit -f 20; uvanet export uvanet-32 -o small.onnx", tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("uvanet: small.onnx cannot be written: ")
    assert not list(tmp_path.iterdir())
