"""CSV text that is safe in spreadsheets: no cell becomes a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

from uvanet.i18n import number_text
from uvanet.redaction import visible

# Characters with which a formula begins in spreadsheets (OWASP, "CSV Injection").
_FORMULA = re.compile(r"[=+\-@\t\uff1d\uff0b\uff0d\uff20]")
_NUMBER = re.compile(r"[+-]?(\d+[.,]?\d*|\.\d+)(e[+-]?\d+)?|[+-]?(inf|nan)", re.IGNORECASE)


def csv_text(rows: Iterable[Sequence[object]]) -> str:
    """Gives rows as CSV (RFC 4180, but with line feeds).

    Args:
        rows: Numbers, or text from outside such as names, see `as_text_cell`.
    """
    return _written(rows, ",")


def clipboard_text(rows: Iterable[Sequence[object]]) -> str:
    """Gives rows as a spreadsheet pastes them: tabs, and the decimal mark of the language.

    Args:
        rows: See `csv_text`; a float gets the decimal mark, a number written as text does not.
    """
    return _written(
        (
            [number_text(cell, "") if isinstance(cell, float) else cell for cell in row]
            for row in rows
        ),
        "\t",
    )


def as_text_cell(value: object) -> object:
    """Puts an apostrophe before text that a spreadsheet would take for a formula.

    Numbers, also those written as text, stay as they are. Control characters become escapes.
    """
    if not isinstance(value, str) or _NUMBER.fullmatch(value):
        return value
    text = visible(value)
    return f"'{text}" if _FORMULA.match(text) else text


def _written(rows: Iterable[Sequence[object]], delimiter: str) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n", delimiter=delimiter).writerows(
        map(as_text_cell, row) for row in rows
    )
    return text.getvalue()
