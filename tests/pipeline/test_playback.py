"""Playback without threads: the test calls each round, and the clock jumps instead of waiting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pipeline_fakes import Clip, FakeClock, LiveFeed

from app.pipeline.command_queue import CommandQueue
from app.pipeline.events import PipelineState, StateChanged
from app.pipeline.playback import LONGEST_FREEZE_S, Playback
from app.pipeline.stats import Drop
from app.pipeline.watchdog import StallDetector
from uvanet.errors import SourceError

if TYPE_CHECKING:
    from uvanet.sources.base import Frame, Source


class Record:
    """A feed that records what it gets."""

    source = 1

    def __init__(self) -> None:
        self.shown: list[tuple[int, float, float]] = []  # index, t, t_scene
        self.skips: list[Drop] = []
        self.epochs: list[Drop | None] = []

    def deliver(self, frame: Frame, t: float, t_scene: float) -> None:
        self.shown.append((frame.index, t, t_scene))

    def skip(self, cause: Drop, t: float) -> None:
        self.skips.append(cause)

    def begin_epoch(self, flush: Drop | None) -> None:
        self.epochs.append(flush)

    @property
    def indices(self) -> list[int]:
        return [index for index, _, _ in self.shown]

    @property
    def times(self) -> list[float]:
        return [t for _, t, _ in self.shown]


class Player:
    def __init__(self, source: Source, *, speed: float = 1.0, loop: bool = False) -> None:
        self.clock = FakeClock()
        self.feed = Record()
        self.events: list[Any] = []
        self.commands = CommandQueue(self.clock, speed, loop)
        source.open()
        self.playback = Playback(
            source,
            self.feed,  # type: ignore[arg-type]
            self.events.append,
            self.commands,
            self.clock,
            StallDetector(1),
        )

    def begin(self) -> Player:
        command = self.commands.next(block=False)
        assert command is not None
        self.playback.begin(command)
        return self

    def run(self, rounds: int = 10_000) -> Player:
        """Runs rounds until nothing happens without a command."""
        for _ in range(rounds):
            command = self.commands.next(block=False)
            assert command is not None
            self.playback.execute(command)
            self.playback.advance()
            if self.playback.idle:
                break
        return self

    @property
    def state(self) -> PipelineState:
        return next(e.state for e in reversed(self.events) if isinstance(e, StateChanged))


@pytest.mark.parametrize("speed", [0.25, 1.0, 4.0])
def test_frames_come_at_their_time(speed: float) -> None:
    player = Player(Clip(10, 25.0), speed=speed).begin().run()
    assert player.feed.indices == list(range(10))
    start = player.feed.times[0]
    assert [t - start for t in player.feed.times] == pytest.approx(
        [i / 25.0 / speed for i in range(10)]
    )
    assert [scene for _, _, scene in player.feed.shown] == pytest.approx(
        [i / 25.0 for i in range(10)]
    )
    assert player.state is PipelineState.ENDED
    assert player.events.count(StateChanged(1, PipelineState.ENDED)) == 1


def test_slow_reading_drops_frames_and_stays_in_real_time() -> None:
    clip = Clip(100, 25.0)
    player = Player(clip)
    clip.on_read = lambda index: player.clock.advance(0.06)  # 40 ms would be in time
    player.begin().run()
    feed = player.feed
    assert feed.skips.count(Drop.LATE) > 10
    assert len(feed.shown) + len(feed.skips) <= 100
    start = feed.times[0]
    behind = [t - start - index / 25.0 for index, t, _ in feed.shown]
    assert max(behind) < 1.1
    gaps = [b - a for a, b in zip(feed.times, feed.times[1:], strict=False)]
    assert max(gaps) < LONGEST_FREEZE_S + 2 * 0.06


def test_far_behind_a_file_skips_ahead_by_a_seek() -> None:
    clip = Clip(200, 25.0)
    player = Player(clip)
    clip.on_read = lambda index: player.clock.advance(3.0 if index == 10 else 0.0)
    player.begin().run()
    assert len(clip.seeks) == 1
    assert clip.seeks[0] == pytest.approx(9 / 25 + 3.0, abs=0.05)
    assert player.feed.epochs == [None]
    start = player.feed.times[0]
    assert [t - start for t in player.feed.times] == pytest.approx(
        [i / 25.0 for i in player.feed.indices], abs=0.05
    )


def test_far_behind_an_unseekable_source_continues_from_there() -> None:
    clip = Clip(20, 25.0, seekable=False)
    player = Player(clip)
    clip.on_read = lambda index: player.clock.advance(3.0 if index == 10 else 0.0)
    player.begin().run()
    assert player.feed.indices == list(range(20))
    assert player.feed.skips == []


def test_frames_are_not_caught_up_after_a_suspend() -> None:
    player = Player(Clip(10, 25.0))
    leap = iter([0.0, 0.0, 3600.0])
    wait = player.clock.wait
    player.clock.wait = lambda condition, seconds: wait(  # type: ignore[method-assign]
        condition, None if seconds is None else seconds + next(leap, 0.0)
    )
    player.begin().run()
    assert player.feed.indices == list(range(10))
    assert player.feed.skips == []


def test_loop_starts_over_in_time_and_begins_an_epoch() -> None:
    clip = Clip(5, 25.0)
    player = Player(clip, loop=True)
    clip.on_read = lambda index: (
        player.feed.indices.count(4) == 3 and setattr(player.commands, "loop", False)
    )
    player.begin().run()
    assert player.feed.indices == list(range(5)) * 3
    gaps = [b - a for a, b in zip(player.feed.times, player.feed.times[1:], strict=False)]
    assert gaps == pytest.approx([0.04] * 14)
    assert player.feed.epochs == [None, None]
    assert player.state is PipelineState.ENDED


def test_an_unseekable_source_ends_although_loop_is_set() -> None:
    player = Player(Clip(3, 25.0, seekable=False), loop=True).begin().run()
    assert player.feed.indices == [0, 1, 2]
    assert player.state is PipelineState.ENDED


def test_a_still_picture_ends_although_loop_is_set() -> None:
    player = Player(Clip(1, 0.0), loop=True).begin().run()
    assert player.feed.indices == [0]
    assert player.state is PipelineState.ENDED
    player.commands.play(True)
    player.run()
    assert player.feed.indices == [0, 0]
    assert player.state is PipelineState.ENDED


def test_a_source_without_frames_is_an_error() -> None:
    with pytest.raises(SourceError, match="clip has no readable frame"):
        Player(Clip(0)).begin().run()


def test_pause_during_opening_shows_the_first_frame() -> None:
    player = Player(Clip(5))
    player.commands.play(False)
    player.begin().run()
    assert player.feed.indices == [0]
    assert player.state is PipelineState.PAUSED


def test_play_after_pause_continues_with_the_next_frame() -> None:
    clip = Clip(10, 25.0)
    player = Player(clip)
    clip.on_read = lambda index: index == 4 and player.commands.play(False)
    player.begin().run()
    assert player.state is PipelineState.PAUSED
    assert player.feed.indices == [0, 1, 2, 3]
    player.clock.advance(60)
    clip.on_read = None
    player.commands.play(True)
    player.run()
    assert player.feed.indices == list(range(10))
    assert player.feed.skips == []
    assert player.feed.times[4] - player.feed.times[3] >= 60


def test_speed_changes_during_playback() -> None:
    clip = Clip(8, 25.0)
    player = Player(clip)
    clip.on_read = lambda index: index == 4 and player.commands.set_speed(2.0)
    player.begin().run()
    gaps = [b - a for a, b in zip(player.feed.times, player.feed.times[1:], strict=False)]
    assert gaps == pytest.approx([0.04] * 3 + [0.02] * 4)


def test_seek_in_pause_shows_the_frame_and_stays_paused() -> None:
    player = Player(Clip(100, 25.0))
    player.commands.play(False)
    player.begin().run()
    player.commands.seek(2.0)
    player.run()
    assert player.feed.indices == [0, 50]
    assert player.feed.epochs == [Drop.SEEK]
    assert player.state is PipelineState.PAUSED


def test_seek_while_playing_shows_the_frame_at_once_and_plays_on() -> None:
    clip = Clip(60, 25.0)
    player = Player(clip)
    clip.on_read = lambda index: index == 3 and player.commands.seek(2.0)
    player.begin().run()
    assert player.feed.indices == [0, 1, 2, *range(50, 60)]
    gaps = [b - a for a, b in zip(player.feed.times[3:], player.feed.times[4:], strict=False)]
    assert gaps == pytest.approx([0.04] * 9)


def test_of_a_burst_of_seeks_only_the_newest_counts() -> None:
    clip = Clip(100, 25.0)
    player = Player(clip)
    player.commands.play(False)
    player.begin().run()
    for i in range(50):
        player.commands.seek(i / 25.0)
    player.run()
    assert clip.seeks == [49 / 25.0]
    assert player.feed.indices == [0, 49]


def test_dragging_a_slider_shows_frames_on_the_way() -> None:
    clip = Clip(100, 25.0)
    player = Player(clip)
    # Each seek finds the next one waiting already.
    clip.on_read = lambda index: 0 < index < 50 and player.commands.seek((index + 10) / 25.0)
    player.commands.seek(0.4)
    player.begin().run(5)
    assert player.feed.indices[:6] == [10, 20, 30, 40, 50, 51]
    # Frames that were sought are painted although the next position is wanted already.
    assert player.feed.epochs == [Drop.SEEK, None, None, None, None]


@pytest.mark.parametrize(("steps", "index"), [([1], 11), ([1, 1, 1], 13), ([-1], 9), ([-4], 6)])
def test_steps(steps: list[int], index: int) -> None:
    player = Player(Clip(100, 29.97))
    player.commands.play(False)
    player.commands.seek(10.2 / 29.97)
    player.begin().run()
    assert player.feed.indices == [10]
    for frames in steps:
        player.commands.step(frames)
    player.run()
    assert player.feed.indices == [10, index]
    assert player.state is PipelineState.PAUSED
    assert player.feed.skips == [Drop.STEP] * max(0, index - 11)


def test_step_back_at_the_start_shows_the_first_frame() -> None:
    player = Player(Clip(100, 25.0))
    player.commands.play(False)
    player.begin().run()
    player.commands.step(-1)
    player.run()
    assert player.feed.indices == [0, 0]


def test_step_while_playing_pauses_at_the_next_frame() -> None:
    clip = Clip(10, 25.0)
    player = Player(clip)
    clip.on_read = lambda index: index == 4 and player.commands.step(1)
    player.begin().run()
    assert player.feed.indices == [0, 1, 2, 3, 4]
    assert player.state is PipelineState.PAUSED


def test_steps_beyond_the_end_and_back() -> None:
    player = Player(Clip(3, 25.0))
    player.commands.play(False)
    player.begin().run()
    for _ in range(3):
        player.commands.step(1)
        player.run()
    assert player.feed.indices == [0, 1, 2]
    assert player.state is PipelineState.ENDED
    player.commands.step(1)
    player.run()
    assert player.state is PipelineState.ENDED
    player.commands.step(-1)
    player.run()
    assert player.feed.indices == [0, 1, 2, 1]
    assert player.state is PipelineState.PAUSED


def test_steps_end_at_the_last_frame_of_a_loop_and_playback_starts_over() -> None:
    player = Player(Clip(3, 25.0), loop=True)
    player.commands.play(False)
    player.commands.seek(1 / 25)
    player.begin().run()
    for _ in range(3):
        player.commands.step(1)
        player.run()
    player.commands.step(5)
    player.run()
    assert player.feed.indices == [1, 2]
    player.commands.play(True)
    player.run(4)
    assert player.feed.indices[:6] == [1, 2, 0, 1, 2, 0]


def test_seek_after_the_end_shows_the_frame_in_pause() -> None:
    player = Player(Clip(10, 25.0)).begin().run()
    player.commands.seek(0.2)
    player.run()
    assert player.feed.indices[-1] == 5
    assert player.state is PipelineState.PAUSED


def test_play_after_the_end_starts_over() -> None:
    player = Player(Clip(3, 25.0)).begin().run()
    player.commands.play(True)
    player.run()
    assert player.feed.indices == [0, 1, 2, 0, 1, 2]
    assert player.feed.epochs == [Drop.SEEK]


def test_a_source_that_cannot_seek_ignores_seeks_and_steps_back() -> None:
    clip = Clip(10, 25.0, seekable=False)
    player = Player(clip)
    player.commands.play(False)
    player.begin().run()
    player.commands.seek(0.2)
    player.run()
    player.commands.step(-1)
    player.run()
    player.commands.step(1)
    player.run()
    assert player.feed.indices == [0, 1]
    assert player.feed.epochs == []


def test_a_live_source_is_shown_unpaced_and_read_in_pause() -> None:
    camera = LiveFeed()
    player = Player(camera)
    camera.push(100)
    player.begin().run(3)
    assert player.feed.indices == [0, 1, 2]
    assert player.feed.times == [100.0] * 3
    player.commands.play(False)
    player.run(5)
    assert player.feed.indices == [0, 1, 2]
    player.commands.step(1)
    player.run(1)
    assert player.feed.indices == [0, 1, 2, 8]
    player.commands.play(True)
    player.run(2)
    assert player.feed.indices == [0, 1, 2, 8, 10, 11]


def test_scene_time_grows_although_time_stamps_fall() -> None:
    clip = Clip(5, 25.0)
    picture = clip.picture
    stamps = [0.0, 0.5, 0.1, 0.1, 0.6]

    def broken(index: int) -> Frame:
        frame = picture(index)
        return type(frame)(frame.image, stamps[index], index)

    clip.picture = broken  # type: ignore[method-assign]
    player = Player(clip).begin().run()
    scenes = [scene for _, _, scene in player.feed.shown]
    assert scenes == sorted(set(scenes))
    assert len(scenes) == 5
