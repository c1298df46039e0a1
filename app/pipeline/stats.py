"""Pipeline statistics for graphs and status line: one consistent snapshot."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace


class Drop(enum.StrEnum):
    """Why a captured frame was never painted. The value is the text shown to users."""

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

    At every moment captured = painted + dropped + in_flight + failed.

    Attributes:
        captured: Frames taken from sources, and frames sent once more to a new network. Frames
            of a paused live source are not counted.
        inferred: Maps made by the network.
        painted: Frames painted with their map.
        dropped_by_cause: Number of dropped frames for every cause.
        in_flight: Frames between capture and paint: at most one in each slot and one in
            processing at each station.
        failed: Frames on which the network raised (the frame itself is still shown).
        fps_captured: Frames per second over about the last second.
        fps_inferred: Maps per second, likewise.
        fps_painted: Paints per second, likewise; frames on which the network failed count.
        latency_p50_ms: Median of exposure (where it is known, else capture) to paint over the
            last seconds, in milliseconds; None where nothing was painted lately.
        latency_p95_ms: 95th percentile of the same.
        latency_from_exposure: The latency counts from the exposure, by the camera's time stamp.
        inference_p50_ms: Median inference time of a frame in milliseconds; None as above.
        rss_bytes: Resident memory of this process.
        damaged: Damaged frames that the current source has skipped; they are not captured.
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
    latency_from_exposure: bool
    inference_p50_ms: float | None
    rss_bytes: int
    damaged: int = 0

    @property
    def dropped(self) -> int:
        """Frames dropped for any cause."""
        return sum(self.dropped_by_cause.values())

    def since(self, before: PipelineStats) -> PipelineStats:
        """The counts since an earlier snapshot; rates and times stay those of the moment.

        Drops with the cause `Drop.SOURCE_CHANGED` count as 0: the frames belong to the source
        before.
        """
        dropped = {
            cause: 0 if cause is Drop.SOURCE_CHANGED else count - before.dropped_by_cause[cause]
            for cause, count in self.dropped_by_cause.items()
        }
        return replace(
            self,
            captured=self.captured - before.captured,
            inferred=self.inferred - before.inferred,
            painted=self.painted - before.painted,
            failed=self.failed - before.failed,
            dropped_by_cause=dropped,
        )
