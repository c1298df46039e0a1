"""One rule for what of an address and a name may be shown, logged or written."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*://)([^\s'\"<>]*)")


def redact(text: str) -> str:
    """Removes user names, passwords, queries and fragments from all addresses in a text.

    Tokens travel in queries, so they go too. An address need not be valid.
    """
    return _ADDRESS.sub(lambda found: found[1] + _without_secrets(found[2]), text)


def printable(path: str | Path) -> str:
    """Gives a path as text that every encoder takes; bytes that are not UTF-8 become escapes."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _without_secrets(rest: str) -> str:
    address = re.split(r"[?#]", rest, maxsplit=1)[0]
    # A password may hold an unescaped slash or at sign: nothing before the last one is shown.
    return address.rpartition("@")[2]
