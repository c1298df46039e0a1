"""The command palette and the log window."""

import logging

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog
from region_kit import active, answer
from window_bench import ALL_ACTIONS

from app.features.diagnostics.log_window import LogWindow
from app.runtime.logs import LogBuffer
from app.shell.command_palette import CommandPalette, match, matching
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
    return next((spec.name for spec in matching(typed, ALL_ACTIONS)), "")


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
        ("report problem", "copy_problem_report"),
        ("report bug", "copy_problem_report"),
        ("documentation", "documentation"),
        ("help", "documentation"),
        ("manual", "documentation"),
        ("please turn picture", "rotate"),
        ("go back and undo my last step", "undo"),
        ("next slide", "next_picture"),
        ("zooming", "zoom_in"),
        ("frame by frame", "step_forward"),
        ("change colors", "next_colormap"),
        ("A/B", "compare_designs"),
        ("a/b test", "compare_designs"),
        ("ab test", "compare_designs"),
        ("aoi", "region_rectangle"),
        ("hide regions", "show_regions"),
        ("dwell", "copy_regions"),
        ("record screen", "open_screen_region"),
        ("recent files", "choose_source"),
        ("german", "preferences"),
        ("deutsch", "preferences"),
        ("gpu", "choose_models"),
        ("processor", "choose_models"),
        ("performance", "choose_models"),
        ("nss", "choose_models"),
        ("auc", "choose_models"),
        ("fps", "camera_options"),
        ("speed", "normal_speed"),
        ("fine tune", "adapt_scene"),
        ("finetune", "adapt_scene"),
        ("adapt", "adapt_scene"),
        ("remove marks", "clear_marks"),
        ("exit program", "quit"),
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
        ("handbuch", "documentation"),
        ("hilfe", "documentation"),
        ("bereiche ausblenden", "show_regions"),
        ("verweildauer", "copy_regions"),
        ("bildschirm aufnehmen", "open_screen_region"),
        ("zuletzt geöffnet", "choose_source"),
        ("fehler melden", "copy_problem_report"),
        ("compare posters", "compare_designs"),  # programs taught people English words, too
        ("a/b-test", "compare_designs"),
        ("aoi", "region_rectangle"),
        ("hide regions", "show_regions"),
        ("recent files", "choose_source"),
        ("german", "preferences"),
        ("gpu", "choose_models"),
        ("nss", "choose_models"),
        ("finetune", "adapt_scene"),
        ("manual", "documentation"),
        ("screenshot", "save_snapshot"),
    ],
)
def test_german_words_of_newcomers_find_commands(german_texts, typed, name):
    assert best(typed) == name


LOSING = [spec for spec in ALL_ACTIONS if spec.loses]


def test_actions_that_lose_something_are_declared():
    assert {spec.name for spec in LOSING} >= {"delete_region", "clear_regions", "clear_marks"}


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("spec", LOSING, ids=lambda spec: spec.name)
def test_only_its_own_words_find_an_action_that_loses_something(qapp, spec, language):
    """Enter after "hide regions" deleted all regions: half of the words were enough."""
    install_language(qapp, language)
    try:
        (first, *_), words = matching(spec.title, ALL_ACTIONS), spec.title.split()
        assert first is spec
        strange = [f"qqqq {spec.title}", *(f"hide {word}" for word in words), spec.title[1:]]
        assert [text for text in strange if spec in matching(text, ALL_ACTIONS)] == []
    finally:
        install_language(qapp, "en")


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


def test_an_empty_log_window_says_so(qtbot):
    window = LogWindow(LogBuffer(), lambda *_: None)
    qtbot.addWidget(window)
    window.update_lines()
    assert window.view.toPlainText() == ""
    assert window.view.placeholderText() == "There are no records of this level yet."
