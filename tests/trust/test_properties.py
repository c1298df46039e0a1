"""Properties that hold for any input: slot, accounting, orientation, regions, metrics, tables."""

from __future__ import annotations

import csv
import io
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from app.pipeline.accounting import FrameAccounting
from app.pipeline.latest_slot import LatestSlot
from app.pipeline.packets import FramePacket
from app.pipeline.stats import Drop
from app.ui.time_text import TimeBase
from uvanet import metrics
from uvanet.analysis import Region, Shape, load_regions, save_regions
from uvanet.csv_text import csv_text
from uvanet.sources.orientation import Orientation

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

SHARE = st.floats(0, 1, width=32)
ORIENTATION = st.builds(Orientation, st.booleans(), st.integers(0, 3))
MAP = arrays.arrays(
    np.float32,
    st.tuples(st.integers(2, 12), st.integers(2, 12)),
    elements=st.floats(0, 1, width=32),
)


@given(st.lists(st.one_of(st.integers(0, 99), st.none(), st.just("close")), max_size=30))
def test_the_slot_holds_the_newest_item_and_loses_none(calls: list[Any]) -> None:
    """Every item that was put is taken, given back as replaced, or refused: exactly once."""
    slot: LatestSlot[tuple[int, int]] = LatestSlot()
    waiting, closed, put, ended = None, False, [], []
    for number, call in enumerate(calls):
        if call == "close":
            left = slot.close()
            assert left == waiting
            waiting, closed = None, True
            ended += [left] if left else []
        elif call is None:
            taken = slot.take(0)
            assert taken == waiting
            waiting = None
            ended += [taken] if taken else []
        else:
            item = (number, call)
            put.append(item)
            back = slot.put(item)
            assert back == (item if closed else waiting)
            ended += [back] if back else []
            waiting = None if closed else item
    assert sorted(ended + ([waiting] if waiting else [])) == sorted(put)


class Accounting(RuleBasedStateMachine):
    """Any order of outcomes, for frames that are in flight, ended or unknown."""

    def __init__(self) -> None:
        super().__init__()
        self.accounting = FrameAccounting()
        self.captured = 0
        self.t = 0.0

    @rule()
    def capture(self) -> None:
        self.captured += 1
        self.t += 0.01
        self.accounting.captured(self.captured, self.t)

    @rule(cause=st.sampled_from(Drop))
    def skip(self, cause: Drop) -> None:
        self.captured += 1
        self.accounting.skipped(cause, self.t)

    @rule(seq=st.integers(0, 20), cause=st.sampled_from(Drop))
    def drop(self, seq: int, cause: Drop) -> None:
        self.accounting.dropped(seq, cause)

    @rule(seq=st.integers(0, 20))
    def fail(self, seq: int) -> None:
        self.accounting.failed(seq)

    @rule(seq=st.integers(0, 20))
    def paint(self, seq: int) -> None:
        picture = np.zeros((2, 2, 3), np.uint8)
        self.accounting.painted(FramePacket(seq, self.t, 0.0, 0.0, seq, picture, 0, 1), self.t)

    @rule()
    def close(self) -> None:
        self.accounting.close()
        assert self.accounting.snapshot(self.t).in_flight == 0

    @invariant()
    def balanced(self) -> None:
        stats = self.accounting.snapshot(self.t)
        ended = stats.painted + sum(stats.dropped_by_cause.values()) + stats.failed
        assert stats.captured == self.captured == ended + stats.in_flight


TestAccounting = Accounting.TestCase


@given(
    ORIENTATION,
    arrays.arrays(np.uint8, st.tuples(st.integers(1, 7), st.integers(1, 7), st.just(3))),
)
def test_a_picture_and_its_points_turn_alike(turn: Orientation, image: NDArray[np.uint8]) -> None:
    turned = turn.apply(image)
    height, width = image.shape[:2]
    assert turned.shape[:2] == ((width, height) if turn.sideways else (height, width))
    y, x = np.divmod(np.arange(height * width), width)
    points = turn.apply_to_points(np.stack([(x + 0.5) / width, (y + 0.5) / height], axis=1))
    columns = np.floor(points[:, 0] * turned.shape[1]).astype(int)
    rows = np.floor(points[:, 1] * turned.shape[0]).astype(int)
    assert np.array_equal(turned[rows, columns], image.reshape(-1, 3))


