"""The transport bar: timeline, play, step, time code, loop and speed."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QLabel, QMenu, QWidget

from app.shell.actions import ActionRegistry
from app.shell.slots import action_button
from app.ui.build import column, label, row
from app.ui.controls import IconButton
from app.ui.i18n import tr
from app.ui.number_text import number_text
from app.ui.strip import Strip
from app.ui.time_text import TimeBase
from app.ui.timeline import Timeline

_NARROW = 600  # pixels; the length of the source is hidden in a narrower bar
_TIGHT = 480  # pixels; the buttons about the timeline, which the menus have too, are hidden


class Transport(Strip):
    """The transport controls; controls that the source does not support are hidden.

    Args:
        actions: All actions.
        speeds: The speeds to offer.
        timeline: The timeline, placed above the controls.
        marks: Buttons about the timeline, placed after the time code.

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
        timeline: Timeline,
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
        self.position, self.length = label(), label("", "quiet")
        self.position.setAccessibleName(tr("Position"))
        self.length.setAccessibleName(tr("Length"))
        self.timeline = timeline
        timeline.valueChanged.connect(self._on_timeline)
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
        self._marks = marks
        controls = row(
            self.back,
            self.play,
            self.forward,
            6,
            self.live,
            self.position,
            self.length,
            None,
            marks,
            self.loop,
            self.speed,
            spacing=6,
        )
        self.row.addLayout(column(timeline, controls, spacing=4))
        self._base, self._duration = TimeBase(), 0.0
        self.set_wanted(True)
        self.set_speed(1.0)
        self.set_source(None, TimeBase(), live=False, seekable=False, paced=False)

    def set_source(
        self, duration: float | None, base: TimeBase, *, live: bool, seekable: bool, paced: bool
    ) -> None:
        """Shows the controls that a source supports.

        Args:
            duration: Length in seconds; None where unknown or endless.
            base: Formats the times of the source.
            live: Whether frames arrive in real time.
            seekable: Whether the source can seek.
            paced: Whether the playback speed can be chosen.
        """
        jumps = seekable and bool(duration)
        self._base, self._duration = base, (duration or 0.0) if jumps else 0.0
        with QSignalBlocker(self.timeline):
            self.timeline.set_source(self._duration, base)
        for widget in (self.position, self.timeline):
            widget.setVisible(jumps)
        self._fit()
        self.live.setVisible(live)
        for button in (self.back, self.forward, self.loop, self.speed):
            button.setVisible(paced)
        text = base.text(self._duration)
        self.length.setText(f"/ {text}")
        self.length.setToolTip(tr("Length"))
        # A fixed width, so that the time code does not move while its digits change.
        width = QFontMetrics(self.position.font()).horizontalAdvance("0" * len(text))
        self.position.setFixedWidth(width)
        self.position.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.set_position(0.0)

    def set_position(self, seconds: float) -> None:
        """Moves the timeline, unless the user drags it."""
        if not self.timeline.isSliderDown():
            with QSignalBlocker(self.timeline):
                self.timeline.setValue(round(seconds * 1000))
            self._show_time(seconds)

    def set_speed(self, speed: float) -> None:
        """Shows the speed; negative for reverse playback."""
        self.speed.setText(_times(speed))
        if speed in self._speeds:
            self._speeds[speed].setChecked(True)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Hides the length in a narrow bar, and the buttons about the timeline in a tight one."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        self.length.setVisible(self._duration > 0 and self.width() >= _NARROW)
        self._marks.setVisible(self._duration > 0 and self.width() >= _TIGHT)

    def _on_timeline(self, value: int) -> None:
        self._show_time(value / 1000)
        self.sought.emit(value / 1000)

    def _show_time(self, seconds: float) -> None:
        self.position.setText(self._base.text(seconds))
        text = self.timeline.position_text(seconds)
        self.position.setToolTip(text)
        self.timeline.setAccessibleDescription(text)


def _times(speed: float) -> str:
    return f"{number_text(speed)}\N{MULTIPLICATION SIGN}"
