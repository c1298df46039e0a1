"""Reverse playback: repeated jumps to earlier positions in real time."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from app.session.presenter import FramePresenter
from app.session.session import LiveSession

_MIN_PERIOD = 0.01  # seconds between two jumps
_DEFAULT_FPS = 25.0  # of a source of unknown rate


class ReversePlayback(QObject):
    """Plays a file backwards.

    The next jump back starts after the frame before was painted, and goes to the position that is
    due then. Where a frame takes longer than it lasts, frames are left out and the speed stays.
    A seek by anybody else stops it, and the failure of the source.

    Args:
        session: The session that plays; paused meanwhile.
        presenter: Tells when a frame was painted.

    Signals:
        changed: Reverse playback started, stopped, or has another speed.

    Attributes:
        speed: 1 is real time; 0 where reverse playback is stopped.
    """

    changed = Signal()

    def __init__(
        self, session: LiveSession, presenter: FramePresenter, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self.speed = 0.0
        self._from = (0.0, 0.0)  # clock time and position at the start with this speed
        self._jumped_at = 0.0
        self._timer = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._jump)
        presenter.shown.connect(self._wait)
        session.sought.connect(self.stop)
        session.failed.connect(lambda _: self.stop())

    @property
    def running(self) -> bool:
        """Whether reverse playback runs."""
        return self.speed > 0

    def start(self, speed: float) -> None:
        """Plays backwards from the current position.

        Args:
            speed: 1 is real time.
        """
        self._session.pause()
        self._from = (time.monotonic(), self._session.position)
        self.speed = speed
        self._jump()
        self.changed.emit()

    def stop(self) -> None:
        """Stops at the current position."""
        self._timer.stop()
        if self.running:
            self.speed = 0.0
            self.changed.emit()

    def _jump(self) -> None:
        began, position = self._from
        self._jumped_at = time.monotonic()
        seconds = position - (self._jumped_at - began) * self.speed
        self._session.rewind(seconds)
        if seconds <= 0:
            self.stop()

    def _wait(self) -> None:
        """Waits until the frame before the one that was painted is due."""
        if self.running and not self._timer.isActive():
            info = self._session.info
            fps = info.fps if info is not None and info.fps > 0 else _DEFAULT_FPS
            period = max(_MIN_PERIOD, 1 / (fps * self.speed))
            rest = self._jumped_at + period - time.monotonic()
            self._timer.start(max(0, round(rest * 1000)))
