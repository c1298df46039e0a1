"""Starts programs in milliseconds, to kill them: copies of a process that has imported everything.

A process is real in all that matters here: it has a number, files and locks of its own.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_SERVER = """
import json, os, sys
{code}
for line in sys.stdin:
    child = os.fork()
    if not child:
        code = 1
        try:
            print(os.getpid(), flush=True)
            code = run(json.loads(line))
        finally:
            os._exit(code)
    print("exit", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""

COMMANDS = """
from uvanet.cli import main
{imports}
def run(words):
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    return main(words)
"""
"""Code for `Forker` that runs `uvanet`; `imports` saves the commands their time."""


class Forker:
    """Runs a function in one process after the other.

    Args:
        code: Python code that defines `run`: it takes a list of texts and gives the exit code, and
            may print one line.
        errors: Takes what the processes write to standard error.
    """

    def __init__(self, code: str, errors: Path) -> None:
        self._errors = errors
        with errors.open("w") as file:
            self._server = subprocess.Popen(
                [sys.executable, "-c", _SERVER.format(code=code)],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=file,
                text=True,
            )

    def run(self, *words: str) -> int:
        """Runs to the end; gives the exit code."""
        self._start(words)
        return self._code()

    def kill(self, seconds: float, *words: str, wait: bool = False) -> bool:
        """Runs, and kills the process.

        Args:
            seconds: From its start, or from the line that it prints.
            words: Its arguments.
            wait: Wait for that line.

        Returns:
            Whether it was killed; False where it had ended before, without an error.
        """
        pid = self._start(words)
        if wait:
            self._read()
        time.sleep(seconds)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        code = self._code()
        assert code in (0, -signal.SIGKILL), self.errors()
        return code != 0

    def errors(self) -> str:
        """What the processes wrote to standard error."""
        return self._errors.read_text()

    def close(self) -> None:
        """Ends the process that is copied."""
        self._server.communicate()

    def _start(self, words: tuple[str, ...]) -> int:
        assert self._server.stdin is not None
        self._server.stdin.write(json.dumps(words) + "\n")
        self._server.stdin.flush()
        return int(self._read())

    def _code(self) -> int:
        return int(self._read().removeprefix("exit "))

    def _read(self) -> str:
        assert self._server.stdout is not None
        line = self._server.stdout.readline()
        assert line, self.errors()
        return line
