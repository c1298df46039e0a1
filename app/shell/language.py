"""The choice of the language."""

from __future__ import annotations

from typing import get_args

from app.shell.feature import Preference
from app.shell.settings import LanguageChoice, WindowSettings
from app.ui.build import combo_box
from app.ui.i18n import tr
from uvanet.languages import LANGUAGES

_NAMES = {"en": "English", "de": "Deutsch"}


def language_preference(settings: WindowSettings) -> Preference:
    """Makes the preference of the language; offers the languages that have a translation."""
    choices: tuple[LanguageChoice, ...] = get_args(LanguageChoice)
    entries = [(code, _NAMES[code]) for code in choices if code in LANGUAGES]
    widget = combo_box(
        tr("Language"),
        tr("Language of the window, from the next start on"),
        [("system", tr("System")), *entries],
    )
    widget.setCurrentIndex(max(0, widget.findData(settings.language)))

    def choose() -> None:
        settings.language = widget.currentData()

    widget.activated.connect(lambda _: choose())
    words = tr("English German Deutsch translation")
    return Preference(tr("Appearance"), tr("Language (at the next start)"), widget, words)
