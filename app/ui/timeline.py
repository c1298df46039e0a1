"""The timeline of a source: position, marked range, and lanes over one axis."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QEnterEvent,
    QHideEvent,
    QMouseEvent,
    QMoveEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractSlider, QSizePolicy, QWidget

from app.ui.controls import reserve_keys
from app.ui.i18n import tr
from app.ui.sliders import SLIDER_KEYS
from app.ui.theme import theme_colors
from app.ui.time_text import TimeBase
from app.ui.timeline_lane import Lane, TimeAxis
from app.ui.timeline_painting import (
    HANDLE_WIDTH,
    mark_positions,
    paint_playhead,
    paint_range,
    paint_ruler,
)
from app.ui.timeline_preview import TimelinePreview

_MARGIN = 8  # pixels left and right of the axis, for the pointer and the handles
_GAP = 2  # pixels between two lanes
_LOW_WINDOW = 520  # pixels; a lower window hides optional lanes
_FONT_SCALE = 0.8  # relative to the font of the widget
_POINTER = 7  # half the width of the playhead, pixels
_MIN_RANGE = 1e-3  # seconds between the marks


class Timeline(QAbstractSlider):
    """Shows and moves the position in a source and its marks; shows lanes.

    The value of the slider is the position in milliseconds. The arrow keys move the position by one
    second, Page Up and Page Down by five seconds.

    Signals:
        marks_moved: Start and end of the range, seconds or None, while a handle is dragged.
        marks_released: The drag of a handle has ended.

    Attributes:
        base: Converts times to time codes and frames.
        marks: Start and end of the range, seconds; None for start or end of the source.
        preview: The card above the time under the mouse.
    """

    marks_moved = Signal(object, object)
    marks_released = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setOrientation(Qt.Orientation.Horizontal)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self.setPageStep(5000)
        self.setSingleStep(1000)
        self.setAccessibleName(tr("Timeline"))
        self.setToolTip(tr("Drag to seek; drag the handles to mark a part"))
        self.base = TimeBase()
        self.marks: tuple[float | None, float | None] = (None, None)
        self._duration = 0.0
        self._lanes: list[tuple[int, Lane]] = []
        self._image: QPixmap | None = None
        self._dragged: int | None = None  # index of the mark whose handle is dragged
        self._hovered: float | None = None
        self._painted_x = 0.0
        self._low = False  # whether the window is too low for optional lanes
        self.preview = TimelinePreview(self)

    # -- content

    def add_lane(self, lane: Lane, rank: int) -> None:
        """Adds a lane; lanes are sorted by rank from top to bottom."""
        self._lanes.append((rank, lane))
        self._lanes.sort(key=lambda entry: entry[0])
        lane.changed.connect(self._on_lane)

    def set_source(self, duration: float, base: TimeBase) -> None:
        """Shows a new source without marks; ends a drag.

        Args:
            duration: Duration of the source, seconds; 0 if it has none.
            base: Time base of the source.
        """
        self.cancel_drag()
        self._duration, self.base = duration, base
        self.marks = (None, None)
        self.setRange(0, round(duration * 1000))
        self._redraw()

    def set_marks(self, start: float | None, end: float | None) -> None:
        """Shows a range, seconds; None for start or end of the source."""
        self.marks = (start, end)
        self.update()

    def cancel_drag(self) -> None:
        """Ends a drag."""
        self._dragged = None
        self.setSliderDown(False)
        self._hover(None)

    @property
    def axis(self) -> TimeAxis:
        """The axis for the current width."""
        return TimeAxis(_MARGIN, max(1, self.width() - 2 * _MARGIN), self._duration)

    # -- sizes

    @property
    def ruler_height(self) -> int:
        """Height of the ruler, pixels."""
        return round(self.fontMetrics().height() * _FONT_SCALE) + 4

    def lane_areas(self) -> list[tuple[Lane, QRectF]]:
        """Returns the visible lanes and their areas, from top to bottom."""
        top, areas = float(self.ruler_height), []
        for _, lane in self._lanes:
            if lane.height and not (lane.optional and self._low):
                areas.append((lane, QRectF(0, top + _GAP, self.width(), lane.height)))
                top += _GAP + lane.height
        return areas

    def sizeHint(self) -> QSize:
        """Height of the ruler and the visible lanes."""
        areas = self.lane_areas()
        bottom = areas[-1][1].bottom() if areas else self.ruler_height + 4
        return QSize(400, round(bottom) + 2)

    def minimumSizeHint(self) -> QSize:
        """See `sizeHint`."""
        return QSize(200, self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Draws the lanes for the new width."""
        super().resizeEvent(event)
        self._follow_window()
        self._redraw()

    def moveEvent(self, event: QMoveEvent) -> None:
        """Follows the height of the window, whose changes move this widget."""
        super().moveEvent(event)
        self._follow_window()

    def _follow_window(self) -> None:
        low = self.window().height() < _LOW_WINDOW
        if low != self._low:
            self._low = low
            self._on_lane()

    def _on_lane(self) -> None:
        if self.sizeHint().height() != self.height():
            self.updateGeometry()
        self._redraw()
        if self._hovered is not None:
            self._hover(self._hovered)

    # -- mouse and keys

    def event(self, event: QEvent) -> bool:
        """Reserves the arrow keys, and shows the preview instead of the tooltip."""
        if event.type() == QEvent.Type.ToolTip:
            return True
        return reserve_keys(event, SLIDER_KEYS) or super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Starts to drag the handle under the mouse, or else the position, which jumps there."""
        if event.button() != Qt.MouseButton.LeftButton or not self._duration:
            return
        self._dragged = self._handle_at(event.position())
        if self._dragged is None:
            self.setSliderDown(True)
            self._follow(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follows the mouse during a drag; shows the preview of the time under the mouse."""
        over = self._handle_at(event.position()) is not None
        self.setCursor(Qt.CursorShape.SizeHorCursor if over else Qt.CursorShape.ArrowCursor)
        self._follow(event.position().x())
        self._hover(event.position().x())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Ends the drag."""
        if self._dragged is not None:
            self._dragged = None
            self.marks_released.emit()
        self.setSliderDown(False)
        if not self.rect().contains(event.position().toPoint()):
            self._hover(None)
        self.update()

    def enterEvent(self, event: QEnterEvent) -> None:
        """Highlights the position under the mouse."""
        super().enterEvent(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Removes the preview."""
        super().leaveEvent(event)
        self._hover(None)

    def hideEvent(self, event: QHideEvent) -> None:
        """Removes the preview."""
        super().hideEvent(event)
        self._hover(None)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Ignores the wheel, so that scrolling does not seek."""
        event.ignore()

    def _handle_at(self, point: QPointF) -> int | None:
        """Returns the index of the mark whose handle is under the mouse; None without one."""
        if not self._duration or point.y() > self.ruler_height:
            return None
        start, end = mark_positions(self.axis, self.marks)
        left, right = start - HANDLE_WIDTH / 2, end + HANDLE_WIDTH / 2
        distances = [abs(point.x() - center) for center in (left, right)]
        nearest = distances.index(min(distances))
        return nearest if distances[nearest] <= HANDLE_WIDTH else None

    def _follow(self, x: float) -> None:
        seconds = self.axis.seconds(x)
        if self._dragged is not None:
            self._move_mark(self._dragged, seconds)
        elif self.isSliderDown():
            self.setSliderPosition(round(seconds * 1000))

    def _move_mark(self, index: int, seconds: float) -> None:
        """Moves a mark to the start of a frame; a mark at its end of the source becomes None."""
        start, end = self.marks
        time = self.base.frame_start(seconds)
        if index == 0:
            limit = self._duration if end is None else end
            start = None if time <= 0 else min(time, max(0.0, limit - self._frame))
        else:
            time = max(time, (start or 0.0) + self._frame)
            end = None if time >= self._duration - _MIN_RANGE else time
        if (start, end) != self.marks:
            self.set_marks(start, end)
            self.marks_moved.emit(start, end)

    @property
    def _frame(self) -> float:
        """Duration of a frame, seconds."""
        return 1.0 / self.base.fps if self.base.fps > 0 else _MIN_RANGE

    def _hover(self, x: float | None) -> None:
        """Shows the preview of the time at a position, pixels; None hides it."""
        self._hovered = x if self._duration else None
        if self._hovered is None:
            self.preview.hide()
        else:
            seconds = self.base.frame_start(self.axis.seconds(self._hovered))
            lines = [self.position_text(seconds)]
            lines += [text for _, lane in self._lanes if (text := lane.text(seconds))]
            pictures = (lane.picture(seconds) for _, lane in self._lanes)
            picture = next((found for found in pictures if found is not None), None)
            self.preview.show_at(self._hovered, picture, "\n".join(lines))
        self.update()

    def position_text(self, seconds: float) -> str:
        """Returns the time code and the frame number of a time."""
        code = self.base.text(seconds)
        if self.base.fps <= 0 or self.base.variable:
            return code
        return tr("{time}   frame {number}").format(time=code, number=self.base.frame(seconds))

    # -- painting

    def changeEvent(self, event: QEvent) -> None:
        """Draws everything again for a new font, language or theme."""
        super().changeEvent(event)
        self._redraw()

    def sliderChange(self, change: QAbstractSlider.SliderChange) -> None:
        """Repaints only the old and the new area of the playhead, as each frame moves it."""
        if change is QAbstractSlider.SliderChange.SliderValueChange:
            for x in (self._painted_x, self.axis.x(self.sliderPosition() / 1000)):
                self.update(QRect(round(x) - _POINTER, 0, 2 * _POINTER, self.height()))
        else:
            super().sliderChange(change)

    def _redraw(self) -> None:
        self._image = None
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the lanes, the range and the position."""
        del event
        ratio = self.devicePixelRatioF()
        if self._image is None or self._image.size() != self.size() * ratio:
            self._image = self._draw(ratio)
        axis, ruler, height = self.axis, float(self.ruler_height), float(self.height())
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._duration:
            colors = theme_colors()
            paint_range(painter, ruler, height, axis, self.marks)
            if self._hovered is not None:
                x = axis.x(axis.seconds(self._hovered))
                painter.setPen(QPen(QColor(colors.quiet), 1, Qt.PenStyle.DotLine))
                painter.drawLine(QPointF(x, ruler), QPointF(x, height))
            self._painted_x = axis.x(self.sliderPosition() / 1000)
            active = self.hasFocus() or self.isSliderDown()
            color = colors.accent if active else colors.text
            paint_playhead(painter, self._painted_x, ruler, height, color)
        painter.end()

    def _draw(self, ratio: float) -> QPixmap:
        """Draws ruler and lanes into an image, as they do not change at every frame."""
        image = QPixmap(self.size() * ratio)
        image.setDevicePixelRatio(ratio)
        image.fill(Qt.GlobalColor.transparent)
        if not self._duration:
            return image
        font = self.font()
        font.setPointSizeF(max(6.0, font.pointSizeF() * _FONT_SCALE))
        painter = QPainter(image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(font)
        paint_ruler(painter, float(self.ruler_height), self.axis)
        for lane, area in self.lane_areas():
            painter.save()
            painter.setClipRect(area)
            lane.paint(painter, area, self.axis)
            painter.restore()
        painter.end()
        return image
