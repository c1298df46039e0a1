"""Tables with one row per frame (CSV, JSON) or one row per region (CSV); see docs/tables.md."""

from __future__ import annotations

import abc
import errno
import json
import os
from array import array
from collections.abc import Sequence
from io import FileIO
from pathlib import Path
from typing import Any

from uvanet.analysis.map_stats import entropy, peak, region_shares
from uvanet.analysis.region_summary import (
    RegionSummary,
    RegionTracker,
    summary_cells,
    summary_rows,
    table_names,
)
from uvanet.analysis.regions import RegionMask
from uvanet.csv_text import csv_text
from uvanet.redaction import printable
from uvanet.video.annotated_frame import AnnotatedFrame
from uvanet.video.muxing import unwritable
from uvanet.video.sinks import FileSink, WholeFile
from uvanet.video.writer import claim


class Table(FileSink):
    """A file that grows by one row per frame.

    Columns: `frame`, index in the source; `time_s`, seconds in the source; `clip_time_s`, seconds
    in the exported clip; `peak_x` and `peak_y`, the highest point, 0..1 from the left and the top;
    `entropy` of the raw map, 0 (one cell) to 1 (uniform); `share:NAME` of each region, 0..1. For a
    folder of pictures, the column `file` with the name of the picture follows `frame`.

    Args:
        path: The file.
        regions: The regions whose shares are columns.
        pictures: The files of a folder by the index of their frames; empty for other sources.
    """

    def __init__(
        self, path: Path, regions: Sequence[RegionMask], pictures: Sequence[Path] = ()
    ) -> None:
        super().__init__(path)
        self._pictures = pictures
        self._regions = regions
        self._file: FileIO | None = None
        self._ends = array("Q")  # bytes up to the end of each row
        self._cut = False
        self.columns = ["frame", "file"] if pictures else ["frame"]
        self.columns += ["time_s", "clip_time_s", "peak_x", "peak_y", "entropy"]
        self.columns += [f"share:{name}" for name in table_names(regions)]

    def write(self, item: AnnotatedFrame) -> None:
        """See `Sink.write`."""
        x, y = peak(item.saliency)
        index = item.frame.index
        values: list[Any] = [index]
        if self._pictures:
            values.append(printable(self._pictures[index].name))
        values += [round(item.frame.pts, 6), round(float(item.at), 6)]
        values += [round(x, 4), round(y, 4), round(entropy(item.saliency), 5)]
        shares = region_shares(item.saliency, self._regions)
        values += [round(share, 5) for share in shares]
        try:
            if self._file is None:
                self._part = claim(self.path)
                # Unbuffered, so that each write that fails is noticed.
                self._file = self._part.path.open("w+b", buffering=0)
                self._put(self._head())
            self._put(self._row(item, values, shares))
        except OSError as error:
            raise unwritable(self.path, error) from error
        self._ends.append(self._file.tell())

    def available(self) -> int:
        """See `Sink.available`; the space of the last row is needed for the end of the table."""
        return max(0, len(self._ends) - 1)

    def stage(self, frames: int | None = None) -> None:
        """See `Sink.stage`."""
        assert self._file is not None
        try:
            if frames is not None:
                self._cut = frames < len(self._ends)
                self._file.truncate(self._ends[frames - 1])
                self._file.seek(self._ends[frames - 1])
            self._put(self._foot())
            self._file.close()
        except OSError as error:
            raise unwritable(self.path, error) from error

    def abort(self) -> None:
        """See `Sink.abort`."""
        if self._file is not None:
            self._file.close()
        super().abort()

    def _put(self, text: str) -> None:
        """Writes a text completely.

        Raises:
            OSError: The disk is full, or writing failed.
        """
        assert self._file is not None
        data = text.encode("utf-8", "backslashreplace")
        if self._file.write(data) != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    @abc.abstractmethod
    def _head(self) -> str: ...

    @abc.abstractmethod
    def _row(self, item: AnnotatedFrame, values: list[Any], shares: Sequence[float]) -> str: ...

    def _foot(self) -> str:
        return ""


