"""Decodes picture files to BGR with 8 bits, as people see them."""

from __future__ import annotations

import struct
from pathlib import Path

import av
import av.error
import cv2
import numpy as np
from av.sidedata.sidedata import Type as SideDataType
from numpy.typing import NDArray

from uvanet.errors import SourceError
from uvanet.i18n import tr
from uvanet.sources._files import check_file, looks_like_text
from uvanet.sources._opencv import quiet, to_bgr
from uvanet.sources.color_profile import icc_profile, png_profile, srgb_values
from uvanet.sources.frame_color import frame_profile
from uvanet.sources.frame_conversion import FrameConverter, orientation_of, side_data
from uvanet.sources.heif import decode_heif, is_avif, is_heif
from uvanet.sources.media_input import open_file
from uvanet.sources.orientation import Orientation

# FFmpeg has the same limit for video: 16384 x 16384.
_MAX_PIXELS = 1 << 28
HEAD_BYTES = 64
"""Number of bytes at the start of a file by which its format is recognized."""

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_CICP, _PNG_HEAD_BYTES = b"\0\0\0\x04cICP", 4096
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_ICC = b"acsp"  # the signature of a profile
# FFmpeg's names of the formats that OpenCV does not decode.
_FFMPEG_FORMATS = (
    *("dds_pipe", "dpx_pipe", "exr_pipe", "fits", "ico", "jpegls_pipe", "pcx_pipe"),
    *("psd_pipe", "qoi_pipe", "sgi_pipe", "sunrast_pipe", "xbm_pipe", "xpm_pipe", "xwd_pipe"),
)
_LOSSLESS_JPEG, _JPEG_HEAD_BYTES = b"\xff\xc3", 1 << 16  # the marker of its frame
_UPRIGHT = cv2.IMREAD_ANYDEPTH | cv2.IMREAD_ANYCOLOR


def load_picture(path: Path) -> NDArray[np.uint8]:
    """Reads a picture as people see it.

    An orientation in EXIF is applied, values of 16 bits and floats become 8 bits, gray becomes
    color, and transparent pixels are blended with white.

    Returns:
        BGR, uint8, shape (h, w, 3), C-contiguous, a new array.

    Raises:
        SourceError: The file is missing, not a picture, cut off, or too large.
    """
    data = read_picture_file(path)
    try:
        image = _decode(data, path)
    except (cv2.error, MemoryError, OSError, ValueError) as error:
        raise _undecodable(path, error) from None
    if image is None:
        if looks_like_text(path):
            raise SourceError(
                tr("{path} is a text file, not a picture.").format(path=path),
                tr("Choose a picture."),
            )
        raise SourceError(
            tr("{path} is not a picture that can be read, or it is damaged.").format(path=path),
            tr("Save it again as PNG or JPEG."),
        )
    return to_bgr(image, str(path))


def read_picture_file(path: Path) -> NDArray[np.uint8]:
    """Reads a file as bytes and checks the size that it states.

    A few kilobytes can state a picture that would fill the memory. The file is not read by OpenCV,
    which cannot open names such as "Bücher.png" on Windows.

    Raises:
        SourceError: The file is missing or cannot be read, or the picture is too large.
    """
    check_file(path)
    quiet()
    try:
        data = np.fromfile(path, dtype=np.uint8)
    except (MemoryError, OSError) as error:
        raise _undecodable(path, error) from None
    width, height = stated_size(path)
    if width * height > _MAX_PIXELS:
        raise SourceError(
            tr("{path} states a size of {width} x {height} pixels, which is too large.").format(
                path=path, width=width, height=height
            ),
            tr("Make it smaller than {most:.0f} million pixels.").format(
                most=_MAX_PIXELS / 1000000.0
            ),
        )
    return data


def _undecodable(path: Path, error: Exception) -> SourceError:
    lines = str(error).strip().splitlines()
    return SourceError(
        tr("{path} cannot be decoded: {reason}.").format(
            path=path, reason=lines[0] if lines else type(error).__name__
        ),
        tr("Save it again as PNG or JPEG, smaller if it is huge."),
    )


def stated_size(path: Path) -> tuple[int, int]:
    """Width and height in pixels from the header of a picture; (-1, -1) if it states none."""
    import imagesize  # loads urllib and OpenSSL: 3 MB

    try:
        with path.open("rb") as file:
            width, height = imagesize.get(file)
    except (
        *(ArithmeticError, LookupError, OSError, SyntaxError, TypeError, ValueError),
        struct.error,
    ):
        return -1, -1  # the file is damaged or cannot be read
    return width, height


def _decode(data: NDArray[np.uint8], path: Path) -> NDArray[np.generic] | None:
    """Decodes a picture upright, with its alpha channel; None if it cannot be decoded."""
    head = data[:HEAD_BYTES].tobytes()
    if is_heif(head):
        return decode_heif(data)
    if is_avif(head):
        return _decode_avif(data, path)
    if head.startswith(_PNG) and _PNG_CICP in data[:_PNG_HEAD_BYTES].tobytes():
        # FFmpeg knows the color spaces of ITU-T H.273.
        frame = _first_frame(path)
        return None if frame is None else _to_array(frame)
    image = _decode_by_exif(data)
    if image is not None and head.startswith(_TIFF) and _ICC in data.tobytes():
        return _apply_profile(image, _first_frame(path))
    if image is None:
        return _decode_by_ffmpeg(data, path)
    return _from_linear(image) if head.startswith(b"#?") else image


