"""Tables with one row per frame: CSV for spreadsheets, JSON with the facts of the export."""

from __future__ import annotations

import errno
import json
import os
from array import array
from typing import TYPE_CHECKING, Any

from uvanet.analysis.map_stats import entropy, peak, region_shares
from uvanet.analysis.regions import RegionTotals
from uvanet.csv_text import csv_text
from uvanet.video.muxing import unwritable
from uvanet.video.sinks import Sink
from uvanet.video.writer import claim, commit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from io import FileIO
    from pathlib import Path

    from uvanet.analysis.regions import RegionMask
    from uvanet.atomic_io import Part
    from uvanet.video.annotated_frame import AnnotatedFrame


class Table(Sink):
    """A file that grows by one row per frame.

    Columns: `frame`, index in the source; `time`, seconds in the source; `clip_time`, seconds in
    the exported clip; `peak_x` and `peak_y`, the highest point, 0..1 from the left and the top;
    `entropy` of the raw map, 0 (one cell) to 1 (uniform); `share:NAME` of each region, 0..1.

    Args:
        path: The file.
        regions: The regions whose shares are columns.
    """

    def __init__(self, path: Path, regions: Sequence[RegionMask]) -> None:
        super().__init__(path)
        self._regions = regions
        self._part: Part | None = None
        self._file: FileIO | None = None
        self._ends = array("Q")  # bytes up to the end of each row
        self._cut = False
        self.columns = ["frame", "time", "clip_time", "peak_x", "peak_y", "entropy"]
        self.columns += [f"share:{region.name}" for region in regions]

    def write(self, item: AnnotatedFrame) -> None:
        """See `Sink.write`."""
        x, y = peak(item.saliency)
        values = [item.frame.index, round(item.frame.pts, 6), round(float(item.at), 6)]
        values += [round(x, 4), round(y, 4), round(entropy(item.saliency), 5)]
        values += [round(share, 5) for share in region_shares(item.saliency, self._regions)]
        try:
            if self._file is None:
                self._part = claim(self.path)
                # Unbuffered, so that no loss goes unnoticed.
                self._file = self._part.path.open("w+b", buffering=0)
                self._put(self._head())
            self._put(self._row(item, values))
        except OSError as error:
            raise unwritable(self.path, error) from error
        self._ends.append(self._file.tell())

    def available(self) -> int:
        """See `Sink.available`; the last row makes room for the end of the table."""
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

    def commit(self) -> None:
        """See `Sink.commit`."""
        assert self._part is not None
        commit(self._part)

    def abort(self) -> None:
        """See `Sink.abort`."""
        if self._file is not None:
            self._file.close()
        if self._part is not None:
            self._part.discard()

    def _put(self, text: str) -> None:
        """Writes all of a text or raises."""
        assert self._file is not None
        data = text.encode("utf-8", "backslashreplace")
        if self._file.write(data) != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _head(self) -> str:
        raise NotImplementedError

    def _row(self, item: AnnotatedFrame, values: list[Any]) -> str:
        raise NotImplementedError

    def _foot(self) -> str:
        return ""


class CsvTable(Table):
    """The table as CSV; the last two columns are the model and the settings.

    Args:
        path: The file.
        regions: The regions whose shares are columns.
        model: The model's name.
        settings: The style of the clip.
    """

    def __init__(
        self, path: Path, regions: Sequence[RegionMask], model: str, settings: dict[str, Any]
    ) -> None:
        super().__init__(path, regions)
        words = " ".join(f"{name}={settings[name]}" for name in settings if name != "panes")
        self._constants = [model, words]

    def _head(self) -> str:
        return csv_text([[*self.columns, "model", "settings"]])

    def _row(self, item: AnnotatedFrame, values: list[Any]) -> str:
        return csv_text([[*values, *self._constants]])


class JsonTable(Table):
    """The table as JSON: an object with the facts of the export, `rows`, and `summary`.

    `summary` holds for each region `share`, its mean, 0..1; `entries`, how often the peak entered
    it; and `first_peak`, seconds of the clip of its first peak or null.

    Args:
        path: The file.
        regions: The regions whose shares are columns.
        facts: Fields before the rows.
    """

    def __init__(self, path: Path, regions: Sequence[RegionMask], facts: dict[str, Any]) -> None:
        super().__init__(path, regions)
        self._facts = facts
        self._totals = [RegionTotals() for _ in regions]

    def _head(self) -> str:
        facts = json.dumps(self._facts, ensure_ascii=False, indent=1)
        return facts.removesuffix("\n}") + ',\n "rows": [\n  '

    def _row(self, item: AnnotatedFrame, values: list[Any]) -> str:
        comma = ",\n  " if self._ends else ""
        row = dict(zip(self.columns, values, strict=True))
        height, width = item.saliency.shape
        place = int(row["peak_y"] * height), int(row["peak_x"] * width)
        for region, totals in zip(self._regions, self._totals, strict=True):
            inside = bool(region.mask(height, width)[place])
            totals.add(row["clip_time"], row[f"share:{region.name}"], inside)
        return comma + json.dumps(row, ensure_ascii=False)

    def _foot(self) -> str:
        # The totals are those of all rows.
        if self._cut:
            return "\n ]\n}\n"
        summary = {}
        for region, totals in zip(self._regions, self._totals, strict=True):
            got = totals.summary()
            summary[region.name] = {
                "share": round(got.share, 5),
                "entries": got.entries,
                "first_peak": got.first,
            }
        return f'\n ],\n "summary": {json.dumps(summary, ensure_ascii=False)}\n}}\n'
