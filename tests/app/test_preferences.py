"""Preferences: search, keys, theme, presets; what they change and keep."""

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QPushButton
from region_kit import active

from app.features.overlay.settings import LookPresets
from app.runtime.settings import SettingsStore, settings_path
from app.shell.preferences import PreferencesDialog
from app.shell.settings import WindowSettings
from app.ui.preset_list import PresetList


@pytest.fixture
def dialog(still):
    active(still)
    still.trigger("preferences")
    return still.window.findChild(PreferencesDialog)


def visible_names(dialog):
    return {label.text() for label in dialog.findChildren(QLabel) if label.isVisible()}


def press(widget, text):
    (found,) = [one for one in widget.findChildren(QPushButton) if one.text() == text]
    found.click()


def test_search_hides_what_does_not_match(dialog):
    assert {"Theme", "Folder", "Keys"} <= visible_names(dialog)
    dialog.search.setText("theme")
    names = visible_names(dialog)
    assert {"Appearance", "Theme"} <= names
    assert not {"Folder", "Export", "Recording"} & names
    shown = [item.text(0) for item in dialog.keys._items() if not item.isHidden()]
    assert "Dark theme" in shown
    assert "Full screen" not in shown
    dialog.search.setText("")
    assert "Folder" in visible_names(dialog)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("dark", "Theme"),
        ("light theme", "Theme"),
        ("german", "Language (at the next start)"),
        ("Deutsch", "Language (at the next start)"),
        ("automatic", "Student and teacher"),
        ("gpu", "Student and teacher"),
        ("peaks only", "Presets of the look"),
        ("30 seconds", "Replay"),
    ],
)
def test_search_sees_what_settings_offer(dialog, typed, name):
    dialog.search.setText(typed)
    names = {preference.name for preference, _, label in dialog._lines if label.isVisible()}
    assert name in names
    assert len(names) < len(dialog._lines)


def test_a_search_without_hits_says_so(dialog):
    assert not dialog.none.isVisible()
    dialog.search.setText(" xyzzy")
    assert dialog.none.isVisible()
    assert dialog.none.text() == "No setting matches “xyzzy”."
    dialog.search.setText("full screen")  # a command alone
    assert not dialog.none.isVisible()


def test_a_search_selects_the_only_command_and_drops_a_typed_key(still, dialog):
    keys = dialog.keys
    dialog.search.setText("next colormap")
    assert keys.set_button.isEnabled()
    keys.field.setKeySequence(QKeySequence("Ctrl+S"))
    assert "Save snapshot" in keys.note.text()
    dialog.search.setText("colormap")
    assert keys.field.keySequence() == QKeySequence("C")
    assert keys.note.text() == ""
    keys.field.setKeySequence(QKeySequence("Ctrl+S"))
    dialog.search.setText("theme")
    assert keys.field.keySequence().isEmpty()
    assert keys.note.text() == ""
    assert not keys.set_button.isEnabled()
    assert still.settings.keys == {}


def test_the_theme_changes_at_once(still, dialog):
    (theme,) = [one for one in dialog.findChildren(QComboBox) if one.accessibleName() == "Theme"]
    theme.setCurrentIndex(theme.findData("light"))
    theme.activated.emit(theme.currentIndex())
    assert still.settings.theme == "light"
    assert still.actions["theme_light"].isChecked()


def test_a_changed_key_works_and_is_kept(still, dialog):
    keys = dialog.keys
    keys.select("next_colormap")
    keys.field.setKeySequence(QKeySequence("Ctrl+Alt+J"))
    assert keys.note.text() == ""
    press(keys, "Set")
    dialog.close()
    active(still)
    before = still.settings.colormap
    QTest.keyClick(
        still.canvas,
        Qt.Key.Key_J,
        Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier,
    )
    assert still.settings.colormap != before
    assert "Ctrl+Alt+J" in still.actions["next_colormap"].toolTip()
    still.leave()
    still.program.shut_down()
    stored = SettingsStore(settings_path()).section(WindowSettings).keys
    assert stored == {"next_colormap": ["Ctrl+Alt+J"]}


def test_stored_keys_hold_from_the_start(launch, clip):
    settings = SettingsStore(settings_path())
    settings.section(WindowSettings).keys = {"overlay": ["F8"], "gone_action": ["F7"]}
    settings.write(settings.text())
    bench = launch(clip)
    assert bench.actions["overlay"].shortcuts() == [QKeySequence("F8")]


def test_a_conflict_is_shown_and_the_other_command_loses_the_key(still, dialog):
    keys = dialog.keys
    keys.select("next_colormap")
    keys.field.setKeySequence(QKeySequence("Ctrl+S"))
    assert "Save snapshot" in keys.note.text()
    press(keys, "Set")
    assert still.actions["next_colormap"].shortcuts() == [QKeySequence("Ctrl+S")]
    assert still.actions["save_snapshot"].shortcuts() == []
    press(keys, "Reset all")
    assert still.actions["save_snapshot"].shortcuts() == [QKeySequence("Ctrl+S")]
    assert still.settings.keys == {}


def test_one_command_is_reset(still, dialog):
    keys = dialog.keys
    keys.select("full_screen")
    assert not keys.reset_button.isEnabled()
    keys.field.setKeySequence(QKeySequence("F7"))
    press(keys, "Set")
    press(keys, "Reset")
    assert still.actions["full_screen"].shortcuts() == [QKeySequence("F"), QKeySequence("F11")]


