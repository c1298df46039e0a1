"""Runs the command line in the process of the tests: a process of its own takes a second."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from typing import TYPE_CHECKING
from unittest import mock

from uvanet.cli import main

if TYPE_CHECKING:
    from pathlib import Path


def run_command(*arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Runs `uvanet` with arguments in a folder; its standard input is empty."""
    words, out, err = [*map(str, arguments)], io.StringIO(), io.StringIO()
    standard_output = os.dup(1)
    try:
        with (
            contextlib.chdir(cwd or "."),
            mock.patch.object(sys, "stdin", io.StringIO()),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            code = main(words)
    except SystemExit as leaving:  # --help
        code = int(leaving.code or 0)
    finally:  # which an error discards
        os.dup2(standard_output, 1)
        os.close(standard_output)
    return subprocess.CompletedProcess(words, code, out.getvalue(), err.getvalue())


def refused(*arguments: object, cwd: Path) -> str:
    """Runs what must end in one clear line and exit code 2; gives the line."""
    done = run_command(*arguments, cwd=cwd)
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("uvanet: ")
    assert "Traceback" not in line
    return line
