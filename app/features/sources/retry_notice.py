"""The message about a lost camera or stream, with the seconds until the next attempt."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import ClassVar

from PySide6.QtCore import QObject, QTimer

from app.ui.banner import Banner
from app.ui.i18n import tr
from uvanet.sources.base import SourceStatus

_TICK_MS = 500


class RetryNotice(QObject):
    """Shows why a source is not available, when the next attempt follows, and a button to stop.

    A message that the user closed is shown again only when the problem changes.

    Args:
        messages: Shows the message.
        parent: The feature.
        clock: Returns monotonic seconds.

    Attributes:
        TOPIC: Topic of the message.
    """

    TOPIC: ClassVar[str] = "reconnecting"

    def __init__(
        self, messages: Banner, parent: QObject, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(parent)
        self._messages = messages
        self._clock = clock
        self._problem = ""
        self._next_try = 0.0
        self._timer = QTimer(self, interval=_TICK_MS)
        self._timer.timeout.connect(self._count_down)

    @property
    def active(self) -> bool:
        """Whether a source is being reconnected."""
        return bool(self._problem)

    def show_status(self, status: SourceStatus) -> None:
        """Shows the problem of a source that is being reconnected."""
        problem, self._problem = self._problem, status.problem
        self._next_try = self._clock() + status.retry_in
        if self._problem == problem:
            self._count_down()
        else:
            self._messages.notify("warning", self._text(), status.hint, tr("Stop"), self.TOPIC)
        self._timer.start()

    def clear(self) -> None:
        """Removes the message."""
        self._problem = ""
        self._timer.stop()
        self._messages.dismiss_topic(self.TOPIC)

    def _count_down(self) -> None:
        self._messages.revise(self.TOPIC, self._text())

    def _text(self) -> str:
        seconds = math.ceil(self._next_try - self._clock())
        if seconds <= 0:
            return tr("{problem} Trying again now.").format(problem=self._problem)
        return tr("{problem} Trying again in {seconds} s.").format(
            problem=self._problem, seconds=seconds
        )
