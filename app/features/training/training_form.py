"""Base of the training forms: advanced options, the start button, and why it is disabled."""

from __future__ import annotations

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QLabel, QWidget

from app.features.training.form_parts import FolderField, ModelChoice, help_text
from app.ui.build import (
    Item,
    button,
    check_box,
    column,
    form_layout,
    label,
    resize_on_screen,
    row,
)
from app.ui.controls import Scrolled
from app.ui.i18n import tr
from uvanet.model_card import Card


class AdvancedOptions(QWidget):
    """Fields that a button shows and hides, each with a sentence below it."""

    def __init__(self) -> None:
        super().__init__()
        self.button = button(tr("Advanced"), tr("Shows more options"), checkable=True)
        self.button.toggled.connect(self._show)
        self.inner = QWidget()
        self.inner.hide()
        self._form = form_layout(8, self.inner)
        self._form.setContentsMargins(0, 4, 0, 0)
        self._about: dict[QWidget, QLabel] = {}
        self._sizes: tuple[QSize, QSize] | None = None  # of the window, before and after it grew
        column(row(self.button, None), self.inner, spacing=4, parent=self)

    def add(self, text: str, field: QWidget, about: str) -> None:
        """Adds a field with its label and the sentence below it."""
        self._about[field] = help_text(about)
        self._form.addRow(text, field)
        self._form.addRow("", self._about[field])

    def set_shown(self, field: QWidget, shown: bool) -> None:
        """Shows or hides a field with its label and its sentence."""
        self._form.setRowVisible(field, shown)
        self._form.setRowVisible(self._about[field], shown)

    def _show(self, on: bool) -> None:
        self.inner.setVisible(on)
        window, parent = self.window(), self.parentWidget()
        while parent is not None and parent is not window:
            parent.updateGeometry()  # a scroll area does not pass the change on
            parent = parent.parentWidget()
        if on:
            # The window only grows: it keeps at least the size that the user chose.
            before = window.size()
            resize_on_screen(window, before.expandedTo(window.sizeHint()))
            self._sizes = before, window.size()
        elif self._sizes is not None:
            before, after = self._sizes
            if window.size() == after:  # else the user chose another one
                window.resize(before)


class TrainingForm(QWidget):
    """Base class of the training forms.

    Args:
        action: Label of the start button.
        tip: Tooltip of the start button.
        no_start: Text of the entry that trains from random weights; empty for no such entry.

    Signals:
        accepted: The user starts the training with these options.
    """

    accepted = Signal()

    def __init__(self, action: str, tip: str, no_start: str = "") -> None:
        super().__init__()
        self.title = label("", "verdict", wrap=True)
        self.advanced = AdvancedOptions()
        self.teacher = ModelChoice(
            tr("Teacher"), tr("Labels the data that the student learns from"), files=True
        )
        self.start = ModelChoice(
            tr("Start from"), tr("The model that is trained further"), none=no_start
        )
        self.replay = FolderField(
            tr("General images"),
            tr("A folder of images to train on as well, which reduces forgetting"),
        )
        self.background = check_box(
            tr("Lower priority"), tr("Other programs and the live view come first")
        )
        self.problem = help_text()
        self.start_button = button(action, tip, self.accepted.emit, default=True)

    def _arrange(self, *items: Item) -> None:
        """Arranges the title, the items, the advanced options, the problem and the start button."""
        slower = tr("Slower; other programs and the live view come first.")
        self.advanced.add("", self.background, slower)
        buttons = row((self.problem, 1), self.start_button)
        inner = QWidget()
        column(*items, self.advanced, None, margins=(0, 0, 10, 0), spacing=14, parent=inner)
        column(self.title, (Scrolled(inner), 1), None, buttons, spacing=14, parent=self)

    def show_models(self, cards: list[Card], current: str, teacher: str) -> None:
        """Lists the models.

        Args:
            cards: All models.
            current: The name of the model in use.
            teacher: The teacher of the last training; may be empty.
        """
        self.teacher.fill(cards, "teacher")
        self.teacher.choose(teacher)
        self.start.fill(cards, "student")
        self.start.choose(current)

    def show_problem(self, problem: str) -> None:
        """Shows why the training cannot start; empty if it can."""
        self.problem.setText(problem)
        self.start_button.setEnabled(not problem)
