"""The whole pipeline with its threads: playing, pausing, stepping and seeking."""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest
from pipeline_fakes import (
    LIMIT_S,
    Bench,
    Clip,
    FakeClock,
    FakePredictor,
    LiveFeed,
    balanced,
    wait_until,
)

from app.pipeline.clock import SystemClock
from app.pipeline.events import (
    PipelineState,
    SourceOpened,
    StateChanged,
)
from app.pipeline.stats import Drop

if TYPE_CHECKING:
    from collections.abc import Callable


def test_a_clip_plays_to_its_end(bench: Bench, predictor: FakePredictor) -> None:
    clip = Clip(10, 25.0, on_read=bench.settle)
    bench.pipeline.open(clip)
    bench.until_state(PipelineState.ENDED)
    assert bench.indices == list(range(10))
    assert bench.events == [
        StateChanged(1, PipelineState.OPENING),
        SourceOpened(1, clip.info),
        StateChanged(1, PipelineState.PLAYING),
        StateChanged(1, PipelineState.ENDED),
    ]
    assert bench.pipeline.info == clip.info
    stats = bench.stats
    assert (stats.captured, stats.inferred, stats.painted) == (10, 10, 10)
    assert (stats.dropped, stats.in_flight, stats.failed) == (0, 0, 0)
    # Everything of the source on its one thread, everything of the network on another.
    assert clip.threads == {"uvanet-capture-1"}
    assert predictor.thread == "uvanet-inference"
    assert predictor.seen == [(i, pytest.approx(i / 25.0)) for i in range(10)]


def test_a_result_carries_its_own_picture(bench: Bench) -> None:
    bench.pipeline.open(Clip(5, 25.0, on_read=bench.settle))
    bench.until_state(PipelineState.ENDED)
    for index, packet in enumerate(bench.painted):
        frame = packet.frame
        assert (frame.index, frame.pts) == (index, index / 25.0)
        assert (frame.image == index).all()
        assert packet.bgra.shape == (12, 16, 4)
        assert packet.bgra.dtype == "uint8"
        assert packet.bgra.flags.c_contiguous
        assert (packet.bgra[..., :3] == index).all()
        assert (packet.bgra[..., 3] == 255).all()
        assert packet.saliency.dtype == "float32"
        assert packet.saliency == pytest.approx(index / 255)
        assert packet.t_inferred >= frame.t_capture


def test_latency_counts_from_capture_to_paint(
    benches: Callable[..., Bench], predictor: FakePredictor, clock: FakeClock
) -> None:
    bench = benches(predictor, clock, paints=False)
    camera = LiveFeed()
    bench.pipeline.open(camera)
    for _ in range(20):
        done = bench.results
        camera.push()
        wait_until(lambda done=done: bench.results > done)
        clock.advance(0.040)
        bench.paint()
    assert bench.stats.latency_p50_ms == pytest.approx(40)
    assert bench.stats.latency_p95_ms == pytest.approx(40)
    assert bench.stats.fps_painted == pytest.approx(25, rel=0.1)
    clock.advance(60)
    assert bench.stats.latency_p50_ms is None
    assert bench.stats.fps_painted == 0


def test_pause_play_step_and_seek(bench: Bench) -> None:
    pipeline = bench.pipeline
    reached = threading.Event()

    def on_read(index: int) -> None:
        bench.settle()
        if index == 5 and not reached.is_set():
            pipeline.pause()
            reached.set()

    clip = Clip(100, 25.0, on_read=on_read)
    pipeline.open(clip)
    bench.until_state(PipelineState.PAUSED)
    assert bench.indices == [0, 1, 2, 3, 4]

    def shows(index: int) -> None:
        wait_until(lambda: bench.indices[-1] == index, f"for {index}; saw {bench.indices}")
        assert pipeline.state is PipelineState.PAUSED

    pipeline.step()
    shows(5)
    pipeline.step(3)
    shows(8)
    pipeline.step(-1)
    shows(7)
    pipeline.seek(2.0)
    shows(50)
    epochs = [packet.frame.epoch for packet in bench.painted]
    assert epochs == sorted(epochs)
    assert len(set(epochs)) == 3
    assert bench.stats.dropped_by_cause[Drop.STEP] == 2
    pipeline.play()
    bench.until_state(PipelineState.ENDED)
    assert bench.indices[-49:] == list(range(51, 100))
    pipeline.play()
    ended = StateChanged(1, PipelineState.ENDED)
    wait_until(lambda: bench.events.count(ended) == 2)
    assert bench.indices[-100:] == list(range(100))


