"""What every source does, whatever is behind it."""

from __future__ import annotations

import contextlib
import functools
import gc
import http.server
import itertools
import threading
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from uvanet.errors import SourceError
from uvanet.paths import resource
from uvanet.sources import CameraSource, SourceKind, make_source
from uvanet.sources.cameras import ListedCamera, identify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from uvanet.sources import Source

CASES = ["camera", "video", "picture", "folder", "network", "screen", "window", "demo"]


@dataclass
class Case:
    """One source and what is known about it.

    Attributes:
        kind: Its kind.
        make: Makes it, closed.
        reopen: Makes it from the `spec` of its info.
        path: A local file that it reads; None where it reads none.
    """

    kind: SourceKind
    make: Callable[[], Source]
    reopen: Callable[[str], Source] = make_source
    path: Path | None = None


class FakeCapture:
    """A camera that works: numbered pictures, for ever."""

    def __init__(self, index: int, backend: int) -> None:
        self.number = -1
        self.released = 0

    def isOpened(self) -> bool:
        return True

    def grab(self) -> bool:
        self.number += 1
        return True

    def retrieve(self) -> tuple[bool, Any]:
        return True, np.full((48, 64, 3), self.number % 256, np.uint8)

    def get(self, prop: int) -> float:
        return 30.0 if prop == cv2.CAP_PROP_FPS else 0.0

    def set(self, prop: int, value: float) -> bool:
        return True

    def release(self) -> None:
        self.released += 1


def camera(spec: str) -> CameraSource:
    devices = identify([ListedCamera(0, "Test camera", "", 0x1234, 0x5678)])
    return CameraSource(spec.removeprefix("camera:"), devices=lambda: devices, capture=FakeCapture)


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def web(clip: Path) -> Iterator[str]:
    """The clip's folder behind a web server of the simplest kind, which allows no jumps."""
    handler = functools.partial(QuietHandler, directory=str(clip.parent))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # the client hung up
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/{clip.name}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    name = request.param
    if name == "camera":
        return Case(SourceKind.CAMERA, lambda: camera("camera:0"), camera)
    if name == "video":
        clip = request.getfixturevalue("clip")
        return Case(SourceKind.VIDEO, lambda: make_source(str(clip)), path=clip)
    if name == "picture":
        picture = request.getfixturevalue("picture_folder") / "shot3.png"
        return Case(SourceKind.PICTURE, lambda: make_source(str(picture)), path=picture)
    if name == "folder":
        folder = request.getfixturevalue("picture_folder")
        return Case(SourceKind.FOLDER, lambda: make_source(str(folder)), path=folder / "shot3.png")
    if name == "network":
        url = request.getfixturevalue("web")
        return Case(SourceKind.NETWORK, lambda: make_source(url))
    if name == "screen":
        request.getfixturevalue("display")
        return Case(SourceKind.SCREEN, lambda: make_source("screen:10,20,320,200"))
    if name == "window":
        where = request.getfixturevalue("program").red
        return Case(SourceKind.SCREEN, lambda: make_source(f"window:{where}"))
    assert name == "demo"
    return Case(SourceKind.DEMO, lambda: make_source("demo"), path=resource("demo.mp4"))


def test_files_that_are_read_are_listed_and_so_never_replaced(case: Case) -> None:
    source = case.make()
    files = source.files()
    source.close()
    assert all(path.is_file() for path in files)
    assert (case.path in files) if case.path else (files == [])


def test_open_tells_the_facts(case: Case) -> None:
    with case.make() as source:
        info = source.info
        frame = source.read()
    assert info.kind is case.kind
    assert info.title
    assert info.spec
    assert frame is not None
    height, width = frame.image.shape[:2]
    if case.kind is SourceKind.FOLDER:
        assert (info.width, info.height) == (0, 0)
    else:
        assert (info.width, info.height) == (width, height)
    assert info.fps > 0 or case.kind is SourceKind.PICTURE
    assert info.live == (case.kind in (SourceKind.CAMERA, SourceKind.SCREEN))