def test_a_look_is_saved_applied_renamed_and_deleted(still, dialog):
    (looks,) = [
        one for one in dialog.findChildren(PresetList) if "look" in one.names.accessibleName()
    ]
    first = list(still.program.settings.section(LookPresets).looks)
    assert "Peaks only" in first
    still.trigger("colormap_viridis")
    looks.save("Mine")
    still.trigger("colormap_inferno")
    press(looks, "Apply")
    assert still.presenter.heat.style.colormap == "viridis"
    assert still.actions["undo"].text() == "Undo apply look"
    still.trigger("undo")
    assert still.presenter.heat.style.colormap == "inferno"
    looks.rename("Quiet")
    stored = still.program.settings.section(LookPresets).looks
    assert list(stored) == [*first, "Quiet"]
    assert stored["Quiet"].colormap == "viridis"
    press(looks, "Delete")
    assert list(stored) == first
    while stored:
        press(looks, "Delete")
    assert looks.names.count() == 0
    assert "None saved" in looks.names.placeholderText()


def test_names_stand_in_one_column(dialog):
    dialog.resize(900, 560)  # a narrow window has a long field below its name
    QCoreApplication.processEvents()
    widgets = [preference.widget for preference, *_ in dialog._lines]
    columns = {widget.geometry().left() for widget in widgets if widget.isVisible()}
    assert len(columns) == 1


def test_export_presets_and_the_replay_box(still, dialog):
    (exports,) = [
        one for one in dialog.findChildren(PresetList) if "exports" in one.names.accessibleName()
    ]
    still.settings.export_quality = "best"
    still.settings.picture_format = "jpg"
    exports.save("Archive")
    still.settings.export_quality = "small"
    still.settings.picture_format = "png"
    press(exports, "Apply")
    assert still.settings.export_quality == "best"
    assert still.settings.picture_format == "jpg"
    (keep,) = [one for one in dialog.findChildren(QCheckBox) if "30 seconds" in one.text()]
    keep.click()
    assert still.settings.export_keep
    still.trigger("keep_last")  # off, while the box is still checked
    keep.click()
    assert not still.settings.export_keep
    keep.click()
    assert still.settings.export_keep
    assert still.actions["keep_last"].isChecked()


def test_a_deleted_preset_comes_back(still, dialog):
    """Nothing asked, and not even a supplied one could be had again."""
    (looks,) = [
        one for one in dialog.findChildren(PresetList) if "look" in one.names.accessibleName()
    ]
    stored = still.program.settings.section(LookPresets).looks
    before = dict(stored)
    assert "Calm" in before
    assert not dialog.undo.isVisible()
    looks.names.setCurrentText("Calm")
    press(looks, "Delete")
    assert "Calm" not in stored
    assert still.banner.message == "The preset Calm was deleted."
    assert still.banner.button.text() == "Undo"
    # The dialog is modal: nobody can press the button over the picture.
    assert dialog.undo.text() == "Undo delete preset"
    dialog.undo.click()
    assert stored == before
    assert looks.names.currentText() == "Calm"
    assert not dialog.undo.isVisible()
    looks.rename("Quiet")
    dialog.activateWindow()
    dialog.setFocus()
    QTest.keyClick(dialog, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert stored == before
    looks.names.setCurrentText("Calm")
    press(looks, "Delete")
    dialog.close()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    still.banner.button.click()
    assert stored == before


def test_reset_keys_come_back(still, dialog):
    keys = dialog.keys
    keys.select("next_colormap")
    keys.field.setKeySequence(QKeySequence("Ctrl+S"))
    press(keys, "Set")
    press(keys, "Reset all")
    assert still.settings.keys == {}
    assert still.banner.message == "All keys were reset."
    assert dialog.undo.text() == "Undo reset keys"
    dialog.undo.click()
    assert still.settings.keys == {"next_colormap": ["Ctrl+S"], "save_snapshot": []}
    assert keys.field.keySequence() == QKeySequence("Ctrl+S")
    # The key that another command lost comes back with the change.
    assert dialog.undo.text() == "Undo change keys"
    dialog.undo.click()
    assert still.settings.keys == {}
    assert still.actions["save_snapshot"].shortcuts() == [QKeySequence("Ctrl+S")]


def test_undo_is_shown_in_preferences_that_were_opened_again(still, dialog):
    looks = next(one for one in dialog.findChildren(PresetList) if one.names.findText("Calm") >= 0)
    looks.names.setCurrentText("Calm")
    press(looks, "Delete")
    dialog.keys.select("next_colormap")
    before = dialog.keys.list.currentItem().text(2)
    dialog.keys.field.setKeySequence(QKeySequence("Ctrl+Alt+Y"))
    press(dialog.keys, "Set")
    dialog.close()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    still.trigger("preferences")
    again = still.window.findChild(PreferencesDialog)
    again.keys.select("next_colormap")
    assert again.keys.list.currentItem().text(2) != before
    again.undo.click()
    assert again.keys.list.currentItem().text(2) == before
    again.undo.click()
    assert any(one.names.findText("Calm") >= 0 for one in again.findChildren(PresetList))
    again.close()
