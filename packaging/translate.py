"""Brings the translations up to date: resources/i18n/LANGUAGE.po and .mo.

Collects the texts of `tr("...")`, `tr_noop("...")`, `MenuActions(menu, "...")` and
`@action("...", words="...")` in app/ and uvanet/, what a method with `@action` does by the first
line of its docstring, and the texts of models' cards; adds new ones to the .po files, drops those
that are no longer used, and compiles the .mo files.
Translators edit the .po files, with Poedit for example, and run this again. The exit code is 1
where texts lack a translation; they are printed.
"""

from __future__ import annotations

import ast
import sys
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from app.pipeline.stats import Drop
from uvanet.languages import LANGUAGES, SOURCE
from uvanet.model_card import read_card

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "resources" / "i18n"
_MARKS = {"tr": 0, "tr_noop": 0, "MenuActions": 1}  # position of the text


CARD = "of a model's card"
"""Comment of the texts of models' cards in the .po files."""


def card_texts() -> list[str]:
    """Descriptions and limits of the shipped models, from their cards."""
    cards = map(read_card, sorted((ROOT / "resources" / "weights").glob("*.json")))
    return [text for card in cards for text in (card.description, *card.limits)]


def texts_of(source: str) -> Iterator[str]:
    """The texts that a Python file marks for translation."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef) and any(map(_is_action, node.decorator_list)):
            yield (ast.get_docstring(node) or "").partition("\n")[0]
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
            continue
        if _is_action(node) or node.func.id in _MARKS:
            at = _MARKS.get(node.func.id, 0)
            words = [word.value for word in node.keywords if word.arg == "words"]
            for value in [*node.args[at : at + 1], *words]:
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    yield value.value


def _is_action(decorator: ast.expr) -> bool:
    function = decorator.func if isinstance(decorator, ast.Call) else None
    return isinstance(function, ast.Name) and function.id.split("_")[-1] == "action"


def new_catalog(code: str | None = None) -> Catalog:
    """An empty catalog; its head holds no date, so that equal texts give equal files."""
    made = Catalog(code, project="UVA-Net Live", version="0", charset="utf-8", fuzzy=False)
    made.msgid_bugs_address = made.last_translator = made.language_team = ""
    made.header_comment = "# Translations: see packaging/translate.py."
    made.creation_date = made.revision_date = datetime(2026, 1, 1, tzinfo=UTC)
    return made


def collect() -> Catalog:
    """All texts of the window and the library, each with the files that contain it."""
    found = new_catalog()
    for path in sorted(path for part in ("app", "uvanet") for path in (ROOT / part).rglob("*.py")):
        for text in texts_of(path.read_text(encoding="utf-8")):
            if text:
                found.add(text, locations=[(path.relative_to(ROOT).as_posix(), 0)])
    for text in map(str, Drop):
        found.add(text)
    for text in card_texts():
        found.add(text, auto_comments=[CARD])
    return found


def read(code: str) -> Catalog:
    """Reads the translations of a language; empty where there are none."""
    path = FOLDER / f"{code}.po"
    if not path.exists():
        return new_catalog(code)
    with path.open("rb") as file:
        return read_po(file, locale=code)


def compiled(catalog: Catalog) -> bytes:
    """A catalog in the form that gettext reads; texts without a translation are left out."""
    buffer = BytesIO()
    write_mo(buffer, catalog)
    return buffer.getvalue()


def main() -> int:
    """Updates all languages and prints the texts without a translation."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    texts, missing = collect(), 0
    for code in LANGUAGES:
        if code == SOURCE:
            continue
        catalog = read(code)
        catalog.update(texts, no_fuzzy_matching=True)
        catalog.obsolete.clear()
        with (FOLDER / f"{code}.po").open("wb") as file:
            write_po(file, catalog, sort_by_file=True, omit_header=False, width=100)
        (FOLDER / f"{code}.mo").write_bytes(compiled(catalog))
        for message in catalog:
            if message.id and not message.string:
                missing += 1
                print(f"{code}: {message.locations[:1]}: {message.id!r}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
