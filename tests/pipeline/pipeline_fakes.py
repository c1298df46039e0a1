"""Fakes for pipeline tests: a clock that jumps instead of waiting, sources, network, painter."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from app.pipeline.events import StateChanged
from app.pipeline.pipeline import LivePipeline
from uvanet.sources.base import Frame, Source, SourceInfo, SourceKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.pipeline.clock import Clock
    from app.pipeline.packets import SaliencyPacket
    from app.pipeline.stats import PipelineStats

LIMIT_S = 60.0  # a bound for conditions on a busy machine, not a measure of anything


def wait_until(condition: Callable[[], object], what: str = "") -> None:
    """Waits until the condition holds; fails after a long time."""
    end = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < end, f"waited in vain {what}"
        time.sleep(0.002)


def balanced(stats: PipelineStats) -> bool:
    ends = stats.painted + sum(stats.dropped_by_cause.values()) + stats.failed
    return stats.captured == ends + stats.in_flight


@contextlib.contextmanager
def always_balanced(*readers: Callable[[], PipelineStats | None]) -> Iterator[None]:
    """Reads the statistics again and again meanwhile; fails if they did not balance once."""
    over = threading.Event()
    unbalanced: list[PipelineStats] = []

    def watch() -> None:
        while not over.wait(0.0005):
            read = (reader() for reader in readers)
            unbalanced.extend(stats for stats in read if stats and not balanced(stats))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
    assert unbalanced == []


class FakeClock:
    """A clock whose time jumps to the end of each wait."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now = 100.0

    def now(self) -> float:
        with self._lock:
            return self._now

    def advance(self, seconds: float) -> None:
        with self._lock:
            self._now += seconds

    def wait(self, condition: threading.Condition, seconds: float | None) -> None:
        if seconds is None:
            condition.wait()
        else:
            self.advance(seconds)


class Clip(Source):
    """A file of `frames` frames; the value of every pixel is the frame's index.

    `on_read(index)` runs on the capture thread before that frame is given; it may wait, raise,
    let time pass or command the pipeline.
    """

    def __init__(
        self,
        frames: int | None = 10,
        fps: float = 25.0,
        *,
        live: bool = False,
        seekable: bool = True,
        size: tuple[int, int] = (16, 12),
        on_read: Callable[[int], object] | None = None,
        on_open: Callable[[], object] | None = None,
        title: str = "clip",
    ) -> None:
        self.frames = frames
        self.fps = fps
        self.size = size
        self.live = live
        self.seekable = seekable
        self.on_read = on_read
        self.on_open = on_open
        self.title = title
        self.opens = 0
        self.closes = 0
        self.seeks: list[float] = []
        self.threads: set[str] = set()
        self.closed = threading.Event()
        self._index = 0

    @property
    def info(self) -> SourceInfo:
        count = self.frames
        return SourceInfo(
            spec=self.title,
            title=self.title,
            kind=SourceKind.CAMERA if self.live else SourceKind.VIDEO,
            width=self.size[0],
            height=self.size[1],
            fps=self.fps,
            frames=count,
            duration=count / self.fps if count and self.fps else None,
            live=self.live,
            seekable=self.seekable,
        )

    def open(self) -> None:
        self.threads.add(threading.current_thread().name)
        self.opens += 1
        self.closed.clear()
        self._index = 0
        if self.on_open is not None:
            self.on_open()

    def read(self) -> Frame | None:
        self.threads.add(threading.current_thread().name)
        index = self._index
        if self.on_read is not None:
            self.on_read(index)
        if self.frames is not None and index >= self.frames:
            return None
        self._index += 1
        return self.picture(index)

    def picture(self, index: int) -> Frame:
        width, height = self.size
        image = np.full((height, width, 3), index % 256, np.uint8)
        return Frame(image, index / self.fps if self.fps else 0.0, index)

    def seek(self, seconds: float) -> None:
        if not self.seekable:
            super().seek(seconds)
        self.seeks.append(seconds)
        last = (self.frames or 1_000_000) - 1
        self._index = min(max(0, int(seconds * self.fps + 1e-6)), last)

    def renew(self) -> Source:
        # Itself, so that a test sees what became of the source it made.
        return self

    def close(self) -> None:
        self.closes += 1
        self.closed.set()


