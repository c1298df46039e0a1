"""The real demo clip with the real network."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest
from pipeline_fakes import Bench, wait_until

import uvanet
from app.pipeline.events import InferenceFailed, PipelineState, SourceFailed
from uvanet.paths import resource
from uvanet.sources import VideoSource, make_source

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_the_demo_plays_pauses_seeks_and_steps(benches: Callable[..., Bench]) -> None:
    bench = benches(lambda: uvanet.Stream("uvanet-64"))
    pipeline = bench.pipeline
    pipeline.set_loop(True)
    pipeline.open(make_source("demo"))
    wait_until(lambda: len(bench.painted) >= 10)
    info = pipeline.info
    assert info is not None
    assert info.duration is not None
    for packet in bench.painted:
        assert packet.frame.image.shape == (info.height, info.width, 3)
        assert packet.saliency.ndim == 2
        assert 0 < float(packet.saliency.max()) <= 1
    pipeline.pause()
    bench.until_state(PipelineState.PAUSED)
    bench.settle()
    target = round(info.duration * info.fps / 2)
    pipeline.seek(target / info.fps)
    wait_until(lambda: bench.indices[-1] == target)
    sought = bench.painted[-1].frame
    assert sought.pts == pytest.approx(target / info.fps, abs=0.5 / info.fps)
    pipeline.step(1)
    wait_until(lambda: bench.indices[-1] == target + 1)
    pipeline.step(-1)
    wait_until(lambda: bench.indices[-1] == target)
    # Back and forth is the very same picture.
    assert np.array_equal(bench.painted[-1].frame.image, sought.image)
    pipeline.play()
    wait_until(lambda: bench.indices[-1] > target + 3)
    assert not bench.of(SourceFailed)
    assert not bench.of(InferenceFailed)


def test_the_demo_at_four_times_its_speed_stays_in_real_time(
    benches: Callable[..., Bench],
) -> None:
    bench = benches(lambda: uvanet.Stream("uvanet-64"))
    bench.pipeline.set_speed(4.0)
    bench.pipeline.open(make_source("demo"))
    bench.until_state(PipelineState.ENDED)
    bench.settle()
    stats = bench.stats
    assert stats.captured == stats.painted + stats.dropped
    first, last = bench.painted[0].frame, bench.painted[-1].frame
    info = bench.pipeline.info
    assert info is not None
    assert info.duration is not None
    assert last.pts > info.duration - 1.5
    assert (last.t_capture - first.t_capture) * 4 > (last.pts - first.pts) * 0.9


def test_a_file_that_was_missing_plays_when_it_is_tried_again(
    benches: Callable[..., Bench], tmp_path: Path
) -> None:
    late = tmp_path / "late.mp4"
    bench = benches(lambda: uvanet.Stream("uvanet-64"))
    bench.pipeline.open(VideoSource(late))
    bench.until_state(PipelineState.FAILED)
    assert "late.mp4" in bench.until_event(SourceFailed).error.message
    shutil.copy(resource("demo.mp4"), late)
    bench.pipeline.play()
    bench.until_state(PipelineState.PLAYING)
    wait_until(lambda: len(bench.painted) >= 3)