class CsvTable(Table):
    """The table as CSV; the last two columns are the model and the settings.

    Args:
        path: The file.
        regions: The regions whose shares are columns.
        model: The model's name.
        settings: The style of the clip.
        pictures: See `Table`.
    """

    def __init__(
        self,
        path: Path,
        regions: Sequence[RegionMask],
        model: str,
        settings: dict[str, Any],
        pictures: Sequence[Path] = (),
    ) -> None:
        super().__init__(path, regions, pictures)
        style = " ".join(f"{name}={settings[name]}" for name in settings if name != "panes")
        self._constants = [model, style]

    def _head(self) -> str:
        return csv_text([[*self.columns, "model", "settings"]])

    def _row(self, item: AnnotatedFrame, values: list[Any], shares: Sequence[float]) -> str:
        return csv_text([[*values, *self._constants]])


class JsonTable(Table):
    """The table as JSON: an object with the facts of the export, `rows`, and `summary`.

    `summary` has the rows of the region table, see `uvanet.analysis.region_summary`.

    Args:
        path: The file.
        regions: The regions whose shares are columns.
        facts: Fields before the rows.
        summary: Collects the rows of the region table.
        pictures: See `Table`.
    """

    def __init__(
        self,
        path: Path,
        regions: Sequence[RegionMask],
        facts: dict[str, Any],
        summary: RegionRows,
        pictures: Sequence[Path] = (),
    ) -> None:
        super().__init__(path, regions, pictures)
        self._facts = facts
        self._summary = summary

    def _head(self) -> str:
        facts = json.dumps(self._facts, ensure_ascii=False, indent=1)
        return facts.removesuffix("\n}") + ',\n "rows": [\n  '

    def _row(self, item: AnnotatedFrame, values: list[Any], shares: Sequence[float]) -> str:
        comma = ",\n  " if self._ends else ""
        row = dict(zip(self.columns, values, strict=True))
        self._summary.add(item, shares)
        return comma + json.dumps(row, ensure_ascii=False)

    def _foot(self) -> str:
        # The summary covers all rows, so it is left out if some were cut off.
        if self._cut:
            return "\n ]\n}\n"
        rows = json.dumps(self._summary.rows(), ensure_ascii=False)
        return f'\n ],\n "summary": {rows}\n}}\n'


class RegionRows:
    """Collects the rows of the region table, see `uvanet.analysis.region_summary`.

    Args:
        regions: The regions.
        source: Name of the source.
        model: Name of the model.
        slides: The pictures of slides, which get rows of their own; empty for other sources.
    """

    def __init__(
        self, regions: Sequence[RegionMask], source: str, model: str, slides: Sequence[Path]
    ) -> None:
        self._regions, self._source, self._model, self._slides = regions, source, model, slides
        self._tracker = RegionTracker(regions)
        self._rows: list[dict[str, object]] = []

    def add(self, item: AnnotatedFrame, shares: Sequence[float]) -> None:
        """Adds a frame.

        Args:
            item: The frame.
            shares: Share of the attention of each region, 0..1.
        """
        if not self._slides:
            self._tracker.add(float(item.at), item.saliency, shares)
            return
        source = printable(self._slides[item.frame.index])
        summaries = [RegionSummary(share, 0.0, None, 0) for share in shares]
        self._rows += summary_rows(source, self._model, 0.0, self._regions, summaries)

    def rows(self) -> list[dict[str, object]]:
        """Rows with the keys `SUMMARY_COLUMNS`: one per region, for slides per region and slide."""
        if self._slides:
            return self._rows
        summaries, duration = self._tracker.summaries(), self._tracker.duration
        return summary_rows(self._source, self._model, duration, self._regions, summaries)


class RegionTable(WholeFile):
    """The region table as CSV: one row per region.

    Args:
        path: The file.
        regions: The regions.
        rows: Collects the rows.
    """

    def __init__(self, path: Path, regions: Sequence[RegionMask], rows: RegionRows) -> None:
        super().__init__(path)
        self._regions, self._rows = regions, rows

    def _add(self, item: AnnotatedFrame) -> None:
        self._rows.add(item, region_shares(item.saliency, self._regions))

    def _content(self) -> bytes:
        return csv_text(summary_cells(self._rows.rows())).encode("utf-8", "backslashreplace")
