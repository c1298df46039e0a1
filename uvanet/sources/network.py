"""A stream or a video over the network."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from functools import partial
from urllib.parse import quote, urlsplit

import av.error

from uvanet.decoded_picture import DecodedPicture
from uvanet.errors import SourceError
from uvanet.i18n import tr, tr_noop
from uvanet.redaction import redact_source
from uvanet.sources._reconnecting import ReconnectingSource
from uvanet.sources.base import Frame, SourceInfo, SourceKind
from uvanet.sources.media_input import open_url, reason
from uvanet.sources.media_losses import find_loss
from uvanet.sources.media_reader import ENCRYPTED_HINT, MediaReader, NoVideoError

NETWORK_SCHEMES = ("http", "https", "rtsp", "rtsps", "rtmp", "udp", "tcp")

_ADVICE = tr_noop("Check the address, and that the sender is running.")


def is_network(spec: str) -> bool:
    """Whether the string that selects a source is an address of the network."""
    scheme, mark, _ = spec.strip().partition("://")
    return bool(mark) and scheme.lower() in NETWORK_SCHEMES


class NetworkSource(ReconnectingSource):
    """Frames from a URL that FFmpeg understands.

    A stream without a known length is live. When a live stream breaks, the source reconnects with
    growing pauses until frames come, `reconnect` seconds are over, or it is closed. It also
    reconnects after a regular end, which looks the same, except for a playlist (HLS) that has
    ended. A file on a server has a length, is not live, and allows seeking.

    Args:
        url: Address, such as "rtsp://camera.local/stream". Its password and query are never shown.
        open_timeout: Seconds to wait for the first frame.
        read_timeout: Seconds to wait for each further frame.
        reconnect: Seconds for which to reconnect; 0 for never.

    Raises:
        SourceError: The address is invalid.
    """

    def __init__(
        self,
        url: str,
        *,
        open_timeout: float = 10.0,
        read_timeout: float = 10.0,
        reconnect: float = 0.0,
    ) -> None:
        # Where an address ends in a text, as in a log, must be clear.
        url = re.sub(r"[\s'\"<>]", lambda match: quote(match[0]), url)
        self._shown = redact_source(url)
        try:
            self._parts = urlsplit(url)
            port = self._parts.port
        except ValueError:  # whose text may hold a password
            raise SourceError(
                tr("{shown} is not a valid address.").format(shown=self._shown),
                tr("Write it like rtsp://192.168.1.20:554/stream."),
            ) from None
        if not self._parts.netloc or port == 0:
            raise SourceError(
                tr("{shown} does not name a host.").format(shown=self._shown),
                tr("Write it like rtsp://192.168.1.20:554/stream."),
            )
        super().__init__(self._shown, reconnect)
        self._url = url
        self._open_timeout = open_timeout
        self._read_timeout = read_timeout
        self._reader = self._make_reader()
        self._begin = 0.0
        self._shift = 0.0
        self._damaged_before = 0
        self._next_index = 0
        self._last_pts = 0.0

    def _make_reader(self) -> MediaReader:
        timeouts = (self._open_timeout, self._read_timeout)
        return MediaReader(partial(open_url, self._url, *timeouts), live=True)

    def _connect(self) -> SourceInfo:
        self._open_reader()
        reader = self._reader
        self._begin = time.monotonic()
        # Motion JPEG over TCP looks like a picture, but has no end.
        is_picture = reader.is_picture and self._parts.scheme in ("http", "https")
        live = reader.duration is None and not is_picture
        return SourceInfo(
            spec=self._url,
            title=self._shown,
            kind=SourceKind.NETWORK,
            width=reader.size[0],
            height=reader.size[1],
            fps=reader.fps,
            frames=None if live else reader.frames,
            duration=reader.duration,
            live=live,
            seekable=reader.duration is not None,
            note=reader.note,
            clock_start=reader.clock_start,
        )

    def _open_reader(self) -> None:
        start = time.monotonic()
        damaged = self._status.damaged
        try:
            self._reader.open()
        except NoVideoError as error:
            if self._reader.damage.encrypted:
                raise SourceError(
                    tr("{shown} is encrypted.").format(shown=self._shown), tr(ENCRYPTED_HINT)
                ) from None
            raise SourceError(
                tr("{shown} answers, but sends no video that can be read ({tracks}).").format(
                    shown=self._shown, tracks=error.tracks or tr("no tracks")
                ),
                tr("Check the path in the address."),
            ) from None
        except (av.error.FFmpegError, OSError, ValueError) as error:
            if self._parts.path.lower().endswith(".mpd"):
                raise SourceError(
                    tr("{shown} is a DASH manifest, which cannot be read.").format(
                        shown=self._shown
                    ),
                    tr("Use the HLS address of the stream, which ends in .m3u8."),
                ) from None
            waited = time.monotonic() - start
            # The import loads http.client and OpenSSL, 3 MB, which only a failure needs.
            from uvanet.sources.connection_errors import connection_error

            raise connection_error(
                self._shown, self._parts, error, waited, self._open_timeout
            ) from None
        # Damage so far does not count: a stream is joined in the middle of a picture.
        self._damaged_before = damaged - self._reader.damage.count

    def _read(self) -> Frame | None:
        try:
            result = self._reader.read()
            problem = ""
        except (av.error.ExitError, av.error.TimeoutError):
            result = None
            problem = tr("{shown} has sent nothing for {seconds:.0f} seconds.").format(
                shown=self._shown, seconds=self._read_timeout
            )
        except (av.error.FFmpegError, OSError, ValueError) as error:
            result, problem = None, self._end_message(f" ({reason(error)})")
        if result is None:
            failure = SourceError(
                problem or self._end_message(), tr("Check the sender and the network.")
            )
            if not self.info.live:
                if problem or (self._reader.missing_seconds() and not self._reader.is_playlist):
                    raise failure
                if loss := find_loss(self._reader, self._shown, self._end):
                    raise loss
                return None
            if not problem and self._has_ended():
                return None
            result = self._retry(failure, self._reconnected)
        self._frame_came()
        damaged = self._damaged_before + self._reader.damage.count
        if self.info.live and damaged != self._status.damaged:
            self._status = replace(self._status, damaged=damaged)
        picture, pts = result
        frame = Frame(picture, pts + self._shift, self._next_index)
        self._next_index += 1
        self._last_pts = frame.pts
        return frame

    def _has_ended(self) -> bool:
        """Whether a live playlist (HLS) has ended: FFmpeg tells this like a broken connection.

        Its list has a length now, or it begins anew, as a list does whose first variant is missing.
        """
        if not self._reader.is_playlist:
            return False
        again = self._make_reader()
        try:
            again.open()
            return again.duration is not None or again.clock_start == self.info.clock_start
        except (av.error.FFmpegError, NoVideoError, OSError, ValueError):
            return False
        finally:
            again.close()

    @property
    def _end(self) -> float:
        """End of the last frame, seconds."""
        return self._last_pts + 1.0 / self._reader.fps

    def _end_message(self, cause: str = "") -> str:
        text = tr(
            "{shown} stopped after {seconds:.1f} seconds: the sender ended it or the connection "
            "broke{cause}."
        )
        return text.format(shown=self._shown, seconds=self._last_pts, cause=cause)

    def _reconnected(self) -> tuple[DecodedPicture, float]:
        """Reconnects and returns the first frame with its time."""
        self._reader.close()
        self._reader = self._make_reader()
        self._open_reader()
        try:
            result = self._reader.read()
        except (av.error.FFmpegError, OSError, ValueError) as error:
            raise SourceError(
                tr("{shown} broke off ({error}).").format(shown=self._shown, error=reason(error)),
                tr(_ADVICE),
            ) from None
        if result is None:
            raise SourceError(
                tr("{shown} answers, but sends no frame.").format(shown=self._shown), tr(_ADVICE)
            )
        # The time without frames counts too.
        self._shift = max(time.monotonic() - self._begin, self._end)
        # A sender that was restarted may send another size.
        (width, height), fps, note = self._reader.size, self._reader.fps, self._reader.note
        self._info = replace(self.info, width=width, height=height, fps=fps, note=note)
        return result

    def _seek(self, seconds: float) -> None:
        info = self.info
        assert info.duration is not None
        try:
            target = min(seconds, info.duration)
            found = self._reader.seek(target, self.abandon_seek)
        except (av.error.FFmpegError, NoVideoError, OSError, ValueError):
            found = None
        if found is None:
            raise SourceError(
                tr("{shown} could not be read at {seconds:.1f} s.").format(
                    shown=self._shown, seconds=seconds
                ),
                tr("The server may not allow jumps; play the video from the start."),
            )
        self._next_index = round(found * info.fps)

    def _release(self) -> None:
        self._reader.close()
