"""Regions in the window: drawing, editing, statistics."""

import itertools

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit
from region_kit import LEFT_HALF, active, analyse, at, drag, key, regions

from app.features.export.feature import Export
from app.ui import region_painter
from app.ui.i18n import install_language
from app.ui.number_text import percent_text
from uvanet.analysis import Region, Shape, region_shares


def test_a_drawn_rectangle_shows_its_share(still):
    still.trigger("region_rectangle")
    assert still.actions["region_rectangle"].isChecked()
    drag(still, (0.1, 0.2), (0.3, 0.5), (0.6, 0.9))
    (region,) = regions(still).all
    assert region.shape is Shape.RECTANGLE
    assert np.array(region.points) == pytest.approx(np.array([(0.1, 0.2), (0.6, 0.9)]), abs=0.01)
    assert not still.actions["region_rectangle"].isChecked()
    (share,) = region_shares(still.presenter.packet.saliency, [region])
    assert 0 < share < 1
    assert regions(still).shares == [share]
    row = analyse(still).card.rows[0]
    assert row.share.text() == percent_text(share)
    assert row.name.text() == "Region 1"
    assert still.session.regions == (region,)
    mask = region.mask(*still.presenter.packet.frame.image.shape[:2])
    assert mask.mean() == pytest.approx(0.5 * 0.7, abs=0.02)


def test_a_region_is_painted_on_the_picture(still):
    before = still.grab()
    still.trigger("region_ellipse")
    drag(still, (0.3, 0.3), (0.7, 0.8))
    assert (still.grab() != before).any(axis=2).mean() > 0.002
    regions(still).remove(regions(still).all[:1])
    assert (still.grab() == before).all()


def test_hidden_regions_stay_and_come_back_for_the_next_one(still):
    before = still.grab()
    regions(still).replace_all([LEFT_HALF])
    still.trigger("show_regions")
    assert (still.grab() == before).all()
    QTest.mouseClick(still.canvas, Qt.MouseButton.LeftButton, pos=at(still, 0.2, 0.5))
    assert regions(still).selection == ()
    assert still.session.regions == (LEFT_HALF,)
    assert analyse(still).card.rows
    assert "regions" not in still.find(Export).builder.last_options().extras
    still.trigger("region_rectangle")
    assert still.actions["show_regions"].isChecked()
    assert (still.grab() != before).any()
    assert "regions" in still.find(Export).builder.last_options().extras
    regions(still).select([LEFT_HALF])
    still.trigger("show_regions")
    assert regions(still).selection == ()  # Delete must not take what nobody sees


def test_labels_of_near_regions_do_not_cover_each_other_in_a_small_window(still, monkeypatch):
    painted, paint = [], region_painter.paint_pill

    def note(*arguments):
        painted.append(paint(*arguments))

    monkeypatch.setattr(region_painter, "paint_pill", note)
    still.window.resize(560, 420)
    near = (((0.3, 0.4), (0.5, 0.6)), ((0.32, 0.38), (0.55, 0.62)), ((0.31, 0.42), (0.5, 0.61)))
    regions(still).replace_all([Region("Region", Shape.RECTANGLE, points) for points in near])
    still.until(lambda: still.window.width() == 560)
    painted.clear()
    still.canvas.repaint()
    assert len(painted) == len(near)
    assert not any(one.intersects(other) for one, other in itertools.combinations(painted, 2))
    assert all(still.canvas.picture_rect().contains(one) for one in painted)


def test_a_polygon_is_drawn_by_one_click_per_corner(still):
    still.trigger("region_polygon")
    corners = [(0.2, 0.2), (0.8, 0.3), (0.6, 0.9)]
    for corner in corners:
        QTest.mouseClick(still.canvas, Qt.MouseButton.LeftButton, pos=at(still, *corner))
    assert regions(still).all == ()
    QTest.mouseClick(still.canvas, Qt.MouseButton.LeftButton, pos=at(still, *corners[0]))
    (region,) = regions(still).all
    assert np.array(region.points) == pytest.approx(np.array(corners), abs=0.01)


def test_a_double_click_closes_a_polygon_and_does_not_open_full_screen(still):
    still.trigger("region_polygon")
    for corner in [(0.2, 0.2), (0.8, 0.3), (0.6, 0.9)]:
        QTest.mouseClick(still.canvas, Qt.MouseButton.LeftButton, pos=at(still, *corner))
    QTest.mouseDClick(still.canvas, Qt.MouseButton.LeftButton, pos=at(still, 0.6, 0.9))
    assert len(regions(still).all) == 1
    QTest.mouseDClick(still.canvas, Qt.MouseButton.LeftButton, pos=at(still, 0.5, 0.4))
    assert not still.window.isFullScreen()


def test_a_click_draws_no_region_and_escape_drops_the_tool(still):
    active(still)
    still.trigger("region_rectangle")
    QTest.mouseClick(still.canvas, Qt.MouseButton.LeftButton, pos=at(still, 0.5, 0.5))
    assert regions(still).all == ()
    assert still.actions["region_rectangle"].isChecked()
    key(still, Qt.Key.Key_Escape)
    assert not still.actions["region_rectangle"].isChecked()
    drag(still, (0.1, 0.1), (0.9, 0.9))
    assert regions(still).all == ()


