"""Small controls the panels are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QImage, QPainter, QPainterPath, QPalette, QPen
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
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray
    from PySide6.QtGui import QEnterEvent, QMouseEvent, QPaintEvent, QResizeEvent, QWheelEvent

_HANDLE = 14  # diameter of a slider's handle
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


def _claims(event: QEvent, keys: set[Qt.Key]) -> bool:
    """Takes one of the keys for the focused widget, before the window's shortcuts see it."""
    if event.type() != QEvent.Type.ShortcutOverride or event.key() not in keys:  # type: ignore[attr-defined]
        return False
    event.accept()
    return True


class Slider(QSlider):
    """A horizontal slider that goes where it is clicked and keeps its keys when focused.

    The window's shortcuts use the arrow keys too; with the focus here they belong to the slider.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._marks: tuple[int, int] | None = None

    def set_marks(self, marks: tuple[int, int] | None) -> None:
        """Shows a stretch between two values; None for none."""
        self._marks = marks
        self.update()

    def event(self, event: QEvent) -> bool:
        """Claims the arrow keys before the window's shortcuts see them."""
        return _claims(event, _SLIDER_KEYS) or super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Jumps to where the mouse is, then lets itself be dragged from there."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.setSliderDown(True)
            self._follow(event)
            event.accept()
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follows the mouse."""
        if self.isSliderDown():
            self._follow(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Shows that it can be moved."""
        super().enterEvent(event)
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Lets go."""
        self.setSliderDown(False)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leaves the wheel to the panel around it: scrolling must not change a value."""
        event.ignore()

    def sizeHint(self) -> QSize:
        """A line with room for the handle."""
        return QSize(120, 20)

    def minimumSizeHint(self) -> QSize:
        """See `sizeHint`."""
        return QSize(60, 20)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints a thin line, brighter up to a round handle."""
        palette, enabled = self.palette(), self.isEnabled()
        awake = enabled and (self.underMouse() or self.hasFocus() or self.isSliderDown())
        middle = self.height() / 2
        place = _HANDLE / 2 + QStyle.sliderPositionFromValue(
            self.minimum(), self.maximum(), self.sliderPosition(), self._room()
        )
        ahead = palette.color(QPalette.ColorRole.Midlight)
        behind = palette.color(QPalette.ColorRole.PlaceholderText)
        handle = palette.color(QPalette.ColorRole.Text)
        if awake:
            behind = handle = palette.color(QPalette.ColorRole.Highlight)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ahead)
        painter.drawRoundedRect(QRectF(2, middle - 2, self.width() - 4, 4), 2, 2)
        if enabled:
            painter.setBrush(behind)
            painter.drawRoundedRect(QRectF(2, middle - 2, place - 2, 4), 2, 2)
        if self._marks is not None:
            self._paint_marks(painter, palette.color(QPalette.ColorRole.Highlight))
        if self.hasFocus():
            halo = QColor(handle)
            halo.setAlpha(70)
            painter.setBrush(halo)
            painter.drawEllipse(QPointF(place, middle), _HANDLE / 2 + 3, _HANDLE / 2 + 3)
        painter.setBrush(handle)
        painter.drawEllipse(QPointF(place, middle), _HANDLE / 2, _HANDLE / 2)
        painter.end()

    def _paint_marks(self, painter: QPainter, colour: QColor) -> None:
        assert self._marks is not None
        left, right = (
            _HANDLE / 2
            + QStyle.sliderPositionFromValue(self.minimum(), self.maximum(), mark, self._room())
            for mark in self._marks
        )
        middle = self.height() / 2
        painter.setBrush(colour)
        painter.drawRect(QRectF(left, middle - 2, right - left, 4))
        for place in (left - 3, right):
            painter.drawRoundedRect(QRectF(place, middle - 8, 3, 16), 1, 1)

    def _room(self) -> int:
        return max(1, self.width() - _HANDLE)

    def _follow(self, event: QMouseEvent) -> None:
        place = round(event.position().x() - _HANDLE / 2)
        self.setSliderPosition(
            QStyle.sliderValueFromPosition(self.minimum(), self.maximum(), place, self._room())
        )


class ValueSlider(QWidget):
    """A slider with its name and its value in words.

    Signals:
        moved: The new value, when the user or `set_value` changes it.
    """

    moved = Signal(float)

    def __init__(
        self,
        name: str,
        highest: float,
        tip: str,
        words: Callable[[float], str],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._words = words
        self._highest = highest
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
        self._value.setText(words(0.0))

    @property
    def value(self) -> float:
        """The value, 0 to the highest."""
        return self.slider.value() / 100 * self._highest

    def set_value(self, value: float) -> None:
        """Moves the slider."""
        self.slider.setValue(round(value / self._highest * 100))

    def nudge(self, direction: int) -> None:
        """Moves the slider by a twentieth of its way, up (1) or down (-1)."""
        self.slider.setValue(self.slider.value() + 5 * direction)

    def _on_value(self, _: int) -> None:
        words = self._words(self.value)
        self._value.setText(words)
        self.slider.setAccessibleDescription(words)
        self.moved.emit(self.value)


class SwatchButton(QAbstractButton):
    """A colour map to choose: a strip of its colours over its name.

    Args:
        name: The map's name.
        colours: RGB, uint8, shape (256, 3), from low to high.
        safe: Colour-blind people can read it; it is marked so.
    """

    def __init__(self, name: str, colours: NDArray[np.uint8], *, safe: bool = False) -> None:
        super().__init__()
        self._safe = safe
        self.setText(name.capitalize())
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        strip = QImage(256, 1, QImage.Format.Format_RGB32)
        for place, (red, green, blue) in enumerate(colours.tolist()):
            strip.setPixelColor(place, 0, QColor(red, green, blue))
        self._strip = strip

    def event(self, event: QEvent) -> bool:
        """With the focus, the arrow keys go through the choices, and Space chooses."""
        return _claims(event, _CHOICE_KEYS) or super().event(event)

    def sizeHint(self) -> QSize:
        """A strip and a line of text."""
        return QSize(104, 26 + self.fontMetrics().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints strip, name and frame."""
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
        words = QRectF(3, strip.bottom() + 4, strip.width(), self.fontMetrics().height() + 2)
        painter.drawText(words, Qt.AlignmentFlag.AlignHCenter, self.text())
        if self._safe:
            self._paint_mark(painter, words)
        painter.end()

    def _paint_mark(self, painter: QPainter, words: QRectF) -> None:
        """An eye behind the name."""
        width = self.fontMetrics().horizontalAdvance(self.text())
        x, y = words.center().x() + width / 2 + 11, words.center().y()
        eye = QPainterPath(QPointF(x - 5.5, y))
        eye.quadTo(x, y - 6, x + 5.5, y)
        eye.quadTo(x, y + 6, x - 5.5, y)
        painter.setPen(QPen(painter.pen().color(), 1.2))
        painter.drawPath(eye)
        painter.setBrush(painter.pen().color())
        painter.drawEllipse(QPointF(x, y), 1.2, 1.2)


class IconButton(QToolButton):
    """A flat button that takes the focus from the keyboard only, so that Space stays free."""

    def __init__(self, size: int = 20, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setIconSize(QSize(size, size))
        self.setAutoRaise(True)

    def event(self, event: QEvent) -> bool:
        """With the focus, Space presses this button instead of pausing the film."""
        return _claims(event, {Qt.Key.Key_Space}) or super().event(event)


class ElidedLabel(QLabel):
    """A line of text that gives way: what does not fit is cut and shown in full by a tooltip."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._full = ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    @property
    def full_text(self) -> str:
        """The whole text."""
        return self._full

    def set_full_text(self, text: str) -> None:
        """Shows as much of `text` as fits."""
        if text != self._full:
            self._full = text
            self.setAccessibleName(text)
            self._elide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Cuts anew."""
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        metrics = QFontMetrics(self.font())
        shown = metrics.elidedText(self._full, Qt.TextElideMode.ElideRight, self.width())
        self.setText(shown)
        self.setToolTip(self._full if shown != self._full else "")
