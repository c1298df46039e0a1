"""Playback: play, step, jump, speed and loop."""

from __future__ import annotations

from app.features.playback.previews import Previews
from app.features.playback.settings import PlaybackSettings
from app.features.playback.shuttle import Shuttle
from app.features.playback.thumbnail_lane import ThumbnailLane
from app.features.playback.transport import Transport
from app.pipeline.events import PipelineState
from app.session.session import SPEEDS
from app.shell.actions import PACED, PLAYS, SEEKABLE, Menu, MenuActions
from app.shell.context import Fact, FactKind, FeatureContext
from app.shell.feature import Feature
from app.ui.i18n import tr
from app.ui.icons import icon
from app.ui.number_text import number_text
from app.ui.time_text import TimeBase
from uvanet.sources.base import SourceInfo, SourceKind, SourceStatus

action = MenuActions(Menu.PLAYBACK)

_RANK = 90  # the last strip
_JUMP_SECONDS = 5.0
_THUMBNAIL_RANK = 0
_THUMBNAILS = (SourceKind.VIDEO, SourceKind.DEMO, SourceKind.FOLDER, SourceKind.OTHER)


class Playback(Feature):
    """The timeline, the transport controls and their actions.

    Attributes:
        transport: The controls below the picture, with the timeline.
        shuttle: The keys J, K and L.
        previews: Small pictures of the source over its time.
    """

    def __init__(self, context: FeatureContext) -> None:
        super().__init__(context)
        self._settings = context.settings.section(PlaybackSettings)
        session = context.session
        timeline = context.slots.timeline
        self.transport = Transport(
            context.actions, SPEEDS, timeline, context.slots.timeline_buttons
        )
        self.shuttle = Shuttle(session, context.presenter, context.slots.window)
        self.previews = Previews(session, context.jobs, self)
        self._thumbnails = ThumbnailLane(self.previews)
        timeline.add_lane(self._thumbnails, _THUMBNAIL_RANK)
        context.slots.add_strip(self.transport, _RANK)
        self.transport.sought.connect(self._seek)
        self.shuttle.reverse.changed.connect(self._show_motion)
        self.transport.speed_chosen.connect(self._set_speed)
        session.opened.connect(self._show_source)
        session.switched.connect(self._on_switched)
        session.turned.connect(self._on_turned)
        session.state_changed.connect(self._on_state)
        session.stalled.connect(lambda seconds: self._show_lost(seconds > 0))
        session.status_changed.connect(self._on_status)
        context.presenter.shown.connect(self._on_shown)
        self.loop(self._settings.loop)

    def facts(self) -> list[Fact]:
        """Position and frame number."""
        loop = Fact("loop", str(self._settings.loop), FactKind.TECHNICAL)
        packet = self.context.presenter.packet
        if packet is None:
            return [loop]
        frame = packet.frame
        return [
            Fact(tr("Time (s)"), number_text(frame.pts, ".3f"), FactKind.PRIVATE),
            Fact(tr("Frame"), str(frame.index), FactKind.PRIVATE),
            loop,
        ]

    def close(self, timeout: float) -> bool:
        """Stops reverse playback and the decoding of previews, whose thread is one of the jobs."""
        del timeout
        self.shuttle.reverse.stop()
        self.previews.close_source()
        return True

    # -- actions

    @action("Play or pause", "Space", icon="play", needs=PLAYS)
    def play_pause(self) -> None:
        """Plays or pauses; stops reverse playback."""
        if self.shuttle.reverse.running:
            self.shuttle.reverse.stop()
        else:
            self.context.session.toggle()

    @action("Play backwards, faster", "J", needs=SEEKABLE | PLAYS)
    def play_backwards(self) -> None:
        """Plays backwards, faster with each press."""
        self.shuttle.backward()

    @action("Stop; hold to step by J and L", "K", needs=PLAYS)
    def stop(self) -> None:
        """Pauses; while the key is held, J and L step by one frame."""
        self.shuttle.stop()
        self.transport.set_speed(self.context.session.speed)

    @action("Play forwards, faster", "L", needs=PACED | PLAYS)
    def play_forwards(self) -> None:
        """Plays forwards, faster with each press."""
        self.shuttle.forward()
        self.transport.set_speed(self.context.session.speed)

    @action(
        "Previous frame", ",", icon="step-back", needs=SEEKABLE, repeat=True, words="single step"
    )
    def step_back(self) -> None:
        """Steps one frame back."""
        self._step(-1)

    @action("Next frame", ".", icon="step-forward", needs=PACED, repeat=True, words="by frame step")
    def step_forward(self) -> None:
        """Steps one frame forward."""
        self._step(1)

    @action("Back 5 seconds", "Left", needs=SEEKABLE, group=1, repeat=True)
    def jump_back(self) -> None:
        """Seeks five seconds back."""
        self._jump(-_JUMP_SECONDS)

    @action("Forward 5 seconds", "Right", needs=SEEKABLE, group=1, repeat=True)
    def jump_forward(self) -> None:
        """Seeks five seconds forward."""
        self._jump(_JUMP_SECONDS)

    @action("Go to start", "Home", needs=SEEKABLE, group=1)
    def jump_start(self) -> None:
        """Seeks to the start."""
        self._seek(0.0)

    @action("Go to end", "End", needs=SEEKABLE, group=1)
    def jump_end(self) -> None:
        """Pauses at the last frame."""
        session = self.context.session
        if session.info is not None and session.info.duration:
            session.pause()
            self._seek(session.info.duration)

    @action("Go to marked start", "Shift+I", needs=SEEKABLE, group=1)
    def jump_mark_in(self) -> None:
        """Seeks to the start of the marked part, or of the source."""
        self._seek(self.context.session.marks[0] or 0.0)

    @action("Go to marked end", "Shift+O", needs=SEEKABLE, group=1)
    def jump_mark_out(self) -> None:
        """Seeks to the last frame of the marked part, or of the source."""
        session = self.context.session
        end, base = session.marks[1], session.time_base
        if end is None:
            self.jump_end()
        else:
            self._seek(max(0.0, end - (1 / base.fps if base.fps else 0.0)))

    @action("Slower", "[", needs=PACED, group=2, repeat=True, words="speed tempo slow motion")
    def slower(self) -> None:
        """Plays at the next lower speed."""
        self._change_speed(-1)

    @action("Faster", "]", needs=PACED, group=2, repeat=True, words="speed tempo")
    def faster(self) -> None:
        """Plays at the next higher speed."""
        self._change_speed(1)

    @action("Normal speed", "Backspace", needs=PACED, group=2)
    def normal_speed(self) -> None:
        """Plays in real time."""
        self._set_speed(1.0)

    @action("Loop", "Alt+L", icon="loop", needs=PACED, group=3, checkable=True, words="repeat")
    def loop(self, on: bool) -> None:
        """Sets whether files start again at their end."""
        self._settings.loop = on
        self.context.session.set_loop(on)
        self.context.actions.set_checked("loop", on)

    # -- playing

    def _jump(self, seconds: float) -> None:
        self._seek(self.context.session.position + seconds)

    def _seek(self, seconds: float) -> None:
        self.context.session.seek(seconds)

    def _step(self, frames: int) -> None:
        self.shuttle.reverse.stop()
        self.context.session.step(frames)

    def _change_speed(self, direction: int) -> None:
        self.context.session.change_speed(direction)
        self.transport.set_speed(self.context.session.speed)

    def _set_speed(self, speed: float) -> None:
        self.context.session.set_speed(speed)
        self.transport.set_speed(self.context.session.speed)

    def _show_source(self) -> None:
        info = self.context.session.info
        if info is None:
            self.transport.set_source(None, TimeBase(), live=False, seekable=False, paced=False)
            self._thumbnails.set_source(0.0)
            return
        self.transport.set_source(
            info.duration,
            self.context.session.time_base,
            live=info.live,
            seekable=info.seekable,
            paced=not info.live,
        )
        self.transport.set_wanted(info.plays)
        self.transport.set_speed(self.context.session.speed)
        self._show_lost(False)
        self._show_thumbnails(info)

    def _show_thumbnails(self, info: SourceInfo) -> None:
        shown = info.kind in _THUMBNAILS and not info.slides and bool(info.duration)
        aspect = info.width / info.height if info.width and info.height else 16 / 9
        if shown:
            self.previews.open_source(info)
        self._thumbnails.set_source(aspect if shown else 0.0)

    def _on_switched(self) -> None:
        # Reverse playback and previews belong to the source before.
        self.shuttle.reverse.stop()
        self.previews.close_source()
        self._show_source()

    def _on_turned(self) -> None:
        info = self.context.session.info
        if info is not None:
            self.previews.forget()
            self._show_thumbnails(info)
            self._thumbnails.enable()

    def _on_shown(self, seconds: float) -> None:
        self.transport.set_position(seconds)
        if self.context.presenter.overlay_seen:
            self._thumbnails.enable()

    def _show_lost(self, lost: bool) -> None:
        """Grays out the label LIVE while the source sends no new picture."""
        self.transport.live.setEnabled(not lost)

    def _on_status(self, status: SourceStatus) -> None:
        self._show_lost(status.condition.is_silent)

    def _on_state(self, state: PipelineState) -> None:
        self._show_motion()
        if state in (PipelineState.FAILED, PipelineState.ENDED):
            self._show_lost(True)

    def _show_motion(self) -> None:
        session, reverse = self.context.session, self.shuttle.reverse
        playing = session.state is PipelineState.PLAYING or reverse.running
        self.context.actions["play_pause"].setIcon(icon("pause" if playing else "play"))
        self.transport.set_speed(-reverse.speed if reverse.running else session.speed)
