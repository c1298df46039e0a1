"""What the camera gives, and what it may be asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from app.ui.controls import IconButton
from app.ui.i18n import tr

if TYPE_CHECKING:
    from collections.abc import Sequence

    from uvanet.sources.base import SourceInfo

SIZES = ((0, 0), (640, 480), (1280, 720), (1920, 1080), (3840, 2160))
RATES = (0, 15, 24, 30, 60)


class CameraMenu(IconButton):
    """A button that says size and rate as given, with a menu of what to ask for.

    Signals:
        size_chosen: Width and height; 0 and 0 for what the camera likes.
        rate_chosen: Frames a second; 0 for what the camera likes.
    """

    size_chosen = Signal(int, int)
    rate_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.setObjectName("status")
        self.setAccessibleName(tr("What the camera gives"))
        self.setPopupMode(IconButton.ToolButtonPopupMode.InstantPopup)
        self.setToolTip(tr("What the camera gives; choose what to ask it for"))
        menu = QMenu(self)
        menu.addSection(tr("Size"))
        self._sizes = self._choices(
            menu, SIZES, _size_words, lambda one: self.size_chosen.emit(*one)
        )
        menu.addSection(tr("Frames per second"))
        self._rates = self._choices(menu, RATES, _rate_words, self.rate_chosen.emit)
        self.setMenu(menu)
        self.hide()

    def show_given(self, info: SourceInfo | None) -> None:
        """Says what a camera gives; hides for what is no camera."""
        self.setVisible(info is not None)
        if info is not None:
            size = f"{info.width}\N{MULTIPLICATION SIGN}{info.height}"
            words = tr("{size}, {fps:g} fps").format(size=size, fps=info.fps)
            self.setText(f"{words}  \N{BLACK DOWN-POINTING SMALL TRIANGLE}")
            self.setAccessibleName(tr("Camera gives {what}").format(what=words))

    def unfold(self) -> None:
        """Opens the menu above the button, for those who have no mouse at hand."""
        menu = self.menu()
        menu.popup(self.mapToGlobal(QPoint(0, -menu.sizeHint().height())))
        menu.setActiveAction(menu.actions()[1])

    def show_asked(self, size: tuple[int, int], rate: int) -> None:
        """Marks what is asked for."""
        for one, action in self._sizes.items():
            action.setChecked(one == size)
        for one, action in self._rates.items():
            action.setChecked(one == rate)

    def _choices(
        self, menu: QMenu, values: Sequence[object], words: object, chosen: object
    ) -> dict[object, QAction]:
        group = QActionGroup(menu)
        result = {}
        for value in values:
            action = menu.addAction(words(value))  # type: ignore[operator]
            action.setCheckable(True)
            action.triggered.connect(lambda _=False, value=value: chosen(value))  # type: ignore[operator]
            group.addAction(action)
            result[value] = action
        return result


def _size_words(size: tuple[int, int]) -> str:
    width, height = size
    return f"{width} \N{MULTIPLICATION SIGN} {height}" if width else tr("As the camera likes")


def _rate_words(rate: int) -> str:
    return str(rate) if rate else tr("As the camera likes")
