"""Where the documentation is."""

from __future__ import annotations

import contextlib
from pathlib import Path

from PySide6.QtCore import QUrl

_TITLES = {"documentation", "docs"}


def documentation() -> str:
    """Address of the documentation: the pages of a checkout, else the site of the package.

    Returns:
        The address; empty where there is neither.
    """
    root = Path(__file__).resolve().parents[3]
    # Beside an installed package, a folder of this name would be another package's.
    if (root / "mkdocs.yml").is_file():
        return QUrl.fromLocalFile(str(root / "docs")).toString()
    pages = project_pages().items()
    return next((address for name, address in pages if name.casefold() in _TITLES), "")


def project_pages() -> dict[str, str]:
    """Addresses of web pages by name, from the package's metadata."""
    import importlib.metadata  # a checkout does not need it at the start

    addresses = {}
    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        for line in importlib.metadata.metadata("uvanet").get_all("Project-URL") or ():
            name, _, address = line.partition(",")
            addresses[name.strip()] = address.strip()
    return addresses
