"""Writes frames as a video file: H.264 in MP4 or VP9 in WebM."""

from __future__ import annotations

import contextlib
import errno
import math
import os
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Self

import av
import av.error
import numpy as np

from uvanet.atomic_io import Part
from uvanet.decoded_picture import Matrix
from uvanet.errors import OutputError, output_errors
from uvanet.i18n import tr
from uvanet.redaction import printable
from uvanet.sources.media_input import reason
from uvanet.video.codecs import CONTAINERS, Quality
from uvanet.video.muxing import (
    OutOfTimeError,
    count_frames,
    open_output,
    readable_sound,
    repack,
    unwritable,
)
from uvanet.video.yuv import to_planes

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from av.container import OutputContainer
    from av.video.stream import VideoStream
    from numpy.typing import NDArray

    from uvanet.video.sound import Sound

# Codes of ITU-T H.273. Without a tag of the matrix, players assume BT.709 from 720 lines on.
_BT709, _LIMITED = 1, 1
_KEY_FRAME_SECONDS = 2
_UNHEARD_LOSS_S = 0.5  # a recording often ends with an incomplete packet
_MAX_SIDE = 16_384  # of libx264 and libvpx


class VideoWriter:
    """Writes frames as an MP4 (H.264) or WebM (VP9) file that common players support.

    The file grows under a hidden name beside the target and replaces the target when it is
    complete. `abort`, or an exception in the `with` block, removes it.

    Args:
        path: The .mp4 or .webm file to write; an existing file is replaced.
        size: (width, height) of the frames in pixels. An odd size gets one more row or column, a
            copy of the last, since chroma has half the size.
        fps: Frames per second; television rates such as 29.97 become exact fractions.
        quality: See `ClipStyle`.
        sound: The sound for the frames, cut to their duration. It is copied if the container
            supports its codec, otherwise encoded.
        scale: Ticks per second of the time stamps; by default a multiple of the rate.
        matrix: Color matrix of the planes.
        out_of_time: Called for each packet while the file is completed. Once it returns True, the
            video is kept without sound. `stage` passes on its exceptions.

    Attributes:
        frames: Number of frames written.
        note: After `stage`, what is missing from the file, for people; usually empty.

    Raises:
        OutputError: The folder does not exist or cannot be written, or the size, the rate or the
            ending is invalid.
    """

    def __init__(
        self,
        path: str | Path,
        size: tuple[int, int],
        fps: float | Fraction,
        *,
        quality: Quality = "good",
        sound: Sound | None = None,
        scale: int | None = None,
        matrix: Matrix = Matrix.BT601,
        out_of_time: Callable[[], bool] = lambda: False,
    ) -> None:
        self.path = Path(path)
        self.frames = 0
        self.note = ""
        self._lost_sound = 0.0
        if min(size) < 1 or max(size) > _MAX_SIDE:
            raise OutputError(
                tr("A video of {width} x {height} pixels cannot be written.").format(
                    width=size[0], height=size[1]
                ),
                tr("Its sides may have up to {most} pixels; write pictures instead.").format(
                    most=_MAX_SIDE
                ),
            )
        self._size = size
        self._sound = sound
        self._matrix = matrix
        self._out_of_time = out_of_time
        self._rate = rate = exact_rate(fps)
        self._end = Fraction(0)
        self._even = (size[0] + size[0] % 2, size[1] + size[1] % 2)
        self._scale = scale or rate.numerator * math.ceil(10_000 / rate.numerator)
        check_target(self.path)
        self._container = CONTAINERS[self.path.suffix.lower()]
        self._part = claim(self.path)
        try:
            self._output, self._stream = self._start(quality)
        except (av.error.FFmpegError, OSError, ValueError) as error:
            self._part.discard()
            raise unwritable(self.path, error) from None
        self._open = True

    def write(self, image_bgr: NDArray[np.uint8], at: Fraction | None = None) -> None:
        """Adds a frame.

        Args:
            image_bgr: BGR, uint8, shape (h, w, 3), of the writer's size.
            at: Time of the frame, seconds since the first frame, later than the previous one; None
                for the time by the frame rate.

        Raises:
            OutputError: The frame cannot be written (disk full), or the writer is closed.
            ValueError: The frame has another shape or type.
        """
        width, height = self._size
        if image_bgr.shape != (height, width, 3) or image_bgr.dtype != np.uint8:
            raise ValueError(
                f"expected uint8 {(height, width, 3)}, got {image_bgr.dtype} {image_bgr.shape}"
            )
        self.write_planes(to_planes(np.ascontiguousarray(image_bgr), self._matrix), at)

    def write_planes(self, planes: NDArray[np.uint8], at: Fraction | None = None) -> None:
        """Like `write`, for a frame that `uvanet.video.yuv.to_planes` has converted.

        The encoder may keep the planes, so do not change them afterwards.
        """
        if not self._open:
            raise OutputError(
                tr("{path} is closed.").format(path=printable(self.path)),
                tr("Start a new recording."),
            )
        width, height = self._even
        if planes.shape != (height * 3 // 2, width) or planes.dtype != np.uint8:
            raise ValueError(f"expected planes of {width} x {height}, got {planes.shape}")
        at = Fraction(self.frames) / self._rate if at is None else at
        frame = _as_frame(planes)
        frame.pts, frame.time_base = round(at * self._scale), Fraction(1, self._scale)
        frame.colorspace, frame.color_range = self._matrix, _LIMITED
        try:
            self._output.mux(self._stream.encode(frame))
        except (av.error.FFmpegError, OSError) as error:
            raise unwritable(self.path, error) from None
        self._end = at + 1 / self._rate
        self.frames += 1

    def available(self) -> int:
        """The number of first frames that `stage` can keep after a failed `write`."""
        self._stop()
        return count_frames(self._part.path)

    def stage(self, frames: int | None = None) -> None:
        """Completes the hidden file: adds the sound and moves the index to the front.

        The video is kept without sound if the sound cannot be read, the disk has no space for a
        second file, or there is no time; `note` states the reason, and lost parts of the sound.

        Args:
            frames: Number of first frames to keep; None for all.

        Raises:
            OutputError: No frame was written, or the file cannot be completed.
        """
        if not self.frames:
            raise OutputError(
                tr("No frame came, so {path} was not written.").format(path=printable(self.path))
            )
        self._finish_encoding()
        if frames is not None and frames < self.frames:
            self._end = self._end * frames / self.frames
        sound, first = readable_sound(self._sound)
        attempts = [(sound, True), (sound, False)] if sound else []
        for attempt, copy in [*attempts, (None, True)]:
            error = self._repack(attempt, frames, copy_sound=copy)
            first = first or error
            if error is None or isinstance(error, OutOfTimeError):
                break
        # Without a copy, the hidden file itself is kept unless it has to be cut.
        if frames is not None and error is not None and frames != count_frames(self._part.path):
            raise unwritable(self.path, first or OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
        if first is not None and (attempt is None or error is not None):
            text = tr("The sound could not be added to {path}: {reason}.")
            self.note = text.format(path=printable(self.path), reason=reason(first))
        elif self._lost_sound > _UNHEARD_LOSS_S:
            text = tr("{path}: {seconds:.1f} s of the sound could not be decoded.")
            self.note = text.format(path=printable(self.path), seconds=self._lost_sound)

    def commit(self) -> None:
        """Renames the staged file to its final name.

        Raises:
            OutputError: The target cannot be replaced; the staged file is removed.
        """
        commit(self._part)

    def close(self) -> None:
        """Completes the file and renames it; a second call does nothing.

        Raises:
            OutputError: See `stage` and `commit`; the file is removed.
        """
        if not self._open:
            return
        try:
            self.stage()
            self.commit()
        except OutputError:
            self.abort()
            raise
        self._open = False

    def abort(self) -> None:
        """Stops and removes the hidden file; does nothing after `close`."""
        self._stop()
        self._part.discard()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.abort()

    def _start(self, quality: Quality) -> tuple[OutputContainer, VideoStream]:
        kind = self._container
        options = dict(kind.growing)
        if kind.format == "mp4":
            options["video_track_timescale"] = str(self._scale)
        output = open_output(self._part.path, kind.format, options)
        stream = output.add_stream(kind.encoder, rate=self._rate, options=kind.options[quality])
        assert isinstance(stream, av.VideoStream)
        context = stream.codec_context
        context.width, context.height = self._even
        context.pix_fmt = "yuv420p"
        # With threads per slice, PyAV's default, `encode` would wait until its frame is encoded.
        context.thread_type = "FRAME"
        context.time_base = Fraction(1, self._scale)
        # A key frame every two seconds lets players seek without a wait.
        context.gop_size = max(1, round(_KEY_FRAME_SECONDS * self._rate))
        context.colorspace, context.color_range = self._matrix, _LIMITED
        context.color_primaries, context.color_trc = _BT709, _BT709
        return output, stream

    def _finish_encoding(self) -> None:
        if not self._open:
            return
        self._open = False
        try:
            self._output.mux(self._stream.encode(None))
            self._output.close()
        except (av.error.FFmpegError, OSError) as error:
            raise unwritable(self.path, error) from None

    def _repack(
        self, sound: Sound | None, frames: int | None, *, copy_sound: bool
    ) -> Exception | None:
        """Replaces the growing file by its final form; returns the error if that fails."""
        second = claim(self.path)
        try:
            self._lost_sound = repack(
                self._part.path,
                second.path,
                self._container,
                scale=self._scale,
                frames=frames,
                sound=sound,
                seconds=float(self._end),
                copy_sound=copy_sound,
                out_of_time=self._out_of_time,
            )
        except (av.error.FFmpegError, OSError, ValueError, OutOfTimeError) as error:
            second.discard()
            return error
        except BaseException:
            second.discard()
            raise
        self._part.discard()
        self._part = second
        return None

    def _stop(self) -> None:
        self._open = False
        with contextlib.suppress(av.error.FFmpegError, OSError):
            self._output.close()


def _as_frame(planes: NDArray[np.uint8]) -> av.VideoFrame:
    # PyAV 18 wraps arrays without a copy, but counts the rows of other heights wrongly.
    wrap = av.VideoFrame.from_numpy_buffer if len(planes) % 6 == 0 else av.VideoFrame.from_ndarray
    return wrap(np.ascontiguousarray(planes), "yuv420p")


def check_target(path: Path) -> None:
    """Checks the name of a video file before anything is written.

    Raises:
        OutputError: The path is a folder, has another ending, or its folder does not exist.
    """
    if path.is_dir():
        raise OutputError(
            tr("{path} is a folder.").format(path=printable(path)),
            tr("Add the name of a file to write."),
        )
    if path.suffix.lower() not in CONTAINERS:
        raise OutputError(
            tr("{name} does not have the ending of a video.").format(name=printable(path.name)),
            tr("Use .mp4 or .webm."),
        )
    if not path.parent.is_dir():
        raise OutputError(
            tr("The folder {folder} does not exist.").format(folder=printable(path.parent)),
            tr("Make it first."),
        )


def claim(path: Path) -> Part:
    """Makes the hidden part of a file, which also shows that the folder can be written.

    Raises:
        OutputError: The folder cannot be written.
    """
    with output_errors(
        tr("The folder {folder} cannot be written: {reason}."),
        tr("Choose a folder of your own."),
        folder=printable(path.parent),
    ):
        part = Part(path)
        try:
            part.path.touch()
        except OSError:
            part.discard()
            raise
    return part


def commit(part: Part) -> None:
    """Renames a part to its target.

    Raises:
        OutputError: The target cannot be replaced; the part is removed.
    """
    try:
        part.commit()
    except OSError as error:
        part.discard()
        raise OutputError(
            tr("{path} cannot be written: {reason}.").format(
                path=printable(part.target), reason=error.strerror or error
            ),
            tr("Choose another place."),
        ) from None


def exact_rate(fps: float | Fraction) -> Fraction:
    """Returns the exact fraction of a frame rate, such as 30000/1001 for 29.97.

    Raises:
        OutputError: The rate is not a positive number of at most 1000.
    """
    if isinstance(fps, Fraction) and 0 < fps <= 1000:
        return fps
    if not 0.0 < fps <= 1000.0:
        raise OutputError(tr("A video of {fps} frames a second cannot be written.").format(fps=fps))
    television = Fraction(round(fps * 1.001) * 1000, 1001)
    # Half a hundredth is the rounding of a television rate that was written with two digits.
    if fps >= 1 and round(fps) != fps and abs(float(television) - fps) < 0.005:
        return television
    if fps < 1:  # a time lapse; its period is often a whole number of seconds
        return 1 / Fraction(1 / fps).limit_denominator(1000)
    return Fraction(fps).limit_denominator(1000)
