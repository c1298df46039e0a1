"""The window answers while an engine, a teacher, a source or a share does not."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from gui_watch import gui_watch
from window_bench import Contrast, FakeCamera

from app.pipeline.watchdog import StallDetector, StepTimer
from uvanet.sources import make_source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot
    from window_bench import Bench

    from uvanet.sources.base import Frame, Source

LIMIT_S = 60.0


@pytest.fixture
def free() -> Iterator[threading.Event]:
    """Ends the hung calls of a test."""
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def restore_patience(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Watchdogs whose seconds are short; a call restores the limit of a step."""
    tick = StepTimer.tick
    monkeypatch.setattr(StepTimer, "tick", lambda self, limit_s: tick(self, limit_s / 40))
    monkeypatch.setattr("app.pipeline.watchdog.STALL_S", 0.4)
    monkeypatch.setattr("app.pipeline.watchdog.CAMERA_STALL_S", 0.4)
    return lambda: monkeypatch.setattr(StepTimer, "tick", tick)


def stuck(free: threading.Event) -> Callable[..., Any]:
    """A step that never returns until the test is over."""

    def step(*_: Any, **__: Any) -> np.ndarray:
        assert free.wait(LIMIT_S)
        return np.zeros((4, 4), np.float32)

    return step


def test_a_hung_engine_is_named_and_another_can_be_chosen(
    player: Bench, qtbot: QtBot, free: threading.Event, restore_patience: Callable[[], None]
) -> None:
    with gui_watch(qtbot) as watch:
        player.predictor.step = stuck(free)
        player.until(lambda: "has not answered" in player.banner.message)
        assert player.banner.hint
        watch.answers()
        # On a busy machine, the first step of a student that works takes longer than that.
        restore_patience()
        frame = player.frame()
        player.until(lambda: player.frame() != frame)
        player.session.student.use("uvanet-32")
        player.until(lambda: player.session.student.name == "uvanet-32")
        player.until(lambda: not player.presenter.packet.failed)
        watch.answers()


def test_the_window_closes_although_an_engine_hangs(player: Bench, free: threading.Event) -> None:
    called = threading.Event()

    def step(*_: Any, **__: Any) -> np.ndarray:
        called.set()
        return stuck(free)()

    player.predictor.step = step
    player.until(called.is_set)
    player.window.close()
    assert not player.program.clean  # a process leaves such a thread behind; see `app.main.run`
    hung = {thread for thread in threading.enumerate() if thread.name == "uvanet-inference"}
    assert hung
    assert all(thread.daemon for thread in hung)


@pytest.mark.parametrize("shape", [(7, 19), (64, 48), (1, 1)])
def test_maps_of_another_shape_are_painted(player: Bench, shape: tuple[int, int]) -> None:
    player.context.presenter.heat.smoothing = 0.5
    player.predictor.step = lambda *_, **__: np.ones(shape, np.float32)
    player.until(lambda: player.presenter.packet.saliency.shape == shape)
    del player.predictor.step
    player.until(lambda: player.presenter.packet.saliency.shape == (32, 32))


@pytest.mark.parametrize(
    "wrong", [np.full((4, 4), np.nan), np.zeros((1, 4, 4)), None], ids=["nan", "axes", "none"]
)
def test_maps_that_are_none_are_reported_and_pictures_go_on(player: Bench, wrong: object) -> None:
    player.predictor.step = lambda *_, **__: wrong
    player.until(lambda: "not a 2-D array" in player.banner.message)
    frame = player.frame()
    player.until(lambda: player.frame() != frame)
    del player.predictor.step
    player.until(lambda: not player.presenter.packet.failed)


def test_a_slow_teacher_does_not_hold_the_window(
    player: Bench,
    use_teacher: Callable[[Bench, Callable[[], object]], None],
    qtbot: QtBot,
    free: threading.Event,
) -> None:
    teacher, called = Contrast(), threading.Event()

    def step(*_: Any, **__: Any) -> np.ndarray:
        called.set()
        return stuck(free)()

    teacher.step = step
    with gui_watch(qtbot) as watch:
        use_teacher(player, lambda: teacher)
        player.session.teacher.set_synchronized(False)
        player.until(called.is_set)
        watch.answers()
        frame = player.frame()
        player.until(lambda: player.frame() != frame)
        free.set()
        player.until(lambda: player.session.teacher.running == "corner")


def test_a_camera_that_never_returns_can_be_left(
    player: Bench,
    qtbot: QtBot,
    clip: Path,
    monkeypatch: pytest.MonkeyPatch,
    restore_patience: Callable[[], None],
) -> None:
    camera = FakeCamera()
    monkeypatch.setattr(
        "uvanet.sources.make_source",
        lambda spec, **more: camera if spec == "camera:fake" else make_source(spec, **more),
    )
    try:
        with gui_watch(qtbot) as watch:
            player.open("camera:fake")
            camera.hang.set()
            player.until(camera.hanging.is_set)
            player.until(lambda: "has sent no picture" in player.banner.message)
            watch.answers()
            player.open(str(clip))
            assert not player.banner.message
            watch.answers()
    finally:
        camera.free.set()


class VanishingShare:
    """A file on a share that stops to answer after a few frames."""

    def __init__(self, path: str, free: threading.Event) -> None:
        self.source = make_source(path)
        self.gone = threading.Event()
        self._free = free
        self._read = self.source.read
        self.source.read = self.read  # type: ignore[method-assign]

    def read(self) -> Frame | None:
        frame = self._read()
        if frame is not None and frame.index == 5:
            self.gone.set()
            assert self._free.wait(LIMIT_S)
        return frame


def test_a_file_on_a_share_that_vanishes_is_named_and_comes_back(
    player: Bench,
    qtbot: QtBot,
    clip: Path,
    free: threading.Event,
    monkeypatch: pytest.MonkeyPatch,
    restore_patience: Callable[[], None],
) -> None:
    share = VanishingShare(str(clip), free)

    def make(spec: str | None, **more: Any) -> Source:
        return share.source if spec == "share.mp4" else make_source(spec, **more)

    monkeypatch.setattr("uvanet.sources.make_source", make)
    with gui_watch(qtbot) as watch:
        player.session.open("share.mp4")
        player.until(share.gone.is_set)
        player.until(lambda: "has sent no picture" in player.banner.message)
        assert "share" in player.banner.hint
        watch.answers()
        free.set()
        player.until(lambda: not player.banner.message)


def test_the_end_of_a_read_is_the_end_of_its_stall() -> None:
    detector = StallDetector(1)
    detector.feed(0.0)
    assert detector.check(10.0) is not None
    detector.pause()
    assert detector.check(10.2) is not None
    assert detector.check(1e9) is None
