"""Reads tables of eye trackers, whose delimiter, encoding and header are detected.

Each line is decoded and split by itself, so that a damaged line does not affect others.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from io import BufferedReader
from pathlib import Path

from uvanet.data.gaze_files import need_file
from uvanet.errors import UsageError
from uvanet.i18n import tr, tr_noop
from uvanet.redaction import excerpt, printable

MAX_LINE = 1_000_000
"""Characters of a line; a longer one counts as several damaged rows."""
MAX_TEXT = 4_000_000_000
"""Characters of a file after decompression."""

_HEAD_LINES = 60
_HEAD_BYTES = 1 << 16
_DELIMITERS = ("\t", ";", ",")
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class DelimitedText:
    """A table in a text file.

    Attributes:
        path: The file; may be compressed by gzip.
        encoding: Its encoding. Bytes that are not UTF-8 are read as Windows-1252.
        delimiter: Tab, semicolon or comma.
        header: Names of the columns, without control characters; their numbers from 1 where the
            file has no header.
        first: Number of lines before the first row.
    """

    path: Path
    encoding: str
    delimiter: str
    header: tuple[str, ...]
    first: int

    @property
    def name(self) -> str:
        """The name of the file, for messages."""
        return printable(self.path.name)

    @property
    def columns(self) -> str:
        """The names of the first columns, for messages."""
        return excerpt(", ".join(excerpt(name) for name in self.header[:12]), 300)

    def rows(self) -> Iterator[list[str]]:
        """Reads the cells of each row that is not empty.

        Raises:
            UsageError: The file cannot be read, or is too long.
        """
        for index, line in enumerate(_lines(self.path, self.encoding)):
            if index >= self.first and line.strip():
                yield split(line, self.delimiter)


def open_text(path: Path) -> DelimitedText:
    """Detects encoding, delimiter and header of a table.

    Lines before the header, such as comments with "##", are skipped.

    Raises:
        UsageError: The file is missing, empty, or no table of at least two columns.
    """
    encoding = _encoding(need_file(path, tr_noop("Choose another file.")))
    lines: list[str] = []
    for line in _lines(path, encoding):
        lines.append(line)
        if len(lines) == _HEAD_LINES:
            break
    for index, line in enumerate(lines):
        delimiter = max(_DELIMITERS, key=lambda mark: len(split(line, mark)))
        cells = split(line.removeprefix("#"), delimiter)
        if len(cells) < 2 or line.startswith("##") or "\0" in line:
            continue
        below = next((text for text in lines[index + 1 :] if text.strip()), "")
        numbers = [not math.isnan(number(cell)) for cell in cells]
        if sum(numbers) > len(cells) / 2:  # data from here on
            names = tuple(str(column + 1) for column in range(len(cells)))
            return DelimitedText(path, encoding, delimiter, names, index)
        if not below or len(split(below, delimiter)) >= 2:
            names = tuple(printable(cell.strip()) for cell in cells)
            return DelimitedText(path, encoding, delimiter, names, index + 1)
    raise _no_table(path)


def split(line: str, delimiter: str) -> list[str]:
    """Splits a line into cells and removes their quotes."""
    line = line.rstrip("\r\n")
    if '"' not in line:
        return line.split(delimiter)
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:  # a cell is longer than the limit of the module csv
        return line.split(delimiter)


def number(cell: str) -> float:
    """Reads a number with a decimal point or comma; NaN where the cell holds none."""
    try:
        return float(cell)
    except ValueError:
        pass
    point, comma = cell.rfind("."), cell.rfind(",")
    if comma < 0:
        return math.nan
    # The last of the two marks precedes the decimals; the other separates thousands.
    text = cell.replace(".", "").replace(",", ".") if comma > point else cell.replace(",", "")
    try:
        return float(text)
    except ValueError:
        return math.nan


def _no_table(path: Path) -> UsageError:
    return UsageError(
        tr("{name} is no table with at least two columns.").format(name=printable(path.name)),
        tr("Export the gaze as CSV or TSV, with the names of the columns in the first line."),
    )


def _open(path: Path) -> gzip.GzipFile | BufferedReader:
    with path.open("rb") as file:
        compressed = file.read(2) == _GZIP
    return gzip.open(path, "rb") if compressed else path.open("rb")


def _encoding(path: Path) -> str:
    try:
        with _open(path) as file:
            head = file.read(_HEAD_BYTES)
    except (OSError, EOFError, zlib.error) as error:
        raise _unreadable(path, error) from error
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    zeros = head[:1000].count(0)
    if zeros > len(head[:1000]) / 4:  # UTF-16 of mostly Latin letters, without its mark
        return "utf-16-le" if head[1:1000:2].count(0) > zeros / 2 else "utf-16-be"
    return "utf-8"


def _lines(path: Path, encoding: str) -> Iterator[str]:
    errors = "replace" if encoding.startswith("utf-16") else "surrogateescape"
    length = 0
    try:
        with _open(path) as raw, io.TextIOWrapper(raw, encoding, errors) as file:
            for line in iter(partial(file.readline, MAX_LINE), ""):
                length += len(line)
                if length > MAX_TEXT:
                    raise UsageError(
                        tr("{name} is too long.").format(name=printable(path.name)),
                        tr("Export a part of it."),
                    )
                yield line if line.isascii() else _repaired(line)
    except (OSError, EOFError, zlib.error) as error:
        raise _unreadable(path, error) from error


def _repaired(line: str) -> str:
    """Reads the bytes of a line that are not UTF-8 as Windows-1252."""
    try:
        line.encode()
    except UnicodeEncodeError:
        return line.encode("utf-8", "surrogateescape").decode("cp1252", "replace")
    return line


def _unreadable(path: Path, error: BaseException) -> UsageError:
    reason = getattr(error, "strerror", None) or str(error) or tr("it is damaged")
    return UsageError(
        tr("{name} cannot be read: {reason}.").format(name=printable(path.name), reason=reason),
        tr("Choose another file."),
    )
