"""The preferences: settings of all features under headings, with a search."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QDialog,
    QLabel,
    QLineEdit,
    QScrollArea,
    QWidget,
)

from app.shell.actions import ActionRegistry
from app.shell.feature import Preference
from app.shell.key_editor import KeyEditor
from app.shell.undo import UndoStack
from app.ui.build import button, column, form_layout, label, row
from app.ui.i18n import tr

_WIDTH, _HEIGHT = 640, 560


class PreferencesDialog(QDialog):
    """Shows a line for each setting; a change takes effect at once.

    Args:
        preferences: The lines.
        actions: All actions, whose shortcuts can be edited.
        undo: Records what is deleted or reset here.
        window: The window.

    Attributes:
        search: Hides the lines that do not contain all words of its text.
        none: The sentence in place of lines where none matches.
        keys: Edits the shortcuts.
        undo: Undoes the last change; hidden where there is none.
    """

    def __init__(
        self,
        preferences: Sequence[Preference],
        actions: ActionRegistry,
        undo: UndoStack,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self.setWindowTitle(tr("Preferences"))
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Search preferences"))
        self.search.setAccessibleName(tr("Search preferences"))
        self.search.setClearButtonEnabled(True)
        self.none = label("", "quiet", wrap=True)
        self.none.hide()
        self.keys = KeyEditor(actions, undo)
        self._lines: list[tuple[Preference, QLabel, QLabel]] = []
        inner, area = QWidget(), QScrollArea()
        sections = column(spacing=18, margins=(0, 0, 10, 0), parent=inner)
        for title in dict.fromkeys(preference.section for preference in preferences):
            heading, form = label(title, "section"), form_layout()
            for preference in preferences:
                if preference.section == title:
                    name = label(preference.name)
                    name.setBuddy(preference.widget)
                    form.addRow(name, preference.widget)
                    self._lines.append((preference, heading, name))
            sections.addLayout(column(heading, form, spacing=8))
        # The names of all sections have the same width, so that the controls are aligned.
        widest = max((name.sizeHint().width() for *_, name in self._lines), default=0)
        for *_, name in self._lines:
            name.setMinimumWidth(widest)
        self._keys_heading = label(tr("Keys"), "section")
        sections.addLayout(column(self._keys_heading, self.keys, spacing=8))
        sections.addStretch()
        area.setWidget(inner)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        close = button(tr("Close"), "", self.close, default=True)
        # The dialog is modal: the shortcut and the messages of the window cannot be reached.
        self._undo_action = actions["undo"]
        self.addAction(self._undo_action)
        self.undo = button("", "", self._undo_action.trigger)
        bar = row(self.undo, None, close)
        column(
            self.search,
            self.none,
            (area, 1),
            bar,
            spacing=12,
            margins=(18, 16, 18, 14),
            parent=self,
        )
        self._undo_action.changed.connect(self._show_undo)
        self._show_undo()
        self.resize(min(_WIDTH, window.width() - 20), min(_HEIGHT, window.height() - 20))
        self.search.textChanged.connect(self._filter)

    def _show_undo(self) -> None:
        self.undo.setText(self._undo_action.text())
        self.undo.setToolTip(self._undo_action.toolTip())
        self.undo.setVisible(self._undo_action.isEnabled())

    def _filter(self, text: str) -> None:
        words = text.casefold().split()
        kept: set[QLabel] = set()
        for preference, heading, name in self._lines:
            line = _searched_text(preference).casefold()
            matches = all(word in line for word in words)
            name.setVisible(matches)
            preference.widget.setVisible(matches)
            kept |= {heading} if matches else set()
        for _, heading, _ in self._lines:
            heading.setVisible(heading in kept)
        in_heading = text.casefold().strip() in self._keys_heading.text().casefold()
        shown = self.keys.filter("" if in_heading else text)
        self.keys.setVisible(shown)
        self._keys_heading.setVisible(shown)
        self.none.setText(tr("No setting matches “{text}”.").format(text=text.strip()))
        self.none.setVisible(not (kept or shown))


def _searched_text(preference: Preference) -> str:
    """The name of a line, its other words, and what its control says and offers."""
    parts = [preference.section, preference.name, preference.words]
    for widget in (preference.widget, *preference.widget.findChildren(QWidget)):
        parts.append(widget.toolTip())
        if isinstance(widget, QAbstractButton):
            parts.append(widget.text())
        elif isinstance(widget, QComboBox):
            parts += [widget.itemText(index) for index in range(widget.count())]
    return " ".join(parts)
