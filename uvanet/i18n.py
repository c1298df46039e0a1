"""Marks the texts that people read, and translates them; see `uvanet.languages`."""

from __future__ import annotations

import gettext

_catalog = gettext.NullTranslations()


def tr(text: str) -> str:
    """Returns `text` in the installed language, or unchanged where none is installed."""
    # gettext stores the header of a catalog under the empty text.
    return _catalog.gettext(text) if text else ""


def tr_noop(text: str) -> str:
    """Marks a text that is declared at import and translated by `tr` when it is shown."""
    return text


def language() -> str:
    """Code of the installed language, such as "de"; "en" where none is installed."""
    return _catalog.info().get("language", "en")


def install_catalog(catalog: gettext.NullTranslations) -> None:
    """Sets the catalog of `tr`, in place of an earlier one."""
    global _catalog
    _catalog = catalog
