"""Translation of the strings in the window."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication


def tr(text: str) -> str:
    """Returns `text` in the user's language, or unchanged if no translation is loaded.

    Texts that are declared at import (actions, names) stay English and are translated when they
    are shown, since the translator is installed later.
    """
    return QCoreApplication.translate("uvanet", text)
