"""Opens files and streams with FFmpeg (PyAV); limits the formats and protocols of each kind.

All containers are opened for reading by this module. A file is read through its descriptor: any
file name works, playlists cannot open other files, and changes of the file are noticed.
"""

from __future__ import annotations

import functools
import os
import stat
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import av
import av.error
from av.container import InputContainer

from uvanet.errors import SourceError
from uvanet.i18n import tr
from uvanet.redaction import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.packet import Packet
    from av.stream import Stream
    from av.video.stream import VideoStream

# Demuxers that open further files or addresses, or that recognize a file only by its name.
_REFERRING = ("concat", "hls", "imf", "image2", "image2pipe", "sdp", "webm_dash_manifest")
# Demuxers of text art, which take any text for a video.
_TEXT = ("adf", "bin", "idf", "tty", "xbin")
# Protocols that a playlist or a redirect may use, by the protocol of the address; never "file".
_HTTP = "http,https,httpproxy,tcp,tls,crypto,data"
_RTSP = "rtsp,rtp,srtp,udp,tcp,tls,http,https"
_PROTOCOLS = {
    "http": _HTTP,
    "https": _HTTP,
    "rtsp": _RTSP,
    "rtsps": _RTSP,
    "rtmp": "rtmp,tcp",
    "udp": "udp,rtp",
    "tcp": "tcp",
}
# FFmpeg continues a file on a server where the connection broke; a live stream it cannot continue.
_RESUME = {"reconnect": "1", "reconnect_delay_max": "4"}
# Many servers give the segments of a playlist other endings. FFmpeg refuses those because of local
# files and text formats, which are excluded here anyway.
_HLS = {"extension_picky": "0", "allowed_segment_extensions": "ALL"}
# In a broadcast the tracks of a program may get other numbers; they stay the same tracks.
_TS = {"merge_pmt_versions": "1"}
# Usual layouts by their number of channels.
_LAYOUTS = {1: "mono", 2: "stereo", 3: "3.0", 4: "quad", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}
_BUFFER_BYTES = 1 << 17
_PICTURE_BRANDS = ("avif", "avis", "heic", "mif1")
# Formats whose duration counts from zero on their clock, not from their first packet.
_COUNT_FROM_ZERO = ("matroska", "nut", "flv")
_NO_TIMESTAMPS, _CLOCK_JUMPS = 0x80, 0x200  # AVFMT_NOTIMESTAMPS, AVFMT_TS_DISCONT


class RegularFile:
    """A file opened for reading, with the methods that PyAV needs.

    Args:
        path: The file.
        start: Byte that counts as the first one.

    Raises:
        OSError: The file cannot be opened.
        SourceError: The file is not regular, for example a pipe, which may never end.
    """

    def __init__(self, path: Path, start: int = 0) -> None:
        self.name = os.fspath(path)
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise SourceError(
                tr("{path} is not a regular file.").format(path=printable(path)),
                tr("Save its content to a file, or name a device such as camera:0."),
            )
        self._file = open(path, "rb", buffering=0)  # noqa: SIM115 - closed by `close`
        self._opened = os.fstat(self._file.fileno())
        self._start = start
        self._file.seek(start)

    def read(self, size: int) -> bytes:
        """Reads up to `size` bytes."""
        return self._file.read(size) or b""

    def seek(self, offset: int, whence: int = 0) -> int:
        """Moves the position."""
        start = self._start if whence == os.SEEK_SET else 0
        return self._file.seek(start + offset, whence) - self._start

    def tell(self) -> int:
        """Gives the position."""
        return self._file.tell() - self._start

    def change(self) -> str:
        """How the content changed since the file was opened; empty if it is the same or grew."""
        try:
            now = os.fstat(self._file.fileno())
        except (OSError, ValueError) as error:
            return tr("cannot be read any more ({error})").format(error=error)
        if now.st_size < self._opened.st_size:
            return tr("became shorter")
        if now.st_size == self._opened.st_size and now.st_mtime_ns != self._opened.st_mtime_ns:
            return tr("was changed")
        return ""

    def close(self) -> None:
        """Closes the file."""
        self._file.close()


