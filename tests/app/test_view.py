"""View: presentation mode, orientation, collapsed cards, dropped files, keyboard."""

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QComboBox,
    QLineEdit,
    QMenu,
    QPushButton,
    QWidget,
)

from app.features.analyse.feature import Analyse
from app.features.export.feature import Export
from uvanet.analysis import Region, Shape
from uvanet.colormaps import COLORMAPS, SAFE_COLORMAPS, colormap
from uvanet.paths import resource


def left_and_right(bench):
    image = bench.presenter.packet.frame.image
    saliency = bench.presenter.packet.saliency
    half = image.shape[1] // 2, saliency.shape[1] // 2
    return (
        float(image[:, : half[0]].mean() - image[:, half[0] :].mean()),
        float(saliency[:, : half[1]].sum() - saliency[:, half[1] :].sum()),
    )


def test_mirroring_applies_to_picture_and_map(player):
    player.pause()
    player.seek(0.1)
    picture, heat = left_and_right(player)
    assert picture > 0
    assert heat > 0
    before = player.presenter.packet
    player.trigger("mirror")
    player.until(lambda: player.presenter.packet is not before)
    player.settle()
    mirrored = left_and_right(player)
    assert mirrored[0] == pytest.approx(-picture, rel=0.05)
    assert mirrored[1] < 0
    # The canvas shows it so.
    player.trigger("overlay")
    shown = player.grab()
    middle = shown.shape[1] // 2
    assert shown[:, :middle].mean() < shown[:, middle:].mean()


def test_rotation_swaps_width_and_height_and_is_remembered_per_source(launch, clip):
    first = launch(clip)
    first.until(lambda: first.presenter.overlay_seen)
    first.pause()
    for size in ((120, 160), (160, 120), (120, 160)):
        before = first.presenter.packet
        first.trigger("rotate")
        first.until(lambda before=before: first.presenter.packet is not before)
        first.settle()
        height, width = first.presenter.packet.frame.image.shape[:2]
        assert (width, height) == size
    assert "120\N{MULTIPLICATION SIGN}160" in first.status.source.full_text
    first.open("demo")
    assert first.presenter.packet.frame.image.shape[:2] == (480, 854)
    first.window.close()
    second = launch(clip)
    second.until(lambda: second.presenter.overlay_seen)
    assert second.presenter.packet.frame.image.shape[:2] == (160, 120)


def test_rotation_is_clockwise_on_the_screen_when_mirrored(still):
    def turned(name):
        before = still.presenter.packet
        still.trigger(name)
        still.until(lambda: still.presenter.packet is not before)
        still.settle()
        return still.presenter.packet.frame.image

    mirrored = turned("mirror").astype(int)
    assert np.abs(np.rot90(mirrored, -1) - turned("rotate")).mean() < 2


def test_a_still_picture_is_rotated(launch, tmp_path):
    path = tmp_path / "picture.png"
    image = np.random.default_rng(0).integers(0, 255, (90, 120, 3), np.uint8)
    cv2.imwrite(str(path), image)
    bench = launch(path)
    bench.until(lambda: bench.presenter.overlay_seen)
    before = bench.presenter.packet
    bench.trigger("rotate")
    bench.until(lambda: bench.presenter.packet is not before)
    assert (bench.presenter.packet.frame.image == np.rot90(image, -1)).all()


def test_presentation_mode_shows_only_the_picture(player):
    player.window.resize(1000, 700)
    size = player.window.size()
    player.trigger("presentation_mode")
    window = player.window
    assert (window.width(), window.height()) == (240, 180)
    assert window.minimumSize() == window.maximumSize()
    player.until(lambda: player.canvas.size() == window.size())
    assert player.canvas.picture_rect() == player.canvas.rect().toRectF()
    for part in (player.transport, player.status.source, player.slots.panel, player.picker):
        assert not part.isVisible()
    player.banner.notify("error", "A private path was not found.")
    assert not player.banner.message
    player.trigger("leave")
    assert window.size() == size
    assert player.transport.isVisible()
    assert player.banner.message == "A private path was not found."
    assert not player.actions["presentation_mode"].isChecked()


