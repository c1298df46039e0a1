"""The order in which Tab moves through the controls of the window: that of reading."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QWidget


def focus_order(window: QWidget, panel: QWidget) -> list[QWidget]:
    """Returns the controls that Tab can reach now.

    Qt's default is the order of creation, in which features add their controls to places all over
    the window.

    Args:
        window: The window.
        panel: Its side panel, which is read as a column of its own.

    Returns:
        Line by line from the top left: the controls above and beside the panel, those in the
        panel, those below it.
    """
    widgets = [widget for widget in window.findChildren(QWidget) if _reachable(widget, window)]
    inside = [widget for widget in widgets if panel.isAncestorOf(widget)]
    outside = [widget for widget in widgets if not panel.isAncestorOf(widget)]
    bottom = _area(panel, window).bottom()
    above = [widget for widget in outside if _area(widget, window).top() <= bottom]
    below = [widget for widget in outside if _area(widget, window).top() > bottom]
    return [widget for part in (above, inside, below) for widget in _by_lines(part, window)]


def _reachable(widget: QWidget, window: QWidget) -> bool:
    return (
        bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
        and widget.focusProxy() is None
        and widget.isVisible()
        and widget.isEnabled()
        and widget.window() is window
    )


def _area(widget: QWidget, window: QWidget) -> QRect:
    return QRect(widget.mapTo(window, QPoint(0, 0)), widget.size())


def _by_lines(widgets: Iterable[QWidget], window: QWidget) -> list[QWidget]:
    """Sorts widgets by lines; a line takes widgets whose top is above its middle."""
    areas = [(_area(widget, window), widget) for widget in widgets]
    lines: list[list[tuple[QRect, QWidget]]] = []
    for area, widget in sorted(areas, key=lambda pair: (pair[0].top(), pair[0].left())):
        if lines and area.top() < lines[-1][0][0].center().y():
            lines[-1].append((area, widget))
        else:
            lines.append([(area, widget)])
    return [widget for line in lines for _, widget in sorted(line, key=lambda pair: pair[0].left())]
