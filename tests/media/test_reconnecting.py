"""A live stream that breaks is connected again: visibly, with pauses, until it is closed."""

from __future__ import annotations

import itertools
import socketserver
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, ClassVar

import corpus
import cv2
import numpy as np
import pytest

import uvanet
from uvanet.errors import SourceError
from uvanet.sources import NetworkSource, SourceCondition, SourceStatus

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from uvanet.sources import Frame

PATIENCE = 60.0
FRAMES_PER_CONNECTION = 8


class Fragile(BaseHTTPRequestHandler):
    """Serves one file, and hangs up after a third of it each time."""

    protocol_version = "HTTP/1.1"
    data = b""

    def do_GET(self) -> None:
        start = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")[0])
        size = len(Fragile.data)
        self.send_response(206)
        self.send_header("Content-Length", str(size - start))
        self.send_header("Content-Range", f"bytes {start}-{size - 1}/{size}")
        self.end_headers()
        self.wfile.write(Fragile.data[start : start + size // 3])
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass


class Camera(BaseHTTPRequestHandler):
    """Sends a few pictures, 20 a second, and hangs up."""

    count = 0
    scale = 1
    damaged: ClassVar[set[int]] = set()  # numbers of pictures that are none
    sent: ClassVar[list[float]] = []

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=b")
        self.end_headers()
        for _ in range(FRAMES_PER_CONNECTION):
            picture = cv2.cvtColor(corpus.numbered(Camera.count % 60), cv2.COLOR_RGB2BGR)
            picture = cv2.resize(picture, None, fx=Camera.scale, fy=Camera.scale)
            data = cv2.imencode(".jpg", picture)[1].tobytes()
            if Camera.count in Camera.damaged:
                data = b"\xff\xd8" + bytes(1000) + b"\xff\xd9"
            Camera.count += 1
            head = b"--b\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(data)
            Camera.sent.append(time.monotonic())
            try:
                self.wfile.write(head + data + b"\r\n")
            except OSError:
                return
            time.sleep(0.05)

    def log_message(self, *_: object) -> None:
        pass


def start(port: int = 0) -> ThreadingHTTPServer:
    Camera.count, Camera.scale = 0, 1
    Camera.sent.clear()
    Camera.damaged.clear()
    server = ThreadingHTTPServer(("127.0.0.1", port), Camera)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    server = start()
    yield server
    server.shutdown()
    server.server_close()


def url_of(server: ThreadingHTTPServer) -> str:
    return f"http://user:s3cret@127.0.0.1:{server.server_port}/?token=t0ken"


def test_frames_go_on_after_the_sender_hung_up(server: ThreadingHTTPServer) -> None:
    with NetworkSource(url_of(server), reconnect=PATIENCE) as source:
        frames = [source.read() for _ in range(3 * FRAMES_PER_CONNECTION)]
    assert all(frame is not None for frame in frames)
    assert [frame.index for frame in frames] == list(range(len(frames)))
    times = [frame.pts for frame in frames]
    assert all(later > earlier for earlier, later in itertools.pairwise(times))
    # The pauses between two connections count: nothing is played faster than it came.
    assert times[-1] > 2 * 0.5


def test_a_file_on_a_server_is_read_on_after_the_connection_broke(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (40, 108, 192, 3), np.uint8)
    path = corpus.write(tmp_path / "a.mkv", "mjpeg", pix_fmt="yuvj420p", images=list(noise))
    Fragile.data = path.read_bytes()
    with ThreadingHTTPServer(("127.0.0.1", 0), Fragile) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with NetworkSource(f"http://127.0.0.1:{server.server_port}/a.mkv") as source:
            assert sum(1 for _ in iter(source.read, None)) == 40
        server.shutdown()


def test_a_sender_that_returns_with_another_size_goes_on(server: ThreadingHTTPServer) -> None:
    with NetworkSource(url_of(server), reconnect=PATIENCE) as source:
        first, before = source.read(), source.info
        Camera.scale = 2
        frames = [source.read() for _ in range(2 * FRAMES_PER_CONNECTION)]
        after = source.info
    assert first is not None
    assert frames[-1] is not None
    height, width = first.picture.shape[:2]
    assert frames[-1].picture.shape[:2] == (2 * height, 2 * width)
    assert (before.width, before.height) == (width, height)
    assert (after.width, after.height) == (2 * width, 2 * height)
    assert (after.spec, after.live) == (before.spec, True)


def test_damaged_frames_are_counted_over_all_connections(server: ThreadingHTTPServer) -> None:
    Camera.damaged |= {2, 4, FRAMES_PER_CONNECTION + 3}
    with NetworkSource(url_of(server), reconnect=PATIENCE) as source:
        counts = []
        for _ in range(2 * FRAMES_PER_CONNECTION - len(Camera.damaged)):
            assert source.read() is not None
            counts.append(source.status.damaged)
    # The decoder may be ahead of the frames that are read.
    assert counts == sorted(counts)
    assert counts[-1] == 3


class Jpegs(socketserver.BaseRequestHandler):
    """Sends pictures one after the other, with nothing between them."""

    def handle(self) -> None:
        for number in range(12):
            picture = cv2.cvtColor(corpus.numbered(number), cv2.COLOR_RGB2BGR)
            self.request.sendall(cv2.imencode(".jpg", picture)[1].tobytes())


def test_motion_jpeg_over_tcp_is_live() -> None:
    frames: list[Frame] = []
    with socketserver.TCPServer(("127.0.0.1", 0), Jpegs) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        with NetworkSource(f"tcp://127.0.0.1:{server.server_address[1]}") as source:
            assert source.info.live
            with pytest.raises(SourceError, match="stopped after"):
                frames.extend(iter(source.read, None))
    assert [corpus.number_in(frame.image) for frame in frames] == list(range(12))


def test_the_attempts_are_visible_and_closing_ends_them(server: ThreadingHTTPServer) -> None:
    source = NetworkSource(url_of(server), reconnect=10 * PATIENCE)
    reported: list[SourceStatus] = []
    source.on_status = reported.append
    source.open()
    errors: list[SourceError] = []

    def read() -> None:
        try:
            while source.read() is not None:
                pass
        except SourceError as error:
            errors.append(error)

    reader = threading.Thread(target=read)
    server.shutdown()
    server.server_close()
    reader.start()
    deadline = time.monotonic() + PATIENCE
    while not reported and time.monotonic() < deadline:
        time.sleep(0.01)
    status = reported[0]
    assert status.condition is SourceCondition.RECONNECTING
    assert status.retry_in > 0
    assert "127.0.0.1" in status.problem
    assert "s3cret" not in status.problem
    assert "t0ken" not in status.problem
    source.close()
    reader.join(PATIENCE)
    assert not reader.is_alive()
    assert errors


def test_without_attempts_the_end_is_told(server: ThreadingHTTPServer) -> None:
    with (
        NetworkSource(url_of(server)) as source,
        pytest.raises(SourceError, match="stopped after"),
    ):
        list(iter(source.read, None))


def test_frames_of_a_stream_without_times_count_from_their_arrival(
    server: ThreadingHTTPServer,
) -> None:
    began = time.monotonic()
    with NetworkSource(url_of(server)) as source:
        opened = time.monotonic()
        frames, given = [], []
        for _ in range(FRAMES_PER_CONNECTION - 1):
            frames.append(source.read())
            given.append(time.monotonic())
    # Sent at 20 a second; by the rate that FFmpeg assumes, 25, the last would come at 0.24 s. Both
    # bounds hold however busy the machine is: a frame arrives after it is sent and before it is
    # given, and the clock starts between the two moments of opening.
    times = [frame.pts for frame in frames if frame is not None]
    assert times[0] == 0.0
    for t, sent, end in zip(times[1:], Camera.sent[1:], given[1:], strict=False):
        assert sent - opened <= t <= end - began


def test_a_prediction_goes_on_after_the_sender_hung_up(server: ThreadingHTTPServer) -> None:
    results = uvanet.load("uvanet-32").predict_video(url_of(server))
    times = [t for t, _ in itertools.islice(results, 2 * FRAMES_PER_CONNECTION)]
    results.close()
    assert len(times) == 2 * FRAMES_PER_CONNECTION
    assert all(later > earlier for earlier, later in itertools.pairwise(times))
