"""A row a frame, beside a clip: as CSV for spreadsheets, as JSON with how it was made."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
from typing import TYPE_CHECKING, Any

from uvanet.atomic_io import temporary_name
from uvanet.errors import OutputError
from uvanet.video.frame_stats import Got, Shares, peak, spread
from uvanet.video.sink import Annotated, Sink, remove, unwritable

if TYPE_CHECKING:
    from io import FileIO
    from pathlib import Path


class Table(Sink):
    """A file that grows by a row a frame.

    Each row: `frame`, its number in the source; `time`, seconds in the source; `clip_time`,
    seconds in what is written; `peak_x` and `peak_y`, the highest point, 0..1 from the left and
    the top; `entropy` of the raw map, 0 (one point) to 1 (the same everywhere); `share:NAME` of
    each region, 0..1.

    Args:
        path: The file.
        shares: Of the regions.
    """

    def __init__(self, path: Path, shares: Shares) -> None:
        self._path = path
        self._part = temporary_name(path)
        self._shares = shares
        self._file: FileIO | None = None
        self._count = 0
        self._whole = 0  # bytes up to the end of the last whole row
        self._last_row = 0
        self._full = False
        self.columns = ["frame", "time", "clip_time", "peak_x", "peak_y", "entropy"]
        self.columns += [f"share:{name}" for name in shares.names]

    def write(self, item: Annotated) -> None:
        """See `Sink.write`."""
        x, y = peak(item.saliency)
        values = [item.frame.index, round(item.frame.pts, 6), round(float(item.at), 6)]
        values += [round(x, 4), round(y, 4), round(spread(item.saliency), 5)]
        values += [round(share, 5) for share in self._shares.of(item.saliency).values()]
        try:
            if self._file is None:
                self._file = self._part.open("w+b", buffering=0)
                self._put(self._head())
            start = self._whole
            self._put(self._row(values))
        except OSError as error:
            raise unwritable(self._path, error) from error
        self._last_row = start
        self._count += 1

    def close(self) -> str:
        """See `Sink.close`."""
        if self._file is not None:
            try:
                self._put(self._foot())
                self._file.close()
                self._part.replace(self._path)
            except OSError as error:
                raise unwritable(self._path, error) from error
        return ""

    def keep(self) -> int:
        """See `Sink.keep`; where the disk is full, the last row makes room for a short end."""
        self._full = True
        for _ in range(2):
            if self._file is None or not self._count:
                break
            try:
                self._file.truncate(self._whole)
                self._file.seek(self._whole)
                self.close()
            except (OSError, OutputError):
                self._whole, self._count = self._last_row, self._count - 1
            else:
                return self._count
        self.abort()
        return 0

    def abort(self) -> None:
        """See `Sink.abort`."""
        if self._file is not None:
            self._file.close()
            remove(self._part)

    def _put(self, text: str) -> None:
        """Writes all of a text or raises; unbuffered, so that nothing is lost unnoticed."""
        assert self._file is not None
        data = text.encode()
        if self._file.write(data) != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._whole += len(data)

    def _head(self) -> str:
        raise NotImplementedError

    def _row(self, values: list[Any]) -> str:
        raise NotImplementedError

    def _foot(self) -> str:
        return ""


class CsvTable(Table):
    """The table as CSV; the last columns say which model and settings made the row.

    Args:
        path: The file.
        shares: Of the regions.
        model: The model's name.
        settings: How the pictures look.
    """

    def __init__(self, path: Path, shares: Shares, model: str, settings: dict[str, Any]) -> None:
        super().__init__(path, shares)
        self._made = [
            model,
            " ".join(f"{name}={settings[name]}" for name in settings if name != "panes"),
        ]

    def _head(self) -> str:
        return _line([*self.columns, "model", "settings"])

    def _row(self, values: list[Any]) -> str:
        return _line([*values, *self._made])


class JsonTable(Table):
    """The table as JSON: an object with the facts of the export, its `rows`, and `summary`.

    The last is what each region got, as `uvanet.video.frame_stats.Got` tells it.

    Args:
        path: The file.
        shares: Of the regions.
        facts: Stand before the rows.
    """

    def __init__(self, path: Path, shares: Shares, facts: dict[str, Any]) -> None:
        super().__init__(path, shares)
        self._facts = facts
        self._got = Got(shares)

    def _head(self) -> str:
        facts = json.dumps(self._facts, ensure_ascii=False, indent=1)
        return facts.removesuffix("\n}") + ',\n "rows": [\n  '

    def _row(self, values: list[Any]) -> str:
        comma = ",\n  " if self._count else ""
        row = dict(zip(self.columns, values, strict=True))
        at = (row["peak_x"], row["peak_y"])
        self._got.add(row["clip_time"], at, values[len(values) - len(self._shares.names) :])
        return comma + json.dumps(row, ensure_ascii=False)

    def _foot(self) -> str:
        if self._full:
            return "\n ]\n}\n"
        summary = json.dumps(self._got.summary(), ensure_ascii=False)
        return f'\n ],\n "summary": {summary}\n}}\n'


def _line(values: list[Any]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(values)
    return text.getvalue()
