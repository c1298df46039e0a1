"""From a source to an annotated file, with no window: each frame once, in order.

A thread reads ahead into a short queue that blocks, the calling thread predicts and composes, and
ffmpeg encodes in its own process; so the three overlap and memory does not grow with the clip.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from uvanet.errors import SourceError
from uvanet.render import OverlayStyle, smooth
from uvanet.sinks import Annotated, open_sink
from uvanet.sources import make_source
from uvanet.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from uvanet.model import Model
    from uvanet.sources import Frame, Source, SourceInfo

AHEAD = 4
"""Frames read ahead: enough to hide a slow one, few enough for 8K."""


@dataclass(frozen=True, slots=True)
class AnnotateResult:
    """What a run did.

    Attributes:
        path: What was written.
        model: The model's name.
        source: The source's facts.
        frames: Frames written.
        seconds: Wall time of the run.
        fps: Frames a second, everything included.
        network_p50_ms: Median time of shrinking and predicting a frame, in milliseconds.
        latency_p50_ms: Median time from a frame's arrival to its hand-over to the file.
        latency_p95_ms: The 95th percentile of the same.
        stopped: Why it ended before the source's end, for people; empty where it did not.
    """

    path: Path
    model: str
    source: SourceInfo
    frames: int
    seconds: float
    fps: float
    network_p50_ms: float
    latency_p50_ms: float
    latency_p95_ms: float
    stopped: str = ""


def annotate(
    spec: str,
    out: Path,
    *,
    model: str | Path | Model = "uvanet-64",
    style: OverlayStyle | None = None,
    smoothing: float = 0.2,
    limit: float | None = None,
    folder_fps: float | None = None,
    progress: Callable[[int, int | None], None] | None = None,
) -> AnnotateResult:
    """Predicts every frame of a source and writes the result.

    What was finished is kept, also when the source breaks half-way or Ctrl-C ends a live one.

    Args:
        spec: The source, as `uvanet.sources.make_source` takes it.
        out: The file; its ending says what is written, see `uvanet.sinks.open_sink`.
        model: The model, or what `uvanet.load` takes.
        style: Looks of the heat; the default look where None.
        smoothing: Time constant of the maps' average over time, seconds; raw maps never are.
        limit: Stop after so many seconds of the source; None for all of it.
        folder_fps: Pictures a second of a folder.
        progress: Called after each frame with the frames done and, where known, all.

    Raises:
        SourceError: The source cannot be opened or gives no frame.
        OutputError: The result cannot be written.
        UvanetError: Anything else the caller can mend: no such model, ending unknown.
    """
    stream = Stream(model)
    maps: deque[tuple[float, NDArray[np.float32]]] = deque(maxlen=64)
    network: list[float] = []
    latency: list[float] = []
    stopped = ""
    began = time.perf_counter()
    with make_source(spec, fps=folder_fps) as source:
        total = _expected(source.info, limit)
        with open_sink(out, source.info, style or OverlayStyle()) as sink:
            try:
                for arrived, frame in _read_ahead(source, limit):
                    start = time.perf_counter()
                    saliency = stream.step(frame.image, frame.pts, bgr=True)
                    network.append(time.perf_counter() - start)
                    maps.append((frame.pts, saliency))
                    sink.write(Annotated(frame, saliency, smooth(maps, smoothing)))
                    latency.append(time.perf_counter() - arrived)
                    if progress:
                        progress(len(latency), total)
            except SourceError as error:
                if not latency:
                    raise
                stopped = str(error)
            except KeyboardInterrupt:
                if not latency:
                    raise
                stopped = "It was interrupted."
            if not latency:
                raise SourceError(f"{source.info.title} gave no frame.", "Choose another source.")
    seconds = time.perf_counter() - began
    p50, p95 = np.percentile(latency, [50, 95]) * 1e3
    return AnnotateResult(
        path=out,
        model=stream.model.card.name,
        source=source.info,
        frames=len(latency),
        seconds=seconds,
        fps=len(latency) / seconds,
        network_p50_ms=float(np.median(network)) * 1e3,
        latency_p50_ms=float(p50),
        latency_p95_ms=float(p95),
        stopped=stopped,
    )


def _expected(info: SourceInfo, limit: float | None) -> int | None:
    """How many frames will come, where that can be known."""
    if info.frames is None:
        return None if limit is None or info.fps <= 0 else round(limit * info.fps)
    if limit is None or info.fps <= 0:
        return info.frames
    return min(info.frames, round(limit * info.fps))


def _read_ahead(source: Source, limit: float | None) -> Iterator[tuple[float, Frame]]:
    """Yields (arrival on the performance counter, frame); a thread reads a few frames ahead."""
    frames: queue.Queue[tuple[float, Frame] | Exception | None] = queue.Queue(AHEAD)
    closing = threading.Event()

    def hand_over(item: tuple[float, Frame] | Exception | None) -> None:
        while not closing.is_set():
            with contextlib.suppress(queue.Full):
                frames.put(item, timeout=0.1)
                return

    def read() -> None:
        try:
            while not closing.is_set():
                frame = source.read()
                if frame is None or (limit is not None and frame.pts >= limit):
                    break
                hand_over((time.perf_counter(), frame))
        except Exception as error:  # noqa: BLE001 - raised again by the thread that waits
            hand_over(error)
        else:
            hand_over(None)

    reader = threading.Thread(target=read, name="read-ahead", daemon=True)
    reader.start()
    try:
        while (item := frames.get()) is not None:
            if isinstance(item, Exception):
                raise item
            yield item
    finally:
        closing.set()
        reader.join(5)
