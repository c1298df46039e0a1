"""Builds common layouts and widgets in one call each."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QBoxLayout,
    QCheckBox,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from uvanet.redaction import visible

Item = QWidget | QLayout | tuple[QWidget | QLayout, int] | int | None
"""Item of a row or column: a widget or layout, alone or with its stretch factor; a space in pixels;
None for a space that stretches."""

Margins = tuple[int, int, int, int]
"""Left, top, right and bottom, pixels."""

_MIN_COMBO_WIDTH = 100  # pixels; a closed box may cut a long entry

STEPS = 1000
"""Maximum of a `progress_bar`."""


def row(
    *items: Item,
    spacing: int | None = None,
    margins: Margins = (0, 0, 0, 0),
    parent: QWidget | None = None,
) -> QHBoxLayout:
    """Arranges items from left to right.

    Args:
        items: See `Item`.
        spacing: Pixels between two items; None for the default of the style.
        margins: Margins around all items.
        parent: The widget that gets the layout; None for a layout inside another layout.
    """
    layout = QHBoxLayout() if parent is None else QHBoxLayout(parent)
    _fill(layout, items, spacing, margins)
    return layout


def column(
    *items: Item,
    spacing: int | None = None,
    margins: Margins = (0, 0, 0, 0),
    parent: QWidget | None = None,
) -> QVBoxLayout:
    """Arranges items from top to bottom; see `row`."""
    layout = QVBoxLayout() if parent is None else QVBoxLayout(parent)
    _fill(layout, items, spacing, margins)
    return layout


def _fill(layout: QBoxLayout, items: Iterable[Item], spacing: int | None, margins: Margins) -> None:
    layout.setContentsMargins(*margins)
    if spacing is not None:
        layout.setSpacing(spacing)
    for entry in items:
        item, stretch = entry if isinstance(entry, tuple) else (entry, 0)
        if item is None:
            layout.addStretch()
        elif isinstance(item, int):
            layout.addSpacing(item)
        elif isinstance(item, QWidget):
            layout.addWidget(item, stretch)
        else:
            layout.addLayout(item, stretch)


def present(window: QWidget) -> None:
    """Shows a window in front of others, with its frame no larger than the screen."""
    chosen = window.testAttribute(Qt.WidgetAttribute.WA_Resized)
    size = window.size() if chosen else window.sizeHint()
    # A frame has a size after the first time that it is shown; all windows have the same one.
    framed = window if window.isVisible() else window.parentWidget() or window
    frame = framed.window().frameGeometry().size() - framed.window().size()
    window.resize(size.boundedTo(window.screen().availableSize() - frame))
    window.show()
    window.raise_()
    window.activateWindow()


def resize_on_screen(window: QWidget, size: QSize) -> None:
    """Resizes a shown window, to its screen at most, and moves it up where it would end below."""
    screen = window.screen().availableGeometry()
    frame = window.frameGeometry().size() - window.size()
    window.resize(size.boundedTo(screen.size() - frame))
    excess = window.frameGeometry().bottom() - screen.bottom()
    if excess > 0:
        window.move(window.x(), max(screen.top(), window.y() - excess))


def form_layout(spacing: int = 10, parent: QWidget | None = None) -> QFormLayout:
    """Builds a layout of labeled fields; a wide field stands below its label."""
    form = QFormLayout() if parent is None else QFormLayout(parent)
    form.setContentsMargins(0, 0, 0, 0)
    form.setHorizontalSpacing(18)
    form.setVerticalSpacing(spacing)
    form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
    return form


class _PlainLabel(QLabel):
    """Shows its text as it is: without markup, and control characters as escapes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(text)

    def setText(self, text: str) -> None:
        """Sets the text."""
        super().setText(visible(text))


def label(
    text: str = "", style: str = "", *, wrap: bool = False, selectable: bool = False
) -> QLabel:
    """Builds a label of plain text, since names from outside may look like markup.

    Args:
        text: The text.
        style: Object name for the style sheet, such as "quiet"; may be empty.
        wrap: Whether a long text has several lines.
        selectable: Whether the text can be selected with the mouse.
    """
    result = _PlainLabel(text)
    result.setObjectName(style)
    result.setWordWrap(wrap)
    if selectable:
        result.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return result


def use_tabular_digits(widget: QWidget) -> None:
    """Gives all digits the same width, so that a changing number does not move."""
    font = widget.font()
    font.setFeature(QFont.Tag("tnum"), 1)
    widget.setFont(font)


def button(
    text: str,
    tip: str,
    clicked: Callable[[], object] | None = None,
    *,
    checkable: bool = False,
    default: bool = False,
) -> QPushButton:
    """Builds a push button.

    Args:
        text: Label.
        tip: Tooltip.
        clicked: Called at each click.
        checkable: Whether the button stays pressed until the next click.
        default: Whether Enter presses the button from anywhere in its dialog.
    """
    result = QPushButton(text)
    result.setToolTip(tip)
    result.setCheckable(checkable)
    # An automatic default would let Enter press the button that was clicked last.
    result.setAutoDefault(default)
    result.setDefault(default)
    if clicked is not None:
        result.clicked.connect(lambda: clicked())
    return result


def plain_tip(text: str) -> str:
    """Returns a tooltip that shows a text from outside unchanged; Qt would interpret HTML tags."""
    if "<" not in text and "&" not in text:
        return text
    return f"<p>{html.escape(text).replace(chr(10), '<br>')}</p>"


def check_box(text: str, tip: str) -> QCheckBox:
    """Builds a check box."""
    result = QCheckBox(text)
    result.setToolTip(tip)
    return result


def combo_box(name: str, tip: str, entries: Iterable[tuple[object, str]] = ()) -> QComboBox:
    """Builds a combo box with an accessible name, a tooltip, and pairs of value and text."""
    result = QComboBox()
    result.setAccessibleName(name)
    result.setToolTip(tip)
    result.setMinimumWidth(_MIN_COMBO_WIDTH)
    result.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    for value, text in entries:
        result.addItem(text, value)
    return result


def spin_box(name: str, tip: str, low: int, high: int, value: int) -> QSpinBox:
    """Builds a field for an integer from `low` to `high`."""
    result = QSpinBox()
    result.setRange(low, high)
    result.setValue(value)
    result.setAccessibleName(name)
    result.setToolTip(tip)
    return result


def progress_bar(name: str, maximum: int = STEPS) -> QProgressBar:
    """Builds a progress bar without text; a maximum of 0 shows activity of unknown length."""
    result = QProgressBar()
    result.setRange(0, maximum)
    result.setTextVisible(False)
    result.setAccessibleName(name)
    return result


def log_view(name: str, max_lines: int = 0) -> QPlainTextEdit:
    """Builds a hidden, read-only view of text; above `max_lines`, drops old lines (0: never)."""
    result = QPlainTextEdit()
    result.setReadOnly(True)
    result.setMaximumBlockCount(max_lines)
    result.setAccessibleName(name)
    result.hide()
    return result
