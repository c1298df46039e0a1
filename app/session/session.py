"""Live session: source, model, teacher and playback state."""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.pipeline.events import (
    Event,
    ModelEvent,
    PipelineState,
    SourceChanged,
    SourceEvent,
    SourceFailed,
    SourceOpened,
    SourceResumed,
    SourceStalled,
    SourceStatusChanged,
    StateChanged,
    TeacherEvent,
)
from app.pipeline.pipeline import MAX_SPEED, MIN_SPEED, LivePipeline
from app.session.automatic import AutomaticModel, source_rate
from app.session.bridge import PipelineBridge
from app.session.models import AUTOMATIC, DEFAULT_ENGINE, short_name
from app.session.settings import SessionSettings
from app.session.source_factory import make_oriented_source, source_label
from app.session.student import StudentModel
from app.session.teacher import TeacherModel
from app.ui.i18n import tr
from app.ui.time_text import TimeBase
from uvanet.errors import SourceError, UvanetError
from uvanet.sources.base import SourceKind
from uvanet.sources.orientation import Orientations

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.pipeline.packets import FramePacket, SaliencyPacket
    from app.pipeline.predictor import Predictor, PredictorFactory
    from app.pipeline.stats import PipelineStats
    from app.runtime.jobs import Jobs
    from uvanet.analysis import Region
    from uvanet.sources import CameraFormat
    from uvanet.sources.base import Source, SourceInfo
    from uvanet.sources.orientation import Orientation

_log = logging.getLogger(__name__)

SPEEDS = tuple(
    speed for speed in (0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 4.0) if MIN_SPEED <= speed <= MAX_SPEED
)


