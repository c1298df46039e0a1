"""Translation of the strings in the window."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QLocale, QTranslator

from uvanet.errors import UvanetError
from uvanet.paths import resource

_SOURCE = "en"  # the language of the texts in the code
_KNOWN = (_SOURCE, "de")


def tr(text: str) -> str:
    """Returns `text` in the user's language, or unchanged if no translation is loaded.

    Texts that are declared at import (actions, names) stay English and are translated when they
    are shown, since the translator is installed later.
    """
    return QCoreApplication.translate("uvanet", text)


def languages() -> list[str]:
    """Returns the codes of the languages that the window speaks."""
    return [code for code in _KNOWN if code == _SOURCE or _translation(code)]


def install_language(app: QCoreApplication, choice: str) -> None:
    """Installs the translation of a language; English where there is none.

    Args:
        app: The application, before it has a window.
        choice: A code, or "system" for the language of the system.
    """
    code = QLocale.system().name()[:2] if choice == "system" else choice
    path = _translation(code) if code in _KNOWN else ""
    translator = QTranslator(app)
    if path and translator.load(path):
        app.installTranslator(translator)


def _translation(code: str) -> str:
    """Returns the path of a translation; empty where there is none."""
    try:
        return str(resource(f"i18n/uvanet_{code}.qm"))
    except UvanetError:
        return ""
