"""Real streams: the ffmpeg of imageio-ffmpeg sends, we receive, over loopback."""

from __future__ import annotations

import socket
import subprocess
import threading
import time
from typing import TYPE_CHECKING

import imageio_ffmpeg
import numpy as np
import psutil
import pytest

from uvanet.errors import SourceError
from uvanet.sources import NetworkSource, make_source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from uvanet.sources import Frame, Source

PATIENCE = 60.0


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def wait_until(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"waited in vain: {what}"
        time.sleep(0.02)


def play(source: Source, frames: list[Frame]) -> None:
    """Reads to the end, or to the error that comes instead."""
    while (frame := source.read()) is not None:
        frames.append(frame)


class Sender:
    """An ffmpeg that sends a clip in real time to the first who asks."""

    def __init__(self, clip: Path, loops: int) -> None:
        port = free_port()
        self.url = f"http://user:secret@127.0.0.1:{port}/live.ts?token=hidden"
        quiet = ["-v", "error", "-nostdin", "-re", "-stream_loop", str(loops), "-i", str(clip)]
        serve = ["-c", "copy", "-f", "mpegts", "-listen", "1", f"http://127.0.0.1:{port}/live.ts"]
        self.process = subprocess.Popen(
            [imageio_ffmpeg.get_ffmpeg_exe(), *quiet, *serve], stderr=subprocess.DEVNULL
        )
        # Looked up from outside: it serves one client only, and a trial would be that one.
        watched = psutil.Process(self.process.pid)
        wait_until(lambda: bool(watched.net_connections(kind="tcp")), "ffmpeg to listen")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def send(clip: Path) -> Iterator[Callable[[int], Sender]]:
    senders: list[Sender] = []

    def start(loops: int) -> Sender:
        senders.append(Sender(clip, loops))
        return senders[-1]

    yield start
    for sender in senders:
        sender.kill()


def test_a_live_stream_plays_and_its_end_is_told(
    send: Callable[[int], Sender], number_of: Callable[[NDArray[np.uint8]], int]
) -> None:
    sender = send(0)
    frames: list[Frame] = []
    with make_source(sender.url) as source:
        info = source.info
        assert info.live
        assert not info.seekable
        assert info.frames is None
        assert info.duration is None
        assert (info.width, info.height) == (256, 144)
        assert info.fps == pytest.approx(25)
        assert info.spec == sender.url
        with pytest.raises(SourceError, match="stopped after") as caught:
            play(source, frames)
    assert [number_of(frame.image) for frame in frames] == list(range(75))
    assert np.allclose(np.diff([frame.pts for frame in frames]), 1 / 25, atol=0.002)
    # Nothing secret in what the user and the log see.
    for text in (info.title, caught.value.message, caught.value.hint):
        assert "secret" not in text
        assert "hidden" not in text


def test_a_stream_that_dies_says_so(send: Callable[[int], Sender]) -> None:
    sender = send(-1)
    with make_source(sender.url) as source:
        assert source.read() is not None
        sender.kill()
        with pytest.raises(SourceError, match="stopped after"):
            play(source, [])


def test_nobody_listens() -> None:
    url = f"http://127.0.0.1:{free_port()}/live.ts"
    with pytest.raises(SourceError, match="no program listens on port") as caught, make_source(url):
        pass
    assert url in caught.value.message
    assert caught.value.hint


def test_there_is_no_such_host() -> None:
    with (
        pytest.raises(SourceError, match="cannot be reached"),
        make_source("rtsp://camera.invalid/stream"),
    ):
        pass


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def test_a_server_that_never_answers(listener: socket.socket) -> None:
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/live.ts"
    source = NetworkSource(url, open_timeout=1.0)
    with pytest.raises(SourceError, match="did not answer within 1 seconds"):
        source.open()


def test_a_server_of_something_else(listener: socket.socket) -> None:
    def answer() -> None:
        client, _address = listener.accept()
        with client:
            client.settimeout(PATIENCE)
            if client.recv(4096):
                client.sendall(b"HTTP/1.0 404 Not Found\r\nContent-Length: 5\r\n\r\nsorry")

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/live.ts"
    with pytest.raises(SourceError, match=r"refused: .*404 Not Found"), make_source(url):
        pass
    thread.join(PATIENCE)
    assert not thread.is_alive()


@pytest.fixture
def silent(listener: socket.socket, clip: Path, tmp_path: Path, ffmpeg: Callable[..., None]) -> str:
    """A stream that sends a second of pictures and then keeps silent, the line still open."""
    path = tmp_path / "live.ts"
    ffmpeg("-i", clip, "-c", "copy", path)
    data = path.read_bytes()

    def serve() -> None:
        client, _address = listener.accept()
        with client:
            client.recv(4096)
            client.sendall(b"HTTP/1.0 200 OK\r\nContent-Type: video/mp2t\r\n\r\n")
            client.sendall(data[: len(data) // 188 * 2 // 3 * 188])
            client.settimeout(PATIENCE)
            # Blocks until the player hangs up.
            while client.recv(4096):
                pass

    threading.Thread(target=serve, daemon=True).start()
    return f"http://127.0.0.1:{listener.getsockname()[1]}/live.ts"


def test_a_stream_that_falls_silent(silent: str) -> None:
    source = NetworkSource(silent, open_timeout=PATIENCE, read_timeout=1.0)
    with source:
        frames: list[Frame] = []
        with pytest.raises(SourceError, match="has sent nothing for"):
            play(source, frames)
    assert len(frames) > 20


def test_close_from_another_thread_never_waits_and_never_crashes(silent: str) -> None:
    source = NetworkSource(silent, open_timeout=PATIENCE, read_timeout=5.0)
    source.open()
    seen: list[SourceError] = []
    progress = threading.Event()

    def read() -> None:
        try:
            while source.read() is not None:
                progress.set()
        except SourceError as error:
            seen.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    assert progress.wait(PATIENCE)
    # The reader goes through what was sent, then hangs in the network.
    source.close()
    source.close()
    reader.join(PATIENCE)
    assert not reader.is_alive()
    assert "closed" in seen[0].message
    with pytest.raises(SourceError, match="closed"):
        source.read()


@pytest.mark.parametrize("url", ["http://", "rtsp:///stream", "http://host:99999/", "http://[::1/"])
def test_addresses_that_name_nothing(url: str) -> None:
    with pytest.raises(SourceError) as caught:
        make_source(url)
    assert caught.value.hint
