"""Numbers of maps, the record of a clip, and the order of looks."""

import math
from dataclasses import replace

import cv2
import numpy as np
import pytest

from uvanet.analysis import Record, Region, Shape, change, entropy, peak, peaks, scan
from uvanet.analysis.record_file import pack_record, unpack_record
from uvanet.decoded_picture import as_bgr
from uvanet.errors import UsageError
from uvanet.sources import make_source
from uvanet.video.writer import VideoWriter

GREY = np.full((72, 128, 3), 90, np.uint8)
LEFT = Region("left", Shape.RECTANGLE, ((0.0, 0.0), (0.5, 1.0)))


def blob(x, y, sigma=0.05, side=64, height=1.0):
    """A Gaussian at (x, y), in shares of the map."""
    across = (np.arange(side) + 0.5) / side
    values = np.exp(-((across[None] - x) ** 2 + (across[:, None] - y) ** 2) / (2 * sigma**2))
    return (height * values).astype(np.float32)


def test_entropy_of_known_maps():
    assert entropy(np.ones((8, 8), np.float32)) == pytest.approx(1.0)
    two = np.zeros((8, 8), np.float32)
    two[0, 0] = two[7, 7] = 3.0
    assert entropy(two) == pytest.approx(math.log(2) / math.log(64))
    one = np.zeros((8, 8), np.float32)
    one[3, 3] = 0.2
    assert entropy(one) == entropy(np.zeros((8, 8), np.float32)) == 0.0


def test_entropy_agrees_with_scipy():
    from scipy.stats import entropy as theirs

    saliency = np.random.default_rng(3).random((16, 16)).astype(np.float32)
    assert entropy(saliency) == pytest.approx(theirs(saliency.ravel()) / math.log(256), abs=1e-5)


def test_change_is_the_share_that_moved():
    here, there = np.zeros((4, 4), np.float32), np.zeros((4, 4), np.float32)
    here[0, 0], there[3, 3] = 1.0, 5.0
    assert change(here, there) == 1.0
    assert change(here, 7 * here) == 0.0
    assert change(here, here + there / 5) == pytest.approx(0.5)


def test_the_peak_is_the_middle_of_the_highest_cell():
    saliency = np.zeros((10, 20), np.float32)
    saliency[2, 15] = 1.0
    assert peak(saliency) == (15.5 / 20, 2.5 / 10)


def test_looks_go_from_the_strongest_to_the_weakest_and_never_back():
    places = [(0.2, 0.3, 1.0), (0.8, 0.7, 0.8), (0.7, 0.2, 0.6), (0.3, 0.85, 0.4)]
    saliency = sum(blob(x, y, height=height) for x, y, height in places)
    looks = peaks(saliency)
    assert len(looks) == len(places)
    for look, (x, y, height) in zip(looks, places, strict=True):
        assert (look.x, look.y) == pytest.approx((x, y), abs=0.02)
        assert look.strength == pytest.approx(height, abs=0.05)


def test_one_broad_peak_is_one_look_at_first_and_no_crowd():
    looks = peaks(blob(0.5, 0.5, sigma=0.06), aspect=16 / 9)
    assert (looks[0].x, looks[0].y) == pytest.approx((0.5, 0.5), abs=0.02)
    assert len(looks) <= 2
    assert peaks(np.zeros((8, 8), np.float32)) == []


def test_a_record_knows_shares_entries_and_the_first_look():
    record = Record(4.0)
    # Right, left, right, left: two entries, the first at 1 s.
    for place in range(40):
        second = place / 10
        record.add(second, blob(0.25 if int(second) % 2 else 0.75, 0.5), GREY)
    summary = record.summary(LEFT)
    assert summary.entries == 2
    assert summary.first == pytest.approx(1.0)
    assert summary.dwell == pytest.approx(2.0)
    assert record.covered == pytest.approx(4.0)
    assert summary.share == pytest.approx(0.5, abs=0.01)
    assert record.shares(LEFT)[:10] == pytest.approx(np.zeros(10), abs=0.01)
    never = Region("never", Shape.RECTANGLE, ((0.0, 0.9), (0.1, 1.0)))
    assert record.summary(never).first is None
    assert record.moments(apart=0.3) == pytest.approx([1.0, 2.0, 3.0])


