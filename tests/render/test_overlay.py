from __future__ import annotations

import numpy as np
import pytest

from uvanet.colormaps import COLORMAPS, colormap
from uvanet.errors import UsageError
from uvanet.overlay import OverlayStyle, compose, heat_image

SIZE = (320, 180)


def hill(y: float, x: float, side: int = 64) -> np.ndarray:
    """A map with one peak of 1 at (y, x), both 0..1, falling to nearly 0."""
    rows, columns = np.mgrid[:side, :side] / (side - 1)
    return np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / 0.02).astype(np.float32)


def flat(value: float) -> np.ndarray:
    return np.full((64, 64), value, np.float32)


def test_color_maps_are_those_known_by_their_names() -> None:
    # First and last color as published: turbo by Google; the others by matplotlib.
    ends = {
        "turbo": [(48, 18, 59), (122, 4, 3)],
        "inferno": [(0, 0, 4), (252, 255, 164)],
        "cividis": [(0, 34, 78), (254, 232, 56)],
        "viridis": [(68, 1, 84), (253, 231, 37)],
    }
    assert set(ends) == set(COLORMAPS)
    for name, (low, high) in ends.items():
        table = colormap(name)
        assert table.shape == (256, 3)
        assert np.abs(table[0].astype(int) - low).max() <= 2
        assert np.abs(table[-1].astype(int) - high).max() <= 2


def test_a_shared_color_map_cannot_be_spoilt() -> None:
    with pytest.raises(ValueError, match="read-only"):
        colormap("turbo")[0] = 0


def test_below_the_threshold_all_is_clear() -> None:
    style = OverlayStyle(threshold=0.4)
    assert not heat_image(flat(0.39), style, SIZE).any()
    assert heat_image(flat(0.45), style, SIZE)[..., 3].all()


def test_the_edge_is_soft() -> None:
    style = OverlayStyle(threshold=0.4, opacity=1.0)
    alphas = [int(heat_image(flat(v), style, SIZE)[0, 0, 3]) for v in np.linspace(0.4, 0.6, 21)]
    assert alphas[0] < 10
    assert alphas[-1] == 255
    assert alphas == sorted(alphas)
    assert max(np.diff(alphas)) < 40  # no step that a small change of the map would show


@pytest.mark.parametrize("threshold", [0.0, 0.5, 1.0])
def test_the_peak_always_has_the_opacity_asked_for(threshold: float) -> None:
    for opacity in (0.0, 0.25, 1.0):
        style = OverlayStyle(opacity=opacity, threshold=threshold)
        heat = heat_image(flat(1.0), style, SIZE)
        assert np.abs(heat[..., 3].astype(int) - round(255 * opacity)).max() <= 1


def test_threshold_zero_covers_the_whole_picture() -> None:
    heat = heat_image(flat(0.0), OverlayStyle(threshold=0.0, opacity=1.0), SIZE)
    assert (heat[..., 3] == 255).all()


@pytest.mark.parametrize("name", COLORMAPS)
def test_colors_are_premultiplied_bgra_of_the_color_map(name: str) -> None:
    style = OverlayStyle(colormap=name, opacity=0.5, threshold=0.0)
    heat = heat_image(flat(200 / 255), style, SIZE)
    expected = colormap(name)[200, ::-1] * 0.5
    assert np.abs(heat[..., :3] - expected).max() <= 0.51
    full = heat_image(hill(0.3, 0.7), OverlayStyle(colormap=name), SIZE)
    assert (full[..., :3] <= full[..., 3:]).all()


@pytest.mark.parametrize(("y", "x"), [(0.25, 0.75), (0.5, 0.5), (0.9, 0.1)])
def test_the_peak_stays_where_it_was(y: float, x: float) -> None:
    heat = heat_image(hill(y, x), OverlayStyle(opacity=1.0, threshold=0.9), SIZE)
    rows, columns = np.nonzero(heat[..., 3])
    # The centre of a map's cell lies half a cell from its edge.
    assert rows.mean() / SIZE[1] == pytest.approx((y * 63 + 0.5) / 64, abs=0.01)
    assert columns.mean() / SIZE[0] == pytest.approx((x * 63 + 0.5) / 64, abs=0.01)


@pytest.mark.parametrize("size", [(1, 1), (17, 33), (1280, 720), (64, 64), (30, 300)])
def test_any_size(size: tuple[int, int]) -> None:
    heat = heat_image(hill(0.5, 0.5), OverlayStyle(), size)
    assert heat.shape == (size[1], size[0], 4)
    assert heat.dtype == np.uint8
    assert heat.flags.c_contiguous
    assert heat.flags.writeable


def test_maps_of_one_cell_and_of_no_sense() -> None:
    assert heat_image(np.ones((1, 1), np.float32), OverlayStyle(), SIZE).all(axis=-1).all()
    wild = np.array([[np.nan, -3.0], [7.0, np.inf]], np.float32)
    alpha = heat_image(wild, OverlayStyle(opacity=1.0), (2, 2))[..., 3]
    assert alpha.tolist() == [[0, 0], [255, 255]]


def test_compose_is_the_heat_over_the_picture() -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (180, 320, 3), np.uint8)
    style = OverlayStyle(opacity=0.7)
    heat = heat_image(hill(0.4, 0.6), style, SIZE).astype(float)
    expected = image * (1 - heat[..., 3:] / 255) + heat[..., :3]
    assert np.abs(compose(image, hill(0.4, 0.6), style) - expected).max() <= 1.01


def test_compose_leaves_the_picture_alone() -> None:
    image = np.full((180, 320, 3), 77, np.uint8)
    result = compose(image, flat(1.0), OverlayStyle())
    assert (image == 77).all()
    assert not np.shares_memory(image, result)
    assert not (result == 77).all()
    clear = compose(image, flat(0.0), OverlayStyle())
    assert (clear == 77).all()
    assert not np.shares_memory(image, clear)


@pytest.mark.parametrize("shape", [(1, 1, 3), (4320, 7680, 3)])
def test_compose_of_tiny_and_huge_pictures(shape: tuple[int, int, int]) -> None:
    image = np.full(shape, 90, np.uint8)
    result = compose(image, flat(1.0), OverlayStyle(opacity=1.0))
    assert result.shape == shape
    assert np.abs(result[0, 0].astype(int) - colormap("turbo")[255, ::-1]).max() <= 1


@pytest.mark.parametrize(
    "wrong", [{"colormap": "jet"}, {"opacity": 1.1}, {"threshold": -0.1}, {"opacity": float("nan")}]
)
def test_a_style_of_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError) as caught:
        OverlayStyle(**wrong)  # type: ignore[arg-type]
    assert caught.value.hint
