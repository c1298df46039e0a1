"""Reads frames with their times from files and streams that FFmpeg opens."""

from __future__ import annotations

import collections
import time
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import av.error

from uvanet.i18n import tr_noop
from uvanet.sources.clock_jumps import is_jump
from uvanet.sources.clock_scan import jumping_duration
from uvanet.sources.frame_conversion import FrameConverter
from uvanet.sources.media_input import Damage
from uvanet.sources.picture_groups import is_same_group
from uvanet.sources.track_decoder import TrackDecoder
from uvanet.sources.track_rate import MAX_FPS, MIN_FPS, has_variable_rate, stated_rate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

    from uvanet.decoded_picture import DecodedPicture
    from uvanet.sources.media_input import MediaInput

_DEFAULT_FPS = 25.0
# Attempts of a seek: seconds before the target where decoding starts; None: the start of the file.
_SEEK_LEADS: tuple[float | None, ...] = (0.0, 1.0, 10.0, None)
# Largest number of frames without times that are held back until a frame has a time.
_MAX_UNTIMED = 32
# Frames that an AVI states if its writer could not go back, as into a pipe.
_UNKNOWN_FRAMES = 1 << 30
# Formats that state their duration; FFmpeg estimates that of others from their bit rate.
_STATE_DURATION = ("mov", "matroska", "avi", "asf", "flv", "mxf", "nut")
_SMALL_PROGRAM_STREAM_BYTES = 64 << 20
# Codecs whose key frames and times FFmpeg finds in streams without a container.
_TIMED_RAW_CODECS = ("av1", "h264", "hevc", "mjpeg", "mpeg2video", "mpeg4")
# FFmpeg's encoders of these codecs mark all packets as key frames, also those that are not.
_FALSE_KEY_FRAMES = ("rpza",)
ENCRYPTED_HINT = tr_noop("Get it without copy protection (DRM) from where it was made or bought.")
"""Hint of the error for an encrypted video."""


class NoVideoError(Exception):
    """The container has no video track, or `found` one without a frame; `tracks` names all."""

    def __init__(self, tracks: str, *, found: bool = False) -> None:
        super().__init__(tracks)
        self.tracks, self.found = tracks, found


