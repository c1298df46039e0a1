"""Between the window and the pipeline: opens sources, hands results on, keeps the overlay."""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.pipeline import events
from app.pipeline.events import PipelineState
from app.pipeline.pipeline import MAX_SPEED, MIN_SPEED, LivePipeline
from app.pipeline.predictor import Predictor, known_error
from app.session.bridge import PipelineBridge
from app.session.models import (
    DEFAULT_ENGINE,
    first_teacher,
    if_available,
    load_predictor,
    short_name,
)
from app.ui.i18n import tr
from uvanet.errors import SourceError, UvanetError
from uvanet.sources.base import SourceKind
from uvanet.sources.orientation import Orientations, OrientedSource

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.pipeline.packets import FramePacket, SaliencyPacket, TeacherResult
    from app.pipeline.predictor import PredictorFactory
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
    """The program's heart without a face. Lives on the GUI thread.

    Signals:
        opening: The name of a source that is being opened; empty for the first camera.
        switched: From now on no result of the source before comes any more.
        opened: The SourceInfo of the source that plays from now on.
        failed: The UvanetError that ended a source, or kept it from opening.
        engine_failed: The UvanetError of the network; pictures go on without heat.
        stalled: Seconds without a frame; 0 when frames come again.
        state_changed: The PipelineState.
        turned: The pictures are mirrored or rotated otherwise from now on.
        result_ready: A result waits for `take`.
        model_changed: What `use_model` was given; the first map of that network is there.
        teacher_changed: The name of the model that `use_teacher` chose.
        teacher_ready: The name of the teacher that looks on from now on.
        teacher_failed: The UvanetError of the teacher; the student goes on.
        model_failed: The UvanetError that kept `use_model` from it; the network before goes on.
        marks_changed: There are other `marks`.
        regions_changed: There are other `regions`.
        model_waiting: What `use_model` was given; it is loaded, but there is no frame for its
            trial yet.

    Attributes:
        marks: Start and end of the selected stretch, in seconds of the source; None for an end of
            the source itself.
        regions: The regions of interest of the current source.
        info: The facts of the newest source, once it was open; None before.
        orientations: How sources are mirrored and rotated.
        camera_format: What cameras are asked for; None for what they like.
    """

    opening = Signal(str)
    switched = Signal()
    opened = Signal(object)
    failed = Signal(object)
    engine_failed = Signal(object)
    stalled = Signal(float)
    state_changed = Signal(object)
    turned = Signal()
    result_ready = Signal()
    model_changed = Signal(str)
    model_failed = Signal(object)
    teacher_changed = Signal(str)
    model_waiting = Signal(str)
    teacher_ready = Signal(str)
    teacher_failed = Signal(object)
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
    ) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._model = model
        self._model_request = 0
        # Numbers of what the pipeline was asked for: events of anything else are outdated.
        self._source = 0
        self._source_state = PipelineState.IDLE
        self._model_number = 0  # the model in use
        self._trial_number: int | None = None  # the newest one given to the pipeline
        self._teacher_number = 0
        self.engine = engine  # of every network from the next one on
        self._position = 0.0
        self._request = 0
        # Events of the current source that wait while the next one is being made; else None.
        self._deferred: list[events.SourceEvent] | None = None
        self._bridge = PipelineBridge(self)
        self._bridge.resultReady.connect(self.result_ready)
        self._bridge.eventArrived.connect(self._on_event)
        self._pipeline = LivePipeline(
            predictor,
            on_result=self._bridge.notify_result,
            on_event=self._bridge.notify_event,
            name=short_name(model) or "The model",
        )
        self._state = PipelineState.IDLE
        self._first: Predictor | PredictorFactory | None = predictor  # None after the next one
        self.info: SourceInfo | None = None
        self.orientations = Orientations()
        self.camera_format: CameraFormat | None = None
        self._teacher = ""
        self._running_teacher = ""
        self.marks: tuple[float | None, float | None] = (None, None)
        self.regions: tuple[Region, ...] = ()

    # -- sources

    def open(self, spec: str | None) -> None:
        """Opens a source; of several calls in a row the last one wins.

        Args:
            spec: What `uvanet.sources.make_source` takes; None for the first camera or, where
                there is none, the demo.
        """
        self._request += 1
        self._deferred = self._deferred or []
        request = self._request
        self._set_state(PipelineState.OPENING)
        self.opening.emit("" if spec is None else _short_name(spec))

        def done(source: Source) -> None:
            if request == self._request:
                self._deferred = None
                self.info = None
                self._source = self._pipeline.open(source)
                self._source_state = PipelineState.OPENING
                self.switched.emit()
            else:
                source.close()

        def failed(error: Exception) -> None:
            if request == self._request:
                self._fail(error)

        make = partial(_make, spec, self.camera_format, self.orientations)
        self._jobs.run(make, done, failed, name="source")

    def _fail(self, error: Exception) -> None:
        if not isinstance(error, UvanetError):
            _log.error("a source could not be made", exc_info=error)
            error = UvanetError(
                tr("The source cannot be opened: {reason}.").format(reason=error),
                tr("Choose another source."),
            )
        # The source before goes on, if there is one, with what happened in the meantime.
        deferred, self._deferred = self._deferred or [], None
        self._set_state(self._source_state if self._source else PipelineState.FAILED)
        for event in deferred:
            self._on_source(event)
        self.failed.emit(error)

    # -- the network

    @property
    def model(self) -> str:
        """The name or path of the network whose maps are shown."""
        return self._model

    def use_model(self, name_or_path: str) -> None:
        """Puts another network in; of several calls in a row the last one wins.

        It is loaded beside the live view, which misses no frame, and takes its first frame on
        trial. `model_changed` or `model_failed` follows.

        Args:
            name_or_path: A name that `uvanet.available` lists, or the path of an ONNX file.
        """
        self._model_request += 1
        self._trial_number = None
        request = self._model_request

        def done(predictor: Predictor) -> None:
            if request == self._model_request:
                self._trial_number = self._pipeline.use_model(predictor, name_or_path)
                if not self._pipeline.has_frame:
                    self.model_waiting.emit(name_or_path)

        def failed(error: Exception) -> None:
            if request == self._model_request:
                what = tr("{name} cannot be loaded").format(name=short_name(name_or_path))
                self._refuse(known_error(error, what))

        engine = self.engine
        self._jobs.run(lambda: load_predictor(name_or_path, engine), done, failed, name="model")

    def use_engine(self, engine: str) -> None:
        """Runs every network from now on by another engine, as `uvanet.load` takes it."""
        self.engine = engine
        self.use_model(self._model)
        if self._running_teacher:
            self.use_teacher(self._running_teacher)

    @property
    def teacher(self) -> str:
        """The chosen teacher, or the first other model; empty where there is none.

        A teacher whose file was deleted counts as not chosen.
        """
        return if_available(self._teacher) or first_teacher(self._model)

    @property
    def running_teacher(self) -> str:
        """The teacher that was started; empty where none was."""
        return self._running_teacher

    def use_teacher(self, name_or_path: str) -> None:
        """Chooses the teacher; it runs from `start_teacher` to `stop_teacher`.

        `teacher_changed` follows, also where the same teacher was chosen before.

        Args:
            name_or_path: What `use_model` takes.
        """
        self._teacher = name_or_path
        self.teacher_changed.emit(name_or_path)

    def start_teacher(self, *, synchronized: bool) -> str:
        """Runs the chosen teacher next to the student.

        `teacher_ready` or `teacher_failed` follows.

        Args:
            synchronized: Only frames that both have seen are shown; see `TeacherBranch.use`.

        Returns:
            Its name; empty where there is no model that could be a teacher.
        """
        name = self.teacher
        if name:
            self._running_teacher = name
            # One thread, whatever the engine would choose: the student needs the other cores.
            make = partial(load_predictor, name, self.engine, 1)
            self._teacher_number = self._pipeline.teacher.use(
                make, name=name, synchronized=synchronized
            )
        return name

    def stop_teacher(self) -> None:
        """Runs no teacher any more; does nothing where none runs."""
        if self._running_teacher:
            self._running_teacher = ""
            self._teacher_number = self._pipeline.teacher.use(None)

    def set_synchronized(self, synchronized: bool) -> None:
        """Whether only frames that student and teacher have both seen are shown."""
        self._pipeline.teacher.set_synchronized(synchronized)

    def take_teacher_result(self) -> TeacherResult | None:
        """The teacher's newest opinion not yet taken, where frames do not wait for it."""
        return self._pipeline.teacher.take()

    def teacher_stats(self) -> PipelineStats | None:
        """The teacher's numbers of now; None without one."""
        return self._pipeline.teacher.stats()

    def _reread(self) -> None:
        """Reads the frame that stands still once more."""
        info = self.info
        if info is None or info.live:
            return
        if info.kind is SourceKind.PICTURE:
            self._pipeline.play()
        elif info.seekable and self._state in (PipelineState.PAUSED, PipelineState.ENDED):
            # The middle of the frame: its edge may round to the one before.
            self._pipeline.seek(self._position + (0.5 / info.fps if info.fps > 0 else 0.0))

    def _refuse(self, error: UvanetError) -> None:
        stays = tr("{name} goes on.").format(name=short_name(self._model))
        self.model_failed.emit(UvanetError(error.message, f"{error.hint} {stays}".strip()))

    # -- playing

    @property
    def state(self) -> PipelineState:
        """Where the current source stands."""
        return self._state

    @property
    def speed(self) -> float:
        """How fast files play; 1 is real time."""
        return self._pipeline.speed

    def toggle(self) -> None:
        """Plays or pauses."""
        if self._state is PipelineState.PLAYING:
            self._pipeline.pause()
        else:
            self._pipeline.play()

    def seek(self, seconds: float) -> None:
        """Jumps to a time of the source."""
        self._pipeline.seek(max(0.0, seconds))

    def step(self, frames: int) -> None:
        """Pauses and moves by single frames."""
        self._pipeline.step(frames)

    def set_speed(self, speed: float) -> None:
        """Sets how fast files play."""
        self._pipeline.set_speed(speed)

    def change_speed(self, direction: int) -> None:
        """Goes to the next faster (1) or slower (-1) of the usual speeds."""
        now = min(range(len(SPEEDS)), key=lambda place: abs(SPEEDS[place] - self.speed))
        self.set_speed(SPEEDS[min(max(now + direction, 0), len(SPEEDS) - 1)])

    def set_loop(self, loop: bool) -> None:
        """Sets whether files start again at their end."""
        self._pipeline.set_loop(loop)

    def turn(self, orientation: Orientation) -> None:
        """Mirrors and rotates the source that plays, from its next picture on."""
        info = self.info
        if info is None:
            return
        before = self.orientations.of(info.spec)
        self.orientations.set(info.spec, orientation)
        if before.sideways != orientation.sideways:
            self.info = replace(info, width=info.height, height=info.width)
        self.turned.emit()
        if info.seekable and self._state is PipelineState.PLAYING:
            self._pipeline.seek(self._position)
        self._reread()

    # -- beside the live picture

    def another_predictor(self) -> Predictor:
        """A network like the one that runs. Takes a moment: not for the GUI thread."""
        first = self._first
        if first is None:
            return load_predictor(self._model, self.engine, 1)
        return first if isinstance(first, Predictor) else first()

    def another_source(self) -> Source:
        """The source that plays once more, closed. Takes a moment: not for the GUI thread.

        Raises:
            SourceError: None plays.
        """
        info = self.info
        if info is None:
            raise SourceError(tr("No source is open."), tr("Open a file first."))
        return _make(info.spec, self.camera_format, self.orientations)

    def set_tap(self, tap: Callable[[FramePacket], None] | None) -> None:
        """See `LivePipeline.set_tap`."""
        self._pipeline.set_tap(tap)

    # -- selection

    def set_marks(self, start: float | None, end: float | None) -> None:
        """Selects a stretch of the source, in seconds; None for its own start or end."""
        if (start, end) != self.marks:
            self.marks = (start, end)
            self.marks_changed.emit()

    def set_regions(self, regions: Sequence[Region]) -> None:
        """Replaces the regions of interest."""
        self.regions = tuple(regions)
        self.regions_changed.emit()

    # -- results

    @property
    def source_number(self) -> int:
        """Number of the current source, as its frames carry it; 0 before the first."""
        return self._source

    def take(self) -> SaliencyPacket | None:
        """Takes the newest result; None where there is none.

        A result of a teacher that was replaced since is left out.
        """
        packet = self._pipeline.take_result()
        result = None if packet is None else packet.teacher_result
        if packet is not None and result is not None and result.teacher != self._teacher_number:
            return replace(packet, teacher_result=None)
        return packet

    @property
    def position(self) -> float:
        """Seconds in the source of the picture that was painted last."""
        return self._position

    def painted(self, packet: SaliencyPacket) -> None:
        """Tells that a result is on the screen."""
        self._position = packet.frame.pts
        self._pipeline.painted(packet)

    def stats(self) -> PipelineStats:
        """The numbers of now."""
        return self._pipeline.stats()

    def close(self, timeout: float) -> bool:
        """Stops everything; see `LivePipeline.close`."""
        self._request += 1
        self._model_request += 1
        return self._pipeline.close(timeout)

    # -- events

    def _on_event(self, event: events.Event) -> None:
        """Handles an event, unless what it is about was replaced since."""
        match event:
            case events.SourceEvent():
                if event.source == self._source:
                    self._on_source(event)
            case events.ModelEvent():
                self._on_model(event)
            case events.TeacherEvent():
                if event.teacher == self._teacher_number:
                    self._on_teacher(event)

    def _on_source(self, event: events.SourceEvent) -> None:
        if self._deferred is not None:
            self._deferred.append(event)
            return
        match event:
            case events.SourceOpened(_, info):
                self.info = info
                self.opened.emit(info)
            case events.SourceFailed(_, error):
                self.failed.emit(error)
            case events.SourceStalled(_, seconds):
                self.stalled.emit(seconds)
            case events.SourceResumed():
                self.stalled.emit(0.0)
            case events.StateChanged(_, state):
                self._source_state = state
                self._set_state(state)

    def _on_model(self, event: events.ModelEvent) -> None:
        match event:
            case events.ModelChanged(number, name):
                # Also one that a newer request will replace: it is in use until then.
                self._model, self._first, self._model_number = name, None, number
                self.model_changed.emit(name)
            case events.ModelRefused(number, _, error) if number == self._trial_number:
                self._refuse(error)
            case events.InferenceFailed(number, error) if number == self._model_number:
                self.engine_failed.emit(error)

    def _on_teacher(self, event: events.TeacherEvent) -> None:
        match event:
            case events.TeacherReady(_, name):
                self._pipeline.repeat_frame()
                self.teacher_ready.emit(name)
            case events.TeacherFailed(_, _, error):
                self.teacher_failed.emit(error)

    def _set_state(self, state: PipelineState) -> None:
        if state is not self._state:
            self._state = state
            self.state_changed.emit(state)


def _make(spec: str | None, camera: CameraFormat | None, orientations: Orientations) -> Source:
    """Makes a source, still closed. Runs on a job's thread: it may look for cameras."""
    from uvanet.sources import default_source, make_source

    source = default_source(camera=camera) if spec is None else make_source(spec, camera=camera)
    return OrientedSource(source, orientations)


def _short_name(spec: str) -> str:
    """The part of a spec that people know it by, without secrets of a URL."""
    if "://" in spec:
        scheme, _, rest = spec.partition("://")
        host = rest.split("/", 1)[0].rpartition("@")[2]
        return f"{scheme}://{host}"
    return spec.replace("\\", "/").rstrip("/").rpartition("/")[2] or spec
