"""What is dropped on the window: files, folders, addresses and text."""

import pytest
from PySide6.QtCore import QMimeData, QUrl

from app.shell.mime_sources import dropped_pair, dropped_spec


def dropped(*urls, text=""):
    data = QMimeData()
    if urls:
        data.setUrls([QUrl(url) for url in urls])
    elif text:
        data.setText(text)
    return data


@pytest.mark.parametrize(
    ("data", "spec"),
    [
        (dropped("file:///home/me/a%20b.mp4"), "/home/me/a b.mp4"),
        (dropped("file:///one.png", "file:///two.png"), "/one.png"),
        (dropped("https://example.org/clip.mp4"), "https://example.org/clip.mp4"),
        (dropped("mailto:me@example.org", "file:///film.mkv"), "/film.mkv"),
        (dropped("mailto:me@example.org"), None),
        (dropped(text="  rtsp://camera.example.org/live \n"), "rtsp://camera.example.org/live"),
        (dropped(text="RTMP://example.org/live"), "RTMP://example.org/live"),
        (dropped(text="see https://example.org/clip.mp4 for it"), None),
        (dropped(text="https://example.org/one https://example.org/two"), None),
        (dropped(text="/home/me/film.mp4"), None),
        (dropped(), None),
    ],
)
def test_the_source_in_dropped_data(data, spec):
    assert dropped_spec(data) == spec


@pytest.mark.parametrize(
    ("urls", "pair"),
    [
        (("file:///one.png", "file:///two.png"), ("/one.png", "/two.png")),
        (("file:///one.png",), None),
        (("file:///one.png", "https://example.org/two.png"), None),
        (("file:///one.png", "file:///two.png", "file:///three.png"), None),
    ],
)
def test_two_dropped_files_are_a_pair(urls, pair):
    assert dropped_pair(dropped(*urls)) == pair
