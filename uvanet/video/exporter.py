"""Exports a source to files: each frame once, in order.

One thread reads frames, a second one predicts, the calling thread composes, and the encoder has
threads of its own. They overlap, and memory does not grow with the clip, since queues are short.
"""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from uvanet.errors import SourceError, UsageError
from uvanet.i18n import tr
from uvanet.model_card import Card
from uvanet.runtime.engine import LAG
from uvanet.runtime.streaming import MAX_AGE
from uvanet.sources import Frame, Source, SourceInfo, SourceStatus, make_source
from uvanet.sources.folder import FolderSource
from uvanet.sources.orientation import Orientations, OrientedSource
from uvanet.stream import Stream
from uvanet.video.annotated_frame import AnnotatedFrame
from uvanet.video.control import Cancelled, Control, Meter, Progress
from uvanet.video.job import Job
from uvanet.video.output_names import free_names, protect_inputs
from uvanet.video.outputs import make_sinks
from uvanet.video.prefetch import EARLY, annotate_ahead
from uvanet.video.smoothing import Smoother
from uvanet.video.timing import Timing, timing_of
from uvanet.video.transaction import Transaction, WriteError

_SAMPLES = 20_000  # timings for the percentiles
_RECONNECT_SECONDS = 20.0  # a camera or stream that fails for longer ends the export


@dataclass(frozen=True, slots=True)
class ExportResult:
    """The result of an export.

    Attributes:
        paths: The files written; their names may differ from those of the job, see
            `Job.overwrite`.
        model: Name of the model.
        source: Properties of the source.
        frames: Number of frames written.
        seconds: Wall time of the export.
        fps: Frames per second of wall time.
        network_p50_ms: Median time of resizing and predicting a frame, milliseconds.
        latency_p50_ms: Median time from a frame's arrival to its writing, milliseconds.
        latency_p95_ms: 95th percentile of the time from arrival to writing, milliseconds.
        stopped: Why the export ended before the source's end, for people; usually empty.
        note: What is missing from the files, for people; usually empty.
    """

    paths: tuple[Path, ...]
    model: str
    source: SourceInfo
    frames: int
    seconds: float
    fps: float
    network_p50_ms: float
    latency_p50_ms: float
    latency_p95_ms: float
    stopped: str = ""
    note: str = ""


def export(
    job: Job,
    *,
    progress: Callable[[Progress], None] | None = None,
    control: Control | None = None,
    on_status: Callable[[SourceStatus], None] | None = None,
) -> ExportResult:
    """Predicts the frames of a source and writes the files of a job.

    If the source fails, the disk is full, or the export is stopped, the frames before are kept: all
    outputs end at the same frame, and an output that cannot is removed.

    Args:
        job: The export.
        progress: Called after each frame.
        control: Stops or cancels the export.
        on_status: Called with each new status of a live source, by any thread.

    Raises:
        Cancelled: `control` cancelled the export; no file is left.
        SourceError: The source cannot be opened or gives no frame.
        OutputError: No output can be written.
        UsageError: An output would replace an input, has an unknown ending, or does not suit the
            source.
        ModelError: The model cannot be loaded.
    """
    with _single_threaded_opencv():
        return _export(job, progress, control or Control(), on_status)


def _export(
    job: Job,
    progress: Callable[[Progress], None] | None,
    control: Control,
    on_status: Callable[[SourceStatus], None] | None,
) -> ExportResult:
    began = time.perf_counter()
    upright = make_source(job.source, fps=job.folder_fps, reconnect=_RECONNECT_SECONDS)
    inputs = upright.files()
    pictures = inputs if isinstance(upright, FolderSource) else ()
    protect_inputs(job.outs, [*inputs, *job.inputs], pictures)
    outs = free_names(job.outs, overwrite=job.overwrite, pictures=pictures)
    job = dataclasses.replace(job, outs=outs)
    annotator = _Annotator(job)
    turned = OrientedSource(upright, Orientations(job.orientation))
    turned.on_status = on_status
    with turned as source:
        _go_to_start(source, job, annotator.card.memory_seconds)
        files = source.files()
        timing = timing_of(source.info, files[0] if files else None)
        annotator.start(timing, job.continues, slides=source.info.slides)
        models = (annotator.card, annotator.teacher_name)
        outputs = Transaction(make_sinks(job, source.info, files, timing, *models, control))
        meter = Meter(expected_frames(source.info, job))
        try:
            try:
                stopped = _run(job, source, annotator, outputs, meter, control, progress)
                outcome = outputs.complete()
            except WriteError as failure:
                stopped, outcome = "", outputs.keep(failure.error)
        except BaseException:
            outputs.abort()
            raise
    seconds = time.perf_counter() - began
    p50, p95 = np.percentile(annotator.latency, [50, 95]) * 1e3
    return ExportResult(
        paths=outcome.paths,
        model=annotator.card.name,
        source=source.info,
        frames=outcome.frames,
        seconds=seconds,
        fps=outcome.frames / seconds,
        network_p50_ms=float(np.median(annotator.network)) * 1e3,
        latency_p50_ms=float(p50),
        latency_p95_ms=float(p95),
        stopped=outcome.problem or stopped or control.reason,
        note=" ".join(filter(None, (outcome.note, _damage(source)))),
    )


def _damage(source: Source) -> str:
    count = source.status.damaged
    if not count:
        return ""
    text = tr("{count} damaged frames of {title} were skipped.")
    if count == 1:
        text = tr("1 damaged frame of {title} was skipped.")
    return text.format(count=count, title=source.info.title)


