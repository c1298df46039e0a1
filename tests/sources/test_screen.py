"""The screen, on a real X server with a real window on it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from uvanet.errors import SourceError
from uvanet.sources import ScreenSource, SourceKind, list_screens, make_source

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE = 60.0

# A window of 200 x 100 at (300, 150), its left half red and its right half blue.
WINDOW = """
import sys
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QApplication, QWidget

class Window(QWidget):
    def paintEvent(self, event):
        painter = QPainter(self)
        painter.fillRect(0, 0, 100, 100, QColor(250, 10, 20))
        painter.fillRect(100, 0, 100, 100, QColor(30, 40, 240))

app = QApplication(sys.argv)
window = Window()
window.setWindowFlags(Qt.WindowType.FramelessWindowHint)
window.setGeometry(300, 150, 200, 100)
window.show()
app.exec()
"""


@pytest.fixture
def window(display: str) -> Iterator[None]:
    environment = {**os.environ, "QT_QPA_PLATFORM": "xcb"}
    # cv2, imported here, points these at its own Qt.
    for name in ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR"):
        environment.pop(name, None)
    process = subprocess.Popen([sys.executable, "-c", WINDOW], env=environment)
    yield
    process.terminate()
    process.wait(PATIENCE)


def test_a_region_shows_what_is_on_the_screen(window: None) -> None:
    with make_source("screen:300,150,200,100") as source:
        assert (source.info.width, source.info.height) == (200, 100)
        end = time.monotonic() + PATIENCE
        while True:
            frame = source.read()
            assert frame is not None
            if (frame.image[50, 50] == [20, 10, 250]).all():
                break
            assert time.monotonic() < end, "the window never showed"
        assert (frame.image[:, :100] == [20, 10, 250]).all()
        assert (frame.image[:, 100:] == [240, 40, 30]).all()
    with make_source("screen:") as source:
        frame = source.read()
        assert frame is not None
        assert (frame.image[150:250, 300:400] == [20, 10, 250]).all()
        assert not (frame.image[100:149, 300:400] == [20, 10, 250]).all()


def test_the_screens_are_listed_and_open(display: str) -> None:
    screens = list_screens()
    assert [(screen.width, screen.height) for screen in screens] == [(1280, 800)]
    with make_source(screens[0].spec) as source:
        assert source.info.kind is SourceKind.SCREEN
        assert (source.info.width, source.info.height) == (1280, 800)


def test_the_rate_is_kept_down(display: str) -> None:
    with ScreenSource("0,0,64,64", fps=20.0) as source:
        times = []
        for _ in range(6):
            frame = source.read()
            assert frame is not None
            times.append(frame.pts)
    # Frame n never comes before its place on the grid; a busy machine may delay it.
    assert all(time >= number / 20 - 0.001 for number, time in enumerate(times))
    assert source.info.fps == 20


def test_close_wakes_a_reader_that_waits_for_its_turn(display: str) -> None:
    source = ScreenSource("0,0,64,64", fps=0.001)
    source.open()
    assert source.read() is not None
    seen: list[SourceError] = []
    started = threading.Event()

    def read() -> None:
        started.set()
        try:
            source.read()
        except SourceError as error:
            seen.append(error)

    thread = threading.Thread(target=read)
    thread.start()
    assert started.wait(PATIENCE)
    source.close()
    thread.join(PATIENCE)  # without the wake it would wait for a quarter of an hour
    assert not thread.is_alive()
    assert "closed" in seen[0].message


@pytest.mark.parametrize("where", ["1200,0,200,100", "0,750,10,100", "-5,0,10,10"])
def test_a_region_outside_of_the_screen(display: str, where: str) -> None:
    with (
        pytest.raises(SourceError, match="reaches outside") as caught,
        make_source(f"screen:{where}"),
    ):
        pass
    assert "1280 x 800" in caught.value.message


def test_a_screen_that_is_not_there(display: str) -> None:
    with pytest.raises(SourceError, match="no screen 9; found 1"), make_source("screen:9"):
        pass


@pytest.mark.parametrize("where", ["left", "0", "-1", "1,2,3", "0,0,0,5", "1,2,3,4,5"])
def test_words_that_mean_no_screen(where: str) -> None:
    with pytest.raises(SourceError) as caught:
        make_source(f"screen:{where}")
    assert "screen:x,y,w,h" in caught.value.hint


@pytest.mark.skipif(sys.platform != "linux", reason="DISPLAY is of X11")
@pytest.mark.parametrize("value", ["", ":7654"])
def test_no_display(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("DISPLAY", value)
    with pytest.raises(SourceError, match="cannot be watched") as caught, make_source("screen:"):
        pass
    assert caught.value.hint
    assert list_screens() == []


@pytest.mark.skipif(sys.platform != "linux", reason="Xvfb is for Linux")
def test_a_display_that_goes_away(monkeypatch: pytest.MonkeyPatch) -> None:
    read_end, write_end = os.pipe()
    command = ["Xvfb", "-displayfd", str(write_end), "-screen", "0", "320x200x24"]
    server = subprocess.Popen(command, pass_fds=[write_end], stderr=subprocess.DEVNULL)
    os.close(write_end)
    with os.fdopen(read_end) as pipe:
        monkeypatch.setenv("DISPLAY", f":{pipe.readline().strip()}")
    try:
        with make_source("screen:") as source:
            assert source.read() is not None
            server.kill()
            server.wait(PATIENCE)
            with pytest.raises(SourceError, match="cannot be watched"):
                source.read()
    finally:
        server.kill()
        server.wait(PATIENCE)
