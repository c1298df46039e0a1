"""Why an address cannot be opened, in words: asks the host where FFmpeg's error says too little."""

from __future__ import annotations

import contextlib
import http.client
import re
import socket
import ssl
from typing import TYPE_CHECKING

import av.error

from uvanet.errors import SourceError
from uvanet.i18n import tr, tr_noop
from uvanet.sources.media_input import reason

if TYPE_CHECKING:
    from urllib.parse import SplitResult

_PORTS = {"http": 80, "https": 443, "rtsp": 554, "rtsps": 322, "rtmp": 1935}
_TIMEOUT_S = 3.0
_ADVICE = tr_noop("Look at the address, and that the sender is running.")
_PATH = tr_noop("Look at the path in the address.")
_LOGIN = tr_noop("Look at the name and password in the address.")
_LATER = tr_noop("Try again later; look at the sender.")


def connection_error(
    shown: str, address: SplitResult, error: Exception, waited: float, timeout: float
) -> SourceError:
    """Explains why a stream could not be opened.

    Args:
        shown: The address without its secrets.
        address: The address.
        error: FFmpeg's.
        waited: Seconds until it came.
        timeout: Seconds that were allowed.
    """
    timed_out = isinstance(error, av.error.ExitError | av.error.TimeoutError)
    if timed_out or waited >= 0.95 * timeout:
        return SourceError(
            tr("{shown} did not answer within {timeout:.0f} seconds.").format(
                shown=shown, timeout=timeout
            ),
            tr("Look at the address, the sender and the firewall."),
        )
    if isinstance(error, av.error.HTTPError | av.error.HTTPClientError):
        # RTSP has the status codes of HTTP. FFmpeg names few of them, and of others the hundred.
        few = (av.error.HTTPServerError, av.error.HTTPOtherClientError)
        words = (isinstance(error, few) and _status(address)) or reason(error)
        login = isinstance(error, av.error.HTTPUnauthorizedError | av.error.HTTPForbiddenError)
        later = isinstance(error, av.error.HTTPServerError | av.error.HTTPTooManyRequestsError)
        hint = tr(_LOGIN if login else _LATER if later else _PATH)
        return SourceError(tr("{shown} refused: {words}.").format(shown=shown, words=words), hint)
    if trouble := _trouble(address):
        return SourceError(
            tr("{shown} cannot be reached: {trouble}.").format(shown=shown, trouble=trouble),
            tr(_ADVICE),
        )
    return SourceError(
        tr("{shown} answers, but sends no video that can be read: {error}.").format(
            shown=shown, error=reason(error)
        ),
        tr(_PATH),
    )


def _status(address: SplitResult) -> str:
    """What the sender answers, such as "503 Service Unavailable"; empty if nothing of use."""
    scheme, host = address.scheme.lower(), address.hostname or ""
    port = address.port or _PORTS.get(scheme)
    with contextlib.suppress(OSError, http.client.HTTPException, ValueError):
        if scheme in ("http", "https"):
            kind = http.client.HTTPSConnection if scheme == "https" else http.client.HTTPConnection
            connection = kind(host, port, timeout=_TIMEOUT_S)
            with contextlib.closing(connection):
                query = f"?{address.query}" if address.query else ""
                connection.request("GET", f"{address.path or '/'}{query}")
                answer = connection.getresponse()
                return _error_words(str(answer.status), answer.reason)
        if scheme in ("rtsp", "rtsps"):
            with socket.create_connection((host, port), _TIMEOUT_S) as plain:
                tls = ssl.create_default_context() if scheme == "rtsps" else None
                with tls.wrap_socket(plain, server_hostname=host) if tls else plain as stream:
                    target = f"{scheme}://{host}:{port}{address.path}"
                    head = "CSeq: 1\r\nAccept: application/sdp\r\n\r\n"
                    stream.sendall(f"DESCRIBE {target} RTSP/1.0\r\n{head}".encode())
                    line = stream.makefile("rb").readline(200).decode("utf-8", "replace")
            if found := re.match(r"RTSP/\d\.\d (\d{3}) ?(.*)", line.strip()):
                return _error_words(found[1], found[2])
    return ""


def _error_words(status: str, words: str) -> str:
    return f"{status} {words}".strip() if status[0] in "45" else ""


def _trouble(address: SplitResult) -> str:
    """Tries the connection itself, since FFmpeg's errors do not name the host or the port."""
    port = address.port or _PORTS.get(address.scheme.lower())
    host = address.hostname
    if port is None or not host or address.scheme.lower() in ("udp", "srt"):
        return ""
    try:
        socket.create_connection((host, port), timeout=_TIMEOUT_S).close()
    except socket.gaierror:
        return tr("there is no host of the name {host}").format(host=host)
    except ConnectionRefusedError:
        return tr("nothing listens at port {port} of {host}").format(port=port, host=host)
    except TimeoutError:
        return tr("{host} does not answer").format(host=host)
    except OSError as error:
        return error.strerror or str(error)
    return ""