@given(MAP, MAP)
def test_distribution_metrics_stay_in_their_ranges(first: Any, second: Any) -> None:
    assume(first.shape == second.shape or (second := np.resize(second, first.shape)) is not None)
    assume(second.sum() > 0)
    assert -1.001 <= metrics.cc(first, second) <= 1.001
    assert -1e-6 <= metrics.sim(first, second) <= 1.001
    assert -1e-6 <= metrics.kld(first, second) <= 37
    assert metrics.sim(second, second) == pytest.approx(1)
    assert metrics.kld(second, second) == pytest.approx(0, abs=1e-6)
    assert metrics.cc(first, second) == pytest.approx(metrics.cc(second, first), abs=1e-5) or (
        first.sum() == 0
    )


@given(
    MAP,
    st.lists(st.tuples(st.floats(-2, 14), st.floats(-2, 14)), min_size=1, max_size=8),
    st.floats(0.25, 4),
    st.floats(-2, 2),
)
def test_location_metrics_ignore_scale_and_offset(
    saliency: Any, points: list[tuple[float, float]], scale: float, offset: float
) -> None:
    saliency = np.round(saliency.astype(np.float64) * 64)  # ties stay ties
    fixations = np.array(points)
    for metric in (metrics.nss, metrics.auc_judd):
        value = metric(saliency, fixations)
        other = metric(saliency * scale + offset, fixations)
        assert value == pytest.approx(other, abs=1e-6, nan_ok=True)
    area = metrics.auc_judd(saliency, fixations)
    assert math.isnan(area) or 0 <= area <= 1
    shuffled = metrics.auc_shuffled(saliency, fixations, fixations)
    assert math.isnan(shuffled) or shuffled == pytest.approx(0.5)


CELL = st.one_of(st.text(max_size=12), st.integers(), st.floats(allow_nan=False))


@given(st.lists(st.lists(CELL, min_size=2, max_size=2), min_size=1, max_size=5))
def test_a_csv_line_is_read_as_it_was_written(rows: list[list[Any]]) -> None:
    read = list(csv.reader(io.StringIO(csv_text(rows), newline="")))
    assert len(read) == len(rows)
    for line, row in zip(read, rows, strict=True):
        assert len(line) == len(row)
        assert not any(cell[:1] in ("=", "@", "\t") for cell in line)


@given(
    st.lists(st.tuples(st.text(min_size=1, max_size=20), SHARE, SHARE, SHARE, SHARE), max_size=5)
)
def test_regions_are_read_as_they_were_saved(
    tmp_path: Path, boxes: list[tuple[str, float, float, float, float]]
) -> None:
    regions = []
    for name, left, top, right, bottom in boxes:
        try:
            regions.append(Region(name, Shape.RECTANGLE, ((left, top), (right, bottom))))
        except ValueError:
            continue
    path = tmp_path / "regions.json"
    save_regions(path, regions)
    again = load_regions(path)
    assert [one.name for one in again] == [one.name for one in regions]
    for one, before in zip(again, regions, strict=True):  # five decimals, a tenth of an 8K pixel
        assert np.allclose(one.points, before.points, atol=1e-5)
    save_regions(path, again)
    assert load_regions(path) == again


@given(st.sampled_from([23.976, 24.0, 25.0, 29.97, 30.0, 59.94, 60.0]), st.integers(0, 2_000_000))
def test_the_start_of_a_frame_belongs_to_that_frame(fps: float, frame: int) -> None:
    base = TimeBase(fps)
    start = base.frame_start(frame / fps + 0.5 / fps)
    assert base.frame(start) == base.frame(frame / fps + 0.5 / fps)
    assert base.text(start)
