"""Compare: the panes are zoomed and moved together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from compare_kit import pixels
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QNativeGestureEvent, QPointingDevice, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

if TYPE_CHECKING:
    from window_bench import Bench


def test_zoom_is_shared_by_the_panes_and_centered_on_the_mouse(side: Bench) -> None:
    main, second = side.canvas, side.slots.panes.extra[0].canvas
    # Near the middle, since a picture that is narrower than its pane stays centered.
    place = QPointF(second.width() * 0.45, second.height() * 0.5)
    before = second.picture_rect()
    share = (place.x() - before.left()) / before.width()
    wheel = QWheelEvent(
        place,
        QPointF(second.mapToGlobal(place.toPoint())),
        QPoint(),
        QPoint(0, 480),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(second, wheel)
    after = second.picture_rect()
    assert after.width() == pytest.approx(before.width() * 1.25**4, rel=0.01)
    assert (place.x() - after.left()) / after.width() == pytest.approx(share, abs=0.02)
    assert main.picture_rect().width() == pytest.approx(after.width(), rel=0.02)
    QTest.mousePress(main, Qt.MouseButton.LeftButton, pos=QPoint(60, 60))
    QTest.mouseMove(main, QPoint(40, 50))
    QTest.mouseRelease(main, Qt.MouseButton.LeftButton, pos=QPoint(40, 50))
    assert second.picture_rect().left() == pytest.approx(after.left() - 20, abs=2)
    side.trigger("zoom_fit")
    assert second.picture_rect().width() == pytest.approx(before.width(), abs=1)
    side.trigger("zoom_in")
    side.trigger("zoom_in")
    side.trigger("zoom_out")
    assert main.viewport.zoom == pytest.approx(1.25)


def test_the_keyboard_pans(side: Bench) -> None:
    canvas = side.canvas
    for _ in range(4):
        side.trigger("zoom_in")
    before = canvas.picture_rect()
    side.trigger("pan_right")
    side.trigger("pan_down")
    after = canvas.picture_rect()
    assert after.left() < before.left() - 20
    assert after.top() < before.top() - 10
    assert after.size() == before.size()
    for _ in range(30):
        side.trigger("pan_left")
        side.trigger("pan_up")
    assert canvas.picture_rect().topLeft() == QPointF(0, 0)


def test_a_pinch_zooms_at_its_center(side: Bench) -> None:
    main, second = side.canvas, side.slots.panes.extra[0].canvas
    # Near the middle, since a picture that is narrower than its pane stays centered.
    place = QPointF(second.width() * 0.45, second.height() * 0.5)
    before = second.picture_rect()
    share = (place.x() - before.left()) / before.width()
    pinch = QNativeGestureEvent(
        Qt.NativeGestureType.ZoomNativeGesture,
        QPointingDevice.primaryPointingDevice(),
        2,
        place,
        place,
        QPointF(second.mapToGlobal(place.toPoint())),
        1.5,
        QPointF(),
    )
    QApplication.sendEvent(second, pinch)
    after = second.picture_rect()
    assert after.width() == pytest.approx(before.width() * 2.5, rel=0.01)
    assert (place.x() - after.left()) / after.width() == pytest.approx(share, abs=0.02)
    assert main.picture_rect().width() == pytest.approx(after.width(), rel=0.02)


def test_zoom_shows_the_center(still: Bench) -> None:
    still.trigger("overlay")
    whole = pixels(still.canvas)
    for _ in range(4):
        still.trigger("zoom_in")
    part = still.canvas.grab().toImage()
    square = part.pixelColor(part.width() // 2, part.height() // 2)
    middle = whole[whole.shape[0] // 2, whole.shape[1] // 2]
    assert abs(square.blue() - int(middle[0])) < 12
    assert still.canvas.picture_rect().width() > still.canvas.width()
