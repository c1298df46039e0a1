"""Converts decoded frames to the pictures that a video player shows.

All of pixel aspect, display matrix, color matrix and range, bit depth, HDR and transparency is
applied in this module.
"""

from __future__ import annotations

import contextlib
import threading
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from av.sidedata.sidedata import SideDataContainer
from av.sidedata.sidedata import Type as SideDataType
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter

from uvanet.decoded_picture import DecodedPicture, Matrix, YuvPicture
from uvanet.i18n import tr
from uvanet.sources._opencv import over_white
from uvanet.sources.frame_color import HDR, frame_profile
from uvanet.sources.orientation import UPRIGHT, Orientation
from uvanet.sources.packed_converter import PackedConverter

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from numpy.typing import NDArray


_UNSPECIFIED = 2  # AVCOL_SPC_UNSPECIFIED
# AVCOL_SPC that FFmpeg converts: RGB, unspecified, BT.709, FCC, two of BT.601, SMPTE 240M, BT.2020.
_CONVERTED = (0, 1, 2, 4, 5, 6, 7, 9)
_BT2020, _BT2020_CONSTANT = 9, 10
# Players take video without a tag for BT.709 from this size on, and for BT.601 below it.
_HD_WIDTH, _HD_HEIGHT = 1280, 576
_MAX_ASPECT = 20
# Keys are the codes of ITU-T H.273 (AVCOL_SPC): BT.709, and two codes of BT.601.
_MATRICES = {1: Matrix.BT709, 5: Matrix.BT601, 6: Matrix.BT601}
# Keys are (a, b, c, d) of a display matrix: x' = a x + c y, y' = b x + d y.
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
        pixel_aspect: See `pixel_aspect`.

    Attributes:
        pixel_aspect: Width of a pixel divided by its height; None if unknown.
        note: How the picture differs from the file, for people; empty if it does not.
    """

    def __init__(self, pixel_aspect: Fraction | None) -> None:
        self.note = ""
        self._reformatter = VideoReformatter()
        self._to_packed = PackedConverter()
        self._lock = threading.Lock()  # of the reformatter
        self.pixel_aspect = pixel_aspect

    def convert(self, frame: VideoFrame) -> DecodedPicture:
        """Returns a picture that is converted on demand.

        A frame that needs no correction is a `YuvPicture`.
        """
        orientation = orientation_of(frame)
        if int(frame.colorspace) not in _CONVERTED:
            constant = int(frame.colorspace) == _BT2020_CONSTANT
            frame.colorspace = _BT2020 if constant else _UNSPECIFIED
            self.note = tr("Its colors are coded in a rare way and may be wrong.")
        matrix = _MATRICES.get(_matrix(frame))
        if matrix is not None and orientation == UPRIGHT and self._is_plain(frame):
            return YuvPicture(frame, matrix, self._to_packed)
        if name := HDR.get(int(frame.color_trc)):
            self.note = tr("{name} is shown in standard dynamic range.").format(name=name)
        width, height = self._size(frame.width, frame.height)
        turned = (width, height) if orientation.sideways else (height, width)
        corrected = partial(self._correct, frame, (width, height), orientation)
        return DecodedPicture((*turned, 3), corrected)

    def _correct(
        self, frame: VideoFrame, size: tuple[int, int], orientation: Orientation
    ) -> NDArray[np.uint8]:
        transparent = frame.format.has_palette or any(
            component.is_alpha for component in frame.format.components
        )
        with self._lock:
            image = self._reformat(frame, size, transparent=transparent)
        return orientation.apply(over_white(image) if transparent else image)

    @property
    def _aspect(self) -> Fraction:
        stated = self.pixel_aspect
        sensible = stated and Fraction(1, _MAX_ASPECT) <= stated <= _MAX_ASPECT
        return stated if stated and sensible else Fraction(1)

    def _is_plain(self, frame: VideoFrame) -> bool:
        return (
            frame.format.name == "yuv420p"
            and self._aspect == 1
            and frame.width % 2 == frame.height % 2 == 0
            and int(frame.color_range) != ColorRange.JPEG.value
            and frame_profile(frame) is None
        )

    def _reformat(
        self, frame: VideoFrame, size: tuple[int, int], *, transparent: bool
    ) -> NDArray[np.uint8]:
        """Converts to BGR or BGRA of a width and height, in sRGB."""
        source = None
        if int(frame.colorspace) == _UNSPECIFIED and not frame.format.is_rgb:
            bt709 = _matrix(frame) == Matrix.BT709
            source = Colorspace.ITU709 if bt709 else Colorspace.ITU601
        profile = frame_profile(frame)
        if profile is None:
            form = "bgra" if transparent else "bgr24"
        else:
            # FFmpeg's own conversion takes seconds to prepare, and clips what is brighter than
            # white. Bilinear filters take half the time of bicubic ones here.
            form = "bgra64le" if transparent else "bgr48le"
        converted = self._reformatter.reformat(
            frame,
            width=size[0],
            height=size[1],
            format=form,
            src_colorspace=source,
            interpolation="BICUBIC" if profile is None else "BILINEAR",
            threads=1,
        )
        image = converted.to_ndarray()
        return np.ascontiguousarray(image if profile is None else profile.to_srgb(image), np.uint8)

    def _size(self, width: int, height: int) -> tuple[int, int]:
        """The size with square pixels; no side shrinks, so that no detail is lost."""
        if self._aspect > 1:
            return round(width * self._aspect), height
        return width, round(height / self._aspect)


def _matrix(frame: VideoFrame) -> int:
    """AVCOL_SPC of a frame; where it states none, the one that players assume."""
    if int(frame.colorspace) != _UNSPECIFIED:
        return int(frame.colorspace)
    hd = frame.width >= _HD_WIDTH or frame.height > _HD_HEIGHT
    return Matrix.BT709 if hd else Matrix.BT601


def side_data(frame: VideoFrame, kind: SideDataType) -> bytes | None:
    """Side data of a frame; None without any of that kind."""
    # `frame.side_data` stores this container in the frame: a reference cycle, which would hold the
    # frame's memory until the next garbage collection.
    container = SideDataContainer.__new__(SideDataContainer)
    # PyAV 18 raises ValueError at side data of an unknown kind, such as EXIF. The display matrix
    # and the profile come before EXIF and have been read then.
    with contextlib.suppress(ValueError):
        # mypy warns that a subclass may have another constructor; the object is of this class.
        container.__init__(frame)  # type: ignore[misc]
    found = container.get(kind)
    return None if found is None else bytes(found)


def orientation_of(frame: VideoFrame) -> Orientation:
    """Reads the display matrix of a frame, rounded to quarter turns and mirroring."""
    data = side_data(frame, SideDataType.DISPLAYMATRIX)
    if data is None:
        return UPRIGHT
    a, b, _, c, d = np.frombuffer(data, np.int32)[:5].astype(np.float64)
    scale = max(abs(a), abs(b), abs(c), abs(d), 1.0)
    key = tuple(round(float(value / scale)) for value in (a, b, c, d))
    return _ORIENTATIONS.get(key, UPRIGHT)  # type: ignore[arg-type]  # four values
