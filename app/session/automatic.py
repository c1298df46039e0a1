"""Automatic choice of the student, by its step time on this machine and the source's rate."""

from __future__ import annotations

import logging
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal

from app.pipeline.stats import PipelineStats
from app.runtime.jobs import Jobs
from app.session.automatic_policy import AutomaticPolicy
from app.session.models import AUTOMATIC, short_name
from app.session.settings import SessionSettings
from app.session.step_times import RememberedTimes, student_times
from app.session.student import StudentModel
from app.ui.i18n import tr
from uvanet.sources.base import SourceInfo

TICK_MS = 500
"""Interval of the observations; `AutomaticPolicy` counts them."""

UNKNOWN_RATE = 30.0
"""Frames per second that are assumed for a source of unknown rate."""

PICTURE_RATE = 1.0
"""Frames per second that are assumed for a still picture, which is predicted once."""

MAX_RATE = 240.0
"""Highest rate that is believed; a driver or file may state a wrong one."""

_log = logging.getLogger(__name__)


class AutomaticModel(QObject):
    """Runs the student of `AutomaticPolicy` while the user has pinned none.

    The first start of the program uses a small student, later starts the one that ran last. After
    the first painted frame, the shipped students are measured on a worker thread, unless their
    times are remembered. The chosen student is then put on trial in the running pipeline.

    Args:
        student: The model that is replaced.
        jobs: Runs the measurement.
        settings: Stores the step times.
        rate: Returns the frames per second of the current source; 0 where none is open.
        stats: Returns the statistics of the pipeline.

    Signals:
        changed: `title` or `reason` may have changed.

    Attributes:
        holders: Names of running work that needs the current student, see `hold`.
    """

    changed = Signal()

    def __init__(
        self,
        student: StudentModel,
        jobs: Jobs,
        settings: SessionSettings,
        *,
        rate: Callable[[], float],
        stats: Callable[[], PipelineStats],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._student = student
        self._jobs = jobs
        self._settings = settings
        self._rate = rate
        self._stats = stats
        self._policy: AutomaticPolicy | None = None
        self._engine = ""  # of the policy's times
        self._measuring = False
        self._closed = False
        self.holders: set[str] = set()
        student.changed.connect(self.changed)
        student.choice_made.connect(self.changed)
        student.swap_failed.connect(self._on_swap_failed)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.tick)
        self._timer.start(TICK_MS)

    @property
    def on(self) -> bool:
        """Whether the choice is automatic: the user has pinned no model."""
        return self._student.choice == AUTOMATIC

    def hold(self, holder: str, on: bool) -> None:
        """Starts or ends work during which the student must not change.

        Args:
            holder: Name of the work. The student is kept as long as any such work runs.
            on: Whether the work starts.
        """
        if on:
            self.holders.add(holder)
        else:
            self.holders.discard(holder)

    @property
    def title(self) -> str:
        """Text for users that names the student in use, such as "Automatic: uvanet-128"."""
        name = short_name(self._student.name)
        if not self.on:
            return name
        text = tr("Automatic: {name} (computer busy)") if self._busy else tr("Automatic: {name}")
        return text.format(name=name)

    @property
    def reason(self) -> str:
        """Text for users that explains why the student is in use."""
        policy, name = self._policy, self._student.name
        if not self.on:
            return tr("Chosen by you")
        if policy is None or name != policy.name:
            return tr("Measuring which model this computer runs live …")
        took = tr("{name} takes {step:.1f} ms of {frame:.0f} ms.").format(
            name=name, step=policy.times[name], frame=policy.frame_ms
        )
        if self._busy:
            why = tr("A larger model was too slow beside other programs; it comes back later.")
        else:
            why = tr("It is the largest that takes at most a quarter of a frame's time.")
        lines = [took, why]
        if (offline := self._student.offline_name) != name:
            exports = tr("Exports, reports and comparisons use {name}.")
            lines.append(exports.format(name=short_name(offline)))
        return "\n".join(lines)

    @property
    def _busy(self) -> bool:
        return self._policy is not None and self._policy.busy

    def tick(self) -> None:
        """Observes the live view once; measures the students or changes the student if due."""
        student, rate = self._student, self._rate()
        if not self.on or self.holders or student.pending or self._measuring or rate <= 0:
            return
        stats = self._stats()
        if not stats.painted:
            return
        if self._engine != student.engine:
            self._measure()
        elif (policy := self._policy) is not None:
            before = policy.frame_ms
            policy.set_rate(rate)
            if policy.name == student.name and rate > PICTURE_RATE:  # a picture is never late
                policy.observe(stats.inference_p50_ms)
            if policy.name != student.name:
                student.swap(policy.name)
            elif not policy.busy:
                self._settings.automatic = student.name
            if student.pending or policy.frame_ms != before:
                self.changed.emit()

    def close(self) -> None:
        """Stops observing; a running measurement ends after the current model."""
        self._closed = True
        self._timer.stop()

    def _measure(self) -> None:
        self._measuring = True
        engine, threads = self._student.engine, self._student.threads
        remembered = self._settings.step_times

        def done(result: tuple[dict[str, float], RememberedTimes]) -> None:
            times, self._settings.step_times = result
            self._measuring, self._engine = False, engine
            self._policy = AutomaticPolicy(times) if times else None
            self.tick()
            self.changed.emit()

        def failed(error: Exception) -> None:
            self._measuring, self._engine = False, engine
            raise error

        self._jobs.run(
            lambda: student_times(engine, threads, remembered, lambda: self._closed),
            done,
            failed,
            name="step-times",
        )

    def _on_swap_failed(self, name: str) -> None:
        """Removes a student that cannot be used from the choice."""
        _log.warning("%s is left out of the automatic choice", name)
        times = {} if self._policy is None else self._policy.times
        remaining = {other: step for other, step in times.items() if other != name}
        self._policy = AutomaticPolicy(remaining) if remaining else None
        self.tick()
        self.changed.emit()


def source_rate(info: SourceInfo | None, speed: float) -> float:
    """Frames per second that a source gives.

    Args:
        info: Facts of the source; None where none is open.
        speed: Playback speed of files.

    Returns:
        0 where no source is open; `UNKNOWN_RATE` where the rate is not known.
    """
    if info is None:
        return 0.0
    if not info.plays:
        return PICTURE_RATE
    rate = info.fps if info.fps > 0 else UNKNOWN_RATE
    return min(rate if info.live else rate * speed, MAX_RATE)
