"""Translation of the strings in the window, with gettext catalogs in resources/i18n."""

from __future__ import annotations

import gettext

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

from uvanet.errors import UvanetError
from uvanet.paths import resource

SOURCE = "en"
"""Code of the language of the texts in the code."""

LANGUAGES = (SOURCE, "de")
"""Codes of the languages that the window speaks."""

_catalog = gettext.NullTranslations()
_QT_TEXTS = "qt-texts"  # name of the translator of Qt's own dialogs and buttons


def tr(text: str) -> str:
    """Returns `text` in the user's language, or unchanged where no translation is installed."""
    # gettext keeps the head of a catalog under the empty text.
    return _catalog.gettext(text) if text else ""


def tr_noop(text: str) -> str:
    """Marks a text that is declared at import and translated by `tr` when it is shown."""
    return text


def install_language(app: QCoreApplication, choice: str) -> None:
    """Installs the translation of a language in place of an earlier one; else English.

    Args:
        app: The application, before it has a window.
        choice: A code, or "system" for the language of the system.
    """
    global _catalog
    code = QLocale.system().name()[:2] if choice == "system" else choice
    _catalog = _read_catalog(code)
    for earlier in app.findChildren(QTranslator, _QT_TEXTS):
        app.removeTranslator(earlier)
        earlier.deleteLater()
    translator = QTranslator(app)
    translator.setObjectName(_QT_TEXTS)
    folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    if code in LANGUAGES and translator.load(f"qtbase_{code}", folder):
        app.installTranslator(translator)


def _read_catalog(code: str) -> gettext.NullTranslations:
    if code in LANGUAGES and code != SOURCE:
        try:
            with resource(f"i18n/{code}.mo").open("rb") as file:
                return gettext.GNUTranslations(file)
        except (OSError, UvanetError):  # a damaged installation speaks English
            pass
    return gettext.NullTranslations()
