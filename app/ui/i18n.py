"""The language of the window: that of `uvanet.i18n`, and that of Qt's own texts and fields."""

from __future__ import annotations

import os

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

from uvanet import languages
from uvanet.i18n import tr, tr_noop

__all__ = ["install_language", "tr", "tr_noop"]

_QT_TEXTS = "qt-texts"  # name of the translator of Qt's own dialogs and buttons


def install_language(app: QCoreApplication, choice: str) -> None:
    """Installs the translation of a language in place of an earlier one; else English.

    Commands that the window starts speak it too.

    Args:
        app: The application, before it has a window.
        choice: A code, or "system" for the language of the system.
    """
    code = QLocale.system().name()[:2] if choice == "system" else choice
    languages.install_language(code)
    os.environ[languages.VARIABLE] = code
    if code not in languages.LANGUAGES:
        locale = QLocale(languages.SOURCE)
    elif choice == "system":  # with the customs of the country
        locale = QLocale.system()
    else:
        locale = QLocale(code)
    QLocale.setDefault(locale)  # of fields for numbers
    for earlier in app.findChildren(QTranslator, _QT_TEXTS):
        app.removeTranslator(earlier)
        earlier.deleteLater()
    translator = QTranslator(app)
    translator.setObjectName(_QT_TEXTS)
    folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    if code in languages.LANGUAGES and translator.load(f"qtbase_{code}", folder):
        app.installTranslator(translator)
