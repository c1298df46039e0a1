"""Lists the students and the runs that can be resumed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QFrame, QPushButton, QScrollArea, QWidget

from app.ui.build import button, column, label, row
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
        inner = QWidget()
        self._list = column(spacing=8, parent=inner)
        area = QScrollArea()
        area.setWidget(inner)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        column(area, margins=(18, 16, 18, 16), parent=self)

    def show_lists(
        self,
        cards: list[Card],
        user_models: set[str],
        current: str,
        runs: list[OrphanedRun],
    ) -> None:
        """Shows both lists.

        Args:
            cards: The students.
            user_models: Names of the models that the user trained.
            current: Name of the model in the live view.
            runs: The runs that can be resumed.
        """
        while item := self._list.takeAt(0):
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        if runs:
            self._list.addWidget(label(tr("Unfinished runs"), "section"))
        for run in runs:
            self._list.addWidget(
                _card(
                    run.request.title,
                    f"{run.request.kind}, {run.state}",
                    button(
                        tr("Resume"),
                        tr("Resumes from the last checkpoint"),
                        partial(self.resume.emit, run.folder),
                    ),
                    button(
                        tr("Discard"),
                        tr("Deletes the run with its frames"),
                        partial(self.discard.emit, run.folder),
                    ),
                )
            )
        self._list.addWidget(label(tr("Students"), "section"))
        for card in cards:
            name, buttons = card.name, []
            if name == current:
                name += "  \N{MIDDLE DOT}  " + tr("in use")
            else:
                tip = tr("Uses it in the live view")
                buttons.append(button(tr("Use now"), tip, partial(self.use.emit, name)))
                if name in user_models:
                    tip = tr("Deletes this model")
                    buttons.append(button(tr("Delete"), tip, partial(self.delete.emit, name)))
            self._list.addWidget(_card(name, _about(card), *buttons))
        self._list.addStretch()


def _card(title: str, text: str, *buttons: QPushButton) -> QFrame:
    frame = QFrame()
    frame.setObjectName("card")
    texts = column(label(title, "bannerTitle"), label(text, "quiet", wrap=True), spacing=3)
    for each in buttons:
        each.setAccessibleName(f"{each.text()}: {title}")
    row((texts, 1), *buttons, margins=(14, 10, 12, 10), parent=frame)
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
