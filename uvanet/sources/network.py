"""A stream or a video over the network."""

from __future__ import annotations

import socket
import time
from urllib.parse import SplitResult, urlsplit

import cv2

from uvanet.errors import SourceError
from uvanet.sources._reader import Reader
from uvanet.sources._thread_safe import ThreadSafeSource
from uvanet.sources.base import Frame, SourceInfo, SourceKind

NETWORK_SCHEMES = ("http", "https", "rtsp", "rtsps", "rtmp", "udp", "tcp", "srt")

_PORTS = {"http": 80, "https": 443, "rtsp": 554, "rtsps": 322, "rtmp": 1935}
_SPARE_FRAMES = 3
_SPARE_PART = 0.02
# The most frames a decoder holds back: H.264 allows 16, threads add some.
_HELD_BACK = 64


class NetworkSource(ThreadSafeSource):
    """Pictures from a URL that ffmpeg understands.

    A stream without a known length is live: when nothing more comes from it, `read` raises,
    since a sender that ends and one that dies look the same. A file behind a URL has a length,
    is not live and can be sought.

    Args:
        url: Such as "rtsp://camera.local/stream". A password in it is never shown.
        open_timeout: Seconds to wait for the first picture.
        read_timeout: Seconds to wait for each picture after it.
    """

    def __init__(self, url: str, *, open_timeout: float = 10.0, read_timeout: float = 10.0) -> None:
        try:
            self._parts = urlsplit(url)
            port = self._parts.port
        except ValueError as error:
            raise SourceError(f"{url} is not a good address: {error}.", "Look at it.") from None
        if not self._parts.netloc or port == 0:
            raise SourceError(
                f"{url} names no host.", "Write it like rtsp://192.168.1.20:554/stream."
            )
        self._shown = _without_password(self._parts)
        super().__init__(self._shown)
        self._url = url
        self._open_timeout = open_timeout
        self._read_timeout = read_timeout
        self._reader = Reader(
            url,
            self._shown,
            (
                *(cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, round(1000 * open_timeout)),
                *(cv2.CAP_PROP_READ_TIMEOUT_MSEC, round(1000 * read_timeout)),
            ),
        )
        self._next_index = 0
        self._last_pts = 0.0
        self._silent_at: int | None = None

    def _open(self) -> SourceInfo:
        start = time.monotonic()
        if not self._reader.open():
            raise self._why_not(time.monotonic() - start)
        reader = self._reader
        live = reader.frames is None
        return SourceInfo(
            spec=self._url,
            title=self._shown,
            kind=SourceKind.NETWORK,
            width=reader.size[0],
            height=reader.size[1],
            fps=reader.fps,
            frames=reader.frames,
            duration=None if reader.frames is None else reader.frames / reader.fps,
            live=live,
            seekable=not live,
        )

    def _read(self) -> Frame | None:
        start = time.monotonic()
        result = self._reader.read()
        if time.monotonic() - start >= 0.9 * self._read_timeout:
            self._silent_at = self._next_index
        if result is None:
            self._explain_end()
            return None
        image, pts = result
        frame = Frame(image, pts, self._next_index)
        self._next_index += 1
        self._last_pts = pts
        return frame

    def _seek(self, seconds: float) -> None:
        info = self.info
        assert info.duration is not None
        found = self._reader.seek(min(seconds, info.duration - 1.0 / info.fps))
        if found is None:
            raise SourceError(
                f"{self._shown} could not be read at {seconds:.1f} s.",
                "Its server may not allow jumps; play it from the start.",
            )
        self._next_index = round(found * info.fps)

    def _release(self) -> None:
        self._reader.release()

    def _explain_end(self) -> None:
        """Raises unless all that was promised has come."""
        promised = self.info.frames
        if promised is not None:
            missing = promised - self._next_index
            if missing <= max(_SPARE_FRAMES, _SPARE_PART * promised):
                return
        # The decoder still gives what it held back after the wait that ended the stream.
        silent = self._silent_at is not None and self._next_index - self._silent_at <= _HELD_BACK
        if silent:
            raise SourceError(
                f"{self._shown} has sent nothing for {self._read_timeout:.0f} seconds.",
                "Look at the sender and the network, then open it again.",
            )
        raise SourceError(
            f"{self._shown} stopped after {self._last_pts:.1f} seconds: the sender ended it or "
            "the connection broke.",
            "Look at the sender, then open it again.",
        )

    def _why_not(self, waited: float) -> SourceError:
        if waited >= 0.9 * self._open_timeout:
            return SourceError(
                f"{self._shown} did not answer within {self._open_timeout:.0f} seconds.",
                "Look at the address, the sender and the firewall.",
            )
        trouble = self._trouble()
        if trouble:
            return SourceError(f"{self._shown} cannot be reached: {trouble}.", _ADVICE)
        return SourceError(
            f"{self._shown} answers, but sends no video that can be read.",
            "Look at the path in the address, and at the name and password if it needs them.",
        )

    def _trouble(self) -> str:
        """Tries the connection itself, since OpenCV does not tell why it failed."""
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


_ADVICE = "Look at the address, and that the sender is running."


def _without_password(parts: SplitResult) -> str:
    """The URL as it may be shown; its query is left out too, since tokens travel there."""
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"
