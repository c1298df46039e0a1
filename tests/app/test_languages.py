"""Languages: catalogs that belong to the texts of the code, and a window that speaks German."""

import ast
import gettext
import importlib.util
import re
from pathlib import Path

import pytest
from PySide6.QtWidgets import QDialogButtonBox

from app.runtime.settings import SettingsStore, settings_path
from app.shell.preferences import PreferencesDialog
from app.shell.settings import WindowSettings
from app.ui import i18n

_SCRIPT = Path(__file__).resolve().parents[2] / "packaging" / "translate.py"
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
    i18n.install_language(qapp, "en")


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


def test_marked_texts_are_found(translate):
    source = 'tr("a"); tr_noop("b"); tr(other)\n@action("c", Menu.FILE, submenu="d")\ndef f(): ...'
    assert sorted(translate.texts_of(source)) == ["a", "b", "c", "d"]


def test_tables_of_texts_are_marked():
    """A table in which `tr` looks up a text holds marked texts alone."""
    for path in sorted((_SCRIPT.parents[1] / "app").rglob("*.py")):
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
    texts = [entry.id for entry in translate.collect() if entry.id]
    assert [text for text in texts if not (catalog.get(text) and catalog.get(text).string)] == []
    assert sorted(texts) == sorted(entry.id for entry in entries(translate))


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


def test_the_side_panel_holds_the_longer_words(german):
    panel = german.slots.panel
    assert panel.widget().minimumSizeHint().width() <= panel.viewport().width()


def test_an_unknown_language_is_english(qapp):
    i18n.install_language(qapp, "xx")
    assert i18n.tr("Quit") == "Quit"
