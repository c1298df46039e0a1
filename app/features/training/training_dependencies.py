"""Whether training can run here, and the command that makes it so."""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
from importlib.metadata import PackageNotFoundError, requires

from PySide6.QtCore import QObject, QProcess, Signal

from uvanet.cli.training_options import TRAINING


def training_possible() -> bool:
    """Whether torch and what goes with it are installed. Imports none of it."""
    importlib.invalidate_caches()
    return all(importlib.util.find_spec(name) is not None for name in TRAINING)


def needed() -> list[str]:
    """What the extra `train` asks for, as pip takes it."""
    try:
        lines = requires("uvanet") or []
    except PackageNotFoundError:
        lines = []
    found = [
        line.partition(";")[0].strip()
        for line in lines
        if re.search(r"extra\s*==\s*['\"]train['\"]", line)
    ]
    return found or ["torch", "onnx"]


def install_command() -> list[str]:
    """The exact command that installs it beside this program."""
    return [sys.executable, "-m", "pip", "install", *needed()]


class PipInstaller(QObject):
    """Runs the command beside the window.

    Signals:
        said: A line of what it says.
        ended: Whether it worked.
    """

    said = Signal(str)
    ended = Signal(bool)

    def __init__(self, command: list[str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._program, *self._arguments = command
        self._process = QProcess(self)
        self._process.setProcessChannelMode(QProcess.ProcessChannelMode.MergedChannels)
        self._process.readyReadStandardOutput.connect(self._read)
        self._process.finished.connect(lambda code, _: self.ended.emit(code == 0))
        self._process.errorOccurred.connect(self._on_error)

    @property
    def active(self) -> bool:
        """Whether it goes on."""
        return self._process.state() != QProcess.ProcessState.NotRunning

    def start(self) -> None:
        """Starts it."""
        self._process.start(self._program, self._arguments)

    def stop(self) -> None:
        """Ends it, and waits a moment for the end."""
        if self.active:
            self._process.kill()
            self._process.waitForFinished(1000)

    def _read(self) -> None:
        data = bytes(self._process.readAllStandardOutput().data())
        for line in data.decode(errors="replace").splitlines():
            if line.strip():
                self.said.emit(line.strip())

    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart:
            self.said.emit(self._process.errorString())
            self.ended.emit(False)
