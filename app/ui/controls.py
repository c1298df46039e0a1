"""Buttons, labels and a scroll area."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QImage,
    QKeyEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from app.ui.build import plain_tip, use_tabular_digits
from app.ui.theme import theme_colors
from uvanet.redaction import printable

_CHOICE_KEYS = {
    Qt.Key.Key_Left,
    Qt.Key.Key_Right,
    Qt.Key.Key_Up,
    Qt.Key.Key_Down,
    Qt.Key.Key_Space,
}


def reserve_keys(event: QEvent, keys: Collection[Qt.Key]) -> bool:
    """Reserves keys for the focused widget; returns whether `event` is about one of them.

    Without this, the shortcut of the window with the same key would be triggered.
    """
    # The class first: to look up the type makes an enum, and every event of a button comes here.
    if not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.ShortcutOverride:
        return False
    if event.key() not in keys:
        return False
    event.accept()
    return True


class SwatchButton(QAbstractButton):
    """A button that selects a color map: a gradient above its name.

    Args:
        name: Name of the color map.
        colors: RGB, uint8, shape (256, 3), from low to high.
        safe: Whether it is suitable for color-blind people; shown by an eye.
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
        """Reserves the arrow keys, which move between color maps, and Space, which selects one."""
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
    """A flat button that takes the focus by Tab only; after a click, Space stays a shortcut."""

    def __init__(self, size: int = 20, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setIconSize(QSize(size, size))
        self.setAutoRaise(True)

    def event(self, event: QEvent) -> bool:
        """Reserves Space, so that it presses the button and does not pause the video."""
        return reserve_keys(event, {Qt.Key.Key_Space}) or super().event(event)


class SteadyLabel(QLabel):
    """A line of changing numbers in the status bar that does not move its neighbors.

    All digits have the same width. The label never becomes narrower before `reset`.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("status")
        self.setTextFormat(Qt.TextFormat.PlainText)
        use_tabular_digits(self)

    def reset(self, widest: str) -> None:
        """Sets the width to that of a text; the label grows with wider texts."""
        self.ensurePolished()
        self.setMinimumWidth(self.fontMetrics().horizontalAdvance(widest))

    def setText(self, text: str) -> None:
        """Shows a text."""
        super().setText(text)
        self.setMinimumWidth(max(self.minimumWidth(), self.sizeHint().width()))


class Scrolled(QScrollArea):
    """A scroll area that takes the size of its widget, and scrolls if there is less room."""

    def __init__(self, inner: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._inner = inner
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(inner)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def sizeHint(self) -> QSize:
        """The size of the widget."""
        return self._inner.sizeHint()

    def minimumSizeHint(self) -> QSize:
        """The minimum width of the widget, and a few lines."""
        return QSize(self._inner.minimumSizeHint().width(), 4 * self.fontMetrics().height())


class ElidedLabel(QLabel):
    """A line of text that is elided if it is too wide.

    Args:
        parent: Parent object.
        as_wide_as_text: True: the label requests the width of its text, and may get less; the
            owner sets the tooltip. False: the label requests no width; the tooltip shows an elided
            text in full.
    """

    def __init__(self, parent: QWidget | None = None, *, as_wide_as_text: bool = False) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self._full = ""
        self._as_wide_as_text = as_wide_as_text
        policy = QSizePolicy.Policy
        self.setSizePolicy(policy.Maximum if as_wide_as_text else policy.Ignored, policy.Preferred)

    def sizeHint(self) -> QSize:
        """The size of the whole text if `as_wide_as_text`, else of the shown text."""
        size = super().sizeHint()
        if self._as_wide_as_text:
            size.setWidth(self.fontMetrics().horizontalAdvance(self._full) + 2)
        return size

    def minimumSizeHint(self) -> QSize:
        """A few letters if `as_wide_as_text`, else the shown text."""
        size = super().minimumSizeHint()
        if self._as_wide_as_text:
            size.setWidth(min(size.width(), 4 * self.fontMetrics().height()))
        return size

    @property
    def full_text(self) -> str:
        """The text without elision."""
        return self._full

    def set_full_text(self, text: str) -> None:
        """Sets the text; control characters in it become escapes."""
        text = printable(text)
        if text != self._full:
            self._full = text
            self.setAccessibleName(text)
            self.updateGeometry()
            self._elide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Elides the text again."""
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        metrics = QFontMetrics(self.font())
        shown = metrics.elidedText(self._full, Qt.TextElideMode.ElideRight, self.width())
        self.setText(shown)
        if not self._as_wide_as_text:
            self.setToolTip(plain_tip(self._full) if shown != self._full else "")
