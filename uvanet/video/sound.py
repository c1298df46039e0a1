"""The sound of a source, cut to the exported clip: copied, or encoded for the container."""

from __future__ import annotations

import contextlib
import math
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import av.error

from uvanet.errors import SourceError
from uvanet.redaction import printable
from uvanet.sources.media_input import open_file, open_url
from uvanet.video.sound_clock import on_continuous_clock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.audio.codeccontext import AudioCodecContext
    from av.audio.stream import AudioStream
    from av.container import OutputContainer
    from av.packet import Packet

    from uvanet.sources.media_input import MediaInput
    from uvanet.video.codecs import Container

# Decoders need a few packets before the first audible sample.
_PREROLL_S = 0.1
_TIMEOUT_S = 5.0  # the server has just sent the video
# Above this, samples are cut or silence is inserted, as where two recordings were joined.
_MAX_DRIFT_S = 0.03
_RATE = 48_000
_SURROUND_CHANNELS = 6
_USUAL_RATE = 25  # of a video that states none


@dataclass(frozen=True, slots=True)
class Sound:
    """The sound of a file for an exported clip.

    Attributes:
        source: The file, or its address.
        start: Time of the clip's first frame on the file's own clock, seconds.
        track: Number of the sound track, from 1; None for the default track, if there is any.
    """

    source: str | Path
    start: float = 0.0
    track: int | None = None


@dataclass(frozen=True, slots=True)
class SoundTrack:
    """A sound track of a file.

    Attributes:
        number: Number in the file, from 1.
        codec: FFmpeg's name of the codec.
        layout: Channel layout, such as "stereo" or "5.1".
        language: Language that the file states, such as "eng"; may be empty.
        title: Title that the file states; may be empty.
        default: Whether the track is used unless another one is chosen.
    """

    number: int
    codec: str
    layout: str
    language: str
    title: str
    default: bool

    def __str__(self) -> str:
        parts = [self.language, self.title, self.codec, self.layout]
        return printable(f"{self.number}: {', '.join(part for part in parts if part)}")


def sound_tracks(source: str | Path) -> list[SoundTrack]:
    """Lists the sound tracks of a file or address; empty if it cannot be opened."""
    with contextlib.ExitStack() as stack:
        try:
            media = stack.enter_context(_open(source))
        except (av.error.FFmpegError, OSError, SourceError):
            return []
        chosen = _choose(media, None)
        return [
            SoundTrack(
                number=number,
                codec=track.codec_context.name,
                layout=track.codec_context.layout.name,
                language=track.language or "",
                title=track.metadata.get("title", ""),
                default=track is chosen,
            )
            for number, track in enumerate(_decodable(media), 1)
        ]


