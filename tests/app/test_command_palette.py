"""The command palette and the log window."""

import logging

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog
from region_kit import active, answer
from window_bench import ALL_ACTIONS

from app.shell.command_palette import CommandPalette, match
from app.ui.i18n import install_language


@pytest.fixture
def palette(still):
    active(still)
    still.trigger("find_command")
    return still.window.findChild(CommandPalette)


def listed(palette):
    items = [palette.list.topLevelItem(row) for row in range(palette.list.topLevelItemCount())]
    return [item.text(0) for item in items]


def test_every_action_is_listed_at_first(palette):
    assert len(listed(palette)) == len(ALL_ACTIONS)


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("sav snap", "Save snapshot"),
        ("snapshot save", "Save snapshot"),
        ("viridis", "Colormap viridis"),
        ("whole screen", "Full screen"),
        ("pane", "Side panel"),
        ("nxfrm", "Next frame"),
    ],
)
def test_words_find_what_they_begin(palette, typed, first):
    palette.field.setText(typed)
    assert listed(palette)[0] == first


def best(typed):
    """Name of the action that the palette lists first."""
    for lenient in (False, True):
        ranks = ((match(typed, spec, lenient=lenient), spec.name) for spec in ALL_ACTIONS)
        if found := [(rank, name) for rank, name in ranks if rank is not None]:
            return min(found, key=lambda one: one[0])[1]
    return ""


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("compare posters", "compare_designs"),
        ("send report", "report"),
        ("pdf", "report"),
        ("holiday pictures", "open_folder"),
        ("eye tracker", "load_gaze"),
        ("save video", "export_clip"),
        ("screenshot", "save_snapshot"),
        ("language", "preferences"),
        ("flip", "mirror"),
        ("report problem", "about"),
        ("please turn picture", "rotate"),
        ("go back and undo my last step", "undo"),
        ("next slide", "next_picture"),
        ("zooming", "zoom_in"),
        ("frame by frame", "step_forward"),
        ("change colors", "next_colormap"),
    ],
)
def test_words_of_newcomers_find_commands(typed, name):
    assert best(typed) == name


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("plakate vergleichen", "compare_designs"),
        ("bericht senden", "report"),
        ("urlaubsbilder", "open_folder"),
        ("urlaubsfotos ansehen", "open_folder"),
        ("letzten schritt rückgängig machen", "undo"),
        ("zoomen", "zoom_in"),
        ("bild für bild", "step_forward"),
        ("farben ändern", "next_colormap"),
        ("webcam öffnen", "choose_source"),
        ("ordner öffnen", "open_folder"),
        ("eyetracker", "load_gaze"),
        ("video speichern", "export_clip"),
        ("aufnahme", "record"),
        ("bildschirmfoto", "save_snapshot"),
        ("sprache", "preferences"),
        ("dunkel", "theme_dark"),
        ("schirmfoto", "save_snapshot"),
        ("handbuch", "shortcuts"),
        ("compare posters", "compare_designs"),  # programs taught people English words, too
        ("screenshot", "save_snapshot"),
    ],
)
def test_german_words_of_newcomers_find_commands(german_texts, typed, name):
    assert best(typed) == name


@pytest.fixture
def german_texts(qapp):
    install_language(qapp, "de")
    yield
    install_language(qapp, "en")


def test_nonsense_finds_nothing(palette):
    assert not palette.none.isVisible()
    palette.field.setText("qqqq")
    assert listed(palette) == []
    assert palette.none.isVisible()
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert palette.isVisible()


def test_enter_runs_the_chosen_line_and_remembers_it(still, palette):
    QTest.keyClicks(palette.field, "colormap ")
    names = listed(palette)
    QTest.keyClick(palette.field, Qt.Key.Key_Down)
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert not palette.isVisible()
    assert f"Colormap {still.settings.colormap}" == names[1]
    still.trigger("find_command")
    assert listed(palette)[0] == names[1]


def test_a_disabled_command_says_why_and_does_not_run(still, palette):
    palette.field.setText("redo")
    item = palette.list.topLevelItem(0)
    assert item.isDisabled()
    assert item.text(1) == "There is nothing to redo"
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert palette.isVisible()


def test_menu_and_key_are_shown(still, palette):
    palette.field.setText("colormap turbo")
    item = palette.list.topLevelItem(0)
    assert item.text(1) == "View \N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK} Heat map"
    assert item.text(2) == "1"


def test_words_are_matched_in_order_first():
    specs = {spec.name: spec for spec in ALL_ACTIONS}
    assert match("clear regions", specs["clear_regions"]) == 0
    assert match("clear regions", specs["clear_marks"]) is None


def test_the_log_window_follows_filters_copies_and_saves(still, tmp_path):
    log = logging.getLogger("app.test")
    log.warning("before the window")
    still.trigger("log")
    (window,) = [one for one in still.window.findChildren(QDialog) if one.windowTitle() == "Log"]
    assert "before the window" in window.view.toPlainText()
    log.info("for information")
    log.error("an error")
    still.until(lambda: "an error" in window.view.toPlainText())
    window.level.setCurrentIndex(window.level.findData(logging.ERROR))
    shown = window.view.toPlainText()
    assert "an error" in shown
    assert "for information" not in shown
    window._copy()
    assert QGuiApplication.clipboard().text() == shown
    window._ask_save()
    path = tmp_path / "kept.log"
    answer(still, path)
    still.until(path.exists)
    assert path.read_text().strip() == shown.strip()
