"""Streams of a real RTSP sender, killed and started again; what a sender answers is told."""

from __future__ import annotations

import contextlib
import itertools
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from uvanet.errors import SourceError
from uvanet.sources import NetworkSource
from uvanet.sources.base import SourceCondition

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from uvanet.sources import Frame

PATIENCE = 120.0
SENDER = Path(__file__).with_name("rtsp_sender.py")
PYTHON = "/usr/bin/python3"  # Debian's, which has the bindings of GStreamer
NEEDED = (
    "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import Gst, "
    "GstRtspServer; Gst.init(None); assert all(map(Gst.ElementFactory.find, "
    "('vp8enc', 'rtpvp8pay', 'videotestsrc')))"
)


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@pytest.fixture(scope="module")
def gstreamer() -> None:
    """Skips where there is no RTSP server."""
    command = [PYTHON, "-c", NEEDED]
    if not Path(PYTHON).exists() or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("needs Debian's gir1.2-gst-rtsp-server-1.0 and gstreamer1.0-plugins-good")


@contextlib.contextmanager
def sending(port: int) -> Iterator[subprocess.Popen[str]]:
    """A sender that listens."""
    sender = subprocess.Popen([PYTHON, SENDER, str(port)], stdout=subprocess.PIPE, text=True)
    try:
        assert sender.stdout is not None
        assert sender.stdout.readline() == "ready\n"
        yield sender
    finally:
        sender.kill()
        sender.communicate()


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.usefixtures("gstreamer")
def test_frames_go_on_after_the_sender_was_killed_and_started_again() -> None:
    port = free_port()
    with sending(port):
        source = NetworkSource(
            f"rtsp://127.0.0.1:{port}/live", read_timeout=3.0, reconnect=10 * PATIENCE
        )
        source.open()
        info = source.info
        assert (info.width, info.height, info.live) == (160, 120, True)
        frames: list[Frame] = []
        errors: list[SourceError] = []

        def read() -> None:
            try:
                while (frame := source.read()) is not None:
                    frames.append(frame)
            except SourceError as error:
                errors.append(error)

        reader = threading.Thread(target=read)
        reader.start()
        wait_until(lambda: len(frames) > 10)
    try:
        # Killed: the attempts are visible, and none ends the source.
        wait_until(lambda: source.status.condition is SourceCondition.RECONNECTING)
        assert not errors
        before = len(frames)
        with sending(port):
            wait_until(lambda: source.status.condition is SourceCondition.OK)
            assert len(frames) > before
    finally:
        source.close()
        reader.join(PATIENCE)
    assert not reader.is_alive()
    assert [frame.index for frame in frames] == list(range(len(frames)))
    times = [frame.pts for frame in frames]
    assert all(later > earlier for earlier, later in itertools.pairwise(times))
    # As long as nobody sent, time went on.
    gap = max(later - earlier for earlier, later in itertools.pairwise(times))
    assert gap > 0.5


@pytest.mark.usefixtures("gstreamer")
def test_a_path_that_the_sender_does_not_know_is_told() -> None:
    port = free_port()
    with sending(port):
        source = NetworkSource(f"rtsp://127.0.0.1:{port}/nothing")
        with pytest.raises(SourceError, match="refused: Server returned 404 Not Found"):
            source.open()


@contextlib.contextmanager
def answering(protocol: str, status: str) -> Iterator[int]:
    """A server that answers every request with one status; gives its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer(client: socket.socket) -> None:
            number = b"1"
            with contextlib.suppress(OSError), client, client.makefile("rb") as lines:
                for line in lines:
                    if line.lower().startswith(b"cseq:"):
                        number = line.partition(b":")[2].strip()
                    if line == b"\r\n":
                        head = f"{protocol} {status}\r\nContent-Length: 0\r\nCSeq: "
                        client.sendall(head.encode() + number + b"\r\n\r\n")

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    client = server.accept()[0]
                    client.settimeout(PATIENCE)
                    threading.Thread(target=answer, args=(client,), daemon=True).start()

        accepting = threading.Thread(target=serve, daemon=True)
        accepting.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        accepting.join(PATIENCE)


ANSWERS = {
    "400 Bad Request": "path",
    "401 Unauthorized": "password",
    "403 Forbidden": "password",
    "404 Not Found": "path",
    "453 Not Enough Bandwidth": "path",
    "500 Internal Server Error": "later",
    "503 Service Unavailable": "later",
}


@pytest.mark.parametrize("status", ANSWERS)
@pytest.mark.parametrize(("scheme", "protocol"), [("rtsp", "RTSP/1.0"), ("http", "HTTP/1.1")])
def test_what_the_sender_answers_is_told_as_it_is(scheme: str, protocol: str, status: str) -> None:
    with answering(protocol, status) as port:
        source = NetworkSource(f"{scheme}://me:s3cret@127.0.0.1:{port}/live", open_timeout=PATIENCE)
        with pytest.raises(SourceError, match=f"refused: .*{status}") as caught:
            source.open()
    assert "s3cret" not in str(caught.value)
    assert ANSWERS[status] in caught.value.hint


if sys.platform != "linux":
    pytestmark = pytest.mark.skip(reason="servers of Linux")