@pytest.mark.parametrize("hidden_by", ["narrow window", "panel", "presentation_mode"])
def test_the_list_of_exports_is_shown_whatever_hides_it(player, hidden_by):
    card = player.find(Export).card
    player.window.resize(780, 420)
    player.trigger("exports")
    assert card.isVisible()
    if hidden_by == "narrow window":
        player.window.resize(560, 420)
        player.until(lambda: not player.slots.panel.isVisible())
    else:
        player.trigger(hidden_by)
    assert not card.isVisible()
    player.trigger("exports")
    player.until(card.isVisible)
    assert player.actions["exports"].isChecked()
    player.trigger("exports")
    assert not card.isVisible()
    assert player.slots.panel.isVisible()
    assert not player.actions["exports"].isChecked()


def test_a_region_is_renamed_in_presentation_mode(still):
    still.session.set_regions([Region("A", Shape.RECTANGLE, ((0.2, 0.2), (0.6, 0.6)))])
    still.trigger("select_regions")
    still.trigger("presentation_mode")
    still.trigger("select_regions")
    still.trigger("rename_region")
    still.until(still.find(Analyse).card.isVisible)


def test_a_new_source_is_shown_whole_and_a_seek_keeps_the_zoom(still, tmp_path):
    viewport = still.canvas.viewport
    still.trigger("zoom_in")
    still.seek(0.5)
    assert viewport.zoom > 1
    poster = tmp_path / "poster.png"
    cv2.imwrite(str(poster), np.zeros((80, 60, 3), np.uint8))
    still.open(poster)
    assert viewport.zoom == 1
    still.trigger("zoom_in")
    still.open("demo")
    assert viewport.zoom == 1


def test_a_notice_is_not_shown_again_after_presentation_mode(player):
    player.banner.notify("info", "Look!")
    player.trigger("presentation_mode")
    assert not player.banner.message
    player.trigger("presentation_mode")
    assert not player.banner.message


def test_the_next_start_is_not_in_presentation_mode(launch, clip):
    first = launch(clip)
    first.until(lambda: first.presenter.overlay_seen)
    first.window.resize(700, 600)
    first.trigger("presentation_mode")
    first.window.close()
    second = launch(clip)
    assert second.window.size().width() == 700
    assert second.transport.isVisible()


def test_collapsed_cards_are_remembered(launch, clip):
    first = launch(clip)
    first.until(lambda: first.presenter.overlay_seen)
    fold = first.slots.cards._cards["overlay"]
    memory = first.plots.memory
    first.until(lambda: memory.values[0].geometry().right() > memory.width() - 20)
    assert first.overlay_panel.opacity.isVisible()
    tall = first.overlay_panel.height()
    fold.button.click()
    assert not first.overlay_panel.opacity.isVisible()
    first.until(lambda: first.overlay_panel.height() < tall / 2)
    assert fold.button.accessibleName() == "Expand Overlay"
    assert first.settings.folded == ["overlay"]  # the same in every language
    first.window.close()
    second = launch(clip)
    assert not second.overlay_panel.opacity.isVisible()
    QTest.mouseClick(second.slots.cards._cards["overlay"]._heading, Qt.MouseButton.LeftButton)
    assert second.overlay_panel.opacity.isVisible()
    assert second.settings.folded == []


def test_widgets_added_to_a_collapsed_card_stay_hidden(player):
    analyse = player.find(Analyse)
    fold = player.slots.cards._cards["regions"]
    fold.button.click()
    analyse.regions.replace_all([Region("A", Shape.RECTANGLE, ((0.1, 0.1), (0.5, 0.5)))])
    row = analyse.card.rows[0]
    player.qtbot.wait(50)
    assert not row.isVisible()
    fold.button.click()
    assert row.isVisible()