class MediaReader:
    """Decodes the video track of a container.

    Args:
        open_input: Opens the container; called again to restart from the beginning.
        live: Whether the input is a stream: frames come at the sender's pace.

    Attributes:
        size: (width, height) of the first frame as shown.
        fps: Nominal frames per second, 1e-4 to 20,000.
        frames: Number of frames that the container states; None if unknown.
        duration: Seconds that the container states; None if unknown.
        variable_rate: Whether the container states rates of frames with uneven duration.
        clock_start: Time of frame 0 on the container's clock, seconds; the sound has the same
            clock.
        damage: The losses so far.

    Raises:
        av.error.FFmpegError: From `open`: the input cannot be opened.
        NoVideoError: From `open`: there is no video track, or no frame of it can be decoded.
    """

    def __init__(self, open_input: Callable[[], MediaInput], *, live: bool = False) -> None:
        self.size = (0, 0)
        self.fps = _DEFAULT_FPS
        self.frames: int | None = None
        self.duration: float | None = None
        self.variable_rate = False
        self.clock_start = 0.0
        self.damage = Damage()
        self._open_input = open_input
        self._live = live
        self._input: MediaInput | None = None
        self._track: VideoStream
        self._decoder: TrackDecoder
        self._converter: FrameConverter
        self._decoded: Iterator[tuple[VideoFrame, float]] = iter(())
        self._ready: collections.deque[tuple[VideoFrame, float]] = collections.deque()
        self._zero: Fraction | None = None
        self._offset = 0.0
        self._last = -1.0
        self._stated: float | None = None
        self._rate: float | None = None  # frames per second that the container states
        self._jumps = False  # whether the clock of the file jumps
        self._samples_per_frame = 1  # 2 where the container counts fields

    @property
    def note(self) -> str:
        """See `FrameConverter.note`."""
        return self._converter.note

    def open(self) -> None:
        """Opens the input and decodes the first frame."""
        self._start()
        first = next(self._decoded, None)
        if first is None:
            raise NoVideoError(self.tracks(), found=True)
        self._ready.append(first)
        height, width = self._converter.convert(first[0]).bgr().shape[:2]  # it may fail
        self.size = (width, height)
        self.clock_start = float(self._zero or 0)
        self._learn_rate()

    def read(self) -> tuple[DecodedPicture, float] | None:
        """Returns (picture, seconds since the first frame), see `Frame.picture`; None at the end.

        Raises:
            av.error.FFmpegError: A stream broke.
        """
        item = self._next()
        self._converter.pixel_aspect = self._decoder.pixel_aspect
        return None if item is None else (self._converter.convert(item[0]), item[1])

    def seek(self, seconds: float, abandon: Callable[[], bool] | None = None) -> float | None:
        """Makes the next `read` return the frame shown at `seconds`, or the last frame.

        Args:
            seconds: Time since the first frame, seconds.
            abandon: Called after each decoded frame; once it returns True, the seek ends at that
                frame. The next seek continues from there if that is the shortest way.

        Returns:
            The time of the frame; None if no frame could be decoded.
        """
        # Containers round times to their tick. The target is therefore slightly late, so that
        # n / fps finds frame n. With a variable rate, frames may be closer than 1 / fps.
        tick = float(self._track.time_base or 0)
        target = max(0.0, seconds) + min(0.25 / self.fps, max(0.002, tick))
        if self._is_near(target) and (reached := self._scan(target, abandon)) is not None:
            return reached
        # A deinterlaced frame depends on the one before.
        before = 2.0 / self.fps if self._decoder.interlaced else 0.0
        for lead in _SEEK_LEADS if self._times_survive_jumps() else (None,):
            start = None if lead is None or target <= lead + before else target - lead - before
            try:
                self._restart(start)
                if (reached := self._scan(target, abandon)) is not None:
                    return reached
            except (av.error.FFmpegError, OSError):  # a server that allows no jumps, for example
                if start is None:
                    raise
        return None

    def _is_near(self, target: float) -> bool:
        """Whether decoding further frames reaches a time sooner than a jump."""
        position = self._ready[0][1] if self._ready else self._last
        if not 0.0 <= position <= target:
            return False
        zero = self._zero or Fraction(0)
        return not self._times_survive_jumps() or is_same_group(self._track, zero, position, target)

    def _times_survive_jumps(self) -> bool:
        """Whether frames and their times are correct after a jump.

        In an MPEG program stream several small frames share a pack, and FFmpeg mixes up their times
        after a jump. Large files have large frames, which do not share packs.
        """
        assert self._input is not None
        if self._jumps or self._times_are_guessed() or self._codec() in _FALSE_KEY_FRAMES:
            return False
        container = self._input.container
        return container.format.name != "mpeg" or container.size > _SMALL_PROGRAM_STREAM_BYTES

    def _times_are_guessed(self) -> bool:
        """Whether times have to be counted, since FFmpeg's times of this raw stream are wrong."""
        assert self._input is not None
        return not self._input.has_timestamps and self._codec() not in _TIMED_RAW_CODECS

    def _codec(self) -> str:
        return self._track.codec_context.codec.canonical_name

    @property
    def is_picture(self) -> bool:
        """See `MediaInput.is_picture`."""
        return self._input is not None and self._input.is_picture

    @property
    def is_playlist(self) -> bool:
        """See `MediaInput.is_playlist`."""
        return self._input is not None and self._input.is_playlist

    def tracks(self) -> str:
        """Kinds and codecs of all tracks, for people."""
        if self._input is None:
            return ""
        return ", ".join(
            f"{stream.type} {stream.codec_context.name if stream.codec_context else '(unknown)'}"
            for stream in self._input.container.streams
        )

    def missing_seconds(self) -> float:
        """Seconds of the stated duration that are missing; call it after the end was read.

        Packets of all tracks count, so sound that is longer than the video is no loss. The result
        is 0 for formats that state no duration, such as MPEG-TS.

        The segments of a playlist may have clocks of their own, so its shown seconds count. Gaps
        between its frames are damage instead.
        """
        if self._input is None or self._stated is None:
            return 0.0
        if self.is_playlist:
            missing = self._stated - (self._last + 1.0 / self.fps)
            # Old playlists state whole seconds for each segment of about ten.
            rounding = 0.05 if self._stated.is_integer() else 0.005
            return missing if missing > max(0.5, rounding * self._stated) else 0.0
        if not self._input.container.format.name.startswith(_STATE_DURATION):
            return 0.0
        start = 0.0
        if not self._input.counts_from_zero(self._track):
            start = (self._input.container.start_time or 0) / av.time_base
        missing = start + self._stated - self._decoder.end
        # Containers round, and the last packet may state no duration. FFmpeg's own writer of ASF
        # states up to two packets of sound too much.
        rounding = 0.3 if self._input.container.format.name == "asf" else 0.1
        return missing if missing > max(rounding, 2.5 / self.fps, 0.005 * self._stated) else 0.0

    def hides_another_recording(self) -> bool:
        """Whether the file goes on with other tracks; call it after the end was read."""
        return self._input is not None and self._input.hides_video_behind(self._decoder.end_byte)

    def is_truncated(self) -> bool:
        """Whether the file certainly ends too early; some formats show it only at the end."""
        if self._input is None or self._input.file is None:
            return False
        stated = self._stated or 0.0
        if self._input.container.format.name == "avi":
            return stated > (self.duration or 0.0) + max(0.5, 0.02 * stated)
        entries, size = self._track.index_entries, self._input.container.size
        return len(entries) > 0 and entries[-1].pos + entries[-1].size > size

    def change(self) -> str:
        """How the file changed while it was read; empty if it did not."""
        file = self._input.file if self._input is not None else None
        return file.change() if file is not None else ""

    def close(self) -> None:
        """Closes the input."""
        self._ready.clear()
        self._decoded = iter(())
        if self._input is not None:
            self._input.close()
            self._input = None

    def _start(self) -> None:
        self.close()
        self._input = self._open_input()
        track = self._input.video
        if track is None:
            raise NoVideoError(self.tracks())
        self._track = track
        self._input.skip_other_tracks(track)
        self._decoder = TrackDecoder(self._input, track, self.damage, live=self._live)
        self._converter = FrameConverter(track.sample_aspect_ratio)
        stated = stated_rate(track)
        self._rate = stated / self._samples_per_frame if stated else None
        self.fps = self._rate or self.fps
        self.variable_rate = self._input.has_timestamps and has_variable_rate(track)
        self._decoded = self._timed(self._decoder.frames())

    def _next(self) -> tuple[VideoFrame, float] | None:
        return self._ready.popleft() if self._ready else next(self._decoded, None)

    def _restart(self, seconds: float | None) -> None:
        """Jumps to a key frame before a time; None: reopens the input."""
        self._ready.clear()
        self._last, self._offset = -1.0, 0.0
        zero = self._zero or Fraction(0)
        if seconds is None:
            self._start()
            return
        assert self._input is not None
        base = self._track.time_base or Fraction(1, av.time_base)
        self._input.container.seek(int((zero + Fraction(seconds)) / base), stream=self._track)
        self._decoded = self._timed(self._decoder.frames(jumped=True))

    def _scan(self, target: float, abandon: Callable[[], bool] | None) -> float | None:
        """Decodes up to the last frame not after `target` and returns its time.

        The frame and its successor are left in `_ready`. None if there is no such frame.
        """
        shown: tuple[VideoFrame, float] | None = None
        while (item := self._next()) is not None:
            if item[1] > target:
                if shown is None:
                    return None
                self._ready.extend((shown, item))
                return shown[1]
            shown = item
            if abandon is not None and abandon():
                break
        if shown is not None:
            self._ready.append(shown)
        return None if shown is None else shown[1]

    def _timed(self, frames: Iterator[VideoFrame]) -> Iterator[tuple[VideoFrame, float]]:
        """Adds the times to frames.

        FFmpeg gives no times to frames of Matroska before zero. Their times are counted back from
        the first frame with a time.
        """
        assert self._input is not None
        late = self._zero is None and not self._live and self._input.has_timestamps
        untimed: list[VideoFrame] = []
        for frame in frames:
            if late and frame.pts is None and len(untimed) < _MAX_UNTIMED:
                untimed.append(frame)
                continue
            if untimed and frame.pts is not None and frame.time_base is not None:
                before = len(untimed) / Fraction(self.fps).limit_denominator(1_000_000)
                self._zero = frame.pts * frame.time_base - before
            late = False
            for earlier in untimed:
                yield earlier, self._time(earlier)
            untimed.clear()
            yield frame, self._time(frame)
        for earlier in untimed:
            yield earlier, self._time(earlier)

    def _time(self, frame: VideoFrame) -> float:
        """Seconds since the first frame; always later than the previous frame."""
        if self._live and self._input is not None and not self._input.has_timestamps:
            seconds = time.monotonic() - (self._decoder.arrival or time.monotonic())
            if self._zero is None:
                self._zero, self._decoder.arrival, seconds = Fraction(0), time.monotonic(), 0.0
        elif frame.pts is None or frame.time_base is None or self._times_are_guessed():
            seconds = self._last + 1.0 / self.fps if self._last >= 0 else 0.0
            self._zero = self._zero or Fraction(0)
        else:
            clock = frame.pts * frame.time_base
            if self._zero is None:
                self._zero = clock
            seconds = float(clock - self._zero) + self._offset
            if self._is_jump(seconds):
                self._offset += self._last + 1.0 / self.fps - seconds
                seconds = self._last + 1.0 / self.fps
        if seconds <= self._last:
            seconds = self._last + min(1.0 / self.fps, 0.001)
        self._last = self._decoder.position = seconds
        return seconds

    def _is_jump(self, seconds: float) -> bool:
        assert self._input is not None
        return self._last >= 0 and is_jump(self._last, seconds, ahead=self._input.clock_jumps)

    def _learn_rate(self) -> None:
        assert self._input is not None
        track, container = self._track, self._input.container
        if self._rate is None and (second := next(self._decoded, None)) is not None:
            self._ready.append(second)
            step = second[1] - self._ready[0][1]
            if 1.0 / MAX_FPS <= step <= 1.0 / MIN_FPS:
                self.fps = 1.0 / step
        coded = track.codec_context.framerate
        if self._rate and self._decoder.interlaced and coded:
            # Each field may be a sample, as in an MP4 copied from the file of a camcorder.
            self._samples_per_frame = max(1, min(2, round(self._rate / float(coded))))
            self.fps = self._rate = self._rate / self._samples_per_frame
        unknown = track.frames >= _UNKNOWN_FRAMES
        late = max(0.0, self.clock_start) if self._input.counts_from_zero(track) else 0.0
        # The bit rate in MPEG-1 and MPEG-2 video may be any number.
        guessed = unknown or container.format.name == "mpegvideo"
        if not guessed and container.duration is not None and container.duration > 0:
            self._stated = container.duration / av.time_base
            self.duration = self._stated - late
        length = jumping_duration(self._input, self._open_input, self.fps)
        self.duration, self._jumps = length or self.duration, length is not None
        # Without an index, FFmpeg only estimates the duration of a track.
        indexed = container.format.name.startswith(("mov", "avi")) and not unknown
        if indexed and track.duration and track.time_base and track.duration > 0:
            own = float(track.duration * track.time_base) - late
            self.duration = min(own, self.duration or own)
        if track.frames > 0 and not unknown:
            self.frames = track.frames // self._samples_per_frame
            if container.format.name == "avi" and track.average_rate:
                # FFmpeg shortens the duration of a file that was cut off, but not its frame count.
                self._stated = max(self._stated or 0.0, track.frames / float(track.average_rate))
        if self.duration is not None:
            counted = max(1, round(self.duration * self.fps))
            # The track's count includes frames that an edit list hides.
            self.frames = counted if self.frames is None else min(self.frames, counted + 1)