@dataclass(slots=True)
class MediaInput:
    """An open container.

    Attributes:
        container: PyAV's container.
        file: The file that the container reads; None for a stream.
    """

    container: InputContainer
    file: RegularFile | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the container and the file."""
        self.container.close()
        if self.file is not None:
            self.file.close()

    @property
    def video(self) -> VideoStream | None:
        """The track to show: the default one, never a cover or a thumbnail; None without any.

        In an animated AVIF it is the sequence, not the still picture beside it, and of the variants
        of a playlist the largest.
        """
        hidden = ("attached_pic", "timed_thumbnails", "still_image")
        tracks = [
            stream
            for stream in self.container.streams.video
            if not any(_is(stream, name) for name in hidden) and stream.codec_context is not None
        ]
        if self.is_playlist:  # the variants of one video
            return max(tracks, key=lambda track: track.width * track.height, default=None)
        chosen = [stream for stream in tracks if _is(stream, "default")] or tracks
        # Programs that edit leave empty tracks behind.
        return max(
            chosen,
            key=lambda track: (len(track.index_entries) > 0, bool(track.duration)),
            default=None,
        )

    def hides_video_behind(self, place: int) -> bool:
        """Whether another recording follows a byte of a file of MPEG-TS.

        FFmpeg tells the tracks of a program that came later, but PyAV 18 hides them.
        """
        if self.file is None or self.container.format.name != "mpegts":
            return False
        try:
            with open_file(Path(self.file.name), place) as rest:
                return rest.video is not None and rest.video.id not in {
                    track.id for track in self.container.streams
                }
        except (av.error.FFmpegError, OSError, SourceError):
            return False

    @property
    def is_picture(self) -> bool:
        """Whether the format is one of pictures and animations, which are never live."""
        brand, name = self.container.metadata.get("major_brand"), self.container.format.name
        return name.endswith("_pipe") or name in ("apng", "gif") or brand in _PICTURE_BRANDS

    @property
    def is_playlist(self) -> bool:
        """Whether it is a list of segments (HLS); FFmpeg skips those that cannot be loaded."""
        return self.container.format.name == "hls"

    @property
    def is_multipart(self) -> bool:
        """Whether it holds JPEG files between boundaries, as many cameras send them by HTTP.

        FFmpeg takes the last boundary for a damaged part.
        """
        return self.container.format.name == "mpjpeg"

    def has_fragments(self, track: Stream) -> bool:
        """Whether the track has an index for each part of the file only, as in fragmented MP4."""
        return self.container.format.name.startswith("mov") and not track.frames

    def counts_from_zero(self, track: Stream) -> bool:
        """Whether the stated duration begins at zero on the clock instead of the first packet.

        That of fragments is the end of the last one: a recording of a live stream begins late.
        """
        name = self.container.format.name
        return name.startswith(_COUNT_FROM_ZERO) or self.has_fragments(track)

    def skip_other_tracks(self, track: Stream) -> None:
        """Skips the other tracks of a playlist, which would be downloaded for nothing."""
        if self.is_playlist:
            for other in self.container.streams:
                if other is not track:
                    other.discard = av.stream.Discard.all

    def packets(self, *tracks: Stream) -> Iterator[Packet[Any]]:
        """Yields the packets of some tracks, or of all, in their order; at the end empty ones."""
        try:
            yield from self.container.demux(*tracks)
        except IndexError:
            # Tracks that began later, as in broadcasts: PyAV 18 does not know them at the end.
            return

    @property
    def has_timestamps(self) -> bool:
        """Whether the format stores times; otherwise frames of a stream have arrival times."""
        return not int(self.container.format.flags) & _NO_TIMESTAMPS

    @property
    def clock_jumps(self) -> bool:
        """Whether the format is one of streams, whose clock may jump, such as MPEG-TS."""
        return bool(int(self.container.format.flags) & _CLOCK_JUMPS)


def open_file(path: Path, start: int = 0) -> MediaInput:
    """Opens a media file, as if it began at the byte `start`.

    Raises:
        OSError: The file cannot be opened.
        SourceError: The file is not regular.
        av.error.FFmpegError: The file is damaged or not a media file.
    """
    file = RegularFile(path, start)
    try:
        options = {"format_whitelist": _file_formats(), "protocol_whitelist": "data"} | _TS
        container = av.open(
            file, container_options=options, buffer_size=_BUFFER_BYTES, metadata_errors="replace"
        )
    except BaseException:
        file.close()
        raise
    assert isinstance(container, InputContainer)
    _use_native_layouts(container)
    return MediaInput(container, file)


def open_url(url: str, open_timeout: float, read_timeout: float) -> MediaInput:
    """Opens a stream or a file behind a URL.

    Args:
        url: The address, with its password and query.
        open_timeout: Seconds to wait for the connection and the first data.
        read_timeout: Seconds to wait for each further packet.

    Raises:
        av.error.FFmpegError: The address cannot be opened.
    """
    scheme = url.partition("://")[0].lower()
    options: dict[str, str] = {
        "protocol_whitelist": _PROTOCOLS[scheme],
        "format_whitelist": _url_formats(),
    } | _TS
    if scheme.startswith("rtsp"):
        options["rtsp_flags"] = "prefer_tcp"
    if scheme.startswith("http"):
        options |= _RESUME | _HLS
    # FFmpeg takes schemes in lower case only.
    address = scheme + url[len(scheme) :]
    timeout = (open_timeout, read_timeout)
    container = av.open(address, timeout=timeout, options=options, metadata_errors="replace")
    assert isinstance(container, InputContainer)
    _use_native_layouts(container)
    return MediaInput(container)


def reason(error: Exception) -> str:
    """FFmpeg's message of an error, without an address and a full stop."""
    message = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(message).rstrip(".")


