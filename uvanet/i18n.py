"""Translates the texts that people read, and formats the numbers in them.

The language is installed by `uvanet.languages`.
"""

from __future__ import annotations

import gettext
import string
from numbers import Real

_catalog = gettext.NullTranslations()

_DECIMAL_COMMAS = str.maketrans(".,", ",.")
_DECIMAL_COMMA_LANGUAGES = {"de"}


def tr(text: str) -> str:
    """Returns `text` in the installed language, or unchanged where none is installed.

    The `format` of the result writes numbers as that language does.
    """
    if not text:  # gettext stores the header of a catalog under the empty text
        return ""
    translated = _catalog.gettext(text)
    # A text without fields is a plain str, since msgspec encodes no subclass of str.
    return _Text(translated) if "{" in text else translated


def tr_noop(text: str) -> str:
    """Marks a text that is declared at import and translated by `tr` when it is shown."""
    return text


def number_text(value: float | Real, form: str = "g") -> str:
    """Formats a number with the decimal mark of the installed language.

    For people only: tables, JSON and arguments of commands have points in every language.

    Args:
        value: The number.
        form: A format specification of Python, such as ".2f" or ".0%".
    """
    text = format(value, form)
    if language() in _DECIMAL_COMMA_LANGUAGES:
        text = text.translate(_DECIMAL_COMMAS)
    return text.replace("%", "\N{NO-BREAK SPACE}%")


def percent_text(share: float, decimals: int = 0) -> str:
    """Formats a share, 0..1, in percent.

    Shares of regions over a picture or a film have one decimal everywhere; what changes with each
    frame has none.
    """
    return number_text(share, f".{decimals}%")


def language() -> str:
    """Code of the installed language, such as "de"; "en" where none is installed."""
    return _catalog.info().get("language", "en")


def install_catalog(catalog: gettext.NullTranslations) -> None:
    """Sets the catalog of `tr`, in place of an earlier one."""
    global _catalog
    _catalog = catalog


class _Numbers(string.Formatter):
    def format_field(self, value: object, format_spec: str) -> str:
        if isinstance(value, Real):
            return number_text(value, format_spec)
        return str(super().format_field(value, format_spec))


_NUMBERS = _Numbers()


class _Text(str):
    """A text whose `format` writes numbers with `number_text`."""

    __slots__ = ()

    def format(self, *args: object, **fields: object) -> str:
        return _NUMBERS.vformat(self, args, fields)
