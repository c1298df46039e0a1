"""A network stream whose sender dies is connected again, and the window says so."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import cv2
import numpy as np
import pytest

from app.pipeline.events import PipelineState


class Sender(BaseHTTPRequestHandler):
    """Sends Motion JPEG, 20 frames a second, until its server is shut down."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=b")
        self.end_headers()
        count = 0
        while not self.server.down.wait(0.05):
            count += 1
            image = np.full((120, 160, 3), 40, np.uint8)
            image[40:80, count * 2 % 120 : count * 2 % 120 + 40] = 220
            data = cv2.imencode(".jpg", image)[1].tobytes()
            head = b"--b\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(data)
            try:
                self.wfile.write(head + data + b"\r\n")
            except OSError:
                return

    def log_message(self, *_):
        pass


class Senders:
    """A sender at one address that can be ended and started again."""

    def __init__(self):
        self.port = 0
        self.start()

    def start(self):
        self.server = ThreadingHTTPServer(("127.0.0.1", self.port), Sender)
        self.server.down = threading.Event()
        self.port = self.server.server_port
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def end(self):
        self.server.down.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def sender():
    sender = Senders()
    yield sender
    sender.end()


def test_a_stream_whose_sender_is_started_again_plays_on(player, sender):
    player.open(f"http://user:s3cret@127.0.0.1:{sender.port}/?token=t0ken")
    sender.end()
    player.until(lambda: "Trying again" in player.banner.message)
    assert player.banner.button.text() == "Stop"
    assert "s3cret" not in player.banner.message
    assert "t0ken" not in player.banner.message
    assert player.canvas.has_picture
    seen = player.frame()
    sender.start()
    player.until(lambda: player.frame() > seen)
    player.until(lambda: not player.banner.alerts)
    assert player.session.state is PipelineState.PLAYING


def test_stop_ends_the_attempts_for_a_stream(player, sender):
    player.open(f"http://127.0.0.1:{sender.port}/")
    sender.end()
    player.until(lambda: "Trying again" in player.banner.message)
    player.banner.button.click()
    player.wait_state(PipelineState.FAILED)
    player.until(lambda: player.banner.level == "error")
    sender.start()
    player.trigger("play_pause")
    player.wait_state(PipelineState.PLAYING)