class LiveSession(QObject):
    """Owns the state of the live view and the pipeline behind it. Lives on the GUI thread.

    Args:
        predictor: The first model, or its factory.
        jobs: Load models and make sources in the background.
        model: Name or path of the first model.
        engine: Its engine.
        threads: Threads of the student, as `uvanet.load` takes them.
        settings: Remember choices; None: settings that are not saved.
        automatic: Whether the first model may be replaced by the automatic choice; it is pinned
            otherwise.

    Signals:
        opening: Name of the source that is being opened; empty for the default source.
        switched: No result of the source before comes any more.
        opened: SourceInfo of the source that plays from now on.
        failed: UvanetError that ended a source, or kept it from opening.
        stalled: Seconds without a frame of a source that should give one; 0 when frames come again.
        status_changed: The SourceStatus of a live source.
        state_changed: The PipelineState.
        turned: The orientation or the size of the source changed, from its next frame on.
        result_ready: A result can be taken by `take`.
        marks_changed: `marks` changed.
        regions_changed: `regions` changed.

    Attributes:
        student: The model whose maps are shown.
        automatic: Replaces it, where the user pinned none.
        teacher: The model that is compared with it.
        spec: What was passed to `open` for the current source; empty before the first.
        info: Facts of the current source; None before it is open.
        orientations: Mirroring and rotation of each source.
        film_rates: Frames per second that the user chose for folders, by their spec; 0 for slides.
        camera_format: Format to request from cameras; None for their default.
        marks: Start and end of the selected time range, in seconds of the source; None for the
            source's own start or end.
        regions: Regions of interest of the current source.
    """

    opening = Signal(str)
    switched = Signal()
    opened = Signal(object)
    failed = Signal(object)
    stalled = Signal(float)
    status_changed = Signal(object)
    state_changed = Signal(object)
    turned = Signal()
    result_ready = Signal()
    marks_changed = Signal()
    regions_changed = Signal()

    def __init__(
        self,
        predictor: Predictor | PredictorFactory,
        jobs: Jobs,
        parent: QObject | None = None,
        *,
        model: str = "",
        engine: str = DEFAULT_ENGINE,
        threads: int | None = None,
        settings: SessionSettings | None = None,
        automatic: bool = False,
    ) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._bridge = PipelineBridge(self)
        self._bridge.result_ready.connect(self.result_ready)
        self._bridge.event_arrived.connect(self._on_event)
        self._pipeline = LivePipeline(
            predictor,
            on_result=self._bridge.notify_result,
            on_event=self._bridge.notify_event,
            name=short_name(model) or "The model",
        )
        self.student = StudentModel(
            self._pipeline,
            jobs,
            predictor,
            model,
            engine,
            self,
            threads=threads,
            choice=AUTOMATIC if automatic else None,
        )
        self.teacher = TeacherModel(self._pipeline, self.student, self)
        self.automatic = AutomaticModel(
            self.student,
            jobs,
            settings or SessionSettings(),
            rate=lambda: source_rate(self.info, self.speed),
            stats=self.stats,
            parent=self,
        )
        self.spec: str | None = ""
        self.info: SourceInfo | None = None
        self.orientations = Orientations()
        self.film_rates: dict[str, float] = {}
        self.camera_format: CameraFormat | None = None
        self.marks: tuple[float | None, float | None] = (None, None)
        self.regions: tuple[Region, ...] = ()
        self._state = PipelineState.IDLE
        self._position = 0.0
        self._request = 0
        self._source = 0  # as the pipeline gave it: events of other sources are outdated
        self._source_state = PipelineState.IDLE
        # Events of the current source that wait while the next one is being made; else None.
        self._deferred: list[SourceEvent] | None = None

    # Source

    def open(self, spec: str | None) -> None:
        """Opens a source; of several calls in a row the last one counts.

        The current source plays on until the new one is made; where that fails, it stays.

        Args:
            spec: What `uvanet.sources.make_source` takes; None for the first camera or, where
                there is none, the demo.
        """
        self._request += 1
        self._deferred = self._deferred or []
        request = self._request
        self._set_state(PipelineState.OPENING)
        self.opening.emit("" if spec is None else source_label(spec))

        def done(source: Source) -> None:
            if request == self._request:
                self._deferred = None
                self.info, self.spec = None, spec
                self._source = self._pipeline.open(source)
                self._source_state = PipelineState.OPENING
                self.switched.emit()
            else:
                source.close()

        def failed(error: Exception) -> None:
            if request == self._request:
                self._fail(error)

        make = partial(
            make_oriented_source,
            spec,
            self.camera_format,
            self.orientations,
            fps=self.film_rates.get(spec or ""),
        )
        self._jobs.run(make, done, failed, name="source")

    def _fail(self, error: Exception) -> None:
        if not isinstance(error, UvanetError):
            _log.error("a source could not be made", exc_info=error)
            error = UvanetError(
                tr("The source cannot be opened: {reason}.").format(reason=error),
                tr("Choose another source."),
            )
        # The source before stays, if there is one, with the events that came in the meantime.
        deferred, self._deferred = self._deferred or [], None
        self._set_state(self._source_state if self._source else PipelineState.FAILED)
        for event in deferred:
            self._on_source(event)
        self.failed.emit(error)

    def give_up_reconnecting(self) -> None:
        """Ends the attempts to connect a live source again; `failed` follows."""
        self._pipeline.give_up_reconnecting()

    def turn(self, orientation: Orientation) -> None:
        """Mirrors and rotates the current source, from its next frame on."""
        info = self.info
        if info is None:
            return
        before = self.orientations.of(info.spec)
        self.orientations.set(info.spec, orientation)
        if before.sideways != orientation.sideways:
            self.info = replace(info, width=info.height, height=info.width)
        self.turned.emit()
        if info.kind is SourceKind.PICTURE:
            self._pipeline.play()
        elif info.seekable and self._state is PipelineState.PLAYING:
            self._pipeline.seek(self._position)
        elif info.seekable and self._state in (PipelineState.PAUSED, PipelineState.ENDED):
            # The middle of the frame: its start may round to the frame before.
            self._pipeline.seek(self._position + (0.5 / info.fps if info.fps > 0 else 0.0))

    def reopen_source(self) -> Source:
        """Makes another instance of the current source, closed. Slow: not on the GUI thread.

        Raises:
            SourceError: No source is open.
        """
        info = self.info
        if info is None:
            raise SourceError(tr("No source is open."), tr("Open a file first."))
        return make_oriented_source(
            info.spec,
            self.camera_format,
            self.orientations,
            reconnect=0.0,
            fps=info.folder_rate,
        )

    def use_engine(self, engine: str) -> None:
        """Runs student and teacher on another engine, as `uvanet.load` takes it."""
        self.student.use_engine(engine)
        if self.teacher.running:
            self.teacher.use(self.teacher.running)

    # Playback

    @property
    def state(self) -> PipelineState:
        """State of the current source; OPENING while the next one is being made."""
        return self._state

    @property
    def position(self) -> float:
        """Position of the painted frame in its source, or the one sought since, in seconds."""
        return self._position

    @property
    def time_base(self) -> TimeBase:
        """Names the times of the current source, and finds its frames."""
        info = self.info
        return TimeBase() if info is None else TimeBase(info.fps, info.variable_rate)

    @property
    def speed(self) -> float:
        """Playback speed of files; 1 is real time."""
        return self._pipeline.speed

    def toggle(self) -> None:
        """Plays or pauses."""
        if self._state is PipelineState.PLAYING:
            self.pause()
        else:
            self.play()

    def play(self) -> None:
        """Plays."""
        self._pipeline.play()

    def pause(self) -> None:
        """Pauses."""
        self._pipeline.pause()

    def seek(self, seconds: float) -> None:
        """Jumps to a time of the source; clamped to its start and end."""
        info = self.info
        seconds = max(0.0, seconds)
        if info is not None and info.seekable:
            seconds = min(seconds, info.duration or seconds)
            self._position = seconds
        self._pipeline.seek(seconds)

    def step(self, frames: int) -> None:
        """Pauses and moves by single frames."""
        self._pipeline.step(frames)

    def set_speed(self, speed: float) -> None:
        """Sets the playback speed of files."""
        self._pipeline.set_speed(speed)

    def change_speed(self, direction: int) -> None:
        """Changes to the next faster (1) or slower (-1) speed of `SPEEDS`."""
        now = min(range(len(SPEEDS)), key=lambda index: abs(SPEEDS[index] - self.speed))
        self.set_speed(SPEEDS[min(max(now + direction, 0), len(SPEEDS) - 1)])

    def set_loop(self, loop: bool) -> None:
        """Sets whether files start over at their end."""
        self._pipeline.set_loop(loop)

    # Selection

    def set_marks(self, start: float | None, end: float | None) -> None:
        """Selects a time range of the source, in seconds; None for its own start or end."""
        if (start, end) != self.marks:
            self.marks = (start, end)
            self.marks_changed.emit()

    def set_regions(self, regions: Sequence[Region]) -> None:
        """Replaces the regions of interest."""
        self.regions = tuple(regions)
        self.regions_changed.emit()

    # Results

    @property
    def source_number(self) -> int:
        """Number of the current source, as its frames carry it; 0 before the first."""
        return self._source

    def take(self) -> SaliencyPacket | None:
        """Takes the newest result; None where there is none."""
        packet = self._pipeline.take_result()
        return None if packet is None else self.teacher.without_outdated(packet)

    def painted(self, packet: SaliencyPacket) -> None:
        """Counts a result as painted."""
        self._position = packet.frame.pts
        self._pipeline.painted(packet)

    def stats(self) -> PipelineStats:
        """Statistics of the moment."""
        return self._pipeline.stats()

    def set_tap(self, tap: Callable[[FramePacket], None] | None) -> None:
        """See `LivePipeline.set_tap`."""
        self._pipeline.set_tap(tap)

    def close(self, timeout: float) -> bool:
        """Stops everything; see `LivePipeline.close`."""
        self._request += 1
        self.automatic.close()
        self.student.close()
        return self._pipeline.close(timeout)

    # Events of the pipeline

    def _on_event(self, event: Event) -> None:
        match event:
            case SourceEvent():
                if event.source == self._source:
                    self._on_source(event)
            case ModelEvent():
                self.student.on_event(event)
            case TeacherEvent():
                self.teacher.on_event(event)

    def _on_source(self, event: SourceEvent) -> None:
        if self._deferred is not None:
            self._deferred.append(event)
            return
        match event:
            case SourceOpened(_, info):
                self.info = info
                self.opened.emit(info)
            case SourceChanged(_, info):
                self.info = info
                self.turned.emit()
            case SourceFailed(_, error):
                self.failed.emit(error)
            case SourceStalled(_, seconds):
                self.stalled.emit(seconds)
            case SourceResumed():
                self.stalled.emit(0.0)
            case SourceStatusChanged(_, status):
                self.status_changed.emit(status)
            case StateChanged(_, state):
                self._source_state = state
                self._set_state(state)

    def _set_state(self, state: PipelineState) -> None:
        if state is not self._state:
            self._state = state
            self.state_changed.emit(state)
