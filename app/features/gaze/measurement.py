"""Measures how well a model predicts the gaze of people, in the background."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app.session.models import short_name
from app.ui.i18n import tr
from uvanet.errors import UvanetError
from uvanet.sources import make_source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.runtime.jobs import Jobs
    from app.session.session import LiveSession
    from uvanet.data.gaze_table import GazeTable
    from uvanet.evaluation.gaze_scores import GazeScores

_PROGRESS_EVERY_MS = 150


class GazeMeasurement(QObject):
    """Runs one measurement at a time on a worker thread.

    Args:
        session: Provides source and model.
        jobs: Runs the measurement on a worker thread.

    Signals:
        progress: Progress of the measurement, 0..1; None when it has ended.
        measured: The GazeScores.
        failed: The exception that ended the measurement.
    """

    progress = Signal(object)
    measured = Signal(object)
    failed = Signal(object)

    def __init__(self, session: LiveSession, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._jobs = session, jobs
        self._run: _Run | None = None
        self._timer = QTimer(self, interval=_PROGRESS_EVERY_MS)
        self._timer.timeout.connect(self._show_progress)

    @property
    def running(self) -> bool:
        """Whether a measurement is running."""
        return self._run is not None

    def start(self, gaze: GazeTable, offset: float) -> None:
        """Starts a measurement on the current source; stops a previous one."""
        self.stop()
        info = self._session.info
        if info is None:
            return
        self._run = current = _Run(self._session, info.spec, gaze, offset)
        self.progress.emit(0.0)
        self._timer.start()

        # A stopped measurement may still end or fail; its result is ignored.
        def done(scores: GazeScores) -> None:
            if current is self._run:
                self.stop()
                self.measured.emit(scores)

        def failed(error: Exception) -> None:
            if current is self._run:
                self.stop()
                self.failed.emit(error)

        self._jobs.run(current.measure, done, failed, name="gaze")

    def stop(self) -> None:
        """Stops the measurement without a result."""
        if self._run is not None:
            self._run.stop.set()
            self._run = None
            self._timer.stop()
            self.progress.emit(None)

    def _show_progress(self) -> None:
        if self._run is not None:
            self.progress.emit(self._run.share)


class _Run:
    """The part of a measurement that runs on a worker thread."""

    def __init__(self, session: LiveSession, spec: str, gaze: GazeTable, offset: float) -> None:
        self._session, self._spec, self._gaze, self._offset = session, spec, gaze, offset
        self._name = short_name(session.student.offline_name)
        self.stop = threading.Event()
        self.share = 0.0

    def measure(self) -> GazeScores:
        from uvanet.evaluation.evaluate_gaze import measure_gaze

        return measure_gaze(
            self._session.student.load_offline(),
            self._name,
            make_source(self._spec),  # without the orientation of the window, as people saw it
            self._gaze,
            offset=self._offset,
            progress=self._progress,
        )

    @contextlib.contextmanager
    def _progress(self, title: str, total: int) -> Iterator[Callable[[], object]]:
        del title
        done = 0

        def advance() -> None:
            nonlocal done
            done += 1
            self.share = min(1.0, done / max(1, total))
            if self.stop.is_set():
                raise UvanetError(tr("The comparison was stopped."))  # for the log only

        yield advance