def test_the_network_is_reset_at_every_discontinuity(
    bench: Bench, predictor: FakePredictor
) -> None:
    def on_read(index: int) -> None:
        bench.settle()
        if len(bench.painted) == 6:
            bench.pipeline.set_loop(False)

    bench.pipeline.set_loop(True)
    bench.pipeline.open(Clip(3, 25.0, on_read=on_read))
    bench.until_state(PipelineState.ENDED)
    assert bench.indices == [0, 1, 2, 0, 1, 2]
    assert predictor.resets == 2
    assert bench.painted[3].frame.epoch > bench.painted[2].frame.epoch


def test_a_still_picture_stays_shown(bench: Bench) -> None:
    bench.pipeline.open(Clip(1, 0.0))
    bench.until_state(PipelineState.ENDED)
    wait_until(lambda: bench.indices == [0])


def test_the_speed_and_the_loop_are_kept_for_the_next_source(bench: Bench) -> None:
    pipeline = bench.pipeline
    pipeline.set_speed(99)
    assert pipeline.speed == 4.0
    pipeline.set_speed(2.0)
    pipeline.open(Clip(10, 25.0, on_read=bench.settle))
    bench.until_state(PipelineState.ENDED)
    times = [packet.frame.t_capture for packet in bench.painted]
    assert times[-1] - times[0] == pytest.approx(9 / 50)


def test_a_slow_network_gets_the_newest_frame(bench: Bench, predictor: FakePredictor) -> None:
    predictor.free.clear()
    camera = LiveFeed()
    bench.pipeline.open(camera)
    camera.push()
    assert predictor.entered.wait(LIMIT_S)
    camera.push(9)
    wait_until(lambda: bench.stats.captured == 10)
    stats = bench.stats
    assert balanced(stats)
    assert stats.dropped_by_cause[Drop.NETWORK_BUSY] == 8
    assert stats.in_flight == 2
    predictor.free.set()
    wait_until(lambda: bench.stats.in_flight == 0)
    assert predictor.indices == [0, 9]
    assert bench.indices == [0, 9]


def test_a_slow_painter_gets_the_newest_result(
    benches: Callable[..., Bench], predictor: FakePredictor, clock: FakeClock
) -> None:
    bench = benches(predictor, clock, paints=False)
    camera = LiveFeed()
    bench.pipeline.open(camera)
    for count in range(1, 6):
        camera.push()
        wait_until(lambda count=count: bench.results == count)
        assert balanced(bench.stats)
    assert bench.stats.in_flight == 1
    assert bench.stats.dropped_by_cause[Drop.PAINTER_BUSY] == 4
    packet = bench.paint()
    assert packet is not None
    assert packet.frame.index == 4
    assert bench.paint() is None


def test_a_result_taken_but_not_painted_is_not_counted_as_painted(
    benches: Callable[..., Bench], predictor: FakePredictor, clock: FakeClock
) -> None:
    bench = benches(predictor, clock, paints=False)
    camera = LiveFeed()
    bench.pipeline.open(camera)
    taken: list[Any] = []
    for count in (1, 2):
        camera.push()
        wait_until(lambda count=count: bench.results == count)
        taken.append(bench.pipeline.take_result())
    first, second = taken
    assert bench.stats.dropped_by_cause[Drop.PAINTER_BUSY] == 1
    bench.pipeline.painted(first)  # a window that was hidden meanwhile
    bench.pipeline.painted(second)
    bench.pipeline.painted(second)  # a resize
    assert bench.stats.painted == 1
    assert balanced(bench.stats)


