"""Reading and annotating ahead of the caller: order, overlap, errors, silence and the end."""

import contextlib
import threading
import time
from fractions import Fraction

import numpy as np
import pytest

from uvanet.errors import SourceError
from uvanet.sources import Frame, Source, SourceInfo, SourceKind
from uvanet.sources.base import SourceCondition, SourceStatus
from uvanet.video import prefetch
from uvanet.video.annotated_frame import AnnotatedFrame
from uvanet.video.control import Control
from uvanet.video.prefetch import annotate_ahead

PATIENCE_S = 60  # no test waits for so long unless it fails
MAP = np.zeros((4, 4), np.float32)


class Counting(Source):
    """Gives numbered frames; then ends, fails, or is silent until it is closed."""

    def __init__(self, count: int, then: str = "end", *, live: bool = False) -> None:
        self._info = SourceInfo("fake", "Fake", SourceKind.CAMERA, 8, 8, 10.0, live=live)
        self.count, self.then = count, then
        self.read_frames = 0
        self.closed = threading.Event()
        self.condition = SourceCondition.OK

    @property
    def info(self) -> SourceInfo:
        return self._info

    @property
    def status(self) -> SourceStatus:
        return SourceStatus(self.condition)

    def open(self) -> None:
        pass

    def read(self) -> Frame | None:
        if self.read_frames < self.count:
            self.read_frames += 1
            number = self.read_frames - 1
            return Frame(np.full((8, 8, 3), number, np.uint8), number / 10, number)
        if self.then == "fail":
            raise SourceError("Fake failed.")
        if self.then == "silence":
            self.closed.wait(PATIENCE_S)
        return None

    def close(self) -> None:
        self.closed.set()

    def renew(self) -> Source:
        return Counting(self.count, self.then)


def annotated(frame: Frame) -> AnnotatedFrame:
    return AnnotatedFrame(frame, Fraction(frame.index, 10), MAP, MAP)


def numbers(items) -> list[int]:
    return [item.frame.index for _, item in items]


def test_all_wanted_frames_come_in_order_and_the_source_is_closed() -> None:
    source = Counting(20)

    def only_even(frame: Frame) -> AnnotatedFrame | None:
        return None if frame.index % 2 else annotated(frame)

    items = annotate_ahead(source, None, Control(), only_even)
    assert numbers(items) == list(range(0, 20, 2))
    assert source.closed.is_set()


def test_the_end_is_exclusive() -> None:
    assert numbers(annotate_ahead(Counting(20), 0.5, Control(), annotated)) == [0, 1, 2, 3, 4]


def test_reading_goes_on_while_a_frame_is_annotated_and_both_while_one_is_used() -> None:
    source = Counting(8)
    seen = threading.Event()

    def wait_for_later_frames(frame: Frame) -> AnnotatedFrame:
        deadline = time.monotonic() + PATIENCE_S
        while source.read_frames < min(8, frame.index + 3):
            assert time.monotonic() < deadline
            time.sleep(0.001)
        if frame.index == 2:
            seen.set()
        return annotated(frame)

    items = annotate_ahead(source, None, Control(), wait_for_later_frames)
    next(items)
    assert seen.wait(PATIENCE_S)  # frame 2 was annotated while the caller used frame 0
    items.close()


@pytest.mark.parametrize("where", ["source", "network"])
def test_an_error_comes_after_the_frames_before_it(where: str) -> None:
    def fail_at_3(frame: Frame) -> AnnotatedFrame:
        if where == "network" and frame.index == 3:
            raise SourceError("The network failed.")
        return annotated(frame)

    items = annotate_ahead(
        Counting(3 if where == "source" else 9, "fail"), None, Control(), fail_at_3
    )
    assert [next(items)[1].frame.index for _ in range(3)] == [0, 1, 2]
    with pytest.raises(SourceError, match=r"Fake failed\.|The network failed\."):
        next(items)


def test_an_exit_of_the_network_ends_the_iteration() -> None:
    def leave(_: Frame) -> AnnotatedFrame:
        raise SystemExit(3)

    items = annotate_ahead(Counting(9), None, Control(), leave)
    with pytest.raises(SystemExit):
        next(items)


def test_closing_waits_for_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prefetch, "_READ_S", 0.01)
    begun, done = threading.Event(), threading.Event()

    def slow(frame: Frame) -> AnnotatedFrame:
        if frame.index == 1:
            begun.set()
            time.sleep(0.3)
            done.set()
        return annotated(frame)

    items = annotate_ahead(Counting(9), None, Control(), slow)
    next(items)
    assert begun.wait(PATIENCE_S)
    items.close()
    assert done.is_set()


def test_closing_ends_both_threads_while_the_source_is_silent() -> None:
    before = set(threading.enumerate())
    items = annotate_ahead(Counting(1, "silence"), None, Control(), annotated)
    next(items)
    items.close()
    assert set(threading.enumerate()) <= before


def test_stopping_ends_the_wait_for_a_silent_source() -> None:
    control = Control()
    items = annotate_ahead(Counting(1, "silence"), None, control, annotated)
    next(items)
    control.stop()
    assert list(items) == []


def test_a_silent_live_source_ends_with_an_error_at_the_end_of_the_range() -> None:
    source = Counting(2, "silence", live=True)
    source.condition = SourceCondition.STALLED
    items = annotate_ahead(source, 0.3, Control(), annotated)
    assert [next(items)[1].frame.index for _ in range(2)] == [0, 1]
    with pytest.raises(SourceError, match="Fake sent no frame in the last"):
        next(items)


def test_a_slow_network_is_no_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prefetch, "_POLL_S", 0.01)
    source = Counting(2, "silence", live=True)
    source.condition = SourceCondition.STALLED
    checks = threading.Semaphore(0)
    check = prefetch._Reader.check_silence

    def noted(reader: prefetch._Reader) -> None:
        checks.release()
        check(reader)

    monkeypatch.setattr(prefetch._Reader, "check_silence", noted)

    def slow(frame: Frame) -> AnnotatedFrame:
        if frame.index == 1:
            # Long enough for the caller to ask; the time of the range has passed meanwhile.
            assert not checks.acquire(timeout=0.5)
        return annotated(frame)

    items = annotate_ahead(source, 0.15, Control(), slow)
    assert [next(items)[1].frame.index for _ in range(2)] == [0, 1]
    with contextlib.suppress(SourceError):
        next(items)
    items.close()