class SoundReader:
    """Reads a sound track between two times.

    Args:
        sound: The sound.
        seconds: Length of the clip.

    Attributes:
        track: The sound track; None if there is none.
        lost_seconds: Length of the end that could not be decoded, as where a broadcast changes
            the codec; it is silent.

    Raises:
        av.error.FFmpegError: The source cannot be opened.
        OSError: The source cannot be opened.
        SourceError: The source is not a regular file.
    """

    def __init__(self, sound: Sound, seconds: float) -> None:
        self._sound = sound
        self._seconds = seconds
        self.lost_seconds = 0.0
        self._input = _open(sound.source)
        self.track = _choose(self._input, sound.track)

    def close(self) -> None:
        """Closes the source."""
        self._input.close()

    def add_copied(
        self, output: OutputContainer, container: Container
    ) -> Iterator[Packet[AudioStream]] | None:
        """Adds the track to an output without encoding it again.

        Returns:
            The packets of the new stream, with times from 0 at the clip's start; None if the
            container does not support the codec.
        """
        assert self.track is not None
        if self.track.codec_context.codec.canonical_name not in container.copied_sound:
            return None
        stream = output.add_stream_from_template(self.track)
        return self._copied(stream, may_be_early=container.format == "mp4")

    def add_encoded(
        self, output: OutputContainer, container: Container
    ) -> Iterator[Packet[AudioStream]]:
        """Adds the track to an output, encoded again; returns the packets of the new stream."""
        assert self.track is not None
        channels = self.track.codec_context.layout.nb_channels
        many = "5.1" if channels >= _SURROUND_CHANNELS else "stereo"
        layout = "mono" if channels == 1 else many
        stream = output.add_stream(container.sound_encoder, rate=_RATE, layout=layout)
        assert isinstance(stream, av.AudioStream)
        stream.bit_rate = container.sound_bit_rate
        return self._encoded(stream)

    def _packets(self) -> Iterator[Packet[AudioStream]]:
        assert self.track is not None
        container, video = self._input.container, self._input.video
        # The video tells how the sound goes on where the clock jumps.
        follows = video if self._input.clock_jumps else None
        for stream in container.streams:
            if stream not in (self.track, follows):
                stream.discard = av.stream.Discard.all
        early = self._sound.start - 1.0
        if early > 0:
            # If the seek fails, the file is read from its start.
            with contextlib.suppress(av.error.FFmpegError, OSError):
                container.seek(int(early * av.time_base))
        if follows is None:
            yield from self._input.packets(self.track)
            return
        step = 1 / (follows.average_rate or follows.guessed_rate or _USUAL_RATE)
        both = self._input.packets(follows, self.track)
        yield from on_continuous_clock(both, self.track, float(step))

    def _copied(self, stream: AudioStream, *, may_be_early: bool) -> Iterator[Packet[AudioStream]]:
        start, end = self._sound.start, self._sound.start + self._seconds
        last = -math.inf
        form = _Form() if self._input.clock_jumps else None
        for packet in self._packets():
            if packet.pts is None or packet.time_base is None or not packet.size:
                continue
            at = float(packet.pts * packet.time_base)
            length = float((packet.duration or 0) * packet.time_base)
            # MP4 hides sound before its start; WebM would delay the pictures instead.
            too_early = at + length < start - _PREROLL_S if may_be_early else at < start - 1e-6
            if too_early:
                continue
            if at >= end - 1e-6:
                return
            if at <= last:  # two recordings that were joined overlap
                continue
            if form is not None:
                form.check(packet)
            last = at
            shift = round(Fraction(start) / packet.time_base)
            packet.pts -= shift
            packet.dts = packet.pts
            packet.stream = stream
            yield packet

    def _encoded(self, stream: AudioStream) -> Iterator[Packet[AudioStream]]:
        for frame in self._filtered(stream.codec_context):
            yield from stream.encode(frame)
        yield from stream.encode(None)

    def _filtered(self, encoder: AudioCodecContext) -> Iterator[av.AudioFrame]:
        """Decodes, cuts and resamples the sound; times count from the clip's start.

        Gaps are filled with silence.
        """
        encoder.open()
        graph = self._graph(encoder)
        for frame in self._decoded(encoder):
            graph.push(frame)
            yield from _pull(graph)
            if frame.time is not None and frame.time > self._sound.start + self._seconds:
                break
        graph.push(None)
        yield from _pull(graph)

    def _decoded(self, encoder: AudioCodecContext) -> Iterator[av.AudioFrame]:
        """Decodes to the encoder's form; that of a broadcast may change at any time."""
        form: tuple[str, str, int] | None = None
        resampler: av.AudioResampler | None = None
        begin = heard = 0.0  # of the last packet; end of the last frame
        clock: float | None = None
        for packet in self._packets():
            frames: list[Any] = []
            with contextlib.suppress(av.error.FFmpegError):
                frames = packet.decode()
            for frame in frames:
                assert isinstance(frame, av.AudioFrame)
                if _form_of(frame) != form:
                    if form is not None and form[2] != frame.sample_rate:
                        clock = frame.time
                    form = _form_of(frame)
                    if resampler is not None:
                        yield from _on_clock(resampler.resample(None))
                    resampler = av.AudioResampler(encoder.format, encoder.layout, _RATE)
                if clock is not None:
                    clock = _keep_up(frame, clock)
                if frame.time is not None:
                    heard = frame.time + frame.samples / frame.sample_rate
                assert resampler is not None
                yield from _on_clock(resampler.resample(frame))
            if packet.pts is not None and packet.size:
                begin = float(packet.pts * packet.time_base)
            # Counted behind the frames: a packet of TTA or PCM may last for a second.
            self.lost_seconds = max(0.0, begin - heard)
        if resampler is not None:
            yield from _on_clock(resampler.resample(None))

    def _graph(self, encoder: AudioCodecContext) -> av.filter.Graph:
        start = self._sound.start
        graph = av.filter.Graph()
        nodes = [
            graph.add_abuffer(
                sample_rate=_RATE,
                format=encoder.format.name,
                layout=encoder.layout.name,
                time_base=Fraction(1, _RATE),
            ),
            graph.add("atrim", f"start={start:.6f}:end={start + self._seconds:.6f}"),
            graph.add("asetpts", f"PTS-{start:.6f}/TB"),
            graph.add("aresample", f"{_RATE}:async=1:min_hard_comp={_MAX_DRIFT_S}:first_pts=0"),
            graph.add("asetnsamples", f"n={encoder.frame_size or 1024}:p=0"),
            graph.add("abuffersink"),
        ]
        graph.link_nodes(*nodes)
        graph.configure()
        return graph


