"""Fixtures of the pipeline tests: benches, and a check that all threads end."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from pipeline_fakes import LIMIT_S, Bench, FakeClock, FakePredictor, balanced, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.pipeline.clock import Clock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def predictor() -> FakePredictor:
    return FakePredictor()


@pytest.fixture
def benches() -> Iterator[Callable[..., Bench]]:
    """Makes benches and closes them; all threads of each must end."""
    made: list[Bench] = []

    def make(
        predictor: Any, clock: Clock | None = None, *, paints: bool = True, **options: Any
    ) -> Bench:
        made.append(Bench(predictor, clock, paints=paints, **options))
        return made[-1]

    yield make
    for bench in made:
        assert balanced(bench.stats)
        assert bench.pipeline.close(LIMIT_S)
        assert bench.stats.in_flight == 0
        assert balanced(bench.stats)


@pytest.fixture
def bench(benches: Callable[..., Bench], predictor: FakePredictor, clock: FakeClock) -> Bench:
    return benches(predictor, clock)


@pytest.fixture(autouse=True)
def _no_thread_left() -> Iterator[None]:
    yield
    wait_until(
        lambda: not [t for t in threading.enumerate() if t.name.startswith("uvanet-")],
        f"for threads to end: {threading.enumerate()}",
    )
