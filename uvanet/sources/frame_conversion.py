"""Converts decoded frames to pictures as a good player shows them.

Pixel aspect, display matrix, color matrix and range, bit depth, HDR and transparency are applied
here and nowhere else.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from av.sidedata.sidedata import SideDataContainer
from av.sidedata.sidedata import Type as SideDataType
from av.video.reformatter import ColorPrimaries, Colorspace, ColorTrc, VideoReformatter

from uvanet.sources._opencv import over_white
from uvanet.sources.orientation import UPRIGHT, Orientation

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from numpy.typing import NDArray

_HDR = {ColorTrc.SMPTE2084.value: "HDR10 (PQ)", ColorTrc.ARIB_STD_B67.value: "HLG"}
_UNSPECIFIED = 2  # AVCOL_SPC_UNSPECIFIED
# Players take untagged video from this size on for BT.709, smaller for BT.601.
_HD_WIDTH, _HD_HEIGHT = 1280, 576
_MAX_ASPECT = 20
# (a, b, c, d) of a display matrix: x' = a x + c y, y' = b x + d y.
_ORIENTATIONS = {
    (1, 0, 0, 1): UPRIGHT,
    (0, 1, -1, 0): Orientation(quarters=1),
    (-1, 0, 0, -1): Orientation(quarters=2),
    (0, -1, 1, 0): Orientation(quarters=3),
    (-1, 0, 0, 1): Orientation(mirrored=True),
    (0, 1, 1, 0): Orientation(mirrored=True, quarters=1),
    (1, 0, 0, -1): Orientation(mirrored=True, quarters=2),
    (0, -1, -1, 0): Orientation(mirrored=True, quarters=3),
}


class FrameConverter:
    """Converts the frames of one track.

    Args:
        pixel_aspect: Width of a pixel divided by its height; None if unknown.

    Attributes:
        note: What was changed about the picture, for people; empty if nothing.
    """

    def __init__(self, pixel_aspect: Fraction | None) -> None:
        self.note = ""
        self._reformatter = VideoReformatter()
        sensible = pixel_aspect and Fraction(1, _MAX_ASPECT) <= pixel_aspect <= _MAX_ASPECT
        self._aspect = pixel_aspect if pixel_aspect and sensible else Fraction(1)

    def convert(self, frame: VideoFrame) -> NDArray[np.uint8]:
        """Converts a frame.

        Returns:
            BGR, uint8, shape (h, w, 3), C-contiguous, a new array.
        """
        width, height = self._size(frame.width, frame.height)
        transparent = frame.format.has_palette or any(
            component.is_alpha for component in frame.format.components
        )
        options: dict[str, int] = {}
        if int(frame.colorspace) == _UNSPECIFIED and not frame.format.is_rgb:
            hd = frame.width >= _HD_WIDTH or frame.height > _HD_HEIGHT
            options["src_colorspace"] = Colorspace.ITU709 if hd else Colorspace.ITU601
        if name := _HDR.get(int(frame.color_trc)):
            self.note = f"{name} is shown in standard dynamic range."
            options["dst_color_trc"] = ColorTrc.BT709
            options["dst_color_primaries"] = ColorPrimaries.BT709
        converted = self._reformatter.reformat(
            frame,
            width=width,
            height=height,
            format="bgra" if transparent else "bgr24",
            interpolation="BICUBIC",
            threads=1,
            **options,
        )
        image: NDArray[np.uint8] = np.ascontiguousarray(converted.to_ndarray(), np.uint8)
        if transparent:
            image = over_white(image)
        return orientation_of(frame).apply(image)

    def _size(self, width: int, height: int) -> tuple[int, int]:
        """The size with square pixels; only ever larger, so that no detail is lost."""
        if self._aspect > 1:
            return round(width * self._aspect), height
        return width, round(height / self._aspect)


def orientation_of(frame: VideoFrame) -> Orientation:
    """Reads the display matrix of a frame, rounded to quarter turns and mirroring."""
    # `frame.side_data` stores this container in the frame: a reference cycle, which would hold the
    # frame's memory until the next garbage collection.
    # PyAV's stubs leave its constructor out.
    data = SideDataContainer(frame).get(SideDataType.DISPLAYMATRIX)  # type: ignore[call-arg]
    if data is None:
        return UPRIGHT
    a, b, _, c, d = np.frombuffer(data, np.int32)[:5].astype(np.float64)
    scale = max(abs(a), abs(b), abs(c), abs(d), 1.0)
    key = tuple(round(float(value / scale)) for value in (a, b, c, d))
    return _ORIENTATIONS.get(key, UPRIGHT)  # type: ignore[arg-type]  # four values
