"""The page shown while torch is missing; it can install it."""

from __future__ import annotations

import shlex

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.features.training.form_parts import help_text
from app.features.training.training_dependencies import install_command
from app.runtime.child_process import ChildProcess
from app.ui.i18n import tr


class TorchPage(QWidget):
    """Says that training needs torch, and runs the command that installs it.

    Signals:
        installed: The command has succeeded.
    """

    installed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pip: ChildProcess | None = None
        title = QLabel(tr("Training needs torch"))
        title.setObjectName("verdict")
        about = help_text(
            tr(
                "The live view does not need torch, so the program comes without it. This command "
                "installs it; it downloads several hundred megabytes."
            )
        )
        self.command = QLineEdit(shlex.join(install_command()))
        self.command.setReadOnly(True)
        self.command.setCursorPosition(0)
        self.command.setAccessibleName(tr("Command"))
        self.copy = QPushButton(tr("Copy"))
        self.copy.setToolTip(tr("Copies the command"))
        self.copy.clicked.connect(self._copy)
        self.install = QPushButton(tr("Install"))
        self.install.setToolTip(tr("Runs the command"))
        self.install.clicked.connect(self._install)
        self.bar = QProgressBar()
        self.bar.setRange(0, 0)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(tr("Progress"))
        self.bar.hide()
        self.log = QPlainTextEdit()
        self.log.setReadOnly(True)
        self.log.setMaximumBlockCount(400)
        self.log.setAccessibleName(tr("Log"))
        self.log.hide()
        line = QHBoxLayout()
        line.addWidget(self.command, 1)
        line.addWidget(self.copy)
        buttons = QHBoxLayout()
        buttons.addStretch()
        buttons.addWidget(self.install)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addWidget(title)
        layout.addWidget(about)
        layout.addLayout(line)
        layout.addWidget(self.bar)
        layout.addWidget(self.log, 1)
        layout.addStretch()
        layout.addLayout(buttons)

    @property
    def installing(self) -> bool:
        """Whether the command runs."""
        return self._pip is not None and self._pip.active

    def stop(self) -> None:
        """Kills the command. Returns at once."""
        if self._pip is not None:
            self._pip.kill()

    def close_installer(self, timeout: float) -> bool:
        """Ends the command at the program's end.

        Args:
            timeout: Seconds to wait before it is killed.

        Returns:
            Whether it has ended.
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
