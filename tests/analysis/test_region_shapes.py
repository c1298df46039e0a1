"""Regions against shapes whose area can be worked out by hand."""

import json
import math

import numpy as np
import pytest

from uvanet.analysis import Region, Shape, load_regions, region_shares, save_regions
from uvanet.analysis.regions import coverage
from uvanet.errors import OutputError, UsageError

LEFT = Region("left", Shape.RECTANGLE, ((0.0, 0.0), (0.5, 1.0)))
DISC = Region("disc", Shape.ELLIPSE, ((0.25, 0.25), (0.75, 0.75)))
HALF = Region("half", Shape.POLYGON, ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0)))
BOW = Region("bow", Shape.POLYGON, ((0.1, 0.1), (0.9, 0.9), (0.9, 0.1), (0.1, 0.9)))


@pytest.mark.parametrize(
    ("region", "area"), [(LEFT, 0.5), (DISC, math.pi / 16), (HALF, 0.5), (BOW, 0.32)]
)
@pytest.mark.parametrize("size", [(64, 64), (360, 640), (7, 5)])
def test_the_covered_area_is_that_of_the_shape(region, area, size):
    assert coverage(region, *size).mean() == pytest.approx(area, abs=0.02)
    if min(size) > 50:
        assert region.mask(*size).mean() == pytest.approx(area, abs=0.015)


def test_all_attention_is_in_the_region_or_beside_it():
    saliency = np.random.default_rng(1).random((64, 64)).astype(np.float32)
    right = Region("right", Shape.RECTANGLE, ((0.5, 0.0), (1.0, 1.0)))
    whole = Region("whole", Shape.RECTANGLE, ((0.0, 0.0), (1.0, 1.0)))
    left, other, everything = region_shares(saliency, [LEFT, right, whole])
    assert left == pytest.approx(float(saliency[:, :32].sum() / saliency.sum()), abs=1e-5)
    assert left + other == pytest.approx(1.0, abs=1e-5)
    assert everything == pytest.approx(1.0, abs=1e-5)


def test_a_region_smaller_than_a_cell_gets_its_part_of_the_cell():
    saliency = np.zeros((8, 8), np.float32)
    saliency[0, 0] = 1.0
    quarter = Region("quarter", Shape.RECTANGLE, ((0.0, 0.0), (1 / 16, 1 / 16)))
    assert region_shares(saliency, [quarter]) == [pytest.approx(0.25)]


def test_a_map_without_attention_gives_nothing():
    assert region_shares(np.zeros((8, 8), np.float32), [LEFT, DISC]) == [0.0, 0.0]


@pytest.mark.parametrize("region", [LEFT, DISC, HALF])
def test_moving_keeps_the_shape_and_stays_inside(region):
    for dx, dy in ((2.0, 2.0), (-2.0, 0.3), (0.1, -0.05)):
        moved = region.moved(dx, dy)
        left, top, right, bottom = moved.box
        assert 0 <= left <= right <= 1
        assert 0 <= top <= bottom <= 1
        assert right - left == pytest.approx(region.box[2] - region.box[0])
        assert bottom - top == pytest.approx(region.box[3] - region.box[1])


def test_a_corner_dragged_out_of_the_picture_stays_at_its_edge():
    assert LEFT.with_corner(1, 1.7, -3.0).points == ((0.0, 0.0), (1.0, 0.0))


def test_a_rectangle_drawn_backwards_is_the_same_rectangle():
    backwards = Region("left", Shape.RECTANGLE, ((0.5, 1.0), (0.0, 0.0)))
    assert (backwards.mask(20, 20) == LEFT.mask(20, 20)).all()


def test_points_are_in_it_as_pixels_are():
    for region in (LEFT, DISC, HALF, BOW):
        mask = region.mask(20, 30)
        for row, column in ((0, 0), (10, 15), (3, 25), (19, 29), (12, 2)):
            assert region.contains((column + 0.5) / 30, (row + 0.5) / 20) == mask[row, column]


def test_files_bring_back_what_was_saved(tmp_path):
    path = tmp_path / "regions.json"
    save_regions(path, [LEFT, DISC, HALF])
    assert load_regions(path) == [LEFT, DISC, HALF]
    assert json.loads(path.read_text())["regions"][0]["name"] == "left"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"format": "other"}',
        '{"format": "uvanet-regions", "regions": 3}',
        '{"format": "uvanet-regions", "regions": [{"name": "a", "shape": "star", "points": []}]}',
        '{"format": "uvanet-regions", "regions": '
        '[{"name": "a", "shape": "polygon", "points": [[0, 0]]}]}',
        '{"format": "uvanet-regions", "regions": '
        '[{"name": "a", "shape": "ellipse", "points": [[0, NaN], [1, 1]]}]}',
    ],
)
def test_a_file_that_holds_no_regions_says_so(tmp_path, text):
    path = tmp_path / "other.json"
    path.write_text(text)
    with pytest.raises(UsageError) as caught:
        load_regions(path)
    assert caught.value.hint


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(OutputError, match="nowhere"):
        save_regions(tmp_path / "nowhere" / "regions.json", [LEFT])
