"""The composition root: makes the parts of the program, runs it, and shuts it down.

The only module that imports the features.
"""

from __future__ import annotations

import gc
import logging
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NoReturn

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QApplication

from app.features import FEATURES
from app.pipeline.predictor import Predictor, PredictorFactory
from app.runtime.gui_thread_gc import GuiThreadGc
from app.runtime.heap_trimmer import HeapTrimmer
from app.runtime.jobs import Jobs
from app.runtime.logs import Logs, UncaughtExceptionHook
from app.runtime.settings import SettingsStore, settings_path
from app.runtime.settings_autosave import SettingsAutosave
from app.runtime.shutdown import SHUTDOWN_SECONDS, SignalHandler, leave_at_once, shut_down
from app.session.heat import Heat
from app.session.models import AUTOMATIC, START_MODEL, if_available, load_predictor
from app.session.presenter import FramePresenter
from app.session.session import LiveSession
from app.session.settings import SessionSettings
from app.shell.context import Fact, FeatureContext
from app.shell.feature import Feature
from app.shell.main_window import TITLE, MainWindow
from app.shell.project import SUFFIX
from app.shell.settings import WindowSettings
from app.ui.i18n import install_language, tr
from app.ui.icons import app_icon
from app.ui.theme import Theme
from uvanet.paths import log_folder

_SWITCH_SECONDS = 0.001
"""Time after which a thread that computes passes the interpreter on to a waiting thread. With
Python's default of 5 ms, a paint that has to wait several times takes longer than a frame."""

_THREADS_SECONDS = 1.0
"""Time for the threads of the pipeline. One that takes longer hangs in a driver or an engine."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asks for.

    Attributes:
        source: The string that opens the source; None for the first camera or the demo.
        model: The model's name; `AUTOMATIC`; or None for the choice made last.
        size: The window's width and height in logical pixels; None for the last ones.
        theme: "dark", "light" or "system" for this run; None for the one chosen last.
        engine: What runs the model, as `uvanet.load` takes it; None for the engine used last.
        threads: Threads of the model; None for the engine's own choice.
        compare: A file to compare with `source` as two designs; None for none.
    """

    source: str | None = None
    model: str | None = None
    size: tuple[int, int] | None = None
    theme: str | None = None
    engine: str | None = None
    threads: int | None = None
    compare: str | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """A task without a user: runs after the first overlay; the program quits afterwards.

    Attributes:
        seconds: Delay after the first overlay.
        screenshot: File for a picture of the window; None to measure and print JSON.
        train_in: Folder of a training that runs meanwhile; None for none.
        drag: Drag the timeline meanwhile.
    """

    seconds: float
    screenshot: Path | None = None
    train_in: Path | None = None
    drag: bool = False