class _Form:
    """Checks that the sound of a stream keeps its sample format, channels and sample rate.

    An MP4 or WebM states them once for all packets.
    """

    def __init__(self) -> None:
        self._first: tuple[str, str, int] | None = None

    def check(self, packet: Packet[AudioStream]) -> None:
        """Decodes a packet.

        Raises:
            ValueError: The form differs from that of the first packet.
            av.error.FFmpegError: The packet cannot be decoded.
        """
        for frame in packet.decode():
            self._first = self._first or _form_of(frame)
            if _form_of(frame) != self._first:
                raise ValueError("the sound changes its form")


def _form_of(frame: av.AudioFrame) -> tuple[str, str, int]:
    return frame.format.name, frame.layout.name, frame.sample_rate


def _keep_up(frame: av.AudioFrame, clock: float) -> float:
    """Moves a frame to `clock` if it is earlier, and returns its end; both in seconds.

    Where the sample rate of a stream changes, FFmpeg counts on with the old length of a packet.
    """
    if frame.time is None or frame.time_base is None:
        return clock
    if frame.time < clock:
        frame.pts = round(Fraction(clock) / frame.time_base)
    return max(frame.time, clock) + frame.samples / frame.sample_rate


def _on_clock(frames: list[av.AudioFrame]) -> Iterator[av.AudioFrame]:
    """Gives frames the time base of the encoder."""
    for frame in frames:
        if frame.pts is not None and frame.time_base is not None:
            frame.pts = round(frame.pts * frame.time_base * _RATE)
            frame.time_base = Fraction(1, _RATE)
            yield frame


def _pull(graph: av.filter.Graph) -> Iterator[av.AudioFrame]:
    while True:
        try:
            frame = graph.pull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return
        assert isinstance(frame, av.AudioFrame)
        yield frame


def _open(source: str | Path) -> MediaInput:
    if "://" in str(source):
        return open_url(str(source), _TIMEOUT_S, _TIMEOUT_S)
    return open_file(Path(source))


def _decodable(media: MediaInput) -> list[AudioStream]:
    return [track for track in media.container.streams.audio if track.codec_context is not None]


def _choose(media: MediaInput, number: int | None) -> AudioStream | None:
    tracks = _decodable(media)
    if number is not None:
        return tracks[number - 1] if number <= len(tracks) else None
    default = av.stream.Disposition.default
    heard = [track for track in tracks if not _is_empty(track)] or tracks
    return next((t for t in heard if t.disposition & default), next(iter(heard), None))


def _is_empty(track: AudioStream) -> bool:
    """Whether a track is known to have no packet, as a second language that is seldom sent."""
    context = track.codec_context
    stated = track.metadata.get("DURATION", "")  # of Matroska, such as 00:00:03.000000000
    return not context.sample_rate or (bool(stated) and not stated.strip("0:."))
