"""Translation of every string a user reads."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication


def tr(text: str) -> str:
    """Gives `text` in the user's language, or as it is where no translation is loaded.

    Data that is declared at import (actions, names) keeps the English text and passes it
    through here when it is shown, since the translator is installed later.
    """
    return QCoreApplication.translate("uvanet", text)
