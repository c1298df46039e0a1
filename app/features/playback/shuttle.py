"""Playback by the keys J, K and L, as in video editors."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent

from app.features.playback.reverse import ReversePlayback
from app.pipeline.events import PipelineState
from app.session.presenter import FramePresenter
from app.session.session import LiveSession

_SPEEDS = (1.0, 2.0, 4.0)


class Shuttle(QObject):
    """Plays forwards (L) and backwards (J), faster with each press, and stops (K).

    While K is held, J and L step by one frame.

    Args:
        session: The session that plays.
        presenter: Tells when a frame was painted.
        window: The window, whose key events tell when K is released.

    Attributes:
        reverse: Reverse playback.
    """

    def __init__(self, session: LiveSession, presenter: FramePresenter, window: QObject) -> None:
        super().__init__(window)
        self._session = session
        self._held = False
        self.reverse = ReversePlayback(session, presenter, self)
        window.installEventFilter(self)

    def forward(self) -> None:
        """Plays forwards in real time, then faster with each call; steps while K is held."""
        if self._held:
            self._session.step(1)
            return
        playing = self._session.state is PipelineState.PLAYING and not self.reverse.running
        self.reverse.stop()
        self._session.set_speed(_faster(self._session.speed) if playing else 1.0)
        self._session.play()

    def backward(self) -> None:
        """Plays backwards in real time, then faster with each call; steps while K is held."""
        if self._held:
            self._session.step(-1)
        else:
            reverse = self.reverse
            reverse.start(_faster(reverse.speed) if reverse.running else 1.0)

    def stop(self) -> None:
        """Pauses; J and L step until K is released."""
        self._held = True
        self.reverse.stop()
        self._session.pause()
        self._session.set_speed(1.0)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Notices the release of K, and the loss of focus, after which no release is reported."""
        kind = event.type()
        if kind == QEvent.Type.WindowDeactivate:
            self._held = False
        elif kind == QEvent.Type.KeyRelease and isinstance(event, QKeyEvent):
            self._held = self._held and (event.isAutoRepeat() or event.key() != Qt.Key.Key_K)
        return super().eventFilter(watched, event)


def _faster(speed: float) -> float:
    return next((each for each in _SPEEDS if each > speed), _SPEEDS[-1])
