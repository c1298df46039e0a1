"""Child processes: one that is read line by line, and one that outlives the program."""

from __future__ import annotations

import contextlib
import logging
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import psutil
from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, Signal

import uvanet

_log = logging.getLogger(__name__)

_MAX_LINE = 2_000_000  # bytes; a longer line is discarded, so that memory stays bounded
_MAX_ERROR_TEXT = 20_000  # bytes of stderr that are kept
_KILL_MS = 500


def own_command() -> list[str]:
    """The command that starts this program's command line, installed or frozen."""
    return [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-m", "uvanet"]


def own_environment() -> dict[str, str]:
    """The environment of `own_command`: this installation on the path, unbuffered UTF-8 output."""
    root = str(Path(uvanet.__file__).resolve().parents[1])
    paths = [root, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTHONUNBUFFERED": "1",
        "PYTHONIOENCODING": "utf-8",
    }


class ChildProcess(QObject):
    """Runs a command next to the window and reads its standard output line by line.

    The child gets a process group of its own, so that Ctrl-C in the terminal does not reach it.

    Args:
        command: The program and its arguments.
        merge_errors: Emit standard error as lines, too, instead of keeping it in `error_text`.
        background: Run at a lower priority than the window.

    Signals:
        line: A line of the output: bytes without the line end, not decoded.
        ended: The exit code, or None where the process crashed, was killed or could not start.
            Emitted once, after the last line.

    Attributes:
        start_error: Why the process could not start; empty where it did.
    """

    line = Signal(bytes)
    ended = Signal(object)

    def __init__(
        self,
        command: Sequence[str],
        parent: QObject | None = None,
        *,
        merge_errors: bool = False,
        background: bool = False,
    ) -> None:
        super().__init__(parent)
        self.start_error = ""
        self._errors = b""
        self._background = background
        self._process = process = QProcess(self)
        process.setProgram(command[0])
        process.setArguments(list(command[1:]))
        environment = QProcessEnvironment()
        for name, value in own_environment().items():
            environment.insert(name, value)
        process.setProcessEnvironment(environment)
        if os.name == "posix":
            parameters = QProcess.UnixProcessParameters()
            parameters.flags = QProcess.UnixProcessFlag.CreateNewSession
            process.setUnixProcessParameters(parameters)
        if merge_errors:
            process.setProcessChannelMode(QProcess.ProcessChannelMode.MergedChannels)
        process.started.connect(self._on_started)
        process.readyReadStandardOutput.connect(self._read_lines)
        process.readyReadStandardError.connect(self._read_errors)
        process.finished.connect(self._on_finished)
        process.errorOccurred.connect(self._on_error)

    @property
    def active(self) -> bool:
        """Whether the process runs."""
        return self._process.state() != QProcess.ProcessState.NotRunning

    @property
    def pid(self) -> int:
        """The process number; 0 before the start and after the end."""
        return int(self._process.processId())

    @property
    def error_text(self) -> str:
        """The end of what the process wrote on standard error."""
        return self._errors.decode(errors="replace")

    def start(self) -> None:
        """Starts the process; `ended` follows in any case."""
        self._process.start()

    def write(self, line: str) -> None:
        """Writes a line to the standard input."""
        self._process.write(f"{line}\n".encode())

    def close_input(self) -> None:
        """Closes the standard input, upon which our own commands cancel. Returns at once."""
        self._process.closeWriteChannel()

    def kill(self) -> None:
        """Kills the process. Returns at once; `ended` follows."""
        self._process.kill()

    def close(self, timeout: float) -> bool:
        """Closes the input, waits for the end, and kills a process that does not end in time.

        Args:
            timeout: Seconds to wait before the kill; the kill itself takes half a second at most.

        Returns:
            Whether the process has ended.
        """
        if self.active:
            self.close_input()
            if not self._process.waitForFinished(max(1, round(timeout * 1000))):
                self.kill()
                self._process.waitForFinished(_KILL_MS)
        return not self.active

    def _on_started(self) -> None:
        if self._background:
            _lower_priority(self.pid)

    def _read_lines(self) -> None:
        while self._process.canReadLine():
            self.line.emit(bytes(self._process.readLine().data()).rstrip(b"\r\n"))
        if self._process.bytesAvailable() > _MAX_LINE:
            _log.warning("a child process wrote a line of more than %d bytes", _MAX_LINE)
            self._process.readAllStandardOutput()

    def _read_errors(self) -> None:
        if self._process.processChannelMode() is QProcess.ProcessChannelMode.MergedChannels:
            return
        self._errors += bytes(self._process.readAllStandardError().data())
        self._errors = self._errors[-_MAX_ERROR_TEXT:]

    def _on_finished(self, code: int, status: QProcess.ExitStatus) -> None:
        self._read_lines()
        if rest := bytes(self._process.readAllStandardOutput().data()):
            self.line.emit(rest)
        self._read_errors()
        self.ended.emit(code if status is QProcess.ExitStatus.NormalExit else None)

    def _on_error(self, error: QProcess.ProcessError) -> None:
        # All other errors come with `finished`.
        if error is QProcess.ProcessError.FailedToStart:
            self.start_error = self._process.errorString()
            self.ended.emit(None)


class DetachedProcess:
    """A process that outlives the program; it writes into files instead of pipes.

    Args:
        pid: Number of a process that runs.

    Raises:
        psutil.Error: There is no such process.
    """

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)

    @classmethod
    def start(cls, command: Sequence[str], output: Path, errors: Path) -> DetachedProcess:
        """Starts a command; its output is appended to two files.

        Raises:
            OSError: A file cannot be written, or the command cannot be started.
        """
        with output.open("ab") as out, errors.open("ab") as err:
            child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env=own_environment(),
                start_new_session=True,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        # Popen warns of a child that outlives its object, which is the purpose here.
        child.returncode = 0
        return cls(child.pid)

    @property
    def pid(self) -> int:
        """The process number."""
        return int(self._process.pid)

    @property
    def alive(self) -> bool:
        """Whether the process runs; another process of the same number does not count."""
        with contextlib.suppress(psutil.Error):
            if self._process.status() != psutil.STATUS_ZOMBIE:
                return bool(self._process.is_running())
            self._process.wait(0)
        return False

    def terminate(self) -> None:
        """Sends SIGTERM; on Windows, kills the process. Does nothing after the end."""
        with contextlib.suppress(psutil.Error, OSError):
            self._process.terminate()


def _lower_priority(pid: int) -> None:
    """Lowers the priority of a process. Does nothing where it has ended."""
    with contextlib.suppress(psutil.Error, OSError):
        psutil.Process(pid).nice(getattr(psutil, "BELOW_NORMAL_PRIORITY_CLASS", 5))