def test_a_film_seen_twice_counts_once_and_in_any_order():
    forwards, shuffled = Record(2.0), Record(2.0)
    seconds = [place / 10 for place in range(20)]
    for second in seconds:
        forwards.add(second, blob(0.2 + second / 4, 0.5), GREY)
    for second in [*np.random.default_rng(0).permutation(seconds), *seconds]:
        shuffled.add(float(second), blob(0.2 + second / 4, 0.5), GREY)
    assert len(forwards) == len(shuffled) == 20
    assert forwards.summary(LEFT) == shuffled.summary(LEFT)
    for name in ("seconds", "entropy", "change", "moved", "peaks"):
        assert getattr(forwards.series(), name) == pytest.approx(getattr(shuffled.series(), name))
    assert forwards.average() == pytest.approx(shuffled.average(), abs=1e-6)


def test_shares_follow_what_is_added_after_the_region_was_drawn():
    record = Record(2.0)
    record.add(0.0, blob(0.25, 0.5), GREY)
    assert record.shares(LEFT) == pytest.approx([1.0], abs=0.01)
    for place in range(1, 90):
        record.add(place / 10, blob(0.75, 0.5), GREY)
    assert record.shares(LEFT) == pytest.approx([1.0] + [0.0] * 89, abs=0.01)
    record.add(0.0, blob(0.75, 0.5), GREY)
    assert record.shares(LEFT)[0] == pytest.approx(0.0, abs=0.01)


def test_the_average_is_of_densities_not_of_heights():
    record = Record(1.0)
    record.add(0.0, blob(0.25, 0.5), GREY)
    record.add(0.5, blob(0.75, 0.5, height=0.2), GREY)
    average = record.average()
    assert average.max() == 1.0
    assert average[:, :32].sum() == pytest.approx(average[:, 32:].sum(), rel=0.01)


def test_a_live_record_keeps_the_newest_and_a_long_film_all_of_itself():
    live = Record(most=50)
    for place in range(200):
        live.add(place / 10, blob(0.5, 0.5), GREY)
    assert len(live) == 50
    assert live.series().seconds[0] == pytest.approx(15.0)
    film = Record(10_000.0, most=50)
    for second in range(0, 10_000, 10):
        film.add(float(second), blob(0.5, 0.5), GREY)
    assert len(film) <= 50
    assert film.series().seconds[0] < 250
    assert film.series().seconds[-1] > 9_700


def test_what_a_region_got_live_is_not_forgotten():
    left = Region("Left", Shape.RECTANGLE, ((0.0, 0.0), (0.5, 1.0)))
    live, whole = Record(most=50), Record(30.0)
    live.shares(left)
    for place in range(200):
        # Twice on the left, at the start and later for long, then never again.
        x = 0.2 if 3 <= place < 6 or 40 <= place < 90 else 0.8
        for record in (live, whole):
            record.add(place / 10, blob(x, 0.5), GREY)
    summary, expected = live.summary(left), whole.summary(left)
    assert expected.entries == 2
    assert expected.first == pytest.approx(0.3)
    assert (summary.entries, summary.first) == (expected.entries, expected.first)
    assert summary.dwell == pytest.approx(expected.dwell)
    assert summary.share == pytest.approx(expected.share, abs=1e-5)
    assert live.average() == pytest.approx(whole.average(), abs=1e-5)
    renamed = replace(left, name="Logo", color="#112233", locked=True)
    live.keep_only([renamed])
    assert live.summary(renamed) == summary
    live.keep_only([])
    assert live.summary(left).entries == 0


def test_cuts_are_told_from_pans():
    record = Record(4.0)
    ramp = np.repeat(np.arange(0, 256, dtype=np.uint8)[None, :, None], 72, 0).repeat(3, 2)
    for place in range(40):
        image = np.roll(ramp, place * 8, axis=1) if place < 20 else 255 - ramp
        record.add(place / 10, blob(0.5, 0.5), image)
    series = record.series()
    assert series.seconds[series.cuts] == pytest.approx([2.0])


