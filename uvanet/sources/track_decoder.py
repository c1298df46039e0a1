"""Decodes the video track of an open container."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Any

import av
import av.error

from uvanet.sources.codec_changes import CodecChanges
from uvanet.sources.deinterlacer import Deinterlacer
from uvanet.sources.frame_losses import LossDetector
from uvanet.sources.media_input import reason

if TYPE_CHECKING:
    from collections.abc import Iterator
    from fractions import Fraction

    from av.packet import Packet
    from av.video.codeccontext import VideoCodecContext
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

    from uvanet.sources.media_input import Damage, MediaInput

# Codecs of whose frames FFmpeg derives wrong times where the container states the order of decoding
# only; of others, a decoder gives a frame for each packet.
_FREE_ORDER = ("h264", "hevc", "vvc")
# Bytes between two packets: the heads of a cluster and of a block.
_MAX_OVERHEAD = 256
_MAX_ERRORS_IN_A_ROW = 200  # reads of the container that fail
_MAX_LINES = 20_000  # of a damaged JPEG file of 5 MB between boundaries
# Largest frame, in pixels, that one thread decodes fast enough. Each further thread holds frames of
# its own: with two threads, the live view of a 720p film takes 9 MB more.
_SINGLE_THREAD_PIXELS = 1280 * 720


class TrackDecoder:
    """Decodes one track of a container.

    Args:
        media: The container.
        track: One of its tracks.
        damage: Receives the losses.
        live: Whether the container is a stream instead of a file.

    Attributes:
        position: Time of the last frame since the first one, seconds, at which losses are noted;
            the receiver of the frames sets it.
        end: End of all packets so far, of all tracks, on the container's clock, seconds.
        end_byte: Place in the file behind the last packet of the track.
        interlaced: Whether an interlaced frame came.
        arrival: Time of the first packet of a stream, seconds of `time.monotonic`.
    """

    def __init__(
        self, media: MediaInput, track: VideoStream, damage: Damage, *, live: bool
    ) -> None:
        self.position = 0.0
        self.end = 0.0
        self.end_byte = 0
        self.interlaced = False
        self.arrival: float | None = None
        self._media = media
        self._track = track
        self._context: VideoCodecContext | None = None
        self._first_aspect: Fraction | None = None
        self._holes = _Holes(media)
        self._damage = damage
        self._live = live

    @property
    def pixel_aspect(self) -> Fraction | None:
        """Width of a pixel divided by its height, now: broadcasts switch between 4:3 and 16:9."""
        current = self._context.sample_aspect_ratio if self._context is not None else None
        return self._track.sample_aspect_ratio if current == self._first_aspect else current

    def frames(self, *, jumped: bool = False) -> Iterator[VideoFrame]:
        """Yields the frames from the container's position to its end, deinterlaced.

        A frame with errors is yielded and counted as a loss. An encrypted frame ends the iteration.

        Args:
            jumped: Whether the container jumped to its position.
        """
        deinterlacer = Deinterlacer()
        decoder = self._open()
        fragments = self._media.has_fragments(self._track)
        segments = fragments or self._media.is_playlist
        losses = LossDetector(self._damage, segments=segments, exact=fragments, jumped=jumped)
        changes = CodecChanges(self._media, decoder.name, self._damage)
        clock = _DecodingClock() if self._states_decoding_order() else None
        for packet in self._packets():
            if packet.has_sidedata("encryption_info"):  # it would decode to noise
                self._damage.encrypted = True
                return
            if changes.skips(packet, self.position):
                continue
            losses.saw_packet(packet, self.position, hole=self._holes.found())
            try:
                frames = decoder.decode(packet)
            except av.error.EOFError:
                continue
            except av.error.FFmpegError as error:
                losses.failed(packet, error, self.position)
                frames = []
            if change := changes.saw(packet, self.position, frames=bool(frames)):
                frames = decoder.decode(None) if packet.size else []
                self._context = decoder = change[0]
                for waiting in change[1]:
                    with contextlib.suppress(av.error.FFmpegError):
                        frames += decoder.decode(waiting)
            elif losses.hopeless:
                return
            if clock is not None:
                clock.stamp(packet, frames)
            for frame in frames:
                losses.saw_frame(frame, self.position)
                self.interlaced = self.interlaced or frame.interlaced_frame
                yield from deinterlacer.push(frame)
        yield from deinterlacer.flush()

    def _packets(self) -> Iterator[Packet[Any]]:
        """Yields the video packets; continues after damaged places."""
        errors = 0
        cause = ""  # of a loss in a multipart file, where each line of a damaged part is an error
        ended = False
        while not ended:
            try:
                for packet in self._media.packets():
                    if packet.size:
                        errors = 0
                        if cause:
                            self._damage.add(self.position, cause)
                            cause = ""
                    self._note_end(packet)
                    self._holes.add(packet)
                    # The index cannot be compared: empty packets at the end all have the index 0.
                    if packet.stream is self._track:
                        self.end_byte = max(self.end_byte, (packet.pos or 0) + packet.size)
                        if self._live and self.arrival is None:
                            self.arrival = time.monotonic()
                        yield packet
                ended = True
            except av.error.InvalidDataError as error:
                errors += 1
                if self._media.is_multipart:
                    cause = reason(error)
                else:
                    self._damage.add(self.position, reason(error))
                ended = errors > (_MAX_LINES if cause else _MAX_ERRORS_IN_A_ROW)
        if cause and errors > 1:  # one error is the last boundary
            self._damage.add(self.position, cause)

    def _open(self) -> VideoCodecContext:
        track = self._track
        context: VideoCodecContext = track.codec_context
        if track.metadata.get("alpha_mode") == "1" and context.name in ("vp8", "vp9"):
            # FFmpeg's own decoders of VP8 and VP9 ignore the alpha layer; those of libvpx do not.
            codec = "libvpx-vp9" if context.name == "vp9" else "libvpx"
            # PyAV declares CodecContext; for a video codec it is a VideoCodecContext.
            context = av.CodecContext.create(codec, "r")  # type: ignore[assignment]
            context.extradata = track.codec_context.extradata
        if not context.is_open:
            ordered = self._live or self._states_decoding_order()
            small = context.width * context.height <= _SINGLE_THREAD_PIXELS
            context.thread_type = "SLICE" if ordered else "AUTO"
            context.thread_count = 1 if small else 0
        if self._context is None:
            self._first_aspect = context.sample_aspect_ratio
        self._context = context
        return context

    def _states_decoding_order(self) -> bool:
        codec = self._track.codec_context.codec.canonical_name
        return self._media.container.format.name == "avi" and codec in _FREE_ORDER

    def _note_end(self, packet: Packet[Any]) -> None:
        if packet.pts is not None and packet.time_base is not None:
            end = float((packet.pts + (packet.duration or 0)) * packet.time_base)
            self.end = max(self.end, end)


class _DecodingClock:
    """Gives frames the time at which they leave the decoder, as in AVI, and their order is kept.

    The decoder must have no threads that each decode a frame: they would delay the frames further.
    """

    def __init__(self) -> None:
        self._now = 0  # ticks; one is a frame in AVI
        self._last = -1  # of a frame

    def stamp(self, packet: Packet[Any], frames: list[VideoFrame]) -> None:
        """Replaces the times of the frames that a packet gave, or that came at the end."""
        if packet.size and packet.dts is not None:
            self._now = packet.dts
        for frame in frames:
            if not packet.size:
                self._now += 1
            frame.pts = self._last = max(self._now, self._last + 1)


class _Holes:
    """Finds damaged places that FFmpeg skips without an error, in a file of Matroska.

    Args:
        media: The file.
    """

    def __init__(self, media: MediaInput) -> None:
        self._end: int | None = None
        self._found = False
        # A layer of alpha lies beside the packets.
        alpha = any(track.metadata.get("alpha_mode") for track in media.container.streams)
        matroska = media.container.format.name.startswith("matroska")
        self._used = matroska and media.file is not None and not alpha

    def add(self, packet: Packet[Any]) -> None:
        """Takes the next packet of any track, in the order of the file."""
        if not self._used or not packet.size or packet.pos is None:
            return
        if self._end is not None and packet.pos > self._end + _MAX_OVERHEAD:
            self._found = True
        self._end = packet.pos + packet.size

    def found(self) -> bool:
        """Whether there was a hole since the last call."""
        found, self._found = self._found, False
        return found
