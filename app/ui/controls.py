"""Small controls of the panels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QImage,
    QKeyEvent,
    QPainter,
    QPainterPath,
    QPalette,
    QPen,
)
from PySide6.QtWidgets import (
    QAbstractButton,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSlider,
    QStyle,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.ui.theme import theme_colors

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    import numpy as np
    from numpy.typing import NDArray
    from PySide6.QtGui import QEnterEvent, QMouseEvent, QPaintEvent, QResizeEvent, QWheelEvent

_HANDLE = 14  # diameter of a slider's handle, in pixels
_SLIDER_KEYS = {
    Qt.Key.Key_Left,
    Qt.Key.Key_Right,
    Qt.Key.Key_Up,
    Qt.Key.Key_Down,
    Qt.Key.Key_Home,
    Qt.Key.Key_End,
    Qt.Key.Key_PageUp,
    Qt.Key.Key_PageDown,
}
_CHOICE_KEYS = {
    Qt.Key.Key_Left,
    Qt.Key.Key_Right,
    Qt.Key.Key_Up,
    Qt.Key.Key_Down,
    Qt.Key.Key_Space,
}


def reserve_keys(event: QEvent, keys: Collection[Qt.Key]) -> bool:
    """Reserves one of the keys for the focused widget; whether `event` asks for that.

    Otherwise a shortcut of the window with the same key would be triggered instead.
    """
    if event.type() != QEvent.Type.ShortcutOverride or not isinstance(event, QKeyEvent):
        return False
    if event.key() not in keys:
        return False
    event.accept()
    return True


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
        return reserve_keys(event, _SLIDER_KEYS) or super().event(event)

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
        """Leaves the wheel to the panel: scrolling must not change a value."""
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
        x = _HANDLE / 2 + QStyle.sliderPositionFromValue(
            self.minimum(), self.maximum(), self.sliderPosition(), self._groove_length()
        )
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
        left, right = (
            _HANDLE / 2
            + QStyle.sliderPositionFromValue(
                self.minimum(), self.maximum(), mark, self._groove_length()
            )
            for mark in self._range
        )
        middle = self.height() / 2
        painter.setBrush(color)
        painter.drawRect(QRectF(left, middle - 2, right - left, 4))
        for x in (left - 3, right):
            painter.drawRoundedRect(QRectF(x, middle - 8, 3, 16), 1, 1)

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
        value_changed: The value changed, by the user or by `set_value`; carries the value.
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
        label = QLabel(name)
        label.setBuddy(self.slider)
        self._value = QLabel()
        self._value.setObjectName("quiet")
        line = QHBoxLayout()
        line.addWidget(label)
        line.addStretch()
        line.addWidget(self._value)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(line)
        layout.addWidget(self.slider)
        self._value.setText(format_value(0.0))

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


class SwatchButton(QAbstractButton):
    """A button that selects a color map: a gradient above its name.

    Args:
        name: Name of the color map.
        colors: RGB, uint8, shape (256, 3), from low to high.
        safe: Suitable for color-blind people; marked with an eye.
    """

    def __init__(self, name: str, colors: NDArray[np.uint8], *, safe: bool = False) -> None:
        super().__init__()
        self._safe = safe
        self.setText(name.capitalize())
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        strip = QImage(256, 1, QImage.Format.Format_RGB32)
        for x, (red, green, blue) in enumerate(colors.tolist()):
            strip.setPixelColor(x, 0, QColor(red, green, blue))
        self._strip = strip

    def event(self, event: QEvent) -> bool:
        """Reserves the arrow keys, which move between choices, and Space, which chooses."""
        return reserve_keys(event, _CHOICE_KEYS) or super().event(event)

    def sizeHint(self) -> QSize:
        """A gradient and a line of text."""
        return QSize(104, 26 + self.fontMetrics().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints gradient, name and frame."""
        colors = theme_colors()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        strip = QRectF(3, 3, self.width() - 6, 14)
        shape = QPainterPath()
        shape.addRoundedRect(strip, 4, 4)
        painter.save()
        painter.setClipPath(shape)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(strip, self._strip)
        painter.restore()
        if self.isChecked() or self.hasFocus() or self.underMouse():
            edge = colors.accent if self.isChecked() or self.hasFocus() else colors.faint
            width = 3 if self.hasFocus() else 2
            painter.setPen(QPen(QColor(edge), width))
            painter.drawRoundedRect(strip.adjusted(-1.5, -1.5, 1.5, 1.5), 5.5, 5.5)
        painter.setPen(QColor(colors.text if self.isChecked() else colors.quiet))
        text_rect = QRectF(3, strip.bottom() + 4, strip.width(), self.fontMetrics().height() + 2)
        painter.drawText(text_rect, Qt.AlignmentFlag.AlignHCenter, self.text())
        if self._safe:
            self._paint_eye(painter, text_rect)
        painter.end()

    def _paint_eye(self, painter: QPainter, text_rect: QRectF) -> None:
        """Paints an eye after the name."""
        width = self.fontMetrics().horizontalAdvance(self.text())
        x, y = text_rect.center().x() + width / 2 + 11, text_rect.center().y()
        eye = QPainterPath(QPointF(x - 5.5, y))
        eye.quadTo(x, y - 6, x + 5.5, y)
        eye.quadTo(x, y + 6, x - 5.5, y)
        painter.setPen(QPen(painter.pen().color(), 1.2))
        painter.drawPath(eye)
        painter.setBrush(painter.pen().color())
        painter.drawEllipse(QPointF(x, y), 1.2, 1.2)


class IconButton(QToolButton):
    """A flat button that gets the focus from the keyboard only: a click leaves Space free."""

    def __init__(self, size: int = 20, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setIconSize(QSize(size, size))
        self.setAutoRaise(True)

    def event(self, event: QEvent) -> bool:
        """Reserves Space, which presses this button instead of pausing the video."""
        return reserve_keys(event, {Qt.Key.Key_Space}) or super().event(event)


class ElidedLabel(QLabel):
    """A line of text that is elided where it does not fit; a tooltip then shows all of it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._full = ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    @property
    def full_text(self) -> str:
        """The text without elision."""
        return self._full

    def set_full_text(self, text: str) -> None:
        """Sets the text."""
        if text != self._full:
            self._full = text
            self.setAccessibleName(text)
            self._elide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Elides the text again."""
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        metrics = QFontMetrics(self.font())
        shown = metrics.elidedText(self._full, Qt.TextElideMode.ElideRight, self.width())
        self.setText(shown)
        self.setToolTip(self._full if shown != self._full else "")