def test_the_mouse_moves_and_resizes_a_region(still):
    regions(still).replace_all([Region("Box", Shape.RECTANGLE, ((0.2, 0.2), (0.4, 0.4)))])
    drag(still, (0.3, 0.3), (0.4, 0.4), (0.5, 0.5))
    assert regions(still).all[0].box == pytest.approx((0.4, 0.4, 0.6, 0.6), abs=0.01)
    drag(still, (0.6, 0.6), (0.7, 0.7), (0.9, 0.8))
    assert regions(still).all[0].box == pytest.approx((0.4, 0.4, 0.9, 0.8), abs=0.01)
    drag(still, (0.6, 0.6), (3.0, 3.0))
    left, top, right, bottom = regions(still).all[0].box
    assert (right, bottom) == pytest.approx((1.0, 1.0), abs=1e-6)
    assert (right - left, bottom - top) == pytest.approx((0.5, 0.4), abs=0.01)
    still.trigger("delete_region")
    assert regions(still).all == ()


def test_keys_alone_draw_and_move_a_region(still):
    active(still)
    key(still, Qt.Key.Key_A)
    key(still, Qt.Key.Key_Return)
    box = regions(still).all[0].box
    key(still, Qt.Key.Key_Right)
    key(still, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    pixel = 1 / 160, 1 / 120
    moved = [box[0] + pixel[0], box[1] + 10 * pixel[1], box[2] + pixel[0], box[3] + 10 * pixel[1]]
    assert regions(still).all[0].box == pytest.approx(moved)
    key(still, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert regions(still).all[0].box[2] == pytest.approx(box[2])
    assert regions(still).all[0].box[0] == pytest.approx(moved[0])
    frame = still.frame()
    key(still, Qt.Key.Key_Delete)
    assert regions(still).all == ()
    assert still.frame() == frame


def test_keys_typed_into_a_name_trigger_no_actions(still):
    active(still)
    regions(still).replace_all([LEFT_HALF])
    still.trigger("rename_region")
    field = still.window.focusWidget()
    assert isinstance(field, QLineEdit)
    assert field.selectedText() == "Left"
    QTest.keyClicks(field, "Face a 1")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert regions(still).all[0].name == "Face a 1"
    assert still.window.focusWidget() is still.canvas
    assert still.settings.colormap == "turbo"
    still.trigger("rename_region")
    QTest.keyClicks(field, "other")
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert regions(still).all[0].name == "Face a 1"


def test_the_share_follows_playback(player):
    regions(player).replace_all([LEFT_HALF])
    seen = []

    def both_sides():
        if regions(player).shares:
            seen.append(regions(player).shares[0])
        return seen and max(seen) > 0.9 and min(seen) < 0.5

    player.until(both_sides)
    summary = analyse(player).history.record.summary(LEFT_HALF)
    # A machine that is busy may show the first frames late, but the first second it shows.
    assert summary.first < 1.0
    assert summary.entries >= 1
    assert "first at 0:00." in analyse(player).card.rows[0].statistics.text()


def test_the_statistics_of_a_region_do_not_widen_the_side_panel(player):
    regions(player).replace_all([LEFT_HALF])
    line = analyse(player).card.rows[0].statistics
    player.until(lambda: "first at" in line.text())
    panel = player.slots.panel
    assert panel.widget().minimumSizeHint().width() <= panel.viewport().width()


def test_the_chart_is_built_with_the_first_region(player):
    plot = analyse(player).card.plot
    assert not plot.chart.built
    regions(player).replace_all([LEFT_HALF, LEFT_HALF.moved(0.3, 0.0)])
    player.until(lambda: plot.chart.built)
    player.until(lambda: len(plot.chart.curve_points(1)[0]) > 2)


def test_a_click_outside_all_regions_clears_the_selection(still):
    regions(still).replace_all([LEFT_HALF])
    regions(still).select(regions(still).all)
    QTest.mouseClick(still.canvas, Qt.MouseButton.LeftButton, pos=at(still, 0.8, 0.5))
    assert regions(still).selected is None
    QTest.mouseClick(still.canvas, Qt.MouseButton.LeftButton, pos=at(still, 0.2, 0.5))
    assert regions(still).selected is regions(still).all[0]


def test_a_region_drawn_on_a_zoomed_picture_has_picture_coordinates(still):
    still.trigger("zoom_in")
    still.trigger("zoom_in")
    assert still.canvas.picture_rect().width() > still.canvas.width()
    still.trigger("region_rectangle")
    drag(still, (0.4, 0.4), (0.5, 0.5), (0.6, 0.55))
    assert regions(still).all[0].box == pytest.approx((0.4, 0.4, 0.6, 0.55), abs=0.01)
    drag(still, (0.5, 0.5), (0.55, 0.5))
    assert regions(still).all[0].box == pytest.approx((0.45, 0.4, 0.65, 0.55), abs=0.01)
    # Outside of it, the mouse pans the picture.
    before = still.canvas.picture_rect()
    drag(still, (0.35, 0.7), (0.4, 0.7), (0.45, 0.7))
    assert still.canvas.picture_rect() != before
    assert len(regions(still).all) == 1


@pytest.fixture(params=["en", "de"])
def language(qapp, request):
    install_language(qapp, request.param)
    yield
    install_language(qapp, "en")


def test_statistics_fit_into_the_side_panel(language, player):
    regions(player).replace_all([LEFT_HALF])
    card = analyse(player).card
    player.until(lambda: "\n" in card.rows[0].statistics.text())
    wide = player.slots.panel.viewport().width()
    player.until(lambda: 0 < card.width() <= wide)
    assert card.minimumSizeHint().width() <= wide
