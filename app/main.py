"""Builds the program, runs it, and takes it down again."""

from __future__ import annotations

import logging
import sys
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QApplication

from app.runtime import settings as store
from app.runtime.gui_thread_gc import GuiThreadGc
from app.runtime.jobs import Jobs
from app.runtime.logs import Logs, UncaughtExceptionHook, log_folder
from app.runtime.settings_autosave import SettingsAutosave
from app.runtime.shutdown import WHOLE_SECONDS, SignalHandler, shut_down
from app.session.models import DEFAULT_MODEL, if_available, load_predictor, short_name
from app.session.session import LiveSession
from app.shell.main_window import TITLE, MainWindow
from app.ui.i18n import tr
from app.ui.icons import app_icon
from app.ui.theme import Theme

if TYPE_CHECKING:
    from app.pipeline.predictor import Predictor, PredictorFactory

_SWITCH_SECONDS = 0.001
"""How long a thread that wants Python waits for another that computes. Of the usual 5 ms, a paint
that waits several times makes more than a frame lasts."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says.

    Attributes:
        source: The string that opens the source; None for the first camera or the demo.
        model: The network's name; None for what the user chose before, or the usual one.
        size: The window's width and height in logical pixels; None for the usual.
        theme: "dark", "light" or "system" for this run; None for what the user chose before.
        engine: What runs the network, as `uvanet.load` takes it; None for the engine of before.
        threads: Threads of the network; None for the engine's own choice.
    """

    source: str | None = None
    model: str | None = None
    size: tuple[int, int] | None = None
    theme: str | None = None
    engine: str | None = None
    threads: int | None = None


class Program(QObject):
    """The running program: application, window and everything beside them.

    Args:
        options: What the command line says.
        predictor: The network, or what makes it; None for the named model.

    Attributes:
        window: The window, shown.
        clean: After `shut_down`: whether every thread ended.

    Signals:
        problem: One line about an exception nobody expected.
    """

    problem = Signal(str)

    def __init__(
        self, options: Options, predictor: Predictor | PredictorFactory | None = None
    ) -> None:
        app = QApplication.instance() or QApplication(["uvanet"])
        assert isinstance(app, QApplication)
        super().__init__()
        app.setApplicationName("uvanet")
        app.setApplicationDisplayName(TITLE)
        app.setDesktopFileName("uvanet")
        app.setWindowIcon(app_icon())
        self.app = app
        self.clean = True
        self._down = False
        self._options = options
        self._logs = Logs(log_folder())
        self._problems = UncaughtExceptionHook(self)
        self._settings_path = store.settings_path()
        self.settings = store.load(self._settings_path)
        self._theme = Theme(app, options.theme or self.settings.theme)
        self._jobs = Jobs(self)
        self._keeper = SettingsAutosave(self.settings, self._settings_path, self._jobs, self)
        model = options.model or if_available(self.settings.model) or DEFAULT_MODEL
        engine = options.engine or self.settings.model_engine
        self._controller = LiveSession(
            predictor
            if predictor is not None
            else partial(load_predictor, model, engine, options.threads),
            self._jobs,
            self,
            model=model,
            engine=engine,
        )
        self.window = MainWindow(
            self._controller, self.settings, self._theme, self._jobs, short_name(model)
        )
        if options.size is not None:
            self.window.resize(*options.size)
        self._problems.happened.connect(self._on_problem)
        self.window.closing.connect(self.shut_down)
        self._garbage = GuiThreadGc(self)
        sys.setswitchinterval(_SWITCH_SECONDS)
        self._interrupts = SignalHandler(self)
        # Queued: the signal arrives in the middle of whatever Python was doing.
        self._interrupts.interrupted.connect(self.window.close, Qt.ConnectionType.QueuedConnection)
        self.window.open_source(options.source)
        self.window.show()

    def run(self) -> int:
        """Runs until the window is closed.

        Returns:
            The exit code.
        """
        code = self.app.exec()
        self.shut_down()
        return code

    def shut_down(self) -> None:
        """Takes everything down, within a bound; a second call does nothing."""
        if self._down:
            return
        self._down = True
        self.clean = shut_down(
            [
                ("settings", lambda _: self._keeper.close() or True),
                *((type(one).__name__, one.close) for one in self.window.features),
                ("pipeline", self._controller.close),
                ("jobs", self._jobs.close),
            ],
            WHOLE_SECONDS,
        )
        self._interrupts.close()
        self._garbage.close()
        self._theme.detach()
        self._problems.close()
        self._logs.close()

    def _on_problem(self, words: str) -> None:
        self.problem.emit(words)
        where = tr("The details are in {path}.").format(path=self._logs.path)
        self.window.banner.notify(
            "error",
            tr("Something went wrong inside the program: {words}").format(words=words),
            where if self._logs.path else "",
        )
