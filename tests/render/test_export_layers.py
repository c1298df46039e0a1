"""Layers of exported pictures: regions, names in any script, order of looks, color bar."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from command_kit import run_command

from uvanet.analysis import MaskRegion, Region, Shape, save_regions
from uvanet.colormaps import COLORMAPS, colormap
from uvanet.overlay import OverlayStyle
from uvanet.video.layers import (
    REGION_COLORS,
    draw_color_bar,
    draw_label,
    draw_regions,
    draw_scanpath,
    region_color,
)

BOX = Region("Box", Shape.RECTANGLE, ((0.25, 0.25), (0.75, 0.75)))


def gray(height=240, width=320):
    return np.full((height, width, 3), 128, np.uint8)


def bgr(color):
    return [int(color[at : at + 2], 16) for at in (5, 3, 1)]


@pytest.mark.parametrize("masked", [False, True])
def test_a_region_is_outlined_where_it_is(masked):
    image = gray()
    region = MaskRegion("Box", BOX.mask(240, 320)) if masked else BOX
    draw_regions(image, [region])
    # The edges of the box, and neither its inside nor what is outside.
    assert image[150, 80].tolist() == bgr(region_color(0))
    assert image[179, 160].tolist() == bgr(region_color(0))
    assert image[150, 160].tolist() == [128] * 3
    assert image[220, 300].tolist() == [128] * 3


def test_each_region_has_its_color_and_the_first_follows_the_last():
    assert len(set(REGION_COLORS)) == len(REGION_COLORS) == 6
    assert region_color(6) == region_color(0)


def test_names_in_other_scripts_are_not_the_same_marks():
    drawn = []
    for name in ("Größe", "Grosse", "Плакат", "广告"):
        image = gray(60, 300)
        draw_label(image, name, 24)
        drawn.append(image)
    for number, image in enumerate(drawn):
        assert (image == 255).any()
        assert not any(np.array_equal(image, other) for other in drawn[number + 1 :])


@pytest.mark.parametrize("name", ["x" * 500, "", "\n", "\ud800", "a\x1b[31m"])
def test_any_name_is_drawn_into_a_picture_of_any_size(name):
    for height, width in ((240, 320), (16, 16), (2, 2)):
        image = gray(height, width)
        draw_regions(image, [Region(name, Shape.RECTANGLE, ((0.9, 0.0), (1.0, 1.0)))])
        draw_label(image, name, 20, (width, height))
        draw_color_bar(image, OverlayStyle())
        assert image.shape == (height, width, 3)


@pytest.mark.parametrize("name", COLORMAPS)
def test_the_bar_goes_from_the_lowest_color_to_the_highest(name):
    image = gray()
    draw_color_bar(image, OverlayStyle(name))
    table = colormap(name)[:, ::-1]
    (row,) = (
        row
        for row in [image[-9]]
        if (row == table[0]).all(axis=1).any() and (row == table[255]).all(axis=1).any()
    )
    first = int(np.argmax((row == table[0]).all(axis=1)))
    last = int(np.argmax((row == table[255]).all(axis=1)))
    assert first < last


def test_the_order_of_looks_joins_the_peaks():
    saliency = np.zeros((48, 64), np.float32)
    saliency[12, 16], saliency[36, 48] = 1.0, 0.6
    saliency = cv2.GaussianBlur(saliency, (0, 0), 2)
    image = gray()
    draw_scanpath(image, saliency)
    assert image[120, 160].max() == 255  # the middle of the line
    assert image[20, 300].tolist() == [128] * 3


def test_the_command_line_draws_what_is_asked_for(tmp_path):
    cv2.imwrite(str(tmp_path / "p.png"), gray())
    save_regions(tmp_path / "r.json", [BOX])
    pictures = {}
    for flag in ("", "--draw-regions", "--scanpath", "--color-bar"):
        options = ["--regions", "r.json", "--quiet", "--overwrite", *filter(None, [flag])]
        done = run_command("predict", "p.png", "-o", "o.png", *options, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        pictures[flag] = cv2.imread(str(tmp_path / "o.png"))
    for flag in ("--draw-regions", "--scanpath", "--color-bar"):
        assert not np.array_equal(pictures[""], pictures[flag]), flag
