"""Explains why an address cannot be opened; asks the host if FFmpeg's error is too vague."""

from __future__ import annotations

import contextlib
import errno
import http.client
import re
import socket
import ssl
from urllib.parse import SplitResult

import av.error

from uvanet.errors import SourceError
from uvanet.i18n import tr, tr_noop
from uvanet.sources.media_input import reason

_PORTS = {"http": 80, "https": 443, "rtsp": 554, "rtsps": 322, "rtmp": 1935}
_TIMEOUT_S = 3.0
_ADVICE = tr_noop("Check the address, and that the sender is running.")
_PATH = tr_noop("Check the path in the address.")
_LOGIN = tr_noop("Check the name and password in the address.")
_LATER = tr_noop("Try again later; check the sender.")


def connection_error(
    shown: str, address: SplitResult, error: Exception, waited: float, timeout: float
) -> SourceError:
    """Explains why a stream could not be opened.

    Args:
        shown: The address without its secrets.
        address: The address.
        error: FFmpeg's error.
        waited: Seconds until the error came.
        timeout: Longest time to wait for the connection, seconds.
    """
    timed_out = isinstance(error, av.error.ExitError | av.error.TimeoutError)
    if timed_out or waited >= 0.95 * timeout:
        return SourceError(
            tr("{shown} did not answer within {timeout:.0f} seconds.").format(
                shown=shown, timeout=timeout
            ),
            tr("Check the address, the sender and the firewall."),
        )
    if isinstance(error, av.error.HTTPError | av.error.HTTPClientError):
        # RTSP has the status codes of HTTP. FFmpeg names a few of them; for the others it gives
        # only the class, such as 5XX.
        vague = (av.error.HTTPServerError, av.error.HTTPOtherClientError)
        words = (isinstance(error, vague) and _status(address)) or reason(error)
        login = isinstance(error, av.error.HTTPUnauthorizedError | av.error.HTTPForbiddenError)
        later = isinstance(error, av.error.HTTPServerError | av.error.HTTPTooManyRequestsError)
        hint = tr(_LOGIN if login else _LATER if later else _PATH)
        return SourceError(tr("{shown} refused: {words}.").format(shown=shown, words=words), hint)
    if problem := _connection_problem(address):
        return SourceError(
            tr("{shown} cannot be reached: {reason}.").format(shown=shown, reason=problem),
            tr(_ADVICE),
        )
    # FFmpeg fails so where it cannot jump to the index of an MP4 file.
    if getattr(error, "errno", None) == errno.EIO and _refuses_ranges(address):
        return SourceError(
            tr(
                "{shown} cannot be read: its server allows no jumps, and the index of the video "
                "is probably at its end."
            ).format(shown=shown),
            tr("Download the file and open it from the disk."),
        )
    return SourceError(
        tr("{shown} answers, but sends no video that can be read: {error}.").format(
            shown=shown, error=reason(error)
        ),
        tr(_PATH),
    )


def _status(address: SplitResult) -> str:
    """The error status that the sender answers, such as "503 Service Unavailable"; else empty."""
    scheme, host = address.scheme.lower(), address.hostname or ""
    port = address.port or _PORTS.get(scheme)
    with contextlib.suppress(OSError, http.client.HTTPException, ValueError):
        if scheme in ("http", "https"):
            return _error_words(*map(str, _http_status(address)))
        if scheme in ("rtsp", "rtsps"):
            with socket.create_connection((host, port), _TIMEOUT_S) as plain:
                tls = ssl.create_default_context() if scheme == "rtsps" else None
                with tls.wrap_socket(plain, server_hostname=host) if tls else plain as stream:
                    target = f"{scheme}://{host}:{port}{address.path}"
                    head = "CSeq: 1\r\nAccept: application/sdp\r\n\r\n"
                    stream.sendall(f"DESCRIBE {target} RTSP/1.0\r\n{head}".encode())
                    line = stream.makefile("rb").readline(200).decode("utf-8", "replace")
            if match := re.match(r"RTSP/\d\.\d (\d{3}) ?(.*)", line.strip()):
                return _error_words(match[1], match[2])
    return ""


def _refuses_ranges(address: SplitResult) -> bool:
    """Whether an HTTP server answers a request for a part of a file with the whole file."""
    if not address.scheme.lower().startswith("http"):
        return False
    with contextlib.suppress(OSError, http.client.HTTPException, ValueError):
        return _http_status(address, Range="bytes=1-1")[0] == http.client.OK
    return False


def _http_status(address: SplitResult, **headers: str) -> tuple[int, str]:
    """Status and its words of the answer of a server.

    Raises:
        OSError: There is no answer.
        http.client.HTTPException: The answer is damaged.
        ValueError: The address is invalid.
    """
    secure = address.scheme.lower() == "https"
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = kind(address.hostname or "", address.port, timeout=_TIMEOUT_S)
    with contextlib.closing(connection):
        query = f"?{address.query}" if address.query else ""
        connection.request("GET", f"{address.path or '/'}{query}", headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.reason


def _error_words(status: str, words: str) -> str:
    return f"{status} {words}".strip() if status[0] in "45" else ""


def _connection_problem(address: SplitResult) -> str:
    """Connects to the host, since FFmpeg's errors do not name host and port; empty on success."""
    port = address.port or _PORTS.get(address.scheme.lower())
    host = address.hostname
    if port is None or not host or address.scheme.lower() == "udp":
        return ""
    try:
        socket.create_connection((host, port), timeout=_TIMEOUT_S).close()
    except socket.gaierror:
        return tr("there is no host named {host}").format(host=host)
    except ConnectionRefusedError:
        return tr("no program listens on port {port} of {host}").format(port=port, host=host)
    except TimeoutError:
        return tr("{host} does not answer").format(host=host)
    except OSError as error:
        return error.strerror or str(error)
    return ""
