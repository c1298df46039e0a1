"""Labels of regions: none covers another one, and all stay in the picture."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from uvanet.analysis import Region, Shape
from uvanet.video import layers
from uvanet.video.label_layout import place_labels

AREA = (0.0, 0.0, 500.0, 280.0)
SIZE = (110.0, 23.0)
NEAR = ((100.0, 80.0, 250.0, 150.0), (104.0, 84.0, 260.0, 160.0), (110.0, 78.0, 240.0, 150.0))


def boxes(places, size):
    return [(left, top, left + size[0], top + size[1]) for left, top in places]


def covered(first, second):
    left, top, right, bottom = first
    return left < second[2] and second[0] < right and top < second[3] and second[1] < bottom


@pytest.mark.parametrize("count", [1, 3, 8])
@pytest.mark.parametrize("near", [NEAR, NEAR[:1], ((0.0, 0.0, 500.0, 280.0),)])
def test_labels_of_near_regions_do_not_cover_each_other(near, count):
    regions = tuple(itertools.islice(itertools.cycle(near), count))
    places = boxes(place_labels(regions, (SIZE,) * count, AREA, 5.0), SIZE)
    assert not any(covered(*pair) for pair in itertools.combinations(places, 2))
    assert all(box[0] >= 0 and box[1] >= 0 and box[2] <= 500 and box[3] <= 280 for box in places)


def test_a_label_is_above_its_region_or_inside_where_there_is_no_room():
    above, inside = place_labels(((50, 60, 150, 99), (300, 4, 450, 99)), (SIZE,) * 2, AREA, 5.0)
    assert above == (50, 60 - 5 - 23)
    assert inside == (305, 9)
    # In the corner of the picture, a label moves to the left.
    assert place_labels(((450, 100, 500, 150),), (SIZE,), AREA, 5.0) == ((390, 72),)


def test_where_there_is_no_room_a_label_covers_least():
    small = (0.0, 0.0, 120.0, 30.0)
    places = place_labels((small,) * 4, (SIZE,) * 4, small, 5.0)
    assert len(places) == 4


def test_labels_of_an_export_do_not_cover_each_other(monkeypatch):
    drawn = []
    monkeypatch.setattr(layers, "draw_label", lambda *given: drawn.append(given[3]))
    image = np.zeros((480, 854, 3), np.uint8)
    regions = [
        Region(f"Region {at}", Shape.RECTANGLE, ((0.3, 0.3 + at / 100), (0.6, 0.7)))
        for at in range(4)
    ]
    layers.draw_regions(image, regions, np.ones((24, 32), np.float32))
    size = layers._label_size("Region 1  100%", layers._text_size(image))
    assert len(drawn) == 4
    assert not any(covered(*pair) for pair in itertools.combinations(boxes(drawn, size), 2))


def test_a_label_keeps_its_place_while_its_share_changes(monkeypatch):
    drawn = []
    monkeypatch.setattr(layers, "draw_label", lambda *given: drawn.append(given[3]))
    region = Region("Box", Shape.RECTANGLE, ((0.9, 0.5), (1.0, 0.9)))
    for corner in (0, 1):  # 0 or 100 percent
        saliency = np.zeros((24, 32), np.float32)
        saliency[18 * corner, 31 * corner] = 1.0
        layers.draw_regions(np.zeros((480, 854, 3), np.uint8), [region], saliency)
    assert drawn[0] == drawn[1]