def _decode_by_ffmpeg(data: NDArray[np.uint8], path: Path) -> NDArray[np.uint8] | None:
    """Decodes a format that OpenCV does not know, such as DPX, EXR, ICO, PSD, QOI or TGA."""
    try:
        # FFmpeg recognizes neither of them by its content.
        lossless_jpeg = _LOSSLESS_JPEG in data[:_JPEG_HEAD_BYTES].tobytes()
        if path.suffix.lower() == ".tga" or lossless_jpeg:
            decoder = av.CodecContext.create("mjpeg" if lossless_jpeg else "targa", "r")
            frames = decoder.decode(av.Packet(data.tobytes()))
            return _to_array(frames[0]) if frames else None
        with open_file(path) as media:
            if media.container.format.name not in _FFMPEG_FORMATS:
                return None
            # An icon has a track for each of its sizes.
            track = max(media.container.streams.video, key=lambda track: track.width * track.height)
            if track.codec_context.name == "exr":
                track.codec_context.options = {"apply_trc": "iec61966_2_1"}  # sRGB
            return _to_array(next(media.container.decode(track)))
    except (av.error.FFmpegError, SourceError, StopIteration):
        return None


def _first_frame(path: Path) -> av.VideoFrame | None:
    """The first frame by FFmpeg; None if it decodes none."""
    try:
        with open_file(path) as media:
            return next(media.container.decode(video=0))
    except (av.error.FFmpegError, OSError, SourceError, StopIteration):
        return None


def _apply_profile(image: NDArray[np.generic], frame: av.VideoFrame | None) -> NDArray[np.generic]:
    """Applies the ICC profile of a format whose profiles OpenCV ignores: AVIF and TIFF."""
    data = None if frame is None else side_data(frame, SideDataType.ICC_PROFILE)
    profile = None if data is None else icc_profile(data)
    return image if profile is None else profile.to_srgb(image)


def _to_array(frame: av.VideoFrame) -> NDArray[np.uint8]:
    return FrameConverter(None).convert(frame).bgr()


def _from_linear(image: NDArray[np.generic]) -> NDArray[np.float32]:
    """Applies the transfer function of sRGB (IEC 61966-2-1) to linear light, 0..1 and brighter."""
    return srgb_values(np.clip(np.nan_to_num(image), 0.0, 1.0).astype(np.float32))


def _decode_by_exif(data: NDArray[np.uint8]) -> NDArray[np.generic] | None:
    """Decodes a picture of a format that OpenCV reads; see `_decode`.

    OpenCV turns a picture upright only if it drops the alpha channel. The orientation is therefore
    found by comparing the pictures with and without alpha, and applied to the one with alpha.
    """
    if bytes(data[:8]) == _PNG and not _is_whole_png(data.tobytes()):
        return None
    is_jpeg = bytes(data[:2]) == b"\xff\xd8"
    if is_jpeg:
        return _decode_with_profile(data, _UPRIGHT)
    image = _decode_with_profile(data, cv2.IMREAD_UNCHANGED)
    if image is None or b"exif" not in data.tobytes().lower():
        return image
    if image.ndim == 2 or image.shape[2] != 4:
        return _decode_with_profile(data, _UPRIGHT)
    plain, upright = cv2.imdecode(data, cv2.IMREAD_UNCHANGED), cv2.imdecode(data, _UPRIGHT)
    if plain is None or upright is None:
        return image
    color = np.ascontiguousarray(plain[:, :, :3])
    for orientation in (Orientation(m, q) for m in (False, True) for q in range(4)):
        if np.array_equal(orientation.apply(color), upright):
            return orientation.apply(image)
    return image


def _decode_with_profile(data: NDArray[np.uint8], mode: int) -> NDArray[np.generic] | None:
    """Decodes a picture and converts it from the color space that it states to sRGB."""
    image, kinds, contents = cv2.imdecodeWithMetadata(data, flags=mode)
    if image is None:
        return None
    found = dict(zip(map(int, kinds), contents, strict=True))
    profile = None
    if cv2.IMAGE_METADATA_ICCP in found:
        profile = icc_profile(found[cv2.IMAGE_METADATA_ICCP].tobytes())
    elif bytes(data[:8]) == _PNG:
        profile = png_profile(data.tobytes())
    return image if profile is None else profile.to_srgb(image)


def _is_whole_png(data: bytes) -> bool:
    """Whether the chunks of a PNG lead to its end.

    For other files libpng writes to the terminal, and OpenCV allocates any length that a chunk
    states.
    """
    place = len(_PNG)
    while place + 12 <= len(data):
        if data[place + 4 : place + 8] == b"IEND":
            return True
        place += 12 + int.from_bytes(data[place : place + 4], "big")
    return False


def _decode_avif(data: NDArray[np.uint8], path: Path) -> NDArray[np.generic] | None:
    """Decodes an AVIF upright and in standard dynamic range.

    OpenCV ignores rotation and mirroring (irot, imir), and the transfer function.
    """
    image = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
    frame = _first_frame(path)
    if image is None or frame is None:
        return image
    # FFmpeg gives the tiles of a large picture without their places, so the sizes are compared.
    same_size = image.shape[:2] == (frame.height, frame.width)
    if same_size and frame_profile(frame):
        return _to_array(frame)
    return orientation_of(frame).apply(_apply_profile(image, frame))