@contextlib.contextmanager
def _single_threaded_opencv() -> Iterator[None]:
    """Limits OpenCV to the calling thread; decoder and encoder use the other cores.

    OpenCV's worker threads wait actively, which would slow down both.
    """
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)


class _Annotator:
    """Predicts frames in order and keeps the state for the next frame."""

    def __init__(self, job: Job) -> None:
        self._stream = Stream(job.model)
        # A teacher takes as long as the rest of the export, so it runs only if it is shown.
        shown = job.teacher is not None and "teacher" in job.look.panes
        self._teacher = Stream(job.teacher) if shown and job.teacher is not None else None
        self._smoother = Smoother(job.look.smoothing)
        self._teacher_smoother = Smoother(job.look.smoothing)
        self._first: Fraction | None = None
        self._last: Fraction | None = None
        self._timing: Timing
        self._slides = False
        self.frames = 0
        self.network: deque[float] = deque(maxlen=_SAMPLES)
        self.latency: deque[float] = deque(maxlen=_SAMPLES)

    @property
    def card(self) -> Card:
        return self._stream.model.card

    @property
    def teacher_name(self) -> str:
        return self._teacher.model.card.name if self._teacher else ""

    def start(self, timing: Timing, first: float | None, *, slides: bool) -> None:
        """Takes the properties of the open source.

        Args:
            timing: Its time axis.
            first: Time of the clip's first frame, seconds; None for that of the first annotated
                frame.
            slides: Whether the frames are unrelated pictures.
        """
        self._timing, self._slides = timing, slides
        self._first = None if first is None else timing.at(first)

    def remember(self, frame: Frame) -> None:
        """Feeds the network a frame that is not written."""
        self._stream.step(frame.picture, frame.pts, bgr=True)

    def annotate(self, frame: Frame) -> AnnotatedFrame:
        if self._slides:
            self._forget()
        start = time.perf_counter()
        saliency = self._stream.step(frame.picture, frame.pts, bgr=True)
        self.network.append(time.perf_counter() - start)
        smoothed = self._smoother.step(frame.pts, saliency)
        teacher = None
        if self._teacher is not None:
            teacher_map = self._teacher.step(frame.picture, frame.pts, bgr=True)
            teacher = self._teacher_smoother.step(frame.pts, teacher_map)
        return AnnotatedFrame(frame, self._time(frame), saliency, smoothed, teacher)

    def _forget(self) -> None:
        """Clears the state that earlier frames left for the next one."""
        for stream in filter(None, (self._stream, self._teacher)):
            stream.reset()
        self._smoother.reset()
        self._teacher_smoother.reset()

    def _time(self, frame: Frame) -> Fraction:
        """The time of a frame in the clip; times increase even if those of the source do not."""
        at = self._timing.at(frame.pts)
        if self._first is None:
            self._first = at
        at -= self._first
        if self._last is not None and at <= self._last:
            at = self._last + self._timing.tick
        self._last = at
        return at


def _run(
    job: Job,
    source: Source,
    annotator: _Annotator,
    outputs: Transaction,
    meter: Meter,
    control: Control,
    progress: Callable[[Progress], None] | None,
) -> str:
    """Writes all frames; returns why the export ended early, or an empty text."""

    def annotate(frame: Frame) -> AnnotatedFrame | None:
        if job.continues is not None and frame.pts < job.start - EARLY:
            annotator.remember(frame)
            return None
        return annotator.annotate(frame)

    control.running = True
    try:
        with contextlib.closing(annotate_ahead(source, job.end, control, annotate)) as items:
            for arrived, item in items:
                outputs.write(item)
                annotator.frames += 1
                annotator.latency.append(time.perf_counter() - arrived)
                if progress:
                    progress(meter.at(annotator.frames))
    except SourceError as error:
        if not annotator.frames:
            raise
        return str(error)
    except KeyboardInterrupt:
        # The caller does not use `stopped_by_signals`.
        if not annotator.frames:
            raise
        return tr("It was interrupted.")
    if control.cancelled or (control.stopped and not annotator.frames):
        raise Cancelled
    if not annotator.frames:
        raise SourceError(
            tr("{title} gave no frame.").format(title=source.info.title),
            tr("Choose another source or range."),
        )
    return control.reason


def _go_to_start(source: Source, job: Job, memory: float) -> None:
    if job.start <= 0:
        return
    info = source.info
    if not info.seekable:
        raise UsageError(
            tr("{title} cannot seek to the start.").format(title=info.title),
            tr("Leave --start out."),
        )
    if info.duration is not None and job.start >= info.duration:
        raise UsageError(
            tr(
                "{title} is {duration:.1f} seconds long, so nothing comes after {start:g} seconds."
            ).format(title=info.title, duration=info.duration, start=job.start),
            tr("Start earlier."),
        )
    start = job.start
    if job.continues is not None:
        # The memory is made of steps of `LAG`, or of `MAX_AGE` at most at a low frame rate.
        start = max(job.continues, start - max(1.0, memory / LAG) * MAX_AGE)
    source.seek(start)


def expected_frames(info: SourceInfo, job: Job) -> int | None:
    """Estimates how many frames will come; None if unknown."""
    if job.start <= 0 and job.end is None:
        return info.frames
    if info.fps <= 0:
        return info.frames
    ends = [end for end in (job.end, info.duration) if end is not None]
    return max(1, round((min(ends) - job.start) * info.fps)) if ends else None
