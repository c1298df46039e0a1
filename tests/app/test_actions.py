"""Every action, in every state, by menu and by key."""

from itertools import combinations
from types import SimpleNamespace

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QMenu, QScrollArea, QToolButton
from window_bench import ALL_ACTIONS, FakeCamera

from app.features.playback.feature import Playback
from app.pipeline.events import PipelineState
from app.shell.actions import PACED, PLAYS, SEEKABLE, SLIDES, Needs, declared_actions
from app.shell.key_editor import KeyEditor
from app.shell.shortcuts import ShortcutSheet, key_text
from app.ui.i18n import install_language


def exclude_each_other(one: Needs, other: Needs) -> bool:
    """Whether actions with these needs are never enabled together, and so may share a key."""
    plays = PLAYS | PACED | SEEKABLE
    return bool((SLIDES in one and plays & other) or (SLIDES in other and plays & one))


def close_others(bench):
    for widget in QApplication.topLevelWidgets():
        if widget is not bench.window and widget.isVisible():
            widget.close()


def bring_into(bench, state, clip):
    """Brings the program into a state."""
    if state == "failed":
        bench.session.open("/no/such/film.mp4")
        bench.wait_state(PipelineState.FAILED)
        return
    bench.open(clip)
    if state == "paused":
        bench.pause()
    if state == "ended":
        bench.find(Playback).loop(False)
        bench.wait_state(PipelineState.ENDED)


@pytest.mark.parametrize("state", ["no source", "playing", "paused", "ended", "failed", "live"])
def test_every_action_in_every_state(launch, clip, state, monkeypatch):
    if state == "no source":
        monkeypatch.setattr("app.session.session.LiveSession.open", lambda self, spec: None)
    if state == "live":
        fake = FakeCamera()
        monkeypatch.setattr("uvanet.sources.make_source", lambda spec, **_: fake)
    bench = launch(clip)
    if state == "live":
        bench.until(lambda: bench.presenter.overlay_seen)
    elif state != "no source":
        bring_into(bench, state, clip)
    owner_of = {
        spec.name: owner
        for owner in (bench.window, *bench.program.features)
        for spec in declared_actions(type(owner))
    }
    for spec in ALL_ACTIONS:
        if spec.name in ("quit", "open_demo"):
            continue
        action = bench.actions[spec.name]
        # A disabled action does nothing; its method must still stand a late click.
        action.trigger()
        if not action.isEnabled():
            run = getattr(owner_of[spec.name], spec.name)
            run(True) if spec.checkable else run()
        QApplication.processEvents()
        close_others(bench)
        assert bench.window.isVisible(), spec.name
    bench.trigger("open_demo")
    if state == "live":
        fake.free.set()
    if state != "no source":
        bench.until(lambda: bench.session.info is not None)
    bench.trigger("quit")
    bench.leave()
    assert not bench.window.isVisible()


def test_names_and_keys_are_unique():
    names = [spec.name for spec in ALL_ACTIONS]
    assert len(names) == len(set(names))
    used = [(QKeySequence(key).toString(), spec.needs) for spec in ALL_ACTIONS for key in spec.keys]
    assert all(key for key, _ in used)
    for (key, needs), (other, others) in combinations(used, 2):
        assert key != other or exclude_each_other(needs, others), key
    assert all(spec.keys for spec in ALL_ACTIONS)


def test_every_visible_action_is_in_a_menu(player):
    listed = {
        action.objectName()
        for menu in player.main_menu.findChildren(QMenu) or player.window.findChildren(QMenu)
        for action in menu.actions()
    }
    assert {spec.name for spec in ALL_ACTIONS if not spec.hidden} <= listed
    titles = [action.text() for action in player.window.menuBar().actions()]
    assert titles == ["File", "Edit", "View", "Playback", "Analyse", "Models", "Help"]


def test_the_shortcut_sheet_lists_every_action(player):
    player.trigger("shortcuts")
    sheet = player.window.findChild(ShortcutSheet)
    assert sheet.isVisible()
    words = {label.text() for label in sheet.findChildren(QLabel)}
    for spec in ALL_ACTIONS:
        assert spec.text.removesuffix("…") in words
        assert {key_text(key) for key in spec.keys} <= words
    # As many columns as the screen has room for.
    assert sheet.findChild(QScrollArea).horizontalScrollBar().maximum() == 0
    sheet.activateWindow()
    player.qtbot.waitUntil(sheet.isActiveWindow, timeout=60_000)
    QTest.keyClick(sheet, Qt.Key.Key_Escape)
    assert not sheet.isVisible()


def test_the_german_shortcut_sheet_fits_into_a_small_screen(player, qapp, monkeypatch):
    """Its keys stood beyond the edge of a screen of 560 x 420."""
    small = SimpleNamespace(availableSize=lambda: QSize(560, 420))
    monkeypatch.setattr(ShortcutSheet, "screen", lambda _: small)
    install_language(qapp, "de")
    try:
        sheet = ShortcutSheet(player.context.actions, player.window)
    finally:
        install_language(qapp, "en")
    sheet.show()
    area = sheet.findChild(QScrollArea)
    player.until(area.isVisible)
    assert sheet.width() <= 560
    assert area.horizontalScrollBar().maximum() == 0
    sheet.close()