def test_frames_have_one_form_and_own_their_pixels(case: Case) -> None:
    with case.make() as source:
        frames = []
        while len(frames) < 4 and (frame := source.read()) is not None:
            frames.append(frame)
    assert frames
    kept = [frame.image.copy() for frame in frames]
    for frame in frames:
        assert frame.image.dtype == np.uint8
        assert frame.image.ndim == 3
        assert frame.image.shape[2] == 3
        assert frame.image.flags.c_contiguous
        assert frame.image.flags.writeable
    # What one receiver draws into its picture shows in no other.
    for number, frame in enumerate(frames):
        frame.image[:] = number
    for number, frame in enumerate(frames):
        assert (frame.image == number).all()
    with case.make() as again:
        for before in kept:
            frame = again.read()
            assert frame is not None
            assert np.array_equal(frame.image, before)


def test_times_rise_and_numbers_count(case: Case) -> None:
    with case.make() as source:
        frames = []
        while len(frames) < 6 and (frame := source.read()) is not None:
            frames.append(frame)
    assert [frame.index for frame in frames] == list(range(len(frames)))
    times = [frame.pts for frame in frames]
    assert times[0] >= 0
    assert all(b > a for a, b in itertools.pairwise(times))


def test_end_is_none_and_stays_none(case: Case) -> None:
    with case.make() as source:
        if source.info.live:
            pytest.skip("a live source has no end")
        count = 0
        while source.read() is not None:
            count += 1
        assert count == source.info.frames
        assert source.read() is None
        assert source.read() is None


def test_seek_goes_there_or_says_it_cannot(case: Case) -> None:
    with case.make() as source:
        first = source.read()
        assert first is not None
        if not source.info.seekable:
            with pytest.raises(SourceError, match="cannot seek"):
                source.seek(0.0)
            return
        frames = [first]
        while len(frames) < 8 and (frame := source.read()) is not None:
            frames.append(frame)
        for wanted in (frames[5], frames[0], frames[2]):
            source.seek(wanted.pts)
            found = source.read()
            assert found is not None
            assert found.index == wanted.index
            assert found.pts == pytest.approx(wanted.pts)
            assert np.array_equal(found.image, wanted.image)
        source.seek(-5.0)
        assert (start := source.read()) is not None
        assert start.index == 0
        source.seek(1e6)
        assert (last := source.read()) is not None
        assert last.index == source.info.frames - 1
        assert source.read() is None


def test_closed_stays_closed(case: Case) -> None:
    source = case.make()
    source.open()
    info = source.info
    source.close()
    source.close()
    assert source.info == info
    with pytest.raises(SourceError, match="closed"):
        source.read()
    with pytest.raises(SourceError, match="closed"):
        source.open()


def test_closed_frees_its_decoder_without_garbage_collection(case: Case) -> None:
    gc.disable()
    try:
        with case.make() as source:
            source.read()
            with contextlib.suppress(SourceError):
                source.seek(0.5)
        closed = weakref.ref(source)
        del source
        assert closed() is None
    finally:
        gc.enable()


def test_renew_gives_another_life(case: Case) -> None:
    with case.make() as source:
        info = source.info
        first = source.read()
    with source.renew() as again:
        assert again is not source
        assert again.info == info
        frame = again.read()
    assert first is not None
    assert frame is not None
    assert (frame.index, frame.image.shape) == (first.index, first.image.shape)


def test_close_before_open_forbids_opening(case: Case) -> None:
    source = case.make()
    source.close()
    with pytest.raises(SourceError, match="closed"):
        source.open()


def test_read_before_open_says_so(case: Case) -> None:
    source = case.make()
    with pytest.raises(SourceError, match="not open"):
        source.read()
    with pytest.raises(SourceError, match="not open"):
        _ = source.info
    source.close()


def test_the_spec_opens_it_again(case: Case) -> None:
    with case.make() as source:
        info = source.info
    with case.reopen(info.spec) as again:
        assert again.info == info
        assert again.read() is not None
