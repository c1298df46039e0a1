import numpy as np
import pytest

from app.pipeline.accounting import FrameAccounting
from app.pipeline.meters import DurationMeter, RateMeter
from app.pipeline.packets import FramePacket
from app.pipeline.stats import Drop


@pytest.mark.parametrize("fps", [0.5, 5.0, 30.0, 240.0])
def test_rate_of_a_steady_source(fps: float) -> None:
    meter = RateMeter()
    for i in range(int(6 * fps) + 3):
        meter.add(10 + i / fps)
    assert meter.rate(10 + i / fps) == pytest.approx(fps, rel=0.02)


def test_rate_falls_when_events_stop_and_reaches_zero() -> None:
    meter = RateMeter()
    for i in range(60):
        meter.add(i / 30)
    last = 59 / 30
    rates = [meter.rate(last + gap) for gap in (0, 0.3, 0.6, 0.9, 1.5, 3.5)]
    assert rates == sorted(rates, reverse=True)
    assert rates[0] == pytest.approx(30, rel=0.02)
    assert rates[-1] == 0


def test_rate_without_events() -> None:
    meter = RateMeter()
    assert meter.rate(5) == 0
    meter.add(5)
    assert meter.rate(5) == 0


def test_percentiles_interpolate_and_drop_old_samples() -> None:
    meter = DurationMeter()
    assert meter.percentiles_ms(0, 0.5, 0.95) == [None, None]
    for i in range(101):
        meter.add(i / 100, i / 1000)
    assert meter.percentiles_ms(1, 0.5, 0.95) == [pytest.approx(50), pytest.approx(95)]
    assert meter.percentiles_ms(5.995, 0.5) == [pytest.approx(100)]
    assert meter.percentiles_ms(100, 0.5) == [None]


def test_only_the_first_outcome_of_a_frame_counts() -> None:
    accounting = FrameAccounting()
    accounting.captured(1, 0.0)
    accounting.captured(2, 0.1)
    accounting.captured(3, 0.2)
    accounting.skipped(Drop.LATE, 0.25)
    accounting.dropped(1, Drop.NETWORK_BUSY)
    accounting.dropped(1, Drop.SEEK)
    accounting.painted(frame(2, 0.1), 0.3)
    accounting.painted(frame(2, 0.1), 0.4)
    accounting.failed(1)
    stats = accounting.snapshot(0.5)
    assert (stats.captured, stats.painted, stats.failed, stats.in_flight) == (4, 1, 0, 1)
    assert stats.dropped_by_cause[Drop.NETWORK_BUSY] == 1
    assert stats.dropped_by_cause[Drop.SEEK] == 0
    assert stats.dropped == 2
    assert stats.latency_p50_ms == pytest.approx(250)
    assert not stats.latency_from_exposure
    assert stats.rss_bytes > 1_000_000
    accounting.close()
    assert accounting.snapshot(0.5).dropped_by_cause[Drop.CLOSED] == 1


def test_latency_counts_from_the_exposure_where_it_is_known() -> None:
    accounting = FrameAccounting()
    accounting.captured(1, 1.0)
    accounting.painted(frame(1, 1.0, 0.96), 1.01)
    stats = accounting.snapshot(1.1)
    assert stats.latency_p50_ms == pytest.approx(50)
    assert stats.latency_from_exposure
    accounting.captured(2, 1.1)
    accounting.painted(frame(2, 1.1), 1.11)
    assert not accounting.snapshot(1.2).latency_from_exposure


def frame(seq: int, t: float, t_exposure: float | None = None) -> FramePacket:
    image = np.zeros((1, 1, 3), np.uint8)
    return FramePacket(seq, t, 0.0, t, 0, image, 0, t_exposure=t_exposure)
