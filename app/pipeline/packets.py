"""Packets of the pipeline: a frame, a frame with its saliency map, a teacher's result."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.pipeline.agreement import Agreement
from uvanet.decoded_picture import DecodedPicture, as_bgr


@dataclass(frozen=True, slots=True, eq=False)
class FramePacket:
    """One captured frame. Nothing writes to a published packet.

    Attributes:
        seq: Capture number, from 1, growing over the whole life of a pipeline.
        t_capture: Seconds on the pipeline's clock (`time.perf_counter`): right after the read
            for a live source, at the time of delivery for a paced one.
        pts: Seconds since the source's start; the position to show on a slider.
        t_scene: Seconds on the axis on which frames of one epoch are comparable: `pts` for
            files (at any playback speed), `t_capture` for live sources. Input of the network
            and of the smoothing.
        index: Frame number in its source, from 0.
        picture: See `uvanet.sources.Frame.picture`.
        epoch: Grows at every discontinuity (source change, seek, loop, skip ahead). Maps of
            different epochs must not be smoothed together.
        source: Number of the source, as `LivePipeline.open` returned it.
        t_exposure: When the camera took the frame, by the driver's time stamp, on the same clock;
            None where the source gives none.
    """

    seq: int
    t_capture: float
    pts: float
    t_scene: float
    index: int
    picture: NDArray[np.uint8] | DecodedPicture
    epoch: int
    source: int = 0
    t_exposure: float | None = None

    @property
    def t_origin(self) -> float:
        """Start of the latency to paint: the exposure where it is known, else the capture."""
        return self.t_capture if self.t_exposure is None else self.t_exposure

    @property
    def image(self) -> NDArray[np.uint8]:
        """The picture as BGR, uint8, shape (h, w, 3); converted at the first use."""
        return as_bgr(self.picture)


@dataclass(frozen=True, slots=True, eq=False)
class SaliencyPacket:
    """One frame with its saliency map, ready to paint.

    Attributes:
        frame: The frame that the map belongs to.
        saliency: float32, shape (h, w), values 0..1, covering the whole frame; all zero where
            the network failed.
        t_inferred: When the map was ready, seconds on the pipeline's clock.
        inference_s: Seconds that the network took for this frame.
        bgra: uint8, shape (h, w, 4), C-contiguous, alpha 255: the frame in the byte order of
            Qt's `Format_RGB32` and `Format_ARGB32` on little-endian machines, converted off the
            GUI thread. It may be smaller than the frame, see `paintable`: take the proportions from
            the frame, not from this array.
        failed: The network raised on this frame; see the InferenceFailed event.
        teacher_result: The teacher's result for this frame, in synchronized mode.
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
    """A teacher's saliency map of a frame that the student has processed.

    Attributes:
        result: The student's result for the same frame.
        saliency: float32, shape (h', w'), values 0..1, covering the whole frame.
        t_inferred: When the map was ready, seconds on the pipeline's clock.
        inference_s: Seconds that the teacher took for this frame.
        agreement: Agreement of the two maps; None where the student failed.
        teacher: Number of the teacher, as `TeacherBranch.use` returned it.
    """

    result: SaliencyPacket
    saliency: NDArray[np.float32]
    t_inferred: float
    inference_s: float
    agreement: Agreement | None
    teacher: int

    @property
    def seq(self) -> int:
        """The frame's capture number."""
        return self.result.frame.seq

    @property
    def lag_s(self) -> float:
        """Seconds between the student's and the teacher's map of this frame."""
        return self.t_inferred - self.result.t_inferred
