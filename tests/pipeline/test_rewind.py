"""Reverse playback in the pipeline: groups of pictures that are decoded once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import av
import numpy as np
import pytest
from test_playback import Player

from app.pipeline.events import PipelineState
from app.pipeline.rewind import Rewind
from app.pipeline.stats import Drop
from uvanet.errors import SourceError
from uvanet.sources import make_source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from uvanet.sources.base import Frame, Source

FRAMES, GROUP = 60, 25


@pytest.fixture
def clip(tmp_path: Path) -> Iterator[Source]:
    """Frames whose brightness is 4 times their number; a key frame every 25, B-frames between."""
    path = tmp_path / "groups.mp4"
    options = {"g": str(GROUP), "keyint_min": str(GROUP), "bf": "2", "sc_threshold": "0"}
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", 25, options=options)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(FRAMES):
            image = np.full((48, 64, 3), 4 * number, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, "bgr24")))
        container.mux(stream.encode(None))
    source = make_source(str(path))
    yield source
    source.close()


def paused_at(clip: Source, index: int) -> Player:
    player = Player(clip)
    player.commands.play(False)
    player.commands.seek((index + 0.5) / 25)
    player.begin().run()
    return player


def go_back(player: Player, *indices: int) -> None:
    for index in indices:
        player.commands.seek((index + 0.5) / 25, backwards=True)
        player.run()


def test_every_frame_is_shown_in_reverse_order_and_decoded_once(
    clip: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    player = paused_at(clip, 55)
    shown: list[Frame] = []
    reads: list[Frame | None] = []
    read = clip.read
    monkeypatch.setattr(player.feed, "deliver", lambda frame, *_: shown.append(frame))
    monkeypatch.setattr(clip, "read", lambda: reads.append(frame := read()) or frame)
    go_back(player, *range(54, -1, -1))
    assert [frame.index for frame in shown] == list(range(54, -1, -1))
    brightness = [frame.image.mean() for frame in shown]
    assert brightness == sorted(set(brightness), reverse=True)
    assert len(reads) <= 54 + 3 + 3  # and the next frame of each of the three groups
    assert player.state is PipelineState.PAUSED


BACK = pytest.mark.parametrize("back", [[30], [30, 28], [30, 20], [30, 24, 3]])


@BACK
def test_playback_goes_on_behind_the_frame(clip: Source, back: list[int]) -> None:
    player = paused_at(clip, 40)
    go_back(player, *back)
    player.commands.play(True)
    player.run()
    assert player.feed.indices == [40, *back, *range(back[-1] + 1, FRAMES)]


@BACK
def test_steps_go_on_from_the_frame(clip: Source, back: list[int]) -> None:
    player = paused_at(clip, 40)
    go_back(player, *back)
    for frames in (1, -1):
        player.commands.step(frames)
        player.run()
    assert player.feed.indices == [40, *back, back[-1] + 1, back[-1]]


def test_frames_from_before_are_not_painted_and_frames_may_be_left_out(clip: Source) -> None:
    player = paused_at(clip, 40)
    go_back(player, 30, 10, 0)
    assert player.feed.indices == [40, 30, 10, 0]
    assert player.feed.epochs[-3:] == [Drop.SEEK] * 3


def test_a_running_seek_reaches_its_position_although_reverse_playback_waits(clip: Source) -> None:
    player = paused_at(clip, 0)
    player.commands.seek(1.0)
    player.commands.seek(0.9, backwards=True)
    assert not player.commands.seek_waiting
    player.commands.seek(1.0)
    assert player.commands.seek_waiting


def test_of_a_long_group_only_the_frames_before_the_time_are_kept(clip: Source) -> None:
    clip.open()
    reads: list[Frame | None] = []
    rewind = Rewind(
        clip, lambda: reads.append(frame := clip.read()) or frame, lambda: False, 5 * 64 * 48 * 3
    )
    found = [rewind.back_to((index + 0.5) / 25) for index in range(20, 0, -1)]
    assert [frame.index if frame else None for frame in found] == list(range(20, 0, -1))
    assert len(reads) == 22 + 17 + 12 + 7


@pytest.mark.parametrize("act", ["seek", "stop"])
def test_a_seek_or_the_end_gives_up_a_group(
    clip: Source, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    player = paused_at(clip, 0)
    player.commands.seek(1.0)
    player.run()
    reads: list[Frame | None] = []
    read = clip.read

    def counted() -> Frame | None:
        reads.append(frame := read())
        if len(reads) == 3:
            player.commands.seek(0.02) if act == "seek" else player.commands.stop()
        return frame

    monkeypatch.setattr(clip, "read", counted)
    go_back(player, 22)
    assert len(reads) == 3
    if act == "seek":
        player.run()
    assert player.feed.indices[-1] == (0 if act == "seek" else 25)


def test_later_seeks_of_the_source_reach_their_position(clip: Source) -> None:
    player = paused_at(clip, 40)
    go_back(player, 30)
    clip.seek(1.82)  # as a film does that has fallen behind
    frame = clip.read()
    assert frame is not None
    assert frame.index == 45


def test_a_time_after_the_frames_in_memory_is_sought(clip: Source) -> None:
    player = paused_at(clip, 55)
    go_back(player, 40, 30)
    player.commands.seek(50.5 / 25)  # replaced by the next before it is executed
    go_back(player, 49)
    assert player.feed.indices[-1] == 49


def test_damage_behind_the_wanted_frames_does_not_end_reverse_playback(
    clip: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    player = paused_at(clip, 59)
    read = clip.read

    def damaged() -> Frame | None:
        frame = read()
        if frame is None:
            raise SourceError("the video ends early", "")
        return frame

    monkeypatch.setattr(clip, "read", damaged)
    go_back(player, 59, 58)
    assert player.feed.indices[-1] == 58
    assert player.state is PipelineState.PAUSED