def test_a_seek_drops_frames_in_flight(bench: Bench, predictor: FakePredictor) -> None:
    predictor.free.clear()
    reached, held = threading.Event(), threading.Event()

    def on_read(index: int) -> None:
        if index == 1:
            assert predictor.entered.wait(LIMIT_S)
        if index == 3:
            reached.set()
            assert held.wait(LIMIT_S)

    clip = Clip(100, 25.0, on_read=on_read)
    bench.pipeline.open(clip)
    assert reached.wait(LIMIT_S)  # the network has 0, 1 is overwritten, 2 waits
    bench.pipeline.pause()
    bench.pipeline.seek(2.0)
    held.set()
    wait_until(lambda: clip.seeks == [2.0])
    wait_until(lambda: bench.stats.dropped_by_cause[Drop.SEEK] >= 1)
    predictor.free.set()
    wait_until(lambda: bench.indices == [50])
    bench.settle()
    assert bench.stats.dropped_by_cause[Drop.SEEK] == 2
    assert balanced(bench.stats)


def test_a_live_source_that_ends_can_be_opened_again_by_play(bench: Bench) -> None:
    camera = LiveFeed()
    bench.pipeline.open(camera)
    camera.push()
    camera.end()
    bench.until_state(PipelineState.ENDED)
    bench.settle()
    bench.pipeline.play()
    bench.until_state(PipelineState.PLAYING)
    camera.push()
    wait_until(lambda: len(bench.painted) == 2)
    assert camera.opens == 2


def test_accounting_balances_under_random_commands(benches: Callable[..., Bench]) -> None:
    """All commands in random order on the real clock, with statistics read by another thread."""
    predictor = FakePredictor()
    bench = benches(predictor, SystemClock())
    pipeline = bench.pipeline
    predictor.raising = lambda index: ValueError("seven") if index % 7 == 0 else None
    pipeline.set_loop(True)
    over = threading.Event()
    unbalanced: list[Any] = []

    def watch() -> None:
        while not over.is_set():
            stats = bench.stats
            if not balanced(stats) or stats.in_flight > 7:
                unbalanced.append(stats)

    watcher = threading.Thread(target=watch)
    watcher.start()
    commands: list[Callable[[int], None]] = [
        lambda i: pipeline.seek(i % 40 / 200),
        lambda i: pipeline.pause(),
        lambda i: pipeline.step(i % 5 - 2),
        lambda i: pipeline.play(),
        lambda i: pipeline.set_speed(i % 5),
        lambda i: pipeline.set_loop(i % 3 > 0),
        lambda i: pipeline.open(Clip(40, 1000.0, live=i % 2 == 0, seekable=i % 4 > 0)),
    ]
    try:
        for i in range(700):
            before = bench.stats.captured
            commands[i * i % 23 % len(commands) if i % 50 else 6](i)
            if i % 5 == 0:
                pipeline.play()
                # Again and again: it may end between the two.
                wait_until(lambda before=before: pipeline.play() or bench.stats.captured > before)
    finally:
        over.set()
        watcher.join()
    assert unbalanced == []
    assert pipeline.close(LIMIT_S)
    stats = bench.stats
    assert balanced(stats)
    assert stats.in_flight == 0
    assert stats.painted > 0
    assert stats.failed > 0
    # No frame older than the newest is ever painted.
    numbers = [packet.frame.seq for packet in bench.painted]
    assert numbers == sorted(set(numbers))


def test_statistics_are_a_plain_snapshot(bench: Bench) -> None:
    stats = bench.stats
    assert stats.captured == stats.dropped == 0
    assert stats.latency_p50_ms is None
    assert stats.rss_bytes > 0
    assert set(stats.dropped_by_cause) == set(Drop)
    assert str(Drop.NETWORK_BUSY) == "network busy"


def test_commands_without_a_source_do_nothing(bench: Bench) -> None:
    pipeline = bench.pipeline
    pipeline.play()
    pipeline.pause()
    pipeline.seek(1)
    pipeline.step()
    assert pipeline.state is PipelineState.IDLE
    assert pipeline.info is None
    assert pipeline.take_result() is None


def test_the_pipeline_imports_neither_qt_nor_torch() -> None:
    code = (
        "import sys, app.pipeline.pipeline\n"
        "bad = {'PySide6', 'torch', 'pyqtgraph'} & set(sys.modules)\n"
        "sys.exit(', '.join(bad) or 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
