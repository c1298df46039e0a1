"""What travels through the pipeline: a frame, then the frame with its map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from app.pipeline.agreement import Agreement


@dataclass(frozen=True, slots=True, eq=False)
class FramePacket:
    """One captured picture. Published packets are never written to again.

    Attributes:
        seq: Number of the capture, from 1, growing over the whole life of a pipeline.
        t_capture: Seconds on the pipeline's clock (`time.perf_counter`): right after the read
            of a live source, at the hand-over of a paced one.
        pts: Seconds since the source's start; the position to show on a slider.
        t_scene: Seconds on the axis on which frames of one epoch may be compared: `pts` for
            files (whatever the speed of playing), `t_capture` for live sources. It is what the
            network and the smoothing take.
        index: Number of the frame in its source, from 0.
        image: BGR, uint8, shape (h, w, 3).
        epoch: Grows at every discontinuity (source change, seek, loop, skip ahead). Maps of
            different epochs must not be smoothed together.
    """

    seq: int
    t_capture: float
    pts: float
    t_scene: float
    index: int
    image: NDArray[np.uint8]
    epoch: int


@dataclass(frozen=True, slots=True, eq=False)
class SaliencyPacket:
    """One picture with its map, ready to paint.

    Attributes:
        frame: The picture the map belongs to.
        saliency: float32, shape (h, w), values 0..1, covering the whole picture; all zero
            where the network failed.
        t_inferred: When the map was ready, seconds on the pipeline's clock.
        inference_s: Seconds the network took for this frame.
        bgra: uint8, shape (h, w, 4), C-contiguous, alpha 255: the picture as Qt's
            `Format_RGB32` and `Format_ARGB32` have it on little-endian machines, made off the
            GUI thread. A picture with a side above `inference.MAX_PAINT_SIDE` is scaled down
            here (never in `frame.image`): draw it into a rectangle of the frame's proportions
            instead of trusting the size.
        failed: The network raised on this frame; see the InferenceFailed event.
        teacher_result: What the teacher says of this very frame, where frames wait for it.
    """

    frame: FramePacket
    saliency: NDArray[np.float32]
    t_inferred: float
    inference_s: float
    bgra: NDArray[np.uint8]
    failed: bool = False
    teacher_result: TeacherResult | None = None


@dataclass(frozen=True, slots=True, eq=False)
class TeacherResult:
    """A teacher's map of a frame that the student has seen.

    Attributes:
        result: What the student made of the same frame.
        saliency: float32, shape (h', w'), values 0..1, covering the whole picture.
        t_inferred: When the map was ready, seconds on the pipeline's clock.
        inference_s: Seconds the teacher took for this frame.
        agreement: How far the two agree; None where the student failed.
    """

    result: SaliencyPacket
    saliency: NDArray[np.float32]
    t_inferred: float
    inference_s: float
    agreement: Agreement | None

    @property
    def seq(self) -> int:
        """The frame's number."""
        return self.result.frame.seq

    @property
    def lag_s(self) -> float:
        """Seconds by which the teacher was behind the student on this frame."""
        return self.t_inferred - self.result.t_inferred
