"""H.264 files, written by ffmpeg as a child process (OpenCV's wheels carry no encoder)."""

from __future__ import annotations

import collections
import contextlib
import os
import subprocess
import threading
import uuid
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

import cv2
import numpy as np

from uvanet.errors import OutputError

if TYPE_CHECKING:
    from types import TracebackType
    from typing import IO

    from numpy.typing import NDArray

Quality = Literal["small", "good", "best"]

# x264's constant rate factor: 18 is called visually lossless, every 6 more halve the size.
_RATE_FACTOR: dict[Quality, int] = {"small": 27, "good": 20, "best": 14}

# RGB goes to the matrix that the file's tags name; ffmpeg alone would convert with BT.601 and
# tag nothing, and players would guess BT.709 for anything of 720 lines or more.
_COLOUR_FILTER = (
    "scale=out_color_matrix=bt709:out_range=tv:flags=bicubic+accurate_rnd,format=yuv420p,"
    "setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709:range=tv"
)

_FINISH_SECONDS = 600.0


class VideoWriter:
    """Writes frames as an H.264 mp4 that every player plays and a browser can stream.

    The file grows under a hidden name beside the target and takes the target's place when it
    is whole, so that no half file ever has the name asked for. An error, `abort`, or leaving
    the `with` block by an exception leaves nothing behind.

    Args:
        path: The file to write; one that exists is replaced.
        size: (width, height) of the frames in pixels. Odd sizes get one more row or column,
            a copy of the last, since H.264's usual chroma needs even sizes.
        fps: Frames a second; the rates of television such as 29.97 are kept as the exact
            fractions they stand for.
        quality: How much space to spend.
        sound_from: A file whose first sound track, where it has one, goes along with the
            pictures from their start.

    Raises:
        OutputError: The folder does not exist or cannot be written, there is no ffmpeg, or
            the size or the rate makes no sense.
    """

    def __init__(
        self,
        path: str | Path,
        size: tuple[int, int],
        fps: float,
        *,
        quality: Quality = "good",
        sound_from: str | Path | None = None,
    ) -> None:
        self.path = Path(path)
        self.frames = 0
        self._size = size
        self._words: collections.deque[str] = collections.deque(maxlen=20)
        if min(size) < 1:
            raise OutputError(f"A video of {size[0]} x {size[1]} pixels cannot be written.")
        rate = exact_rate(fps)
        self._part = self._claim_part()
        try:
            self._process = self._start(rate, _RATE_FACTOR[quality], sound_from)
        except BaseException:
            self._part.unlink(missing_ok=True)
            raise
        self._listener = threading.Thread(target=self._listen, name="ffmpeg-stderr", daemon=True)
        self._listener.start()
        self._open = True

    def write(self, image_bgr: NDArray[np.uint8]) -> None:
        """Adds a frame; waits while the encoder is behind.

        Args:
            image_bgr: BGR, uint8, shape (h, w, 3) of the size given at the start.

        Raises:
            OutputError: ffmpeg gave up (disk full, killed), or the writer is closed.
            ValueError: The frame has another shape or type.
        """
        if not self._open:
            raise OutputError(f"{self.path} is closed.", "Start a new recording.")
        width, height = self._size
        if image_bgr.shape != (height, width, 3) or image_bgr.dtype != np.uint8:
            raise ValueError(
                f"expected uint8 {(height, width, 3)}, got {image_bgr.dtype} {image_bgr.shape}"
            )
        pixels = image_bgr
        if width % 2 or height % 2:
            pixels = cv2.copyMakeBorder(  # type: ignore[assignment]
                image_bgr, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE
            )
        try:
            self._stdin.write(np.ascontiguousarray(pixels).data)
        except OSError:
            raise self._fail() from None
        self.frames += 1

    def close(self) -> None:
        """Finishes the file and gives it its name; does nothing the second time.

        Raises:
            OutputError: No frame was written, ffmpeg failed, or the target cannot be
                replaced; nothing is left behind.
        """
        if not self._open:
            return
        if not self.frames:
            self.abort()
            raise OutputError(f"No frame came, so {self.path} was not written.")
        # A broken pipe shows in the return code, which is looked at below.
        with contextlib.suppress(OSError):
            self._stdin.close()
        try:
            code = self._process.wait(_FINISH_SECONDS)
        except subprocess.TimeoutExpired:
            code = -1
        if code != 0:
            raise self._fail()
        self._open = False
        self._listener.join()
        self._close_pipes()
        try:
            self._part.replace(self.path)
        except OSError as error:
            self._part.unlink(missing_ok=True)
            raise OutputError(
                f"{self.path} cannot be replaced: {_reason(error)}.", "Choose another name."
            ) from None

    def abort(self) -> None:
        """Stops and removes what was written; does nothing after `close`."""
        if not self._open:
            return
        self._open = False
        self._process.kill()
        self._process.wait()
        self._listener.join()
        self._close_pipes()
        self._part.unlink(missing_ok=True)

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

    @property
    def _stdin(self) -> IO[bytes]:
        assert self._process.stdin is not None
        return self._process.stdin

    def _claim_part(self) -> Path:
        """Makes the hidden file, the earliest proof that the folder can be written."""
        folder = self.path.parent
        if self.path.is_dir():
            raise OutputError(f"{self.path} is a folder.", "Add the name of a file to write.")
        if not folder.is_dir():
            raise OutputError(f"The folder {folder} does not exist.", "Make it first.")
        part = folder / f".{uuid.uuid4().hex}.part"
        try:
            part.touch(exist_ok=False)
        except OSError as error:
            raise OutputError(
                f"The folder {folder} cannot be written: {_reason(error)}.",
                "Choose a folder of your own.",
            ) from None
        return part

    def _start(
        self, rate: Fraction, factor: int, sound_from: str | Path | None
    ) -> subprocess.Popen[bytes]:
        width, height = (n + n % 2 for n in self._size)
        pictures = [
            *("-f", "rawvideo", "-pixel_format", "bgr24", "-video_size", f"{width}x{height}"),
            *("-framerate", f"{rate.numerator}/{rate.denominator}", "-i", "pipe:0"),
        ]
        sound: list[str] = []
        maps = ["-map", "0:v"]
        if sound_from is not None:
            sound = ["-i", f"file:{sound_from}"]
            # Silence after its end, cut at the end of the pictures: the pictures decide.
            maps += ["-map", "1:a:0?", "-af", "apad", "-c:a", "aac", "-b:a", "160k", "-shortest"]
        encoder = [
            *("-vf", _COLOUR_FILTER),
            *("-c:v", "libx264", "-preset", "veryfast", "-crf", str(factor)),
            # A whole picture every two seconds lets players jump without a wait.
            *("-g", str(max(1, round(2 * rate)))),
        ]
        target = ["-movflags", "+faststart", "-f", "mp4", "-y", f"file:{self._part}"]
        quiet = ["-hide_banner", "-loglevel", "error", "-nostdin"]
        return start_ffmpeg([*quiet, *pictures, *sound, *maps, *encoder, *target])

    def _listen(self) -> None:
        """Keeps ffmpeg's last words, and keeps its pipe from filling up."""
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self._words.append(line.decode(errors="replace").strip())

    def _fail(self) -> OutputError:
        """Cleans up after ffmpeg's end and tells what it said."""
        # It may still be on its way out after it closed the pipe, words unsaid.
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5.0)
        code = self._process.poll()
        self.abort()
        words = " ".join(word for word in self._words if word)
        if not words:
            words = "it did not finish" if code is None else f"it ended with code {code}"
        return OutputError(
            f"{self.path} could not be written; ffmpeg says: {words[-400:]}.".replace("..", "."),
            "Look at the free space of the disk and try again.",
        )

    def _close_pipes(self) -> None:
        for pipe in (self._process.stdin, self._process.stderr):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


