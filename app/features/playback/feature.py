"""Playback: play, step, jump, speed and loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.features.playback.settings import PlaybackSettings
from app.features.playback.transport import Transport
from app.pipeline.events import PipelineState
from app.session.session import SPEEDS
from app.shell.actions import PACED, PLAYS, SEEKABLE, Menu, action
from app.shell.context import Fact, FactKind
from app.shell.feature import Feature
from app.ui.i18n import tr
from app.ui.icons import icon
from uvanet.sources.base import SourceCondition, SourceKind

if TYPE_CHECKING:
    from app.shell.context import FeatureContext
    from uvanet.sources.base import SourceStatus

_RANK = 90  # the last strip
_JUMP_SECONDS = 5.0


class Playback(Feature):
    """The transport controls and their actions."""

    def __init__(self, context: FeatureContext) -> None:
        super().__init__(context)
        self._settings = context.settings.section(PlaybackSettings)
        session = context.session
        self.transport = Transport(context.actions, SPEEDS, context.slots.timeline_buttons)
        context.slots.add_strip(self.transport, _RANK)
        self.transport.sought.connect(session.seek)
        self.transport.speed_chosen.connect(self._set_speed)
        session.opened.connect(self._show_source)
        session.switched.connect(self._show_source)
        session.state_changed.connect(self._on_state)
        session.stalled.connect(lambda seconds: self._show_lost(seconds > 0))
        session.status_changed.connect(self._on_status)
        session.marks_changed.connect(lambda: self.transport.set_marks(*session.marks))
        context.presenter.shown.connect(self.transport.set_position)
        self.loop(self._settings.loop)

    def facts(self) -> list[Fact]:
        """Position and frame number."""
        loop = Fact("loop", str(self._settings.loop), FactKind.TECHNICAL)
        packet = self.context.presenter.packet
        if packet is None:
            return [loop]
        frame = packet.frame
        return [
            Fact(tr("Time (s)"), f"{frame.pts:.3f}", FactKind.PRIVATE),
            Fact(tr("Frame"), str(frame.index), FactKind.PRIVATE),
            loop,
        ]

    # -- actions

    @action("Play or pause", Menu.PLAYBACK, "Space", "K", icon="play", needs=PLAYS)
    def play_pause(self) -> None:
        """Plays or pauses."""
        self.context.session.toggle()

    @action("Previous frame", Menu.PLAYBACK, ",", icon="step-back", needs=SEEKABLE, repeat=True)
    def step_back(self) -> None:
        """Steps one frame back."""
        self.context.session.step(-1)

    @action("Next frame", Menu.PLAYBACK, ".", icon="step-forward", needs=PACED, repeat=True)
    def step_forward(self) -> None:
        """Steps one frame forward."""
        self.context.session.step(1)

    @action("Back 5 seconds", Menu.PLAYBACK, "Left", needs=SEEKABLE, group=1, repeat=True)
    def jump_back(self) -> None:
        """Seeks five seconds back."""
        self._jump(-_JUMP_SECONDS)

    @action("Forward 5 seconds", Menu.PLAYBACK, "Right", needs=SEEKABLE, group=1, repeat=True)
    def jump_forward(self) -> None:
        """Seeks five seconds forward."""
        self._jump(_JUMP_SECONDS)

    @action("Go to start", Menu.PLAYBACK, "Home", needs=SEEKABLE, group=1)
    def jump_start(self) -> None:
        """Seeks to the start."""
        self.context.session.seek(0.0)

    @action("Slower", Menu.PLAYBACK, "[", needs=PACED, group=2, repeat=True)
    def slower(self) -> None:
        """Plays at the next lower speed."""
        self._change_speed(-1)

    @action("Faster", Menu.PLAYBACK, "]", needs=PACED, group=2, repeat=True)
    def faster(self) -> None:
        """Plays at the next higher speed."""
        self._change_speed(1)

    @action("Normal speed", Menu.PLAYBACK, "Backspace", needs=PACED, group=2)
    def normal_speed(self) -> None:
        """Plays in real time."""
        self._set_speed(1.0)

    @action("Loop", Menu.PLAYBACK, "L", icon="loop", group=3, checkable=True)
    def loop(self, on: bool) -> None:
        """Sets whether files start again at their end."""
        self._settings.loop = on
        self.context.session.set_loop(on)
        self.context.actions.set_checked("loop", on)

    # -- helpers

    def _jump(self, seconds: float) -> None:
        self.context.session.seek(self.context.session.position + seconds)

    def _change_speed(self, direction: int) -> None:
        self.context.session.change_speed(direction)
        self.transport.set_speed(self.context.session.speed)

    def _set_speed(self, speed: float) -> None:
        self.context.session.set_speed(speed)
        self.transport.set_speed(self.context.session.speed)

    def _show_source(self) -> None:
        info = self.context.session.info
        if info is None:
            self.transport.set_source(None, live=False, seekable=False, paced=False)
            return
        self.transport.set_source(
            info.duration,
            live=info.live,
            seekable=info.seekable,
            paced=not info.live and info.kind is not SourceKind.PICTURE,
        )
        self.transport.set_wanted(not info.slides)
        self.transport.set_speed(self.context.session.speed)
        self._show_lost(False)

    def _show_lost(self, lost: bool) -> None:
        """Shows whether the picture of a live source is an old one."""
        self.transport.live.setEnabled(not lost)

    def _on_status(self, status: SourceStatus) -> None:
        self._show_lost(status.condition is SourceCondition.RECONNECTING)

    def _on_state(self, state: PipelineState) -> None:
        playing = state is PipelineState.PLAYING
        self.context.actions["play_pause"].setIcon(icon("pause" if playing else "play"))
        if state in (PipelineState.FAILED, PipelineState.ENDED):
            self._show_lost(True)
