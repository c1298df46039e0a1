"""Automatic choice of the student, by its step time on this machine and the source's rate."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app.session.automatic_policy import AutomaticPolicy
from app.session.models import AUTOMATIC, short_name
from app.session.step_times import student_times
from app.ui.i18n import tr
from uvanet.sources.base import SourceKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.pipeline.stats import PipelineStats
    from app.runtime.jobs import Jobs
    from app.session.settings import SessionSettings
    from app.session.step_times import RememberedTimes
    from app.session.student import StudentModel
    from uvanet.sources.base import SourceInfo

TICK_MS = 500
"""Interval of the observations; `AutomaticPolicy` counts them."""

UNKNOWN_RATE = 30.0
"""Frames per second of a source that does not tell its rate."""

PICTURE_RATE = 1.0
"""A still picture is predicted once, and may take as long as a frame of this rate."""

MAX_RATE = 240.0
"""Rates above it are errors of a driver or file."""

_log = logging.getLogger(__name__)


class AutomaticModel(QObject):
    """Runs the student of `AutomaticPolicy` while the user has pinned none.

    The program starts with a small student at first, and later with the one that ran last. After
    the first painted frame, the students that ship are measured on a worker thread, unless their
    times are remembered, and the chosen one is put on trial in the running pipeline.

    Args:
        student: The model that is replaced.
        jobs: Measure in the background.
        settings: Keep the step times.
        rate: Gives the frames per second of the current source; 0 where none is open.
        stats: Gives the statistics of the pipeline.

    Signals:
        changed: `title` or `reason` may have changed.

    Attributes:
        holders: Names of the work that needs the student as it is, see `hold`.
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
        self._engine = ""  # that the policy's times were measured with
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
        """Whether the user has pinned no model."""
        return self._student.choice == AUTOMATIC

    def hold(self, holder: str, on: bool) -> None:
        """Keeps the student as it is, for work that needs one model, or no longer.

        Args:
            holder: Name of the work; the student is kept while any holds it.
            on: Whether it holds it.
        """
        if on:
            self.holders.add(holder)
        else:
            self.holders.discard(holder)

    @property
    def title(self) -> str:
        """The student in use for people, such as "Automatic: uvanet-128"."""
        name = short_name(self._student.name)
        if not self.on:
            return name
        text = tr("Automatic: {name} (computer busy)") if self._busy else tr("Automatic: {name}")
        return text.format(name=name)

    @property
    def reason(self) -> str:
        """Why it is in use."""
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
        return f"{took}\n{why}"

    @property
    def _busy(self) -> bool:
        return self._policy is not None and self._policy.busy

    def tick(self) -> None:
        """Observes the live view; measures or changes the student where that is due."""
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
            if policy.name == student.name:
                policy.observe(stats.inference_p50_ms)
            if policy.name != student.name:
                student.swap(policy.name)
            elif not policy.busy:
                self._settings.automatic = student.name
            if student.pending or policy.frame_ms != before:
                self.changed.emit()

    def close(self) -> None:
        """Ends the measurement after the model that is being measured."""
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
        """Leaves a student that cannot be used out of the choice."""
        _log.warning("%s is left out of the automatic choice", name)
        times = {} if self._policy is None else self._policy.times
        left = {other: step for other, step in times.items() if other != name}
        self._policy = AutomaticPolicy(left) if left else None
        self.tick()
        self.changed.emit()


def source_rate(info: SourceInfo | None, speed: float) -> float:
    """Frames per second that a source gives.

    Args:
        info: Its facts; None where none is open.
        speed: Playback speed of files.

    Returns:
        0 where no source is open; `UNKNOWN_RATE` where the rate is not known.
    """
    if info is None:
        return 0.0
    if info.kind is SourceKind.PICTURE or info.slides:
        return PICTURE_RATE
    rate = info.fps if info.fps > 0 else UNKNOWN_RATE
    return min(rate if info.live else rate * speed, MAX_RATE)