class Program(QObject):
    """The running program: application, window, session, features and background services.

    Args:
        options: What the command line asks for.
        predictor: The model, or its factory; None for the model that `options` names.
        features: The classes of the features.

    Attributes:
        window: The window, shown.
        context: Passed to the features.
        features: The features, in the order of their classes.
        settings: The settings.
        clean: After `shut_down`: whether every thread ended.

    Signals:
        problem: One line about an unexpected exception.
    """

    problem = Signal(str)

    def __init__(
        self,
        options: Options,
        predictor: Predictor | PredictorFactory | None = None,
        features: tuple[type[Feature], ...] = FEATURES,
    ) -> None:
        app = QApplication.instance() or QApplication(["uvanet"])
        assert isinstance(app, QApplication)
        super().__init__()
        HeapTrimmer(self)
        app.setApplicationName("uvanet")
        app.setApplicationDisplayName(TITLE)
        app.setDesktopFileName("uvanet")
        app.setWindowIcon(app_icon())
        self.app = app
        self.clean = True
        self._is_shut_down = False
        self._logs = Logs(log_folder())
        self._exceptions = UncaughtExceptionHook(self)
        self.settings = SettingsStore(settings_path())
        window_settings = self.settings.section(WindowSettings)
        install_language(app, window_settings.language)
        self._theme = Theme(app, options.theme or window_settings.theme)
        self._jobs = Jobs(self)
        self.session = self._make_session(options, predictor)
        self.window = MainWindow(self.session, window_settings)
        self.presenter = FramePresenter(self.session, self.window.slots.canvas, Heat(), self.window)
        self.context = FeatureContext(
            session=self.session,
            presenter=self.presenter,
            slots=self.window.slots,
            actions=self.window.actions_by_name,
            settings=self.settings,
            jobs=self._jobs,
            logs=self._logs,
            messages=self.window.banner,
            undo=self.window.undo_stack,
            theme=self._theme,
            facts=self._facts,
            project_parts=lambda: self.features,
        )
        self.features: list[Feature] = [make(self.context) for make in features]
        self.window.complete(self.features, self.presenter)
        self._autosave = SettingsAutosave(self.settings, self._jobs, self)
        self._autosave.failed.connect(self._on_settings_not_saved)
        if options.size is not None:
            self.window.resize(*options.size)
        self._exceptions.happened.connect(self._on_exception)
        self.window.closed.connect(self.shut_down)
        self._garbage = GuiThreadGc(self)
        sys.setswitchinterval(_SWITCH_SECONDS)
        self._signals = SignalHandler(self)
        # Queued: the signal arrives in the middle of whatever Python was doing.
        self._signals.interrupted.connect(self._on_interrupt, Qt.ConnectionType.QueuedConnection)
        self._open(options.source)
        self.window.show()
        if options.source is not None and options.compare is not None:
            self.window.open_pair(options.source, options.compare)

    def _make_session(
        self, options: Options, predictor: Predictor | PredictorFactory | None
    ) -> LiveSession:
        settings = self.settings.section(SessionSettings)
        choice = options.model or if_available(settings.model) or AUTOMATIC
        model = choice
        if choice == AUTOMATIC:
            model = if_available(settings.automatic) or START_MODEL
        engine = options.engine or settings.engine
        session = LiveSession(
            predictor or partial(load_predictor, model, engine, options.threads),
            self._jobs,
            self,
            model=model,
            engine=engine,
            threads=options.threads,
            settings=settings,
            automatic=choice == AUTOMATIC and predictor is None,
        )
        session.teacher.use(settings.teacher)

        def remember_model(choice: str) -> None:
            settings.model = "" if choice == AUTOMATIC else choice

        def remember_teacher(name: str) -> None:
            settings.teacher = name

        session.student.choice_made.connect(remember_model)
        session.teacher.changed.connect(remember_teacher)
        return session

    def _open(self, source: str | None) -> None:
        # Only the path of a project is offered to the features; any other text names a source.
        if (
            source is None
            or not source.lower().endswith(SUFFIX)
            or not any(feature.open_drop(source) for feature in reversed(self.features))
        ):
            self.session.open(source)

    def _facts(self) -> list[Fact]:
        return [fact for feature in self.features for fact in feature.facts()]

    def run(self) -> int:
        """Runs until the window is closed.

        Returns:
            The exit code.
        """
        code = self.app.exec()
        self.shut_down()
        return code

    def shut_down(self) -> None:
        """Stops everything within `SHUTDOWN_SECONDS`; a second call does nothing."""
        if self._is_shut_down:
            return
        self._is_shut_down = True
        self.presenter.close()
        self.clean = shut_down(
            [
                ("settings", self._autosave.close),
                *((type(feature).__name__, feature.close) for feature in self.features),
                ("pipeline", lambda limit: self.session.close(min(limit, _THREADS_SECONDS))),
                ("jobs", self._jobs.close),
            ],
            SHUTDOWN_SECONDS,
        )
        self._signals.close()
        self._garbage.close()
        self._theme.detach()
        self._exceptions.close()
        self._logs.close()

    def _on_interrupt(self) -> None:
        # Nobody may be there to answer the question about unfinished work.
        self.window.quit_guard.allow()
        self.window.close()

    def _on_settings_not_saved(self) -> None:
        self.window.banner.notify(
            "warning",
            tr("The settings cannot be saved."),
            tr("Check that {path} can be written, and that its disk has space.").format(
                path=settings_path().parent
            ),
        )

    def _on_exception(self, text: str) -> None:
        self.problem.emit(text)
        where = tr("The details are in {path}.").format(path=self._logs.path)
        self.window.banner.notify(
            "error",
            tr("An unexpected error occurred: {text}").format(text=text),
            where if self._logs.path else "",
        )


def run(options: Options, task: Task | None = None) -> NoReturn:
    """Runs the program until its window is closed, then ends the process.

    Args:
        options: What the command line asks for.
        task: See `Task`; None for a window that a user closes.
    """
    program = Program(options)
    # Objects from the start-up live as long as the process; each collection scanned them for 10 ms.
    gc.freeze()
    code = program.run() if task is None else _run_task(program, task)
    # Everything is saved and closed. The end of the interpreter would wait for threads that hang,
    # and its last garbage collection crashed in PySide6 in 1 of 6 runs on a busy machine.
    leave_at_once(code)


def _run_task(program: Program, task: Task) -> int:
    from app.features.diagnostics.benchmark import (
        DragMeasurement,
        Measurement,
        TrainingMeasurement,
    )
    from app.features.diagnostics.scheduled_task import ScheduledTask, Screenshot

    scheduled: ScheduledTask
    if task.screenshot is not None:
        scheduled = Screenshot(program.context, task.seconds, task.screenshot)
    elif task.train_in is not None:
        scheduled = TrainingMeasurement(program.context, task.seconds, task.train_in)
    elif task.drag:
        scheduled = DragMeasurement(program.context, task.seconds)
    else:
        scheduled = Measurement(program.context, task.seconds)
    # Nobody reads messages in the window during a task, so an exception ends the task.
    program.problem.connect(scheduled.give_up)
    return program.run() or scheduled.code
