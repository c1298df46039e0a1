"""Video files, written by ffmpeg as a child process (OpenCV's wheels carry no encoder)."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np

from uvanet.atomic_io import temporary_name
from uvanet.errors import OutputError
from uvanet.video.codecs import COLOUR_FILTER, CONTAINERS, Quality
from uvanet.video.ffmpeg import Ffmpeg
from uvanet.video.matroska import header, picture_head
from uvanet.video.recover import count_pictures, cut_to_whole_fragments
from uvanet.video.yuv import to_planes

if TYPE_CHECKING:
    from types import TracebackType

    from numpy.typing import NDArray

_FINISH_SECONDS = 600.0
_NANO = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Sound:
    """The sound of a file, to go along with the pictures.

    Attributes:
        path: The file, or its address; its first sound track is meant, where it has one.
        start: Seconds on the file's own clock that belong to the first picture.
    """

    path: str | Path
    start: float = 0.0


class VideoWriter:
    """Writes frames as an MP4 (H.264) or WebM (VP9) that every player plays.

    The file grows under a hidden name beside the target and takes the target's place when it
    is whole, so that no half file ever has the name asked for. `abort`, or leaving the `with`
    block by an exception, leaves nothing behind; `keep` saves what was finished.

    Args:
        path: The file to write, .mp4 or .webm; one that exists is replaced.
        size: (width, height) of the frames in pixels. Odd sizes get one more row or column,
            a copy of the last, since usual chroma needs even sizes.
        fps: Frames a second; the rates of television such as 29.97 are kept as the exact
            fractions they stand for.
        quality: How much space to spend.
        sound: Goes along with the pictures from their start and ends with them at the latest:
            copied where the file can carry it, otherwise encoded.
        scale: Ticks a second on which times are kept; a multiple of the rate by default.

    Attributes:
        frames: How many were written.
        note: After `close`, what is missing from the file, for people; usually empty.

    Raises:
        OutputError: The folder does not exist or cannot be written, there is no ffmpeg, or
            the size, the rate or the ending makes no sense.
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
    ) -> None:
        self.path = Path(path)
        self.frames = 0
        self.note = ""
        self._size = size
        self._sound = sound
        if min(size) < 1:
            raise OutputError(f"A video of {size[0]} x {size[1]} pixels cannot be written.")
        self._rate = rate = exact_rate(fps)
        self._end = Fraction(0)
        self._even = (size[0] + size[0] % 2, size[1] + size[1] % 2)
        self._part = self._claim_part()
        self._container = CONTAINERS[self.path.suffix.lower()]
        scale = scale or rate.numerator * math.ceil(10_000 / rate.numerator)
        try:
            self._ffmpeg = Ffmpeg(self._encoding(quality, scale))
        except BaseException:
            self._part.unlink(missing_ok=True)
            raise
        self._open = True
        self._begun = False

    def write(self, image_bgr: NDArray[np.uint8], at: Fraction | None = None) -> None:
        """Adds a frame; waits while the encoder is behind.

        Args:
            image_bgr: BGR, uint8, shape (h, w, 3) of the size given at the start.
            at: When it is shown, seconds from the first, later than the one before; by the
                frame rate where None.

        Raises:
            OutputError: ffmpeg gave up (disk full, killed), or the writer is closed.
            ValueError: The frame has another shape or type.
        """
        width, height = self._size
        if image_bgr.shape != (height, width, 3) or image_bgr.dtype != np.uint8:
            raise ValueError(
                f"expected uint8 {(height, width, 3)}, got {image_bgr.dtype} {image_bgr.shape}"
            )
        self.write_planes(to_planes(np.ascontiguousarray(image_bgr)), at)

    def write_planes(self, planes: NDArray[np.uint8], at: Fraction | None = None) -> None:
        """As `write`, for a frame that `uvanet.video.yuv.to_planes` has converted."""
        if not self._open:
            raise OutputError(f"{self.path} is closed.", "Start a new recording.")
        width, height = self._even
        if planes.shape != (height * 3 // 2, width) or planes.dtype != np.uint8:
            raise ValueError(f"expected planes of {width} x {height}, got {planes.shape}")
        at = Fraction(self.frames) / self._rate if at is None else at
        stdin = self._ffmpeg.stdin
        try:
            if not self._begun:
                stdin.write(header(self._even, self._rate, raw=True))
                self._begun = True
            stdin.write(picture_head(round(at * _NANO), planes.nbytes))
            stdin.write(np.ascontiguousarray(planes).data)
        except OSError:
            # It may still be on its way out after it closed the pipe, words unsaid.
            self._ffmpeg.finish(5.0)
            raise self._failure() from None
        self._end = at + 1 / self._rate
        self.frames += 1

    def close(self) -> None:
        """Finishes the file and gives it its name; does nothing the second time.

        Where only the sound cannot be added, or the disk has no room for the last tidying, the
        pictures are kept and `note` says what is missing.

        Raises:
            OutputError: No frame was written, ffmpeg failed, or the target cannot be replaced.
                What was finished can still be had by `keep`.
        """
        if not self._open:
            return
        if not self.frames:
            self.abort()
            raise OutputError(f"No frame came, so {self.path} was not written.")
        if not self._ffmpeg.finish(_FINISH_SECONDS):
            raise self._failure()
        self._open = False
        self._tidy()
        self._give_name()

    def keep(self) -> int:
        """After a failure: gives what was finished its name.

        Returns:
            How many frames that are; where it is none, nothing is left behind.
        """
        if not self._open:
            return 0
        self._open = False
        self._ffmpeg.kill()
        cut_to_whole_fragments(self._part)
        kept = count_pictures(self._part)
        if not kept:
            self._part.unlink(missing_ok=True)
            return 0
        self.frames = kept
        self._end = kept / self._rate
        self._tidy()
        self._give_name()
        return kept

    def abort(self) -> None:
        """Stops and removes what was written; does nothing after `close`."""
        if not self._open:
            return
        self._open = False
        self._ffmpeg.kill()
        self._part.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:
            self.abort()
            return
        try:
            self.close()
        except BaseException:
            self.abort()
            raise

    def _claim_part(self) -> Path:
        """Makes the hidden file, the earliest proof that the folder can be written."""
        folder = self.path.parent
        if self.path.is_dir():
            raise OutputError(f"{self.path} is a folder.", "Add the name of a file to write.")
        if self.path.suffix.lower() not in CONTAINERS:
            raise OutputError(f"{self.path.name} is no kind of video.", "Use .mp4 or .webm.")
        if not folder.is_dir():
            raise OutputError(f"The folder {folder} does not exist.", "Make it first.")
        part = temporary_name(self.path)
        try:
            part.touch(exist_ok=False)
        except OSError as error:
            raise OutputError(
                f"The folder {folder} cannot be written: {_reason(error)}.",
                "Choose a folder of your own.",
            ) from None
        return part

    def _encoding(self, quality: Quality, scale: int) -> list[str]:
        return [
            *("-f", "matroska", "-i", "pipe:0", "-map", "0:v", "-vf", COLOUR_FILTER),
            *("-fps_mode", "passthrough", "-enc_time_base", f"1:{scale}"),
            *self._container.encoders[quality],
            # A whole picture every two seconds lets players jump without a wait.
            *("-g", str(max(1, round(2 * self._rate)))),
            *(("-video_track_timescale", str(scale)) if self._container.whole else ()),
            *self._container.growing,
            *("-y", f"file:{self._part}"),
        ]

    def _tidy(self) -> None:
        """Adds the sound and puts the index in front, in a second file that replaces the first."""
        sounds: list[tuple[str, ...]] = []
        if self._sound is not None and (codec := _sound_codec(self._sound.path)):
            if codec in self._container.carries:
                sounds.append(("-c:a", "copy"))
            sounds.append(self._container.sound)
        wanted = bool(sounds)
        if self._container.whole:
            sounds.append(())
        words = ""
        for sound in sounds:
            tidied = temporary_name(self.path)
            work = Ffmpeg([*self._wrapping(sound), "-y", f"file:{tidied}"])
            if work.finish(_FINISH_SECONDS):
                tidied.replace(self._part)
                break
            words = work.words()
            tidied.unlink(missing_ok=True)
        if words and wanted:
            self.note = f"The sound could not be added; ffmpeg says: {words}."

    def _wrapping(self, sound: tuple[str, ...]) -> list[str]:
        arguments = ["-i", f"file:{self._part}"]
        if sound and self._sound is not None:
            from uvanet.sources import input_name

            arguments += ["-ss", f"{self._sound.start:.6f}", "-t", f"{float(self._end):.6f}"]
            arguments += ["-i", input_name(self._sound.path), "-map", "1:a:0", *sound]
        kind = self._container.whole or self._container.growing
        return [*arguments, "-map", "0:v", "-c:v", "copy", *kind]

    def _give_name(self) -> None:
        try:
            self._part.replace(self.path)
        except OSError as error:
            self._part.unlink(missing_ok=True)
            raise OutputError(
                f"{self.path} cannot be replaced: {_reason(error)}.", "Choose another name."
            ) from None

    def _failure(self) -> OutputError:
        """Tells what ffmpeg said before it ended."""
        return OutputError(
            f"{self.path} could not be written; ffmpeg says: {self._ffmpeg.words()}.".replace(
                "..", "."
            ),
            "Look at the free space of the disk and try again.",
        )


def exact_rate(fps: float | Fraction) -> Fraction:
    """Gives the fraction a frame rate stands for, such as 30000/1001 for 29.97.

    Raises:
        OutputError: The rate is not a positive number of at most 1000.
    """
    if isinstance(fps, Fraction) and 0 < fps <= 1000:
        return fps
    if not 0.0 < fps <= 1000.0:
        raise OutputError(f"A video of {fps} frames a second cannot be written.")
    television = Fraction(round(fps * 1.001) * 1000, 1001)
    # Half a hundredth: what is left when such a rate was written with two digits.
    if round(fps) != fps and abs(float(television) - fps) < 0.005:
        return television
    return Fraction(fps).limit_denominator(1000)


def _sound_codec(path: str | Path) -> str:
    """The codec of a file's first sound track; empty where it has none."""
    from uvanet.sources import probe

    tracks = probe(path).audio
    return tracks[0].split()[0] if tracks else ""


def _reason(error: OSError) -> str:
    return error.strerror or os.strerror(error.errno or 0)
