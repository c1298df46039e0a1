"""What the graphs and the status line show: one consistent snapshot."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Drop(enum.StrEnum):
    """Why a captured frame was never painted. The value is the text for people."""

    NETWORK_BUSY = "network busy"
    TEACHER_BUSY = "teacher busy"
    PAINTER_BUSY = "painter busy"
    LATE = "late"
    STEP = "step"
    SEEK = "seek"
    SOURCE_CHANGED = "source changed"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class PipelineStats:
    """Counts since the pipeline was made, and rates of the moment.

    At every moment captured = painted + sum(dropped_by_cause.values()) + in_flight + failed.

    Attributes:
        captured: Frames taken from sources. Not counted: what a paused live source gives.
        inferred: Maps made by the network.
        painted: Frames painted with their map.
        dropped_by_cause: Frames that lost against a newer one or became pointless, by cause; every
            cause is there, most are 0.
        in_flight: Frames on their way now: at most one in each slot and one in each hand.
        failed: Frames on which the network raised (their picture is still shown).
        fps_captured: Frames a second over about the last second; likewise the next two.
        fps_inferred: See above.
        fps_painted: See above; pictures of failed frames count here.
        latency_p50_ms: Median of capture to paint over the last seconds, in milliseconds;
            None where nothing was painted lately.
        latency_p95_ms: The 95th percentile of the same.
        inference_p50_ms: Median time of the network for one frame; None as above.
        rss_bytes: Resident memory of this process.
    """

    captured: int
    inferred: int
    painted: int
    dropped_by_cause: dict[Drop, int]
    in_flight: int
    failed: int
    fps_captured: float
    fps_inferred: float
    fps_painted: float
    latency_p50_ms: float | None
    latency_p95_ms: float | None
    inference_p50_ms: float | None
    rss_bytes: int

    @property
    def dropped(self) -> int:
        """All overwritten frames, whatever the cause."""
        return sum(self.dropped_by_cause.values())
