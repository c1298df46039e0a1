"""Frame presenter: what it reports about painted frames, and when."""

from __future__ import annotations

import inspect


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