def test_maps_without_attention_are_not_kept():
    record = Record(1.0)
    assert not record.add(0.0, np.zeros((8, 8), np.float32), GREY)
    assert len(record) == 0
    assert record.average() is None
    assert record.moments() == []
    assert record.summary(LEFT).entries == 0
    assert len(record.series().seconds) == 0


@pytest.fixture
def clip(tmp_path):
    """Two seconds, 30 frames each, of a square on the left and then on the right."""
    path = tmp_path / "clip.mp4"
    with VideoWriter(path, (128, 72), 30, quality="best") as writer:
        for number in range(60):
            image = GREY.copy()
            left = 10 if number < 30 else 90
            image[20:50, left : left + 30] = 250
            writer.write(image)
    return path


class Brightness:
    def __init__(self):
        self.times = []

    def step(self, image, t, *, bgr=False):
        self.times.append(t)
        grey = cv2.resize(as_bgr(image), (32, 32), interpolation=cv2.INTER_AREA).mean(axis=2)
        return ((grey > 150) * 1.0).astype(np.float32)


def test_a_scan_sees_the_whole_clip_at_its_pace(clip):
    record, network = Record(2.0), Brightness()
    for sample in scan(make_source(str(clip)), network, record.step):
        record.add(sample.seconds, sample.saliency, sample.image)
    assert len(record) == len(network.times) == 20
    assert network.times == pytest.approx([place / 10 for place in range(20)], abs=0.001)
    summary = record.summary(LEFT)
    assert summary.share == pytest.approx(0.5, abs=0.02)
    assert (summary.entries, summary.first) == (1, 0.0)
    assert record.moments() == pytest.approx([1.0], abs=0.05)


def test_a_scan_that_is_left_lets_go_of_the_file(clip):
    source = make_source(str(clip))
    samples = scan(source, Brightness(), 0.1)
    next(samples)
    samples.close()
    with pytest.raises(Exception, match="closed"):
        source.read()


def test_pictures_of_other_proportions_share_a_record() -> None:
    """As in a folder of wide and upright pictures: none pushes the others out."""
    record = Record()
    image = np.zeros((90, 160, 3), np.uint8)
    wide, tall = np.zeros((24, 44), np.float32), np.zeros((44, 24), np.float32)
    wide[:, :4] = 1.0
    tall[:6, :] = 1.0
    for second, saliency in enumerate((wide, tall, wide)):
        record.add(float(second), saliency, image)
    assert len(record) == 3
    average = record.average()
    assert average is not None
    assert average.shape == (24, 44)
    assert average[:3, :4].mean() > average[10:, :4].mean() > average[10:, 10:].mean() == 0


def test_a_packed_record_is_the_same_again():
    record = Record(4.0)
    for place in range(30):
        record.add(place / 10, blob(0.2 if place < 12 else 0.8, 0.5), GREY)
    again = unpack_record(pack_record(record.arrays()))
    assert again.step == record.step
    assert again.summary(LEFT) == record.summary(LEFT)
    assert again.average() == pytest.approx(record.average())
    for name in ("seconds", "entropy", "change", "moved", "cuts", "peaks"):
        np.testing.assert_array_equal(getattr(record.series(), name), getattr(again.series(), name))
    again.add(3.5, blob(0.5, 0.5), GREY)
    assert len(again) == 31


@pytest.mark.parametrize(
    "change",
    [
        {"maps": np.zeros((30, 65, 64), np.uint8)},
        {"maps": np.zeros((30, 9, 16), np.uint8)},
        {"seconds": np.full(30, np.nan)},
        {"numbers": np.zeros((29, 4), np.float32)},
        {"buckets": np.zeros(30, np.int64)},
        {"step": np.array(0.0)},
        {"seconds": np.array(["x"] * 30)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_damaged_record_is_refused(change):
    record = Record(4.0)
    for place in range(30):
        record.add(place / 10, blob(0.2, 0.5), GREY)
    with pytest.raises(UsageError, match="scan"):
        unpack_record(pack_record({**record.arrays(), **change}))


def test_bytes_that_are_no_record_are_refused():
    with pytest.raises(UsageError, match="scan"):
        unpack_record(b"PK\x03\x04 damaged")