def press(bench, keys):
    combination = QKeySequence(keys)[0]
    key, modifiers = combination.key(), combination.keyboardModifiers()
    QTest.keyClick(bench.canvas, key, modifiers)


def test_every_shortcut_reaches_its_action(still):
    specs = [spec for spec in ALL_ACTIONS if spec.name != "full_screen"]
    reached = []

    def note(name):
        return lambda: reached.append(name)

    for spec in ALL_ACTIONS:
        action = still.actions[spec.name]
        action.triggered.disconnect()
        action.triggered.connect(note(spec.name))
    still.window.activateWindow()
    still.qtbot.waitUntil(still.window.isActiveWindow, timeout=60_000)
    wrong = {}
    for spec in specs:
        # As in a state in which this action can be used: undo, for one, needs a change.
        for other in ALL_ACTIONS:
            usable = other is spec or not exclude_each_other(spec.needs, other.needs)
            still.actions[other.name].setEnabled(usable)
        for key in spec.keys:
            still.canvas.setFocus()
            reached.clear()
            press(still, key)
            if reached != [spec.name]:
                wrong[spec.name, key] = list(reached)
    assert not wrong


def test_a_focused_slider_keeps_its_keys(still):
    still.window.activateWindow()
    still.qtbot.waitUntil(still.window.isActiveWindow, timeout=60_000)
    slider = still.overlay_panel.opacity.slider
    slider.setFocus(Qt.FocusReason.TabFocusReason)
    value, frame = slider.value(), still.frame()
    QTest.keyClick(slider, Qt.Key.Key_Right)
    QTest.keyClick(slider, Qt.Key.Key_Right)
    assert slider.value() == value + 2
    still.settle()
    assert still.frame() == frame


def test_space_presses_a_focused_button(still):
    still.window.activateWindow()
    still.qtbot.waitUntil(still.window.isActiveWindow, timeout=60_000)
    button = still.transport.loop
    button.setFocus(Qt.FocusReason.TabFocusReason)
    before = still.settings.loop
    QTest.keyClick(button, Qt.Key.Key_Space)
    assert still.settings.loop is not before
    assert still.session.state is PipelineState.PAUSED


def test_arrows_go_through_the_color_maps(still):
    still.window.activateWindow()
    still.qtbot.waitUntil(still.window.isActiveWindow, timeout=60_000)
    swatch = still.overlay_panel.swatches["turbo"]
    swatch.setFocus(Qt.FocusReason.TabFocusReason)
    frame = still.frame()
    QTest.keyClick(swatch, Qt.Key.Key_Right)
    assert still.settings.colormap == "inferno"
    QTest.keyClick(still.window.focusWidget(), Qt.Key.Key_Down)
    assert still.settings.colormap == "viridis"
    still.settle()
    assert still.frame() == frame


def test_every_control_has_a_name_and_a_tooltip_with_its_key(player):
    player.trigger("panel") if not player.settings.panel else None
    for button in player.window.findChildren(QToolButton):
        if button.objectName().startswith("qt_"):
            continue
        assert button.accessibleName(), button
        assert button.toolTip(), button.accessibleName()
    panel = player.overlay_panel
    for slider in (panel.opacity.slider, panel.threshold.slider, panel.smoothing.slider):
        assert slider.accessibleName()
        assert "(" in slider.toolTip()
    for swatch in panel.swatches.values():
        assert swatch.accessibleName()
        assert "(" in swatch.toolTip()
    assert player.transport.timeline.accessibleName()
    assert player.transport.timeline.toolTip()


def test_tab_goes_through_all_controls(player):
    player.pause()
    player.window.activateWindow()
    player.qtbot.waitUntil(player.window.isActiveWindow, timeout=60_000)
    player.canvas.setFocus()
    seen = []
    for _ in range(200):
        QTest.keyClick(player.window.focusWidget(), Qt.Key.Key_Tab)
        widget = player.window.focusWidget()
        if widget is player.canvas:
            break
        seen.append(widget)
    assert player.picker in seen
    assert player.transport.play in seen
    assert player.transport.timeline in seen
    assert player.overlay_panel.opacity.slider in seen
    assert player.overlay_panel.swatches["turbo"] in seen
    assert any(
        getattr(one, "defaultAction", lambda: None)() is player.actions["find_command"]
        for one in seen
    )


def test_no_german_title_keeps_the_space_before_its_dots(player, qapp):
    """The list of keys had "Clip exportieren " with a space, which messages put into quotes."""
    install_language(qapp, "de")
    try:
        keys = KeyEditor(player.context.actions, player.window.undo_stack)
    finally:
        install_language(qapp, "en")
    titles = [keys.list.topLevelItem(row).text(0) for row in range(keys.list.topLevelItemCount())]
    assert "Clip exportieren" in titles
    assert [title for title in titles if title != title.strip(" …")] == []
