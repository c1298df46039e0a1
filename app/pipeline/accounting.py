"""The books: where every captured frame went."""

from __future__ import annotations

import threading

import psutil

from app.pipeline.meters import DurationMeter, RateMeter
from app.pipeline.stats import Drop, PipelineStats


class FrameAccounting:
    """Counts each captured frame into exactly one of painted, overwritten, failed, in flight.

    A frame is known by its number. Every method is atomic, so that the books balance at every
    moment; a frame that already has its end is left alone by a second one.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._captured = 0
        self._inferred = 0
        self._painted = 0
        self._failed = 0
        self._overwritten = dict.fromkeys(Drop, 0)
        # The very frames rather than a difference: a frame nobody ends stays to be seen here.
        self._in_flight: set[int] = set()
        self._capture_rate = RateMeter()
        self._inference_rate = RateMeter()
        self._paint_rate = RateMeter()
        self._latency = DurationMeter()
        self._inference_time = DurationMeter()
        self._process = psutil.Process()

    def captured(self, seq: int, t: float) -> None:
        """A frame sets out."""
        with self._lock:
            self._captured += 1
            self._in_flight.add(seq)
            self._capture_rate.add(t)

    def skipped(self, cause: Drop, t: float) -> None:
        """A frame was read and dropped on the spot."""
        with self._lock:
            self._captured += 1
            self._overwritten[cause] += 1
            self._capture_rate.add(t)

    def dropped(self, seq: int, cause: Drop) -> None:
        """A frame will not be painted."""
        with self._lock:
            if seq in self._in_flight:
                self._in_flight.remove(seq)
                self._overwritten[cause] += 1

    def inferred(self, t: float, seconds: float) -> None:
        """The network made a map, in so many seconds."""
        with self._lock:
            self._inferred += 1
            self._inference_rate.add(t)
            self._inference_time.add(t, seconds)

    def failed(self, seq: int) -> None:
        """The network raised on a frame."""
        with self._lock:
            if seq in self._in_flight:
                self._in_flight.remove(seq)
                self._failed += 1

    def painted(self, seq: int, t: float, latency_s: float) -> None:
        """A picture is on the screen; counted where its frame is still in flight."""
        with self._lock:
            self._paint_rate.add(t)
            self._latency.add(t, latency_s)
            if seq in self._in_flight:
                self._in_flight.remove(seq)
                self._painted += 1

    def close(self) -> None:
        """Writes off all that is in flight."""
        with self._lock:
            self._overwritten[Drop.CLOSED] += len(self._in_flight)
            self._in_flight.clear()

    def snapshot(self, now: float) -> PipelineStats:
        """The books of this moment."""
        rss = self._process.memory_info().rss
        with self._lock:
            p50, p95 = self._latency.percentiles_ms(now, 0.5, 0.95)
            (inference,) = self._inference_time.percentiles_ms(now, 0.5)
            return PipelineStats(
                captured=self._captured,
                inferred=self._inferred,
                painted=self._painted,
                dropped_by_cause=dict(self._overwritten),
                in_flight=len(self._in_flight),
                failed=self._failed,
                fps_captured=self._capture_rate.rate(now),
                fps_inferred=self._inference_rate.rate(now),
                fps_painted=self._paint_rate.rate(now),
                latency_p50_ms=p50,
                latency_p95_ms=p95,
                inference_p50_ms=inference,
                rss_bytes=rss,
            )
