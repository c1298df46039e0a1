"""A window of another program as a source: real windows on a real X server."""

import sys

import pytest

from uvanet.errors import SourceError
from uvanet.sources import make_source
from uvanet.sources.base import SourceCondition

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="X11 is for Linux")

RED, BLUE = [0, 0, 255], [255, 0, 0]


def center(frame):
    height, width = frame.image.shape[:2]
    return frame.image[height // 2, width // 2].tolist()


def frame_of_size(source, size):
    """Reads on until a frame has a size, width first."""
    while (frame := source.read()).image.shape[1::-1] != size:
        pass
    return frame


def test_windows_are_listed_by_title_and_size(program):
    from uvanet.sources.window import list_windows

    found = [(one.title, one.spec, one.width, one.height) for one in list_windows()]
    assert found == [
        ("Blüe", f"window:{program.blue}", 200, 120),
        ("Red one", f"window:{program.red}", 200, 120),
    ]


def test_a_window_with_wrong_properties_hides_no_other(program):
    from uvanet.sources.window import list_windows

    program.do("spoil")
    blue, red = list_windows()
    assert blue.title.startswith("\N{REPLACEMENT CHARACTER}x")
    assert len(blue.title) == 200
    assert (red.title, red.spec) == (program.red, f"window:{program.red}")


def test_each_window_shows_its_own_content_also_where_it_is_covered(program):
    for where, color in ((program.red, RED), ("red", RED), ("BLÜ", BLUE)):
        with make_source(f"window:{where}") as source:
            assert center(source.read()) == color
            assert (source.info.width, source.info.height) == (200, 120)
            assert source.info.live


def test_a_change_of_size_is_followed(program):
    with make_source(f"window:{program.red}") as source:
        source.read()
        program.do("grow")
        assert center(frame_of_size(source, (240, 160))) == RED
        assert (source.info.width, source.info.height) == (240, 160)


def test_a_hidden_window_is_awaited(program):
    told = []

    def on_status(status):
        told.append((status.condition, status.problem))
        if status.condition is SourceCondition.STALLED:
            program.do("show")

    with make_source(f"window:{program.red}") as source:
        source.on_status = on_status
        source.read()
        program.do("hide")
        while len(told) < 2:
            frame = source.read()
    assert told == [
        (SourceCondition.STALLED, "The window Red one is not shown."),
        (SourceCondition.OK, ""),
    ]
    assert center(frame) == RED


def test_a_closed_window_ends_the_source(program):
    with make_source(f"window:{program.red}") as source:
        source.read()
        program.do("close")
        with pytest.raises(SourceError, match="The window Red one was closed") as caught:
            frame_of_size(source, None)
    assert "Choose another window" in caught.value.hint


def test_a_window_that_closes_while_it_is_opened(program, monkeypatch):
    from uvanet.sources import window

    monkeypatch.setattr(window._Server, "keep_content", lambda *_: program.do("close"))
    with pytest.raises(SourceError, match="cannot be watched") as caught:
        make_source(f"window:{program.red}").open()
    assert "Choose another window" in caught.value.hint


def test_what_no_window_or_two_match_is_refused(program):
    with pytest.raises(SourceError, match="no window 'green'"):
        make_source("window:green").open()
    with pytest.raises(SourceError, match="2 windows match 'e'") as caught:
        make_source("window:e").open()
    assert program.red in caught.value.hint


def test_without_x11_the_screen_is_advised(monkeypatch):
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    with pytest.raises(SourceError, match="under X11 only"):
        make_source("window:any")
