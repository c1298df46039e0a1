"""Makes addresses and names safe to show, log and write: without secrets and control characters."""

from __future__ import annotations

import logging
import os
import re
from pathlib import Path

_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*://)([^\s'\"<>]*)")
# Control characters (terminals obey them), marks that reverse the direction of text, and lone
# surrogates (they cannot be encoded).
_INVISIBLE = "\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff"
_IN_TEXT = re.compile(f"[{_INVISIBLE}]")
_IN_NAMES = re.compile(f"[{_INVISIBLE}\t\n]")


def redact(text: str) -> str:
    """Removes user names, passwords, queries and fragments from all addresses in a text.

    Tokens travel in queries, so they go too. An address need not be valid.
    """
    return _ADDRESS.sub(lambda match: match[1] + _without_secrets(match[2]), text)


def redact_source(spec: str) -> str:
    """Like `redact`, for a text that selects a source: an address as a whole, even with spaces."""
    scheme, mark, rest = spec.partition("://")
    return f"{scheme}{mark}{_without_secrets(rest)}" if mark else spec


def printable(name: str | Path) -> str:
    r"""Gives a file name or path as one line that every encoder and terminal takes.

    Control characters, and bytes that are not UTF-8, become escapes such as "\x1b".
    """
    return _IN_NAMES.sub(_escape, os.fspath(name))


def visible(text: str) -> str:
    """Escapes the characters that `printable` escapes, except line breaks and tabs."""
    return _IN_TEXT.sub(_escape, text)


def safe(text: str) -> str:
    """Makes a message safe to show: addresses without secrets, control characters as escapes."""
    return visible(redact(text))


class SafeFormatter(logging.Formatter):
    """Formats log records and tracebacks safely: see `safe`."""

    def format(self, record: logging.LogRecord) -> str:
        """Returns the text of a record."""
        return safe(super().format(record))


def excerpt(text: str, length: int = 60) -> str:
    """Gives a value from outside for a message, shortened to `length` characters."""
    return text if len(text) <= length else f"{text[: length - 3]}..."


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    if 0xDC80 <= code <= 0xDCFF:  # a byte of a file name that is not UTF-8
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def _without_secrets(rest: str) -> str:
    address = re.split(r"[?#]", rest, maxsplit=1)[0]
    # A password may contain an unescaped slash or "@": only text after the last "@" is shown.
    shown = address.rpartition("@")[2]
    # Where a port is no number, the host may have been forgotten: name:password/path. The address
    # may end a sentence.
    return re.sub(r"^([^/:[]*):(?!\d*(/|[.,;:)]?$))[^/]*", r"\1", shown)
