"""Dragging through a long group of pictures shows frames on the way; the last one is exact."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import corpus
import pytest

from app.pipeline.command_queue import CommandQueue
from app.pipeline.playback import Playback
from app.pipeline.stats import Drop
from app.pipeline.watchdog import StallDetector
from uvanet.sources import make_source
from uvanet.sources.orientation import Orientations, OrientedSource
from uvanet.sources.video import VideoSource

if TYPE_CHECKING:
    import threading
    from pathlib import Path

    from uvanet.sources import Frame


def test_an_obsolete_seek_ends_at_the_frame_reached(tmp_path: Path) -> None:
    path = corpus.write(tmp_path / "clip.mp4", "libx264", options={"g": "250", "bf": "0"})
    with OrientedSource(make_source(str(path)), Orientations()) as source:
        decoded = 0

        def abandon() -> bool:
            nonlocal decoded
            decoded += 1
            return decoded == 5

        source.abandon_seek = abandon
        source.seek(30 / corpus.RATE)
        frame = source.read()
        assert frame is not None
        # The fifth frame behind the key frame, and its own time and index.
        assert decoded == 5
        assert corpus.number_in(frame.image) == frame.index == 4
        assert frame.pts * corpus.RATE == 4
        after = source.read()
        assert after is not None
        assert corpus.number_in(after.image) == 5
        source.abandon_seek = lambda: False
        source.seek(30 / corpus.RATE)
        frame = source.read()
        assert frame is not None
        assert corpus.number_in(frame.image) == frame.index == 30


@pytest.mark.parametrize(
    ("name", "b_frames"),
    [("clip.mp4", "3"), ("clip.mkv", "3"), ("clip.ts", "3"), ("clip.avi", "0")],
)
def test_every_way_to_a_frame_gives_the_same_frame(
    tmp_path: Path, name: str, b_frames: str
) -> None:
    path = corpus.write(tmp_path / name, "libx264", options={"g": "15", "bf": b_frames})
    rng = random.Random(5)
    with make_source(str(path)) as source:
        # Forward and back, in and over groups of pictures, with and without reading on.
        for number in [3, 4, 5, 9, 8, 30, 31, 14, 15, 16, 0, 39, *rng.choices(range(40), k=40)]:
            source.seek((number + 0.3) / corpus.RATE)
            for ahead in range(rng.randrange(4)):
                frame = source.read()
                if number + ahead < corpus.FRAMES:
                    assert frame is not None
                    assert corpus.number_in(frame.image) == number + ahead


def test_a_frame_ahead_is_reached_by_decoding_on(tmp_path: Path) -> None:
    path = corpus.write(tmp_path / "clip.mp4", "libx264", options={"g": "250", "sc_threshold": "0"})
    with make_source(str(path)) as source:
        decoded = 0

        def count() -> bool:
            nonlocal decoded
            decoded += 1
            return False

        source.abandon_seek = count
        source.seek(20 / corpus.RATE)
        assert decoded == 21
        source.seek(30 / corpus.RATE)
        # From frame 20, which waits to be read, and not again from the key frame.
        assert decoded == 21 + 11


class SteadyClock:
    """Ten milliseconds pass between two looks at it."""

    def __init__(self) -> None:
        self.time = 100.0

    def now(self) -> float:
        self.time += 0.01
        return self.time

    def wait(self, condition: threading.Condition, seconds: float | None) -> None:
        self.time += seconds or 0.0


class DraggedVideo(VideoSource):
    """A video whose slider moves on while a seek runs."""

    commands: CommandQueue
    positions: list[int]

    def _seek(self, seconds: float) -> None:
        if self.positions:
            self.commands.seek(self.positions.pop(0) / corpus.RATE)
        super()._seek(seconds)


class Shown:
    """A feed that keeps what it gets."""

    source = 1

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.flushed: list[Drop | None] = []

    def deliver(self, frame: Frame, t: float, t_scene: float) -> None:
        self.frames.append(frame)

    def begin_epoch(self, flush: Drop | None) -> None:
        self.flushed.append(flush)


def test_a_drag_shows_frames_on_the_way_and_rests_at_the_exact_one(tmp_path: Path) -> None:
    options = {"g": "250", "bf": "2", "sc_threshold": "0"}
    path = corpus.write(tmp_path / "clip.mp4", "libx264", options=options)
    clock, feed = SteadyClock(), Shown()
    with DraggedVideo(path) as video:
        video.commands = commands = CommandQueue(clock, 1.0, loop=False)
        video.positions = [22, 26, 30, 34, 20, 38]
        detector = StallDetector(1)
        player = Playback(video, feed, lambda event: None, commands, clock, detector)  # type: ignore[arg-type]
        commands.play(False)
        commands.seek(18 / corpus.RATE)
        command = commands.next(block=False)
        assert command is not None
        player.begin(command)
        while commands.waiting:
            command = commands.next(block=False)
            assert command is not None
            player.execute(command)
            player.advance()
    numbers = [corpus.number_in(frame.image) for frame in feed.frames]
    assert numbers == [frame.index for frame in feed.frames]
    assert len(numbers) == 7
    # The key frame at once; then a few frames further with each request, never back to the key
    # frame, although it is the only one in the file.
    assert numbers[0] == 0
    assert numbers[:5] == sorted(set(numbers[:5]))
    assert max(numbers[:5]) < 18
    assert numbers[-1] == 38
    # No frame of the drag is dropped for the next one, only what was in flight before it.
    assert feed.flushed == [Drop.SEEK] + [None] * 6