@dataclass(slots=True)
class Damage:
    """Frames that could not be decoded, or not completely.

    Attributes:
        count: Number of packets that were lost or gave a frame with errors.
        first: Time of the first loss, seconds since the start; None without any.
        reasons: Causes of the losses.
        encrypted: Whether an encrypted packet came; nothing after it was decoded.
    """

    count: int = 0
    first: float | None = None
    reasons: set[str] = field(default_factory=set)
    encrypted: bool = False

    def add(self, seconds: float, cause: str) -> None:
        """Counts a loss at a time, seconds since the start."""
        self.count += 1
        self.reasons.add(cause)
        self.first = seconds if self.first is None else min(self.first, seconds)

    def copy(self) -> Damage:
        """Returns the losses so far, to `restore` them."""
        return replace(self, reasons=set(self.reasons))

    def restore(self, earlier: Damage) -> None:
        """Takes the state of a copy."""
        self.count, self.first = earlier.count, earlier.first
        self.reasons, self.encrypted = set(earlier.reasons), earlier.encrypted


def _use_native_layouts(container: InputContainer) -> None:
    """Replaces channel layouts with an order of their own, as QuickTime and CAF have them.

    PyAV 18 copies such a layout without its table of channels and frees the table twice, which
    ends the process. Layouts of FFmpeg's native order have no table. Here the table is freed once:
    the context gets another layout before the copy is deleted.
    """
    for track in container.streams.audio:
        if track.codec_context is None:
            continue
        layout = track.codec_context.layout
        name, count = layout.name, layout.nb_channels
        if " channels (" in name:  # such as "8 channels (FL+FR+FC+LFE+SL+SR+BL+BR)"
            name = _LAYOUTS.get(count, f"{count} channels")
        if count:
            track.codec_context.layout = name


def _is(stream: Any, name: str) -> bool:
    return bool(stream.disposition & getattr(av.stream.Disposition, name))


@functools.cache
def _file_formats() -> str:
    return ",".join(sorted(set(av.formats_available) - {*_REFERRING, *_TEXT}))


@functools.cache
def _url_formats() -> str:
    allowed = set(av.formats_available) - {*_REFERRING, *_TEXT} | {"hls", "sdp"}
    return ",".join(sorted(allowed))
