"""Languages of errors, notes and reports: gettext catalogs in resources/i18n."""

from __future__ import annotations

import gettext
import struct

from uvanet.errors import UvanetError
from uvanet.i18n import install_catalog
from uvanet.paths import resource

SOURCE = "en"
"""Code of the language of the texts in the code."""

LANGUAGES = (SOURCE, "de")
"""Codes of the languages that have a catalog."""

VARIABLE = "UVANET_LANGUAGE"
"""Environment variable with the language of the command line; "en" if it is not set. The language
of the system is not used, since scripts read the output of the commands."""


def install_language(code: str) -> None:
    """Installs a language in place of an earlier one; English if `code` has no catalog."""
    install_catalog(read_catalog(code))


def read_catalog(code: str) -> gettext.NullTranslations:
    """Reads the catalog of a language; an empty catalog if it is missing or damaged."""
    if code in LANGUAGES and code != SOURCE:
        try:
            with resource(f"i18n/{code}.mo").open("rb") as file:
                return gettext.GNUTranslations(file)
        except (LookupError, OSError, UvanetError, ValueError, struct.error):
            pass
    return gettext.NullTranslations()
