"""Frame presenter: what it reports about painted frames, and when."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

import numpy as np
import pytest

from uvanet.video.writer import VideoWriter

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from window_bench import Bench

LARGE = (3840, 2160)


@pytest.fixture
def large(launch: Callable[..., Bench], tmp_path: Path) -> Bench:
    """The program, playing a film that is larger than the canvas."""
    path = tmp_path / "film.mp4"
    with VideoWriter(path, LARGE, 10) as writer:
        for value in range(0, 200, 20):
            writer.write(np.full((*LARGE[::-1], 3), value, np.uint8))
    bench = launch(path)
    bench.until(lambda: bench.presenter.overlay_seen)
    return bench


def shown_width(bench: Bench) -> int:
    return bench.presenter.packet.bgra.shape[1]


def test_features_hear_of_painted_frames_outside_of_the_paint_event(player):
    callers: list[set[str]] = []
    for signal in (player.presenter.shown, player.presenter.presented):
        signal.connect(lambda _: callers.append({frame.function for frame in inspect.stack()}))
    player.until(lambda: len(callers) >= 4)
    assert not any("paintEvent" in functions for functions in callers)


def test_a_frame_of_a_source_that_was_replaced_is_not_presented(still, clip):
    """It was painted just before the change; its signal comes after it."""
    presenter, presented = still.presenter, []
    packet = presenter.packet
    still.open(str(clip))
    still.until(lambda: presenter.packet is not None and presenter.packet is not packet)
    presenter.presented.connect(presented.append)
    presenter._painted.emit(packet)
    still.until(lambda: presented)
    assert packet not in presented


def test_a_picture_has_the_size_at_which_it_is_painted_and_gets_sharper_with_the_zoom(large):
    canvas, presenter = large.canvas, large.presenter
    painted = round(canvas.picture_rect().width() * canvas.devicePixelRatioF())
    assert painted < LARGE[0]
    large.until(lambda: shown_width(large) == painted)
    large.pause()
    large.seek(0.5)
    packet, painted_frames = presenter.packet, large.session.stats().painted
    assert shown_width(large) == painted
    sharpened, presented = [], []
    presenter.sharpened.connect(lambda: sharpened.append(shown_width(large)))
    presenter.presented.connect(presented.append)
    large.trigger("zoom_in")
    large.until(lambda: sharpened == [min(LARGE[0], round(painted * 1.25))])
    for _ in range(9):
        large.trigger("zoom_in")
    large.until(lambda: sharpened[-1] == LARGE[0] == canvas._picture.width())
    # It is the same frame with the same map, counted once.
    assert presenter.packet.frame is packet.frame
    assert presenter.packet.saliency is packet.saliency
    assert large.session.stats().painted == painted_frames
    large.qtbot.wait(50)
    assert not presented
    large.trigger("zoom_fit")
    large.until(lambda: canvas.room[0] <= canvas.width() * canvas.devicePixelRatioF())
    assert shown_width(large) == LARGE[0]  # what is there stays


def test_the_panes_of_a_comparison_get_sharper_too(large, corner, use_teacher):
    use_teacher(large, lambda: corner)
    second = large.slots.panes.extra[0].canvas
    large.until(lambda: second.has_picture and not second.has_unpainted_picture)
    large.pause()
    large.seek(0.5)
    frame = large.presenter.packet.frame
    large.until(lambda: second._order == (frame.epoch, frame.seq))
    for _ in range(12):
        large.trigger("zoom_in")
    large.until(lambda: second._picture.width() == LARGE[0])


def test_a_narrow_picture_gets_sharper_too(launch, tmp_path):
    path = tmp_path / "narrow.mp4"
    with VideoWriter(path, (16, 2048), 10) as writer:
        for value in range(0, 200, 20):
            writer.write(np.full((2048, 16, 3), value, np.uint8))
    bench = launch(path)
    bench.until(lambda: bench.presenter.overlay_seen)
    bench.pause()
    bench.canvas.setFixedSize(300, 140)
    bench.until(lambda: bench.canvas.room == bench.canvas._announced_room)
    bench.seek(0.7)
    bench.until(lambda: bench.presenter.packet.bgra.shape[:2] == (140, 1))
    bench.canvas.setFixedSize(300, 180)
    bench.until(lambda: bench.presenter.packet.bgra.shape[:2] == (180, 1))


def test_a_message_stays_while_the_picture_gets_sharper(large):
    large.until(lambda: shown_width(large) < LARGE[0])
    large.pause()
    large.canvas.show_message("No picture from the camera")
    large.trigger("zoom_in")
    with large.qtbot.waitSignal(large.presenter.sharpened):
        pass
    assert large.canvas.message == "No picture from the camera"
