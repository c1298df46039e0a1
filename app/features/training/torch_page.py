"""The page that is shown while torch is missing, and installs it."""

from __future__ import annotations

import shlex

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLineEdit, QWidget

from app.features.training.form_parts import help_text
from app.features.training.training_dependencies import can_install, install_command
from app.runtime.child_process import ChildProcess
from app.ui.build import button, column, label, log_view, progress_bar, row
from app.ui.i18n import tr


class TorchPage(QWidget):
    """Explains that training needs torch, and runs the command that installs it.

    Signals:
        installed: The command has succeeded.
    """

    installed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._pip: ChildProcess | None = None
        about = help_text(
            tr(
                "The live view does not need torch, so the program comes without it. This command "
                "installs it; it downloads several hundred megabytes."
            )
            if can_install()
            else tr(
                "This installed program cannot train. The Python package can: install it with this "
                "command, then start it with: uvanet run"
            )
        )
        self.command = QLineEdit(shlex.join(install_command()))
        self.command.setReadOnly(True)
        self.command.setCursorPosition(0)
        self.command.setAccessibleName(tr("Command"))
        self.copy = button(tr("Copy"), tr("Copies the command"), self._copy)
        self.install = button(tr("Install"), tr("Runs the command"), self._install)
        self.install.setVisible(can_install())
        self.bar = progress_bar(tr("Progress"), 0)
        self.bar.hide()
        self.log = log_view(tr("Log"), 400)
        column(
            label(tr("Training needs torch"), "verdict"),
            about,
            row((self.command, 1), self.copy),
            self.bar,
            (self.log, 1),
            None,
            row(None, self.install),
            spacing=12,
            parent=self,
        )

    @property
    def installing(self) -> bool:
        """Whether the command runs."""
        return self._pip is not None and self._pip.active

    def stop(self) -> None:
        """Kills the command. Returns at once."""
        if self._pip is not None:
            self._pip.kill()

    def close_installer(self, timeout: float) -> bool:
        """Ends the command when the program quits.

        Args:
            timeout: Seconds to wait before the command is killed.

        Returns:
            Whether the command has ended.
        """
        return self._pip is None or self._pip.close(timeout)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.command.text())

    def _install(self) -> None:
        self._pip = ChildProcess(install_command(), self, merge_errors=True)
        self._pip.line.connect(self._on_line)
        self._pip.ended.connect(self._on_ended)
        self.install.setEnabled(False)
        self.bar.show()
        self.log.show()
        self._pip.start()

    def _on_line(self, line: bytes) -> None:
        if text := line.decode(errors="replace").strip():
            self.log.appendPlainText(text)

    def _on_ended(self, code: int | None) -> None:
        self.bar.hide()
        self.install.setEnabled(True)
        if code == 0:
            self.installed.emit()
            return
        if self._pip is not None and self._pip.start_error:
            self.log.appendPlainText(self._pip.start_error)
        self.log.appendPlainText(tr("The installation failed. Run the command in a terminal."))
