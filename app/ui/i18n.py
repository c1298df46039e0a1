"""The language of the window: of its own texts, and of the texts and number fields of Qt."""

from __future__ import annotations

import os

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

from uvanet import languages
from uvanet.i18n import tr, tr_noop

__all__ = ["install_language", "tr", "tr_noop"]

_QT_TEXTS = "qt-texts"  # object name of the translator of Qt's dialogs and buttons


def install_language(app: QCoreApplication, choice: str) -> None:
    """Installs the translation of a language; English if there is no translation.

    Commands that the window starts use the same language.

    Args:
        app: The application, before it has a window.
        choice: Code of a language, such as "de", or "system" for the language of the system.
    """
    code = QLocale.system().name()[:2] if choice == "system" else choice
    languages.install_language(code)
    os.environ[languages.VARIABLE] = code
    if code not in languages.LANGUAGES:
        locale = QLocale(languages.SOURCE)
    elif choice == "system":  # with the formats of the country
        locale = QLocale.system()
    else:
        locale = QLocale(code)
    QLocale.setDefault(locale)  # for number fields
    for earlier in app.findChildren(QTranslator, _QT_TEXTS):
        app.removeTranslator(earlier)
        earlier.deleteLater()
    translator = QTranslator(app)
    translator.setObjectName(_QT_TEXTS)
    folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    if code in languages.LANGUAGES and translator.load(f"qtbase_{code}", folder):
        app.installTranslator(translator)
