"""Shows the format of the camera, and lets the user request another one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from PySide6.QtCore import QPoint, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from app.ui.controls import IconButton
from app.ui.i18n import tr
from uvanet.sources import CameraFormat
from uvanet.sources.base import SourceInfo

T = TypeVar("T")

SIZES = ((0, 0), (640, 480), (1280, 720), (1920, 1080), (3840, 2160))
RATES = (0, 15, 24, 30, 60)


class CameraMenu(IconButton):
    """A button that shows size and rate of the frames, with a menu of formats to request.

    Signals:
        size_chosen: Width and height in pixels; 0 and 0 for the camera's default.
        rate_chosen: Frames per second; 0 for the camera's default.
    """

    size_chosen = Signal(int, int)
    rate_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.setObjectName("status")
        self.setAccessibleName(tr("Camera format"))
        self.setToolTip(tr("Click to choose size and rate."))
        self.setPopupMode(IconButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self)
        menu.addSection(tr("Size"))
        self._sizes = _add_choices(
            menu, SIZES, _size_text, lambda size: self.size_chosen.emit(*size)
        )
        menu.addSection(tr("Frames per second"))
        self._rates = _add_choices(menu, RATES, _rate_text, self.rate_chosen.emit)
        self.setMenu(menu)
        self.hide()

    def show_format(self, info: SourceInfo | None) -> None:
        """Shows the delivered format of a camera, and the requested one in the tooltip.

        Args:
            info: Facts of the camera; None hides the button.
        """
        self.setVisible(info is not None)
        if info is None:
            return
        given = CameraFormat(info.width, info.height, info.fps, info.pixel_format)
        text = str(replace(given, pixel_format=""))
        self.setText(f"{text}  \N{BLACK DOWN-POINTING SMALL TRIANGLE}")
        self.setAccessibleName(tr("Camera format: {text}").format(text=text))
        self.setToolTip(
            tr("Asked: {asked}\nGiven: {given}\nClick to choose size and rate.").format(
                asked=info.requested or tr("Camera default"), given=given
            )
        )

    def open_menu(self) -> None:
        """Opens the menu above the button with its first entry selected, for the keyboard."""
        menu = self.menu()
        menu.popup(self.mapToGlobal(QPoint(0, -menu.sizeHint().height())))
        menu.setActiveAction(menu.actions()[1])

    def show_requested(self, size: tuple[int, int], rate: int) -> None:
        """Checks the requested format."""
        if size in self._sizes:
            self._sizes[size].setChecked(True)
        if rate in self._rates:
            self._rates[rate].setChecked(True)


def _add_choices(
    menu: QMenu, values: Sequence[T], text: Callable[[T], str], chosen: Callable[[T], None]
) -> dict[T, QAction]:
    group = QActionGroup(menu)
    result: dict[T, QAction] = {}
    for value in values:
        choice = QAction(text(value), menu)
        choice.setCheckable(True)
        choice.triggered.connect(lambda _=False, value=value: chosen(value))
        menu.addAction(choice)
        group.addAction(choice)
        result[value] = choice
    return result


def _size_text(size: tuple[int, int]) -> str:
    width, height = size
    return f"{width} \N{MULTIPLICATION SIGN} {height}" if width else tr("Camera default")


def _rate_text(rate: int) -> str:
    return str(rate) if rate else tr("Camera default")
