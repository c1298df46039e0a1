"""Tasks of the program without a user: each runs after the first overlay and quits the program."""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QPixmap
from PySide6.QtWidgets import QWidget

from app.shell.context import FeatureContext
from app.ui.i18n import tr
from uvanet.cli.streams import discard_output
from uvanet.errors import UvanetError
from uvanet.sources import SourceStatus
from uvanet.system_info import seconds_alive

_OVERLAY_SECONDS = 60.0  # time limit for the first overlay


class ScheduledTask(QObject):
    """Calls `act` some time after the first overlay, and quits.

    Args:
        context: The context of a feature.
        seconds: Time between the first overlay and `act`.

    Attributes:
        code: Exit code for the process.
        start: Seconds from the start of the process to the first painted overlay; None before.
    """

    def __init__(self, context: FeatureContext, seconds: float) -> None:
        super().__init__(context.slots.window)
        self._context = context
        self._seconds = seconds
        self.code = 0
        self.start: float | None = None
        self._problem = ""  # of the source's last status
        self._timer = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._finish)
        self._limit = QTimer(self, singleShot=True)
        self._limit.timeout.connect(self._on_time_limit)
        self._limit.start(round(_OVERLAY_SECONDS * 1000))
        context.presenter.first_overlay.connect(self._on_first_overlay)
        context.session.failed.connect(self._fail)
        context.session.status_changed.connect(self._on_status)
        context.session.student.inference_failed.connect(self._fail)

    def act(self) -> None:
        """Performs the task; defined by subclasses."""
        raise NotImplementedError

    def _on_first_overlay(self) -> None:
        self.start = self.start or seconds_alive()
        self._limit.stop()
        self._timer.start(round(self._seconds * 1000))

    def _finish(self) -> None:
        try:
            self.act()
        except UvanetError as error:
            discard_output()  # writing the rest of the buffer at exit would fail again
            self.give_up(str(error))
            return
        self._context.slots.window.close()

    def _fail(self, error: UvanetError) -> None:
        self.give_up(str(error))

    def _on_status(self, status: SourceStatus) -> None:
        self._problem = status.problem

    def _on_time_limit(self) -> None:
        text = tr("There was no {event} within {seconds:.0f} seconds.").format(
            event=self._awaited(), seconds=self._limit.interval() / 1000
        )
        self.give_up(f"{text} {self._problem}".rstrip())

    def _awaited(self) -> str:
        """Name of the event that the time limit is for."""
        return tr("overlay")

    def give_up(self, text: str) -> None:
        """Writes the reason to stderr and quits."""
        sys.stderr.write(f"uvanet: {text}\n")
        self.code = 1
        self._context.slots.window.close()


class Screenshot(ScheduledTask):
    """Saves a screenshot of the window.

    Args:
        context: The context of a feature.
        seconds: Time between the first overlay and the screenshot.
        path: The file; its suffix determines the format.
    """

    def __init__(self, context: FeatureContext, seconds: float, path: Path) -> None:
        super().__init__(context, seconds)
        self._path = path

    def act(self) -> None:
        """Saves the picture."""
        if not grab(self._context.slots.window).save(str(self._path)):
            sys.stderr.write(
                f"uvanet: {tr('The picture cannot be saved to {path}.').format(path=self._path)}\n"
            )
            self.code = 1


def grab(window: QWidget) -> QPixmap:
    """Takes a screenshot of a window: from the screen on X11, else by painting it."""
    if QGuiApplication.platformName() == "xcb":
        image = window.screen().grabWindow(window.winId())
        if not image.isNull():
            return image
    return window.grab()
