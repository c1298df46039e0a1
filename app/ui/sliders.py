"""A plain slider, and a slider with a label and its value."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QEnterEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QWheelEvent,
)
from PySide6.QtWidgets import QSlider, QStyle, QWidget

from app.ui.build import column, label, row
from app.ui.controls import reserve_keys

_HANDLE = 14  # diameter of the handle, pixels
SLIDER_KEYS = {
    Qt.Key.Key_Left,
    Qt.Key.Key_Right,
    Qt.Key.Key_Up,
    Qt.Key.Key_Down,
    Qt.Key.Key_Home,
    Qt.Key.Key_End,
    Qt.Key.Key_PageUp,
    Qt.Key.Key_PageDown,
}


class Slider(QSlider):
    """A horizontal slider that jumps to a click and keeps the arrow keys while it has the focus."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._range: tuple[int, int] | None = None

    def set_marks(self, marks: tuple[int, int] | None) -> None:
        """Marks the range between two values; None for no range."""
        self._range = marks
        self.update()

    def event(self, event: QEvent) -> bool:
        """Reserves the arrow keys."""
        return reserve_keys(event, SLIDER_KEYS) or super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Jumps to the mouse and starts a drag."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.setSliderDown(True)
            self._follow(event)
            event.accept()
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follows the mouse during a drag."""
        if self.isSliderDown():
            self._follow(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Highlights the slider under the mouse."""
        super().enterEvent(event)
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Ends the drag."""
        self.setSliderDown(False)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Ignores the wheel, so that it scrolls the panel and changes no value."""
        event.ignore()

    def sizeHint(self) -> QSize:
        """One line with space for the handle."""
        return QSize(120, 20)

    def minimumSizeHint(self) -> QSize:
        """See `sizeHint`."""
        return QSize(60, 20)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints a thin groove, brighter up to the round handle."""
        palette, enabled = self.palette(), self.isEnabled()
        highlighted = enabled and (self.underMouse() or self.hasFocus() or self.isSliderDown())
        middle = self.height() / 2
        x = self._center_of(self.sliderPosition())
        groove = palette.color(QPalette.ColorRole.Midlight)
        filled = palette.color(QPalette.ColorRole.PlaceholderText)
        handle = palette.color(QPalette.ColorRole.Text)
        if highlighted:
            filled = handle = palette.color(QPalette.ColorRole.Highlight)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(groove)
        painter.drawRoundedRect(QRectF(2, middle - 2, self.width() - 4, 4), 2, 2)
        if enabled:
            painter.setBrush(filled)
            painter.drawRoundedRect(QRectF(2, middle - 2, x - 2, 4), 2, 2)
        if self._range is not None:
            self._paint_range(painter, palette.color(QPalette.ColorRole.Highlight))
        if self.hasFocus():
            halo = QColor(handle)
            halo.setAlpha(70)
            painter.setBrush(halo)
            painter.drawEllipse(QPointF(x, middle), _HANDLE / 2 + 3, _HANDLE / 2 + 3)
        painter.setBrush(handle)
        painter.drawEllipse(QPointF(x, middle), _HANDLE / 2, _HANDLE / 2)
        painter.end()

    def _paint_range(self, painter: QPainter, color: QColor) -> None:
        assert self._range is not None
        left, right = map(self._center_of, self._range)
        middle = self.height() / 2
        painter.setBrush(color)
        painter.drawRect(QRectF(left, middle - 2, right - left, 4))
        for x in (left - 3, right):
            painter.drawRoundedRect(QRectF(x, middle - 8, 3, 16), 1, 1)

    def _center_of(self, value: int) -> float:
        """Returns the horizontal center of the handle at a value, pixels."""
        low, high = self.minimum(), self.maximum()
        return _HANDLE / 2 + QStyle.sliderPositionFromValue(low, high, value, self._groove_length())

    def _groove_length(self) -> int:
        return max(1, self.width() - _HANDLE)

    def _follow(self, event: QMouseEvent) -> None:
        x = round(event.position().x() - _HANDLE / 2)
        self.setSliderPosition(
            QStyle.sliderValueFromPosition(self.minimum(), self.maximum(), x, self._groove_length())
        )


class ValueSlider(QWidget):
    """A slider with a label and its value as text.

    Args:
        name: Label.
        maximum: Maximum of the value; the minimum is 0.
        tip: Tooltip.
        format_value: Returns the text of a value.

    Signals:
        value_changed: The user or `set_value` has changed the value; carries the new value.
    """

    value_changed = Signal(float)

    def __init__(
        self,
        name: str,
        maximum: float,
        tip: str,
        format_value: Callable[[float], str],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._format = format_value
        self._maximum = maximum
        self.slider = Slider()
        self.slider.setRange(0, 100)
        self.slider.setPageStep(10)
        self.slider.setAccessibleName(name)
        self.slider.setToolTip(tip)
        self.slider.valueChanged.connect(self._on_value)
        title = label(name)
        title.setBuddy(self.slider)
        self._value = label(format_value(0.0), "quiet")
        column(row(title, None, self._value), self.slider, spacing=2, parent=self)

    @property
    def value(self) -> float:
        """The value, from 0 to the maximum."""
        return self.slider.value() / 100 * self._maximum

    def set_value(self, value: float) -> None:
        """Sets the value."""
        self.slider.setValue(round(value / self._maximum * 100))

    def step_value(self, direction: int) -> None:
        """Changes the value by a twentieth of its range, up (1) or down (-1)."""
        self.slider.setValue(self.slider.value() + 5 * direction)

    def _on_value(self, _: int) -> None:
        text = self._format(self.value)
        self._value.setText(text)
        self.slider.setAccessibleDescription(text)
        self.value_changed.emit(self.value)
