"""Models and runs: what there is, what is in use, what did not come to its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, SignalInstance
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.ui.i18n import tr

if TYPE_CHECKING:
    from pathlib import Path

    from app.features.training.run import RunRequest
    from uvanet.model_card import Card


class ModelLibraryDialog(QDialog):
    """Two lists.

    Signals:
        use: Name of a model for the live view.
        forget: Name of a model to delete.
        resume: Folder of a run to go on with.
        discard: Folder of a run to delete.
    """

    use = Signal(str)
    forget = Signal(str)
    resume = Signal(object)
    discard = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Models and runs"))
        self.setMinimumSize(620, 420)
        self._list = QVBoxLayout()
        self._list.setSpacing(8)
        inner = QWidget()
        inner.setLayout(self._list)
        area = QScrollArea()
        area.setWidget(inner)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 16)
        layout.addWidget(area)

    def show_all(
        self,
        cards: list[Card],
        own: set[str],
        current: str,
        runs: list[tuple[Path, RunRequest, str]],
    ) -> None:
        """Fills both lists.

        Args:
            cards: The students.
            own: Names of the user's own.
            current: Name of the one in the live view.
            runs: Folder, request and what became of it, in words.
        """
        while item := self._list.takeAt(0):
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        if runs:
            self._list.addWidget(_section(tr("Runs that did not come to their end")))
        for folder, request, state in runs:
            buttons = [
                self._button(
                    tr("Go on"), tr("Goes on from its last checkpoint"), self.resume, folder
                ),
                self._button(
                    tr("Discard"), tr("Deletes the run and all it saw"), self.discard, folder
                ),
            ]
            self._list.addWidget(_card(request.title, f"{request.kind}, {state}", buttons))
        self._list.addWidget(_section(tr("Students")))
        for card in cards:
            buttons = []
            if card.name != current:
                tip = tr("Puts it into the live view")
                buttons.append(self._button(tr("Use now"), tip, self.use, card.name))
                if card.name in own:
                    tip = tr("Deletes this model of yours")
                    buttons.append(self._button(tr("Delete"), tip, self.forget, card.name))
            name = card.name + ("  \N{MIDDLE DOT}  " + tr("in use") if card.name == current else "")
            self._list.addWidget(_card(name, _about(card), buttons))
        self._list.addStretch()

    def _button(self, words: str, tip: str, signal: SignalInstance, value: object) -> QPushButton:
        button = QPushButton(words)
        button.setToolTip(tip)
        button.setAutoDefault(False)
        button.clicked.connect(lambda: signal.emit(value))
        return button


def _section(words: str) -> QLabel:
    label = QLabel(words)
    label.setObjectName("section")
    return label


def _card(title: str, words: str, buttons: list[QPushButton]) -> QFrame:
    frame = QFrame()
    frame.setObjectName("card")
    name, about = QLabel(title), QLabel(words)
    name.setObjectName("bannerTitle")
    about.setObjectName("quiet")
    about.setWordWrap(True)
    for label in (name, about):
        label.setTextFormat(Qt.TextFormat.PlainText)
    column = QVBoxLayout()
    column.setSpacing(3)
    column.addWidget(name)
    column.addWidget(about)
    line = QHBoxLayout(frame)
    line.setContentsMargins(14, 10, 12, 10)
    line.addLayout(column, 1)
    for button in buttons:
        button.setAccessibleName(f"{button.text()}: {title}")
        line.addWidget(button)
    return frame


def _about(card: Card) -> str:
    words = [card.description]
    for held_out, rows in card.metrics.items():
        before, after = rows.get("before", {}), rows.get("after", {})
        if "cc" in before and "cc" in after and held_out != "test":
            words.append(
                tr("CC with the teacher on {what}: {before:.3f} before, {after:.3f} after.").format(
                    what=held_out, before=before["cc"], after=after["cc"]
                )
            )
    return " ".join(words)
