"""The screen under Wayland: a portal on a private bus, a real PipeWire, and GStreamer."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from uvanet.errors import SourceError
from uvanet.sources import SourceKind, list_screens, make_source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PATIENCE = 60.0
TOOLS = ("dbus-daemon", "pipewire", "wireplumber", "pw-dump", "gst-launch-1.0")
WIDTH, HEIGHT = 322, 240  # rows of 966 bytes, which GStreamer pads

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="portals are for Linux")


def wait_for(condition: Callable[[], object], what: str) -> object:
    deadline = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < deadline, what
        time.sleep(0.05)
    return found


class Desktop:
    """A session bus, PipeWire with a red picture, and what a portal does on it."""

    def __init__(self, folder: str) -> None:
        self._children: list[subprocess.Popen[str]] = []
        self.environment = {
            **os.environ,
            "XDG_RUNTIME_DIR": folder,
            "HOME": folder,
            "WAYLAND_DISPLAY": "wayland-0",
        }
        bus = self.start("dbus-daemon", "--session", "--nofork", "--print-address=1", pipe=True)
        assert bus.stdout is not None
        self.environment["DBUS_SESSION_BUS_ADDRESS"] = bus.stdout.readline().strip()

    def start(self, *command: str, pipe: bool = False) -> subprocess.Popen[str]:
        child = subprocess.Popen(
            command,
            env=self.environment,
            stdout=subprocess.PIPE if pipe else subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._children.append(child)
        return child

    def show_red(self) -> int:
        """Starts PipeWire with a red picture; the number of its node."""
        self.start("pipewire")
        wait_for(lambda: Path(self.environment["XDG_RUNTIME_DIR"], "pipewire-0").exists(), "socket")
        self.start("wireplumber")
        self.picture = self.start(
            *("gst-launch-1.0", "videotestsrc", "pattern=red", "is-live=true", "!"),
            *(f"video/x-raw,format=BGRx,width={WIDTH},height={HEIGHT},framerate=30/1", "!"),
            *("pipewiresink", "mode=provide"),
            "stream-properties=props,media.class=Video/Source,node.name=red",
        )

        def node() -> int | None:
            done = subprocess.run(
                ["pw-dump"], env=self.environment, capture_output=True, text=True, check=False
            )
            try:
                known = json.loads(done.stdout)
            except ValueError:  # PipeWire is starting
                return None
            for thing in known:
                facts = (thing.get("info") or {}).get("props") or {}
                if facts.get("node.name") == "red":
                    return int(thing["id"])
            return None

        number = wait_for(node, "the picture never came")
        assert isinstance(number, int)
        return number

    def offer(self, node: int, answer: str) -> subprocess.Popen[str]:
        """Starts the portal."""
        script = str(Path(__file__).with_name("portal_service.py"))
        portal = self.start(sys.executable, script, str(node), answer, pipe=True)
        assert portal.stdout is not None
        assert portal.stdout.readline().strip() == "ready"
        return portal

    def close(self) -> None:
        for child in reversed(self._children):
            child.kill()
            child.communicate()


@pytest.fixture
def desktop(monkeypatch: pytest.MonkeyPatch) -> Iterator[Desktop]:
    if missing := [tool for tool in TOOLS if shutil.which(tool) is None]:
        pytest.skip(f"not installed: {', '.join(missing)}")
    # A path of a socket holds 107 bytes at most, which those of pytest may exceed.
    with tempfile.TemporaryDirectory(prefix="uvanet-") as folder:
        desktop = Desktop(folder)
        for name in ("XDG_RUNTIME_DIR", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS"):
            monkeypatch.setenv(name, desktop.environment[name])
        yield desktop
        desktop.close()


def test_a_window_is_shown_after_the_user_agreed(desktop: Desktop) -> None:
    node = desktop.show_red()
    portal = desktop.offer(node, "share")
    with make_source("screen:") as source:
        assert source.info.kind is SourceKind.SCREEN
        assert (source.info.title, source.info.spec) == ("Window", "screen:")
        assert (source.info.width, source.info.height) == (WIDTH, HEIGHT)
        for number in range(5):
            frame = source.read()
            assert frame is not None
            assert frame.index == number
            assert frame.image.shape == (HEIGHT, WIDTH, 3)
            assert abs(frame.image.astype(int) - [0, 0, 255]).max() < 8
    assert portal.stdout is not None
    assert portal.stdout.readline().strip() == "closed"


def test_the_desktop_ends_the_sharing(desktop: Desktop) -> None:
    desktop.offer(desktop.show_red(), "end")
    ended = pytest.raises(SourceError, match="The desktop ended the sharing")
    with make_source("screen:") as source, ended:
        deque(iter(source.read, None), maxlen=0)


def test_a_stream_that_breaks_is_named(desktop: Desktop) -> None:
    desktop.offer(desktop.show_red(), "share")
    source = make_source("screen:")
    with source:
        assert source.read() is not None
        source._reader.kill()  # type: ignore[attr-defined]  # GStreamer, whatever ends it
        with pytest.raises(SourceError, match="not shared any more"):
            deque(iter(source.read, None), maxlen=0)


def test_the_user_declines(desktop: Desktop) -> None:
    desktop.offer(0, "decline")
    source = make_source("screen:")
    with pytest.raises(SourceError, match="No screen was chosen"):
        source.open()
    source.close()


def test_no_portal(desktop: Desktop) -> None:
    source = make_source("screen:")
    with pytest.raises(SourceError, match="portal") as caught:
        source.open()
    assert "xdg-desktop-portal" in caught.value.hint
    source.close()


def test_no_bus(desktop: Desktop, monkeypatch: pytest.MonkeyPatch) -> None:
    for address in ("unix:path=/nonexistent/bus", "nonsense", ""):
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        source = make_source("screen:")
        with pytest.raises(SourceError, match="no session bus"):
            source.open()
        source.close()


def test_close_ends_the_wait_for_a_frame(desktop: Desktop) -> None:
    desktop.offer(desktop.show_red(), "share")
    source = make_source("screen:")
    source.open()
    seen: list[SourceError] = []

    def read() -> None:
        try:
            while source.read():
                pass
        except SourceError as error:
            seen.append(error)

    thread = threading.Thread(target=read)
    thread.start()
    source.close()
    thread.join(PATIENCE)
    assert not thread.is_alive()
    assert seen


def test_gstreamer_is_missing(desktop: Desktop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(SourceError, match="GStreamer") as caught:
        make_source("screen:").open()
    assert "gstreamer1.0-pipewire" in caught.value.hint


def test_wayland_has_no_numbers_and_regions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    for where in ("2", "0,0,100,100"):
        with pytest.raises(SourceError, match="Wayland"):
            make_source(f"screen:{where}")
    (screen,) = list_screens()
    assert screen.spec == "screen:"