def drop(bench, path):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    event = QDropEvent(
        QPointF(50, 50),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    bench.window.dropEvent(event)


def test_dropped_weights_are_used_as_model(player, tmp_path):
    title = player.session.info.title
    drop(player, tmp_path / "mine.onnx")
    player.until(lambda: player.banner.level == "error")
    assert "mine.onnx" in player.banner.message
    assert player.session.info.title == title
    for ending in ("onnx", "json"):
        weights = resource(f"weights/uvanet-64.{ending}")
        (tmp_path / f"mine.{ending}").write_bytes(weights.read_bytes())
    with player.qtbot.waitSignal(player.session.student.changed, timeout=60_000) as signal:
        drop(player, tmp_path / "mine.onnx")
    assert signal.args == [str(tmp_path / "mine.onnx")]


def test_dropped_safetensors_use_the_onnx_file_beside_them(player, tmp_path):
    (tmp_path / "mine.safetensors").touch()
    drop(player, tmp_path / "mine.safetensors")
    player.until(lambda: player.banner.level == "error")
    assert "mine.onnx" in player.banner.message
    for ending in ("onnx", "json"):
        weights = resource(f"weights/uvanet-64.{ending}")
        (tmp_path / f"mine.{ending}").write_bytes(weights.read_bytes())
    with player.qtbot.waitSignal(player.session.student.changed, timeout=60_000) as signal:
        drop(player, tmp_path / "mine.safetensors")
    assert signal.args == [str(tmp_path / "mine.onnx")]


def test_dropped_weights_without_a_card_are_tried_first(player, tmp_path):
    from app.features.models.feature import Models

    weights = resource("weights/uvanet-64.onnx")
    (tmp_path / "stranger.onnx").write_bytes(weights.read_bytes())
    drop(player, tmp_path / "stranger.onnx")
    models = player.find(Models)
    assert models.dialog is not None
    assert models.dialog.onnx.isVisible()
    assert player.session.student.name == "uvanet-64"
    models.dialog.close()


def test_dropped_files_and_folders_are_opened(player, clip, tmp_path):
    for number in range(3):
        cv2.imwrite(str(tmp_path / f"{number}.png"), np.full((60, 80, 3), 50 * number, np.uint8))
    drop(player, tmp_path)
    player.until(lambda: player.session.info and player.session.info.kind == "folder")
    drop(player, clip)
    player.until(lambda: player.session.info and player.session.info.title == clip.name)


def test_only_safe_colormaps_increase_in_lightness(player):
    for name in COLORMAPS:
        lightness = cv2.cvtColor(colormap(name)[None], cv2.COLOR_RGB2LAB)[0, :, 0].astype(int)
        assert (bool((np.diff(lightness) >= -1).all())) == (name in SAFE_COLORMAPS)
        swatch = player.overlay_panel.swatches[name]
        assert ("color-blind" in swatch.accessibleDescription()) == (name in SAFE_COLORMAPS)


CONTROLS = (QAbstractButton, QAbstractSlider, QComboBox, QLineEdit)


def controls(window):
    """Everything the user can press, type into or move."""
    for widget in window.findChildren(QWidget):
        inside_menu = any(isinstance(parent, QMenu) for parent in parents(widget))
        scroll_bar = widget.metaObject().className() == "QScrollBar"
        qt_own = widget.objectName().startswith("qt_")
        if isinstance(widget, CONTROLS) and not (inside_menu or scroll_bar or qt_own):
            yield widget


def parents(widget):
    while (widget := widget.parentWidget()) is not None:
        yield widget


def test_every_control_has_a_name_and_the_keyboard_reaches_it(still):
    analyse = still.find(Analyse)
    analyse.regions.replace_all([Region("A", Shape.RECTANGLE, ((0.1, 0.1), (0.5, 0.5)))])
    still.window.activateWindow()
    still.qtbot.waitUntil(still.window.isActiveWindow, timeout=60_000)
    found = list(controls(still.window))
    assert len(found) > 30
    # The buttons of messages get their names with a message.
    found = [one for one in found if one not in still.banner.findChildren(QPushButton)]
    for widget in found:
        words = widget.accessibleName() or getattr(widget, "text", str)()
        assert words, widget
        assert widget.focusPolicy() & Qt.FocusPolicy.TabFocus, words
    still.canvas.setFocus()
    reached = set()
    for _ in range(200):
        QTest.keyClick(still.window.focusWidget(), Qt.Key.Key_Tab)
        reached.add(still.window.focusWidget())
        if still.window.focusWidget() is still.canvas:
            break
    for widget in found:
        group = widget.group() if isinstance(widget, QAbstractButton) else None
        # Of buttons that exclude each other, Tab stops at the chosen one; arrows go on.
        partners = group.buttons() if group else [widget]
        seen = widget.isVisibleTo(still.window) and widget.isEnabled()
        assert not seen or reached & set(partners), widget.accessibleName()


def test_a_message_takes_no_focus(still):
    still.window.activateWindow()
    still.qtbot.waitUntil(still.window.isActiveWindow, timeout=60_000)
    still.canvas.setFocus()
    for level in ("error", "warning", "info", "done"):
        still.banner.notify(level, "Something.", "Do this.", "Press")
        assert still.window.focusWidget() is still.canvas
