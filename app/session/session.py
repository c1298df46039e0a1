"""Live session: source, model, teacher and playback state."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

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
    TeacherEvent,
)
from app.pipeline.packets import FramePacket, SaliencyPacket
from app.pipeline.pipeline import MAX_SPEED, MIN_SPEED, LivePipeline
from app.pipeline.predictor import Predictor, PredictorFactory
from app.pipeline.stats import PipelineStats
from app.runtime.jobs import Jobs
from app.session.automatic import AutomaticModel, source_rate
from app.session.bridge import PipelineBridge
from app.session.models import AUTOMATIC, DEFAULT_ENGINE, short_name
from app.session.settings import SessionSettings
from app.session.source_factory import make_oriented_source
from app.session.source_opener import SourceOpener
from app.session.student import StudentModel
from app.session.teacher import TeacherModel
from app.ui.i18n import tr
from app.ui.time_text import TimeBase
from uvanet.analysis import Region
from uvanet.errors import SourceError
from uvanet.sources import CameraFormat
from uvanet.sources.base import Source, SourceInfo, SourceKind
from uvanet.sources.orientation import Orientation, Orientations
from uvanet.sources.screen import HiddenAreas

SPEEDS = tuple(
    speed for speed in (0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 4.0) if MIN_SPEED <= speed <= MAX_SPEED
)


class LiveSession(QObject):
    """Owns the state of the live view and the pipeline behind it. Lives on the GUI thread.

    Args:
        predictor: The first model, or its factory.
        jobs: Loads models and makes sources in the background.
        model: Name or path of the first model.
        engine: Engine of the first model.
        threads: Threads of the student, as `uvanet.load` takes them.
        settings: Settings of the automatic choice; None for settings that are not saved.
        automatic: Whether the automatic choice may replace the first model; otherwise the first
            model is pinned.

    Signals:
        opening: Name of the source that is being opened; empty for the default source.
        switched: The next source replaces the current one, whose results no longer arrive.
        sought: `seek` was called.
        opened: SourceInfo of the source that plays from now on.
        failed: UvanetError that ended a source, or kept it from opening.
        stalled: Seconds without a frame of a source that should give one; 0 once frames arrive.
        status_changed: The SourceStatus of a live source.
        state_changed: The PipelineState.
        turned: The orientation or the size of the source changed, from its next frame on.
        result_ready: A result can be taken by `take`.
        marks_changed: `marks` changed.
        regions_changed: `regions` changed.

    Attributes:
        student: The model whose maps are shown.
        automatic: Replaces the student while the user has pinned no model.
        teacher: The model that is compared with the student.
        spec: What was passed to `open` for the current source; empty before the first.
        info: Facts of the current source; None before it is open.
        orientations: Mirroring and rotation of each source.
        hidden_areas: Parts of the desktop that a screen source leaves out.
        film_rates: Frames per second that the user chose for folders, by their spec; 0 for slides.
        camera_format: Format to request from cameras; None for their default.
        marks: Start and end of the selected time range, in seconds of the source; None for the
            source's own start or end.
        regions: Regions of interest of the current source.
    """

    opening = Signal(str)
    switched = Signal()
    sought = Signal()
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
        self._bridge = PipelineBridge(self)
        self._bridge.result_ready.connect(self.result_ready)
        self._bridge.event_arrived.connect(self._on_event)
        self._pipeline = LivePipeline(
            predictor,
            on_result=self._bridge.notify_result,
            on_event=self._bridge.notify_event,
            name=short_name(model) or tr("The model"),
        )
        self._opener = SourceOpener(self._pipeline, jobs, self)
        self._opener.opening.connect(self.opening)
        self._opener.switched.connect(self._on_switched)
        self._opener.failed.connect(self.failed)
        self._opener.state_changed.connect(self.state_changed)
        self._opener.event_arrived.connect(self._on_source_event)
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
        self.hidden_areas = HiddenAreas()
        self.film_rates: dict[str, float] = {}
        self.camera_format: CameraFormat | None = None
        self.marks: tuple[float | None, float | None] = (None, None)
        self.regions: tuple[Region, ...] = ()
        self._position = 0.0

    # Source

    def open(self, spec: str | None) -> None:
        """Opens a source; of several calls in a row the last one counts.

        The current source plays until the new one is made, and stays where that fails.

        Args:
            spec: The source, as `uvanet.sources.make_source` takes it; None for the first camera
                or, without a camera, the demo.
        """
        make = partial(
            make_oriented_source,
            spec,
            self.camera_format,
            self.orientations,
            fps=self.film_rates.get(spec or ""),
            hidden_areas=self.hidden_areas,
        )
        self._opener.open(spec, make)

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
        elif info.seekable and self.state is PipelineState.PLAYING:
            self._pipeline.seek(self._position)
        elif info.seekable and self.state in (PipelineState.PAUSED, PipelineState.ENDED):
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
        self.teacher.restart()

    # Playback

    @property
    def state(self) -> PipelineState:
        """State of the current source; OPENING while the next one is being made."""
        return self._opener.state

    @property
    def position(self) -> float:
        """Position in the source, in seconds: of the painted frame, or of a later seek."""
        return self._position

    @property
    def time_base(self) -> TimeBase:
        """Formats times of the current source, and finds the frame of a time."""
        info = self.info
        return TimeBase() if info is None else TimeBase(info.fps, info.variable_rate)

    @property
    def speed(self) -> float:
        """Playback speed of files; 1 is real time."""
        return self._pipeline.speed

    def toggle(self) -> None:
        """Plays or pauses."""
        if self.state is PipelineState.PLAYING:
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
        self.sought.emit()
        info = self.info
        seconds = max(0.0, seconds)
        if info is not None and info.seekable:
            seconds = min(seconds, info.duration or seconds)
            self._position = seconds
        self._pipeline.seek(seconds)

    def rewind(self, seconds: float) -> None:
        """Goes back to a time of the source in pause, for reverse playback."""
        self._position = max(0.0, seconds)
        self._pipeline.rewind(self._position)

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
        return self._opener.number

    def set_paint_room(self, room: tuple[int, int]) -> None:
        """Sets the width and height, in pixels, to which pictures of video are scaled down."""
        self._pipeline.set_paint_room(room)

    def take(self) -> SaliencyPacket | None:
        """Takes the newest result, or None."""
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
        self._opener.close()
        self.automatic.close()
        self.student.close()
        return self._pipeline.close(timeout)

    # Events of the pipeline

    def _on_event(self, event: Event) -> None:
        match event:
            case SourceEvent():
                self._opener.on_event(event)
            case ModelEvent():
                self.student.on_event(event)
            case TeacherEvent():
                self.teacher.on_event(event)

    def _on_switched(self, spec: str | None) -> None:
        self.info, self.spec = None, spec
        self.switched.emit()

    def _on_source_event(self, event: SourceEvent) -> None:
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
