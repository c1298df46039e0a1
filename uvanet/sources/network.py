"""A stream or a video over the network."""

from __future__ import annotations

import logging
import socket
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import av.error

from uvanet.errors import SourceError
from uvanet.redaction import redact
from uvanet.sources._thread_safe import ThreadSafeSource
from uvanet.sources.base import Frame, SourceInfo, SourceKind
from uvanet.sources.media_input import open_url, reason
from uvanet.sources.media_reader import MediaReader, NoVideoError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from uvanet.sources.yuv_picture import YuvPicture

_LOG = logging.getLogger(__name__)

NETWORK_SCHEMES = ("http", "https", "rtsp", "rtsps", "rtmp", "udp", "tcp", "srt")

_PORTS = {"http": 80, "https": 443, "rtsp": 554, "rtsps": 322, "rtmp": 1935}
_FIRST_BACKOFF_S, _MAX_BACKOFF_S = 0.5, 5.0
_ADVICE = "Look at the address, and that the sender is running."


class NetworkSource(ThreadSafeSource):
    """Frames from a URL that FFmpeg understands.

    A stream without a known length is live. When a live stream breaks, the source connects again
    with growing pauses, until frames come, `reconnect` seconds are over, or it is closed; a sender
    that ends and one that dies look the same. A file behind a URL has a length, is not live and
    can be sought.

    Args:
        url: Such as "rtsp://camera.local/stream". Its password and query are never shown.
        open_timeout: Seconds to wait for the first frame.
        read_timeout: Seconds to wait for each frame after it.
        reconnect: Seconds to try to connect again; 0 for never.
    """

    def __init__(
        self,
        url: str,
        *,
        open_timeout: float = 10.0,
        read_timeout: float = 10.0,
        reconnect: float = 0.0,
    ) -> None:
        self._shown = redact(url)
        try:
            self._parts = urlsplit(url)
            port = self._parts.port
        except ValueError as error:
            raise SourceError(
                f"{self._shown} is not a valid address: {redact(str(error))}.",
                "Write it like rtsp://192.168.1.20:554/stream.",
            ) from None
        if not self._parts.netloc or port == 0:
            raise SourceError(
                f"{self._shown} names no host.", "Write it like rtsp://192.168.1.20:554/stream."
            )
        super().__init__(self._shown)
        self._url = url
        self._open_timeout = open_timeout
        self._read_timeout = read_timeout
        self._reconnect = reconnect
        self._reader = self._make_reader()
        self._begin = 0.0
        self._shift = 0.0
        self._next_index = 0
        self._last_pts = 0.0
        self.status = ""

    def _make_reader(self) -> MediaReader:
        timeouts = (self._open_timeout, self._read_timeout)
        return MediaReader(lambda: open_url(self._url, *timeouts), live=True)

    def _open(self) -> SourceInfo:
        self._connect()
        reader = self._reader
        self._begin = time.monotonic()
        live = reader.duration is None
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
            seekable=not live,
            note=reader.note,
            clock_start=reader.clock_start,
        )

    def _connect(self) -> None:
        start = time.monotonic()
        try:
            self._reader.open()
        except NoVideoError as error:
            raise SourceError(
                f"{self._shown} answers, but sends no video that can be read "
                f"({error.found or 'no tracks'}).",
                "Look at the path in the address.",
            ) from None
        except (av.error.FFmpegError, OSError, ValueError) as error:
            raise self._why_not(error, time.monotonic() - start) from None

    def _read(self) -> Frame | None:
        try:
            result = self._reader.read()
            problem = ""
        except (av.error.ExitError, av.error.TimeoutError):
            result = None
            problem = f"has sent nothing for {self._read_timeout:.0f} seconds"
        except (av.error.FFmpegError, OSError, ValueError) as error:
            result, problem = None, f"{self._end_words()} ({reason(error)})"
        if result is None:
            if not self._is_live() and not problem and self._is_complete():
                return None
            result = self._connect_again(problem or self._end_words())
        picture, pts = result
        frame = Frame(picture, pts + self._shift, self._next_index)
        self._next_index += 1
        self._last_pts = frame.pts
        return frame

    def _is_live(self) -> bool:
        return self.info.live

    def _is_complete(self) -> bool:
        return not self._reader.missing_seconds()

    def _end_words(self) -> str:
        return (
            f"stopped after {self._last_pts:.1f} seconds: the sender ended it or the connection "
            "broke"
        )

    def _connect_again(self, problem: str) -> tuple[NDArray[np.uint8] | YuvPicture, float]:
        """Connects again with growing pauses; gives the first frame, or raises the problem."""
        failure = SourceError(f"{self._shown} {problem}.", "Look at the sender and the network.")
        deadline = time.monotonic() + self._reconnect
        pause = _FIRST_BACKOFF_S
        while self._is_live() and time.monotonic() + pause < deadline:
            self.status = f"{self._shown} {problem}. Connecting again."
            _LOG.warning("%s", self.status)
            if self._closing.wait(pause):
                break
            pause = min(2 * pause, _MAX_BACKOFF_S)
            self._reader.close()
            self._reader = self._make_reader()
            try:
                self._connect()
            except SourceError as error:
                _LOG.info("%s", error)
                continue
            result = self._reader.read()
            if result is not None:
                # Time went on while there were no frames.
                self._shift = max(
                    time.monotonic() - self._begin, self._last_pts + 1.0 / self._reader.fps
                )
                self.status = ""
                return result
        raise failure

    def _seek(self, seconds: float) -> None:
        info = self.info
        assert info.duration is not None
        try:
            target = min(seconds, info.duration - 1.0 / info.fps)
            found = self._reader.seek(target, self.abandon_seek)
        except (av.error.FFmpegError, NoVideoError, OSError, ValueError):
            found = None
        if found is None:
            raise SourceError(
                f"{self._shown} could not be read at {seconds:.1f} s.",
                "Its server may not allow jumps; play it from the start.",
            )
        self._next_index = round(found * info.fps)

    def _release(self) -> None:
        self._reader.close()

    def _why_not(self, error: Exception, waited: float) -> SourceError:
        timed_out = isinstance(error, av.error.ExitError | av.error.TimeoutError)
        if timed_out or waited >= 0.95 * self._open_timeout:
            return SourceError(
                f"{self._shown} did not answer within {self._open_timeout:.0f} seconds.",
                "Look at the address, the sender and the firewall.",
            )
        if isinstance(error, av.error.HTTPError):
            return SourceError(
                f"{self._shown} refused: {reason(error)}.",
                "Look at the path in the address, and at the name and password if it needs them.",
            )
        trouble = self._trouble()
        if trouble:
            return SourceError(f"{self._shown} cannot be reached: {trouble}.", _ADVICE)
        return SourceError(
            f"{self._shown} answers, but sends no video that can be read: {reason(error)}.",
            "Look at the path in the address, and at the name and password if it needs them.",
        )

    def _trouble(self) -> str:
        """Tries the connection itself, since FFmpeg's errors do not name the host or the port."""
        port = self._parts.port or _PORTS.get(self._parts.scheme.lower())
        host = self._parts.hostname
        if port is None or not host or self._parts.scheme.lower() in ("udp", "srt"):
            return ""
        try:
            socket.create_connection((host, port), timeout=3.0).close()
        except socket.gaierror:
            return f"there is no host of the name {host}"
        except ConnectionRefusedError:
            return f"nothing listens at port {port} of {host}"
        except TimeoutError:
            return f"{host} does not answer"
        except OSError as error:
            return error.strerror or str(error)
        return ""
