"""Writes containers with FFmpeg (PyAV), and copies their packets into final files."""

from __future__ import annotations

import heapq
import os
from typing import TYPE_CHECKING, Any

import av
import av.error

from uvanet.errors import OutputError, SourceError, is_out_of_memory
from uvanet.i18n import tr
from uvanet.redaction import printable
from uvanet.sources.media_input import open_file
from uvanet.video.sound import SoundReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from av.container import OutputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream

    from uvanet.video.codecs import Container
    from uvanet.video.sound import Sound


class OutOfTimeError(Exception):
    """A copy was ended because the program has to end."""

    def __init__(self) -> None:
        super().__init__(tr("the program had to end"))


def open_output(path: Path, format_name: str, options: dict[str, str]) -> OutputContainer:
    """Opens a container for writing; any file name works.

    Raises:
        OSError: The file cannot be opened.
    """
    # The prefix keeps "a:b.mp4" from being taken for a protocol.
    name = f"file:{os.path.abspath(path)}"
    return av.open(name, "w", format=format_name, container_options=options)


def unwritable(path: Path, error: Exception) -> OutputError:
    """Makes the error for a file that the system or the encoder could not write."""
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    hint = tr("Check the free space of the disk, or choose another place.")
    # An encoder that cannot allocate its buffers reports only that it failed.
    if is_out_of_memory(error) or isinstance(error, av.error.ExternalError):
        hint = tr("The encoder failed; the memory may be exhausted: close other programs.")
    return OutputError(
        tr("{path} could not be written: {reason}.").format(
            path=printable(path), reason=str(reason).rstrip(".")
        ),
        hint,
    )


def count_frames(path: Path) -> int:
    """Counts the frames of a file that may be incomplete; 0 if it cannot be read.

    Exports have no B-frames, so each packet is a frame, and the first n frames can be shown.
    """
    return sum(1 for _ in _video_packets(path))


def repack(
    part: Path,
    target: Path,
    container: Container,
    *,
    scale: int,
    frames: int | None = None,
    sound: Sound | None = None,
    seconds: float = 0.0,
    copy_sound: bool = True,
    out_of_time: Callable[[], bool] = lambda: False,
) -> float:
    """Copies the video of a growing file into its final form, with sound.

    Args:
        part: The growing file.
        target: The file to write.
        container: The format to write.
        scale: Ticks per second of the time stamps.
        frames: Number of frames to copy; None for all.
        sound: The sound to add; None for none.
        seconds: Length of the clip.
        copy_sound: Copy the sound if the container supports its codec; otherwise encode it.
        out_of_time: Called for each packet; once it returns True, the copy ends.

    Returns:
        Seconds of the sound that could not be decoded.

    Raises:
        OutOfTimeError: `out_of_time` ended the copy; the target is incomplete.
        OSError: The target cannot be written, or the sound cannot be read.
        av.error.FFmpegError: The target cannot be written, or the sound cannot be read.
    """
    options = dict(container.final)
    if container.format == "mp4":
        options["video_track_timescale"] = str(scale)
    reader = SoundReader(sound, seconds) if sound is not None else None
    try:
        with (
            open_file(part) as media,
            open_output(target, container.format, options) as output,
        ):
            track = media.container.streams.video[0]
            stream = output.add_stream_from_template(track)
            stream.time_base = track.time_base
            tracks: list[Iterator[Packet[Any]]] = [
                _limited(media.container.demux(track), frames, stream)
            ]
            if reader is not None and reader.track is not None:
                copied = reader.add_copied(output, container) if copy_sound else None
                tracks.append(copied or reader.add_encoded(output, container))
            for packet in heapq.merge(*tracks, key=_seconds):
                if out_of_time():
                    raise OutOfTimeError
                output.mux(packet)
        return reader.lost_seconds if reader is not None else 0.0
    finally:
        if reader is not None:
            reader.close()


def readable_sound(sound: Sound | None) -> tuple[Sound | None, Exception | None]:
    """The sound if its source has a track; the error if a server can no longer be read."""
    if sound is None:
        return None, None
    try:
        reader = SoundReader(sound, 0.0)
    except (av.error.FFmpegError, OSError, SourceError, ValueError) as error:
        return None, error if "://" in str(sound.source) else None
    reader.close()
    return (sound if reader.track is not None else None), None


def _limited(
    packets: Iterator[Packet[Any]], limit: int | None, stream: VideoStream
) -> Iterator[Packet[Any]]:
    count = 0
    try:
        for packet in packets:
            if packet.dts is None:
                continue
            if limit is not None and count >= limit:
                return
            packet.stream = stream
            count += 1
            yield packet
    except av.error.InvalidDataError:
        return  # an incomplete file ends here


def _seconds(packet: Packet[Any]) -> float:
    assert packet.dts is not None
    assert packet.time_base is not None
    return float(packet.dts * packet.time_base)


def _video_packets(path: Path) -> Iterator[Packet[Any]]:
    try:
        source = open_file(path)
    except (av.error.FFmpegError, OSError):
        return
    try:
        for packet in source.container.demux(source.container.streams.video[:1]):
            if packet.size and not packet.is_corrupt:
                yield packet
    except av.error.FFmpegError:
        return
    finally:
        source.close()
