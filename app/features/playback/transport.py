"""The transport bar: play, step, timeline, loop and speed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QFontMetrics
from PySide6.QtWidgets import QLabel, QMenu, QWidget

from app.shell.slots import action_button
from app.ui.build import label, row
from app.ui.controls import IconButton
from app.ui.i18n import tr
from app.ui.sliders import Slider
from app.ui.strip import Strip
from app.ui.time_text import clock_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.shell.actions import ActionRegistry


class Transport(Strip):
    """The transport controls; those that the source does not support are hidden.

    Args:
        actions: All actions.
        speeds: The speeds to offer.
        marks: Buttons that set marks, placed after the timeline.

    Signals:
        sought: Time in seconds, while the user moves the timeline.
        speed_chosen: 1 is real time.
    """

    sought = Signal(float)
    speed_chosen = Signal(float)

    def __init__(
        self,
        actions: ActionRegistry,
        speeds: Sequence[float],
        marks: QWidget,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(6, parent)
        self.play = action_button(actions["play_pause"], 22)
        self.play.setObjectName("play")
        self.play.setFixedSize(38, 38)
        self.back = action_button(actions["step_back"])
        self.forward = action_button(actions["step_forward"])
        self.loop = action_button(actions["loop"])
        self.position, self.length = label("", "quiet"), label("", "quiet")
        self.position.setAccessibleName(tr("Position"))
        self.length.setAccessibleName(tr("Length"))
        self.timeline = Slider()
        self.timeline.setAccessibleName(tr("Timeline"))
        self.timeline.setToolTip(tr("Position in the video; drag to seek"))
        self.timeline.setPageStep(5000)
        self.timeline.setSingleStep(1000)
        self.timeline.valueChanged.connect(self._on_timeline)
        self.live = QLabel(tr("LIVE"))
        self.live.setObjectName("live")
        self.speed = IconButton()
        self.speed.setAccessibleName(tr("Speed"))
        self.speed.setToolTip(
            tr("Speed ({slower} slower, {faster} faster)").format(slower="[", faster="]")
        )
        self.speed.setPopupMode(IconButton.ToolButtonPopupMode.InstantPopup)
        self.speed.setFixedWidth(56)
        menu = QMenu(self.speed)
        group = QActionGroup(menu)
        self._speeds: dict[float, QAction] = {}
        for speed in speeds:
            action = menu.addAction(_times(speed))
            action.setCheckable(True)
            action.triggered.connect(lambda _=False, speed=speed: self.speed_chosen.emit(speed))
            group.addAction(action)
            self._speeds[speed] = action
        self.speed.setMenu(menu)
        self._marks, self._gap = marks, QWidget()
        steps = (self.back, self.play, self.forward, 6)
        line = (self.live, self.position, (self.timeline, 1), self.length, marks, (self._gap, 1), 6)
        self.row.addLayout(row(*steps, *line, self.loop, self.speed, spacing=6))
        self.set_wanted(True)
        self.set_speed(1.0)
        self.set_source(None, live=False, seekable=False, paced=False)

    def set_source(
        self, duration: float | None, *, live: bool, seekable: bool, paced: bool
    ) -> None:
        """Shows the controls that a source supports.

        Args:
            duration: Length in seconds; None where unknown or endless.
            live: Its frames arrive in real time.
            seekable: It can seek.
            paced: Its speed can be chosen.
        """
        self.timeline.setSliderDown(False)  # a drag ends with its source
        jumps = seekable and bool(duration)
        for widget in (self.position, self.timeline, self.length, self._marks):
            widget.setVisible(jumps)
        self._gap.setVisible(not jumps)
        self.live.setVisible(live)
        for button in (self.back, self.forward, self.loop, self.speed):
            button.setVisible(paced)
        with QSignalBlocker(self.timeline):
            self.timeline.setRange(0, round((duration or 0.0) * 1000))
        self.length.setText(clock_text(duration or 0.0))
        width = QFontMetrics(self.position.font()).horizontalAdvance(self.length.text() + "0")
        self.position.setFixedWidth(width)
        self.position.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.set_position(0.0)

    def set_position(self, seconds: float) -> None:
        """Moves the timeline, unless the user drags it."""
        if not self.timeline.isSliderDown():
            with QSignalBlocker(self.timeline):
                self.timeline.setValue(round(seconds * 1000))
            self.position.setText(clock_text(seconds))

    def set_marks(self, start: float | None, end: float | None) -> None:
        """Shows the marked range in seconds; None for start or end of the source."""
        if start is None and end is None:
            self.timeline.set_marks(None)
        else:
            low = round((start or 0.0) * 1000)
            high = self.timeline.maximum() if end is None else round(end * 1000)
            self.timeline.set_marks((low, high))

    def set_speed(self, speed: float) -> None:
        """Shows the speed."""
        self.speed.setText(_times(speed))
        if speed in self._speeds:
            self._speeds[speed].setChecked(True)

    def _on_timeline(self, value: int) -> None:
        self.position.setText(clock_text(value / 1000))
        self.sought.emit(value / 1000)


def _times(speed: float) -> str:
    return f"{speed:g}\N{MULTIPLICATION SIGN}"