class LiveFeed(Clip):
    """A camera that gives a frame for each `push`, and blocks in `read` otherwise.

    With `hangs` not even `close` gets it out of `read`: only `release` does.
    """

    def __init__(self, *, hangs: bool = False, title: str = "camera") -> None:
        super().__init__(None, 30.0, live=True, seekable=False, title=title)
        self.hangs = hangs
        self.reading = threading.Event()
        self._condition = threading.Condition()
        self._waiting = 0
        self._ended = False
        self._error: Exception | None = None

    def push(self, frames: int = 1) -> None:
        with self._condition:
            self._waiting += frames
            self._condition.notify_all()

    def end(self) -> None:
        with self._condition:
            self._ended = True
            self._condition.notify_all()

    def fail(self, error: Exception) -> None:
        with self._condition:
            self._error = error
            self._condition.notify_all()

    release = push

    def read(self) -> Frame | None:
        with self._condition:
            self.reading.set()
            self._condition.wait_for(self._anything)
            if self._error is not None:
                error, self._error = self._error, None
                raise error
            if self._waiting == 0:
                self._ended = False
                return None
            self._waiting -= 1
        return super().read()

    def _anything(self) -> bool:
        closed = self.closed.is_set() and not self.hangs
        return bool(self._waiting or self._ended or self._error or closed)

    def close(self) -> None:
        super().close()
        with self._condition:
            self._condition.notify_all()


class FakePredictor:
    """A network whose map holds the index of its frame; can block and raise."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, float]] = []
        self.resets = 0
        self.thread = ""
        self.entered = threading.Event()
        self.free = threading.Event()
        self.free.set()
        self.raising: Callable[[int], Exception | None] = lambda index: None

    def step(self, image: Any, t: float, *, bgr: bool = False) -> Any:
        assert bgr
        self.thread = threading.current_thread().name
        index = int(image[0, 0, 0])
        self.seen.append((index, t))
        self.entered.set()
        assert self.free.wait(LIMIT_S)
        error = self.raising(index)
        if error is not None:
            raise error
        return np.full((4, 4), index / 255.0, np.float64)

    def reset(self) -> None:
        self.resets += 1

    @property
    def indices(self) -> list[int]:
        return [index for index, _ in self.seen]


class Bench:
    """A pipeline with network, clock and painter; records events and painted results."""

    def __init__(
        self, predictor: Any, clock: Clock | None, *, paints: bool, **options: Any
    ) -> None:
        self.predictor = predictor
        self.events: list[Any] = []
        self.painted: list[SaliencyPacket] = []
        self.results = 0
        self.paints = paints
        self.pipeline = LivePipeline(
            predictor,
            on_result=self._on_result,
            on_event=self.events.append,
            clock=clock,
            **options,
        )

    def _on_result(self) -> None:
        self.results += 1
        if self.paints:
            self.paint()

    def paint(self) -> SaliencyPacket | None:
        packet = self.pipeline.take_result()
        if packet is not None:
            self.painted.append(packet)
            self.pipeline.painted(packet)
        return packet

    @property
    def indices(self) -> list[int]:
        return [packet.frame.index for packet in self.painted]

    @property
    def stats(self) -> PipelineStats:
        return self.pipeline.stats()

    def settle(self, *_: object) -> None:
        """Waits until no frame is in flight; as `on_read`, it makes every frame be painted."""
        wait_until(lambda: self.stats.in_flight == 0, "for frames in flight")

    def until_state(self, state: object) -> None:
        """Waits for the state and for its event."""

        def reached() -> bool:
            told = [event.state for event in self.of(StateChanged)]
            return self.pipeline.state == state and told[-1:] == [state]

        wait_until(reached, f"for {state}; saw {self.events}")

    def until_event(self, kind: type, count: int = 1) -> Any:
        wait_until(lambda: len(self.of(kind)) >= count, f"for {kind}; saw {self.events}")
        return self.of(kind)[count - 1]

    def of(self, kind: type) -> list[Any]:
        return [event for event in list(self.events) if isinstance(event, kind)]
