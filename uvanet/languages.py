"""Languages of errors, notes and reports: gettext catalogs in resources/i18n."""

from __future__ import annotations

import gettext

from uvanet.errors import UvanetError
from uvanet.i18n import install_catalog
from uvanet.paths import resource

SOURCE = "en"
"""Code of the language of the texts in the code."""

LANGUAGES = (SOURCE, "de")
"""Codes of the languages that have a catalog."""

VARIABLE = "UVANET_LANGUAGE"
"""Environment variable with the language of the command line, "en" where it is not set. The
language of the system is not followed, since scripts read what the commands print."""


def install_language(code: str) -> None:
    """Installs a language in place of an earlier one; English where `code` has no catalog."""
    install_catalog(read_catalog(code))


def read_catalog(code: str) -> gettext.NullTranslations:
    """Reads the catalog of a language; an empty one where there is none."""
    if code in LANGUAGES and code != SOURCE:
        try:
            with resource(f"i18n/{code}.mo").open("rb") as file:
                return gettext.GNUTranslations(file)
        except (OSError, UvanetError):  # a damaged installation speaks English
            pass
    return gettext.NullTranslations()
