"""The dialog that asks for the URL of a stream."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLineEdit, QWidget

from app.ui.build import column, label
from app.ui.i18n import tr


class UrlDialog(QDialog):
    """Asks for a URL; does not block the window.

    Signals:
        chosen: The URL. It contains "://"; opening the source checks the rest.
    """

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Open URL"))
        self.setMinimumWidth(460)
        self.line = QLineEdit()
        self.line.setPlaceholderText("rtsp://192.168.1.20/stream")
        self.line.setAccessibleName(tr("URL"))
        self.line.setClearButtonEnabled(True)
        title = label(tr("URL of a stream or video"))
        title.setBuddy(self.line)
        hint = label(tr("Supported: http, https, rtsp, rtmp, udp and tcp."), "quiet")
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Open | QDialogButtonBox.StandardButton.Cancel
        )
        self.open_button = buttons.button(QDialogButtonBox.StandardButton.Open)
        self.open_button.setEnabled(False)
        self.open_button.setDefault(True)
        self.line.textChanged.connect(
            lambda text: self.open_button.setEnabled("://" in text.strip())
        )
        buttons.accepted.connect(self._accept)
        buttons.rejected.connect(self.reject)
        column(title, self.line, hint, buttons, spacing=10, margins=(20, 18, 20, 16), parent=self)

    def _accept(self) -> None:
        self.accept()
        self.chosen.emit(self.line.text().strip())
