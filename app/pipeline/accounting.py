"""Frame accounting: where every captured frame went.

Invariant, at every moment: captured = painted + dropped (by cause) + in flight + failed.
"""

from __future__ import annotations

import threading

import psutil

from app.pipeline.meters import DurationMeter, RateMeter
from app.pipeline.packets import FramePacket
from app.pipeline.stats import Drop, PipelineStats


class FrameAccounting:
    """Counts each captured frame as exactly one of painted, dropped, failed or in flight.

    Frames are identified by their capture number. Every method is atomic, so the invariant
    holds for every snapshot. The first outcome of a frame counts; a later one is ignored.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._captured = 0
        self._inferred = 0
        self._painted = 0
        self._failed = 0
        self._dropped = dict.fromkeys(Drop, 0)
        # Capture numbers rather than a count, so that a second outcome of a frame is ignored.
        self._in_flight: set[int] = set()
        self._capture_rate = RateMeter()
        self._inference_rate = RateMeter()
        self._paint_rate = RateMeter()
        self._latency = DurationMeter()
        self._from_exposure = False
        self._inference_time = DurationMeter()
        self._process = psutil.Process()

    def captured(self, seq: int, t: float) -> None:
        """Counts a captured frame as in flight."""
        with self._lock:
            self._captured += 1
            self._in_flight.add(seq)
            self._capture_rate.add(t)

    def skipped(self, cause: Drop, t: float) -> None:
        """Counts a frame that was read and dropped at once."""
        with self._lock:
            self._captured += 1
            self._dropped[cause] += 1
            self._capture_rate.add(t)

    def dropped(self, seq: int, cause: Drop) -> None:
        """Counts a frame in flight as dropped."""
        with self._lock:
            if seq in self._in_flight:
                self._in_flight.remove(seq)
                self._dropped[cause] += 1

    def inferred(self, t: float, seconds: float) -> None:
        """Counts a map that was ready at `t`, after `seconds` of inference."""
        with self._lock:
            self._inferred += 1
            self._inference_rate.add(t)
            self._inference_time.add(t, seconds)

    def failed(self, seq: int) -> None:
        """Counts a frame in flight as failed: the network raised."""
        with self._lock:
            if seq in self._in_flight:
                self._in_flight.remove(seq)
                self._failed += 1

    def painted(self, frame: FramePacket, t: float) -> None:
        """Counts a frame in flight as painted at `t`; rate and latency include failed frames."""
        with self._lock:
            self._paint_rate.add(t)
            self._latency.add(t, t - frame.t_origin)
            self._from_exposure = frame.t_exposure is not None
            if frame.seq in self._in_flight:
                self._in_flight.remove(frame.seq)
                self._painted += 1

    def close(self) -> None:
        """Counts all frames in flight as dropped."""
        with self._lock:
            self._dropped[Drop.CLOSED] += len(self._in_flight)
            self._in_flight.clear()

    def snapshot(self, now: float) -> PipelineStats:
        """A consistent snapshot of all counters at the time `now`."""
        rss = self._process.memory_info().rss
        with self._lock:
            p50, p95 = self._latency.percentiles_ms(now, 0.5, 0.95)
            (inference,) = self._inference_time.percentiles_ms(now, 0.5)
            return PipelineStats(
                captured=self._captured,
                inferred=self._inferred,
                painted=self._painted,
                dropped_by_cause=dict(self._dropped),
                in_flight=len(self._in_flight),
                failed=self._failed,
                fps_captured=self._capture_rate.rate(now),
                fps_inferred=self._inference_rate.rate(now),
                fps_painted=self._paint_rate.rate(now),
                latency_p50_ms=p50,
                latency_p95_ms=p95,
                latency_from_exposure=self._from_exposure,
                inference_p50_ms=inference,
                rss_bytes=rss,
            )
