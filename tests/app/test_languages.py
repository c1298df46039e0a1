"""Languages: catalogs that belong to the texts of the code, and a program that speaks German."""

import ast
import gettext
import importlib.util
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from command_kit import run_command
from PySide6.QtWidgets import QDialogButtonBox
from window_bench import ALL_ACTIONS

from app.runtime.settings import SettingsStore, settings_path
from app.shell.preferences import PreferencesDialog
from app.shell.settings import WindowSettings
from app.ui.i18n import install_language
from uvanet import i18n, languages
from uvanet.errors import UvanetError
from uvanet.paths import resource

_ROOT = Path(__file__).resolve().parents[2]
_SCRIPT = _ROOT / "packaging" / "translate.py"
_FIELD = re.compile(r"\{[^}]*\}")


@pytest.fixture(scope="module")
def translate():
    pytest.importorskip("babel", reason="Babel, which reads .po files, is not installed")
    spec = importlib.util.spec_from_file_location("translate", _SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(autouse=True)
def english_afterwards(qapp):
    yield
    install_language(qapp, "en")


class Missing(gettext.NullTranslations):
    """Collects the texts that a catalog does not have."""

    def __init__(self):
        super().__init__()
        self.texts = set()

    def gettext(self, message):
        self.texts.add(message)
        return message


@pytest.fixture
def german(home, launch, clip):
    """The program in German, paused on a clip."""
    store = SettingsStore(settings_path())
    store.section(WindowSettings).language = "de"
    store.write(store.text())
    bench = launch(clip)
    bench.until(lambda: bench.presenter.overlay_seen)
    bench.pause()
    return bench


def entries(translate):
    return [entry for entry in translate.read("de") if entry.id]


def of_code(translate, catalog):
    """The texts of a catalog but those of models' cards, which come and go with the models."""
    return sorted(one.id for one in catalog if one.id and translate.CARD not in one.auto_comments)


def error_names():
    """Names of `UvanetError` and of all classes that derive from it."""
    names, families = set(), [UvanetError]
    while families:
        family = families.pop()
        names.add(family.__name__)
        families += family.__subclasses__()
    return names


def words(node):
    """The words in an expression; calls are left out, as `tr` and what makes a value."""
    if isinstance(node, ast.Constant) and re.search("[a-z]{3}", str(node.value)):
        yield node.value
    if not isinstance(node, ast.Call | ast.Subscript):
        for part in ast.iter_child_nodes(node):
            yield from words(part)


def unmarked_errors(source, names):
    """Words in the arguments of errors that no `tr` marks."""
    for call in ast.walk(ast.parse(source)):
        if isinstance(call, ast.Call) and ast.unparse(call.func).split(".")[-1] in names:
            for argument in call.args:
                yield from words(argument)


def test_unmarked_errors_are_found():
    marked = "SourceError(tr('it {a}').format(a='any'))"
    plain = "SourceError(f'{x} is missing'), errors.UsageError(a, 'Copy it' if b else '')"
    names = {"SourceError", "UsageError"}
    assert list(unmarked_errors(f"{marked}, {plain}", names)) == [" is missing", "Copy it"]


def test_every_text_of_an_error_is_marked():
    for path in sorted(path for part in ("app", "uvanet") for path in (_ROOT / part).rglob("*.py")):
        found = list(unmarked_errors(path.read_text(encoding="utf-8"), error_names()))
        assert found == [], path


def test_marked_texts_are_found(translate):
    declared = '@d_action("c", "Ctrl+C", words="e")\ndef f(): "f"\ndef g(): "g"'
    source = f'tr("a"); tr_noop("b"); tr(other); d_action = MenuActions(Menu.FILE, "d")\n{declared}'
    assert sorted(translate.texts_of(source)) == ["a", "b", "c", "d", "e", "f"]


def test_tables_of_texts_are_marked():
    """A table in which `tr` looks up a text holds marked texts alone."""
    for path in sorted((_ROOT / "app").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        looked_up = {
            name.id
            for call in ast.walk(tree)
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "tr"
            for name in ast.walk(call.args[0])
            if isinstance(name, ast.Name)
        }
        for node in tree.body:
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict):
                unmarked = [one for one in node.value.values if isinstance(one, ast.Constant)]
                names = {ast.unparse(target) for target in node.targets}
                assert not (names & looked_up and unmarked), f"{path}: {names}"


def test_the_compiled_catalog_belongs_to_the_po_file(translate):
    compiled = (translate.FOLDER / "de.mo").read_bytes()
    assert compiled == translate.compiled(translate.read("de")), "run packaging/translate.py"


def test_every_text_has_a_german_translation(translate):
    catalog = translate.read("de")
    texts = of_code(translate, translate.collect())
    assert [text for text in texts if not (catalog.get(text) and catalog.get(text).string)] == []
    assert texts == of_code(translate, catalog)


def test_translations_keep_the_fields_of_their_text(translate):
    for entry in entries(translate):
        assert sorted(_FIELD.findall(entry.string)) == sorted(_FIELD.findall(entry.id)), entry.id
        spaces = (entry.id[0] == " ", entry.id[-1] == " ")
        assert (entry.string[0] == " ", entry.string[-1] == " ") == spaces, entry.id


def test_the_window_speaks_german(german):
    titles = [action.text().replace("&", "") for action in german.window.menuBar().actions()]
    assert titles == [
        "Datei", "Bearbeiten", "Ansicht", "Wiedergabe", "Auswerten", "Modelle", "Hilfe",
    ]  # fmt: skip
    assert german.actions["quit"].text() == "Beenden"
    box = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
    assert box.button(QDialogButtonBox.StandardButton.Cancel).text() == "Abbrechen"


def test_no_text_on_the_way_through_the_window_is_english(german):
    missing = Missing()
    i18n._catalog.add_fallback(missing)
    german.trigger("choose_models")
    german.trigger("preferences")
    german.trigger("about")
    german.trigger("find_command")
    german.trigger("export_clip")
    german.qtbot.waitUntil(lambda: german.window.findChild(PreferencesDialog).isVisible())
    assert missing.texts == set()


def test_each_command_has_a_german_name_of_its_own(translate):
    """Frames and slides had the same names in one menu, and so had one and all regions."""
    catalog = translate.read("de")
    names = [catalog.get(spec.text).string for spec in ALL_ACTIONS]
    assert {name for name in names if names.count(name) > 1} == set()


def test_errors_of_the_library_are_german_in_the_window(german, tmp_path):
    german.session.open(str(tmp_path / "fehlt.mp4"))
    german.until(lambda: "gibt es nicht" in german.window.banner.message)
    assert "fehlt.mp4" in german.window.banner.message
    assert german.window.banner.hint == "Prüfen Sie die Schreibweise des Pfades."


def test_the_command_line_is_english_unless_asked(home, tmp_path, monkeypatch):
    ask = ["predict", str(tmp_path / "fehlt.mp4"), "-o", str(tmp_path / "a.csv")]
    monkeypatch.setenv("LANG", "de_DE.UTF-8")
    assert "does not exist" in run_command(*ask).stderr
    monkeypatch.setenv("UVANET_LANGUAGE", "de")
    assert "gibt es nicht" in run_command(*ask).stderr


def test_a_report_is_german_where_it_is_asked(home, tmp_path, monkeypatch):
    picture, page = tmp_path / "poster.png", tmp_path / "poster.html"
    cv2.imwrite(str(picture), np.random.default_rng(0).integers(0, 255, (90, 160, 3), np.uint8))
    monkeypatch.setenv("UVANET_LANGUAGE", "de")
    done = run_command("report", picture, "-o", page)
    assert done.returncode == 0, done.stderr
    text = page.read_text(encoding="utf-8")
    assert '<html lang="de">' in text
    assert "Dies ist eine Vorhersage." in text
    assert "Bekannte Grenzen des Modells" in text
    english = ("Predicted", "Source", "Size", "Known limits", "Settings", "Accuracy", "Trained on")
    assert [word for word in english if f">{word}" in text] == []


def test_the_side_panel_holds_the_longer_words(german):
    panel = german.slots.panel
    assert panel.widget().minimumSizeHint().width() <= panel.viewport().width()


CATALOG = resource("i18n/de.mo").read_bytes()
CUT_OFF = [CATALOG[:length] for length in (0, 10, 5_000, 100_000)]


@pytest.mark.parametrize("content", [*CUT_OFF, CATALOG.replace(b"utf-8", b"utf-9", 1)])
def test_texts_stay_english_where_the_catalog_is_damaged(content, tmp_path, monkeypatch):
    damaged = tmp_path / "de.mo"
    damaged.write_bytes(content)
    monkeypatch.setattr(languages, "resource", lambda _: damaged)
    languages.install_language("de")
    assert i18n.tr("Quit") == "Quit"


def test_an_unknown_language_is_english(qapp):
    install_language(qapp, "xx")
    assert i18n.tr("Quit") == "Quit"
