"""The strip below the picture of a folder: thumbnails, name, number, and the film switch."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QWidget

from app.features.slides.thumbnail_list import ThumbnailList
from app.features.slides.thumbnails import Thumbnails
from app.shell.actions import ActionRegistry
from app.shell.slots import action_button
from app.ui.build import check_box, column, label, row, spin_box
from app.ui.controls import ElidedLabel
from app.ui.i18n import tr
from app.ui.strip import Strip
from uvanet.sources.base import SourceInfo


class SlideStrip(Strip):
    """Shows the position in a folder of pictures, and lets the user choose a picture.

    Args:
        actions: All actions.
        thumbnails: The thumbnails.
        rate: Initial frames per second of a film.

    Signals:
        chosen: Index of the picture whose thumbnail was clicked.
        film_toggled: Whether the folder is to be played as a film.
        rate_chosen: Frames per second of a film.
    """

    chosen = Signal(int)
    film_toggled = Signal(bool)
    rate_chosen = Signal(int)

    def __init__(
        self,
        actions: ActionRegistry,
        thumbnails: Thumbnails,
        rate: int,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(0, parent)
        self.list = ThumbnailList(thumbnails)
        self.list.clicked.connect(lambda index: self.chosen.emit(index.row()))
        self._steps = QWidget()
        self.number = label("", "quiet")
        self.number.setAccessibleName(tr("Number of the picture"))
        back, forward = (action_button(actions[f"{name}_picture"]) for name in ("previous", "next"))
        row(back, self.number, forward, spacing=4, parent=self._steps)
        self.name = ElidedLabel()
        self.film = check_box(
            tr("Play as a film"), tr("The pictures are the frames of a film; otherwise slides")
        )
        self.film.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.film.toggled.connect(self.film_toggled)
        self.rate = spin_box(
            tr("Frames per second"), tr("Frames per second of the film"), 1, 120, rate
        )
        self.rate.setSuffix(tr(" a second"))
        self.rate.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.rate.setKeyboardTracking(False)
        self.rate.valueChanged.connect(self.rate_chosen)
        self._film_controls = QWidget()
        row(self.film, self.rate, spacing=6, parent=self._film_controls)
        line = row(self._steps, (self.name, 1), self._film_controls, spacing=12)
        self.row.addLayout(column(self.list, line, spacing=4))

    def show_source(self, info: SourceInfo | None) -> None:
        """Shows the pictures of a folder; None hides the strip."""
        self.set_wanted(info is not None)
        self.list.open(info.pictures if info is not None else ())
        if info is None:
            return
        self.list.setVisible(info.slides and bool(info.pictures))
        self._steps.setVisible(info.slides)
        self._film_controls.setVisible(bool(info.pictures))
        with QSignalBlocker(self.film), QSignalBlocker(self.rate):
            self.film.setChecked(not info.slides)
            if not info.slides:
                self.rate.setValue(round(info.fps))

    def show_picture(self, info: SourceInfo, index: int) -> None:
        """Shows name and number of the current picture."""
        total = info.frames or 0
        widest = len(str(total))
        self.number.setText(
            tr("{number} / {total}").format(number=f"{index + 1:>{widest}}", total=total)
        )
        self.name.set_full_text(info.pictures[index].name if info.pictures else info.title)
        self.list.show_current(index)
