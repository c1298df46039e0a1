"""Sources that are faster than network and painter: no backlog, drops by cause, bounded latency."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pipeline_fakes import Bench, Clip, FakePredictor, LiveFeed, always_balanced, wait_until

from app.pipeline.events import PipelineState
from app.pipeline.stats import Drop

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline_fakes import FakeClock

FRAMES = 240
MOST_IN_FLIGHT = 4
"""One frame in each slot, one in the network and one in the painter's hands."""


@pytest.mark.parametrize("every", [1, 7, 60])
def test_a_slow_painter_gets_the_newest_frame_and_nothing_waits(
    benches: Callable[..., Bench], predictor: FakePredictor, every: int
) -> None:
    bench, camera = benches(predictor, paints=False), LiveFeed()
    bench.pipeline.open(camera)
    with always_balanced(lambda: bench.stats):
        for number in range(1, FRAMES + 1):
            camera.push()
            wait_until(lambda number=number: bench.results == number)
            assert bench.stats.in_flight <= MOST_IN_FLIGHT
            if number % every == 0:
                packet = bench.paint()
                assert packet is not None
                assert packet.frame.index == number - 1  # not one frame late
    dropped = bench.stats.dropped_by_cause
    assert dropped[Drop.PAINTER_BUSY] + len(bench.painted) >= FRAMES - 1
    assert sum(dropped.values()) == dropped[Drop.PAINTER_BUSY]


def test_a_network_that_is_slower_than_240_frames_a_second_is_never_behind(
    benches: Callable[..., Bench], predictor: FakePredictor
) -> None:
    bench, camera = benches(predictor), LiveFeed()
    bench.pipeline.open(camera)
    shown = 0
    with always_balanced(lambda: bench.stats):
        for second in range(1, 11):
            predictor.free.clear()
            predictor.entered.clear()
            camera.push()
            assert predictor.entered.wait(60)
            camera.push(FRAMES)  # while it computes on one frame
            total = second * (FRAMES + 1)
            wait_until(lambda total=total: bench.stats.captured == total)
            assert bench.stats.in_flight <= MOST_IN_FLIGHT
            predictor.free.set()
            wait_until(lambda: bench.stats.in_flight == 0)
            shown += 2  # the one that it had, and the newest of all others
            assert bench.painted[-1].frame.index == total - 1
            assert len(bench.painted) == shown
    assert bench.stats.dropped_by_cause[Drop.NETWORK_BUSY] == 10 * (FRAMES - 1)


def test_frames_of_8k_pass_one_by_one(bench: Bench, clock: FakeClock) -> None:
    bench.pipeline.open(Clip(3, size=(7680, 4320), on_read=bench.settle))
    bench.until_state(PipelineState.ENDED)
    bench.settle()
    assert bench.indices == [0, 1, 2]
    assert bench.painted[-1].bgra.shape == (2304, 4096, 4)  # no screen shows more
    assert bench.painted[-1].frame.picture.shape == (4320, 7680, 3)