def exact_rate(fps: float) -> Fraction:
    """Gives the fraction a frame rate stands for, such as 30000/1001 for 29.97.

    Raises:
        OutputError: The rate is not a positive number of at most 1000.
    """
    if not 0.0 < fps <= 1000.0:
        raise OutputError(f"A video of {fps} frames a second cannot be written.")
    television = Fraction(round(fps * 1.001) * 1000, 1001)
    # Half a hundredth: what is left when such a rate was written with two digits.
    if round(fps) != fps and abs(float(television) - fps) < 0.005:
        return television
    return Fraction(fps).limit_denominator(1000)


def start_ffmpeg(arguments: list[str]) -> subprocess.Popen[bytes]:
    """Starts the ffmpeg that imageio-ffmpeg carries, with pipes at stdin and stderr.

    Raises:
        OutputError: There is none, or it cannot be started.
    """
    import imageio_ffmpeg

    try:
        return subprocess.Popen(
            [imageio_ffmpeg.get_ffmpeg_exe(), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            # Ctrl-C in the terminal is for us to act upon: we then end ffmpeg in good order.
            process_group=0 if os.name == "posix" else None,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
            | getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except (OSError, RuntimeError) as error:
        raise OutputError(
            f"ffmpeg, which writes video files, cannot be started: {error}.",
            "Install the package imageio-ffmpeg again.",
        ) from None


def _reason(error: OSError) -> str:
    return error.strerror or os.strerror(error.errno or 0)
