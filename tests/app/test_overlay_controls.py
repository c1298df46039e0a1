"""Overlay: each control changes what is painted without running the model again."""

import numpy as np
import pytest

from uvanet.colormaps import COLORMAPS


def different(one, other, least=4):
    """The share of pixels that differ by more than `least` in some channel."""
    return float((np.abs(one.astype(int) - other.astype(int)).max(axis=2) > least).mean())


@pytest.fixture
def calm(still):
    """The paused program, and at the end the proof that the network was left alone."""
    calls = still.predictor.calls
    yield still
    assert still.predictor.calls == calls


def test_opacity_zero_shows_the_bare_picture(calm):
    with_heat = calm.grab()
    calm.overlay_panel.opacity.slider.setValue(0)
    bare = calm.grab()
    assert different(with_heat, bare) > 0.05
    calm.trigger("overlay")
    assert different(bare, calm.grab()) == 0


def test_the_bare_picture_is_the_frame(calm):
    calm.trigger("overlay")
    seen = calm.grab()
    frame = calm.presenter.packet.frame.image
    scale = seen.shape[1] / frame.shape[1]
    height, width = frame.shape[:2]
    for y, x in ((20, 20), (60, width - 10), (height - 10, 80), (60, 80)):
        at = seen[round((y + 0.5) * scale), round((x + 0.5) * scale)]
        assert np.abs(at.astype(int) - frame[y, x]).max() <= 3


def test_stronger_opacity_covers_more(calm):
    calm.overlay_panel.opacity.slider.setValue(0)
    bare = calm.grab().astype(int)
    distance = []
    for value in (30, 60, 100):
        calm.overlay_panel.opacity.slider.setValue(value)
        distance.append(np.abs(calm.grab() - bare).mean())
    assert distance[0] < distance[1] < distance[2]


def test_each_color_map_has_its_own_colors(calm):
    pictures = []
    for name in COLORMAPS:
        calm.overlay_panel.swatches[name].click()
        pictures.append(calm.grab())
        assert calm.settings.colormap == name
        assert calm.actions[f"colormap_{name}"].isChecked()
    for place, picture in enumerate(pictures):
        for other in pictures[:place]:
            assert different(picture, other) > 0.02


def test_threshold_clears_low_heat(calm):
    calm.overlay_panel.opacity.slider.setValue(0)
    bare = calm.grab()
    calm.overlay_panel.opacity.slider.setValue(80)
    covered = []
    for value in (0, 30, 60, 95):
        calm.overlay_panel.threshold.slider.setValue(value)
        covered.append(different(bare, calm.grab()))
    assert covered[0] > 0.9
    assert covered == sorted(covered, reverse=True)
    assert covered[-1] < 0.1


def test_smoothing_mixes_recent_maps(player):
    player.overlay_panel.smoothing.slider.setValue(0)
    player.until(lambda: len(player.presenter.heat._maps) > 8)
    player.pause()
    calls = player.predictor.calls
    sharp = player.grab()
    player.overlay_panel.smoothing.slider.setValue(100)
    smooth = player.grab()
    assert different(sharp, smooth) > 0.02
    player.overlay_panel.smoothing.slider.setValue(0)
    assert different(sharp, player.grab()) == 0
    assert player.predictor.calls == calls


def test_a_seek_clears_the_smoothing(player):
    player.until(lambda: len(player.presenter.heat._maps) > 8)
    player.pause()
    player.seek(0.2)
    assert len(player.presenter.heat._maps) == 1


def test_keys_move_the_sliders(calm):
    panel = calm.overlay_panel
    for slider, more, less in (
        (panel.opacity, "more_opacity", "less_opacity"),
        (panel.threshold, "more_threshold", "less_threshold"),
        (panel.smoothing, "more_smoothing", "less_smoothing"),
    ):
        value = slider.value
        calm.trigger(more)
        assert slider.value > value
        calm.trigger(less)
        assert slider.value == pytest.approx(value)


def test_reset_restores_the_default_style(calm):
    first = calm.grab()
    calm.trigger("next_colormap")
    calm.overlay_panel.opacity.slider.setValue(100)
    calm.overlay_panel.threshold.slider.setValue(70)
    calm.overlay_panel.smoothing.slider.setValue(90)
    calm.trigger("overlay")
    calm.trigger("reset_overlay")
    assert different(first, calm.grab()) == 0


def test_the_style_is_remembered(launch, clip):
    first = launch(clip)
    first.until(lambda: first.presenter.overlay_seen)
    first.overlay_panel.opacity.slider.setValue(85)
    first.trigger("colormap_viridis")
    first.trigger("panel")
    first.window.close()
    second = launch(clip)
    assert second.overlay_panel.opacity.slider.value() == 85
    assert second.overlay_panel.swatches["viridis"].isChecked()
    assert not second.slots.panel.isVisibleTo(second.window)


def test_the_color_bar_shows_the_colors_over_the_picture_while_the_heat_map_is_shown(calm):
    calm.window.resize(900, 700)
    without = calm.grab()
    calm.trigger("color_bar")
    seen = calm.grab()
    rows, columns = np.nonzero(np.abs(seen.astype(int) - without).max(axis=2) > 30)
    # In the lower right corner, and nowhere else.
    assert rows.min() > 0.8 * seen.shape[0]
    assert columns.min() > 0.5 * seen.shape[1]
    calm.trigger("colormap_viridis")
    assert different(
        seen[rows.min() :, columns.min() :], calm.grab()[rows.min() :, columns.min() :]
    )
    calm.trigger("overlay")
    hidden = calm.grab()
    calm.trigger("color_bar")
    assert different(hidden, calm.grab()) == 0


def test_the_color_bar_of_the_card_follows_the_style(calm):
    bar = calm.overlay_panel.color_bar
    assert "15\N{NO-BREAK SPACE}%" in bar.toolTip()
    before = bar.grab().toImage()
    calm.overlay_panel.threshold.slider.setValue(80)
    assert "80\N{NO-BREAK SPACE}%" in bar.toolTip()
    assert bar.grab().toImage() != before
