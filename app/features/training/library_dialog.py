"""Lists the students and the runs that can be resumed."""

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
    from app.features.training.orphaned_runs import OrphanedRun
    from uvanet.model_card import Card


class ModelLibraryDialog(QDialog):
    """Shows models and runs with a button for each action.

    Signals:
        use: Name of a model for the live view.
        delete: Name of a model to delete.
        resume: Folder of a run to resume.
        discard: Folder of a run to delete.
    """

    use = Signal(str)
    delete = Signal(str)
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

    def show_lists(
        self,
        cards: list[Card],
        own: set[str],
        current: str,
        runs: list[OrphanedRun],
    ) -> None:
        """Shows both lists.

        Args:
            cards: The students.
            own: Names of the models that the user trained.
            current: Name of the model in the live view.
            runs: The runs that can be resumed.
        """
        while item := self._list.takeAt(0):
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        if runs:
            self._list.addWidget(_section(tr("Unfinished runs")))
        for run in runs:
            buttons = [
                self._button(
                    tr("Resume"), tr("Resumes from the last checkpoint"), self.resume, run.folder
                ),
                self._button(
                    tr("Discard"), tr("Deletes the run with its frames"), self.discard, run.folder
                ),
            ]
            self._list.addWidget(
                _card(run.request.title, f"{run.request.kind}, {run.state}", buttons)
            )
        self._list.addWidget(_section(tr("Students")))
        for card in cards:
            buttons = []
            if card.name != current:
                tip = tr("Uses it in the live view")
                buttons.append(self._button(tr("Use now"), tip, self.use, card.name))
                if card.name in own:
                    tip = tr("Deletes this model")
                    buttons.append(self._button(tr("Delete"), tip, self.delete, card.name))
            name = card.name + ("  \N{MIDDLE DOT}  " + tr("in use") if card.name == current else "")
            self._list.addWidget(_card(name, _about(card), buttons))
        self._list.addStretch()

    def _button(self, text: str, tip: str, signal: SignalInstance, value: object) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(tip)
        button.setAutoDefault(False)
        button.clicked.connect(lambda: signal.emit(value))
        return button


def _section(text: str) -> QLabel:
    label = QLabel(text)
    label.setObjectName("section")
    return label


def _card(title: str, text: str, buttons: list[QPushButton]) -> QFrame:
    frame = QFrame()
    frame.setObjectName("card")
    name, about = QLabel(title), QLabel(text)
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
    text = [card.description]
    for held_out, rows in card.metrics.items():
        before, after = rows.get("before", {}), rows.get("after", {})
        if "cc" in before and "cc" in after and held_out != "test":
            text.append(
                tr("CC with the teacher on {what}: {before:.3f} before, {after:.3f} after.").format(
                    what=held_out, before=before["cc"], after=after["cc"]
                )
            )
    return " ".join(text)
