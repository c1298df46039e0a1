"""Reads a table of fixations or gaze samples, see `uvanet.load_gaze`."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from uvanet.data.delimited_text import DelimitedText, number, open_text
from uvanet.data.gaze_mapping import MIN_CONFIDENCE, SECONDS, GazeMapping, named_unit, recognize
from uvanet.data.gaze_table import GazeTable, LeftOut, join
from uvanet.errors import UsageError
from uvanet.i18n import tr, tr_noop
from uvanet.paths import expand_user
from uvanet.redaction import excerpt, printable

MAX_ROWS = 5_000_000
"""Fixations or samples of one table: hours of many people at 60 samples a second."""

_COUNTS = frozenset({"fixation", "true", "yes", "1"})
_MAX_NAMES, _MAX_GROUPS = 10_000, 1_000_000
_WORLD = "world_timestamps.csv"
_CLOCK = 1e6  # seconds; times that begin later count from 1970 or from the start of a machine
_UNIT_NAMES = {
    "s": tr_noop("seconds"),
    "ms": tr_noop("milliseconds"),
    "us": tr_noop("microseconds"),
    "ns": tr_noop("nanoseconds"),
}


class UnknownColumnsError(UsageError):
    """The columns of a table are not recognized; a mapping is needed.

    Attributes:
        text: The table.
    """

    def __init__(self, text: DelimitedText) -> None:
        super().__init__(
            tr("The columns of {name} are not known: {columns}.").format(
                name=text.name, columns=text.columns
            ),
            tr("Say which of them hold the time, x and y."),
        )
        self.text = text


def load_gaze(
    path: str | Path | Sequence[str | Path], mapping: GazeMapping | None = None
) -> GazeTable:
    """Reads fixations or gaze samples of people.

    Exports of Pupil Player, Pupil Cloud, Tobii Pro Lab and EyeLink Data Viewer and plain tables
    with columns such as time, x, y, duration, person and image are recognized by their headers.

    Args:
        path: The table, as CSV or TSV, or several tables, for example one for each person.
        mapping: Meaning of the columns; None to recognize them by their names.

    Returns:
        The table. A person without a name is named after the file.

    Raises:
        UsageError: A file is missing or no table, a column is missing, or no row has a point;
            `UnknownColumnsError` where the columns are not recognized.
    """
    if isinstance(path, str | Path):
        return read_table(open_text(expand_user(path)), mapping)
    return join([read_table(open_text(expand_user(table)), mapping) for table in path])


def read_table(
    text: DelimitedText,
    mapping: GazeMapping | None = None,
    rows: Iterable[list[str]] | None = None,
) -> GazeTable:
    """Reads an open table, or some of its rows.

    Args:
        text: The table.
        mapping: See `load_gaze`.
        rows: Cells of the rows, for a preview; None for all rows of the file.

    Raises:
        UsageError: See `load_gaze`.
    """
    mapping = mapping or recognize(text.header)
    if mapping is None:
        raise UnknownColumnsError(text)
    collected = _Rows(text, mapping)
    for cells in text.rows() if rows is None else rows:
        collected.add(cells)
    return collected.table()


@dataclass
class _Names:
    """Numbers names in the order of their first use."""

    limit: int = _MAX_NAMES
    numbers: dict[str, int] = field(default_factory=dict)

    def of(self, name: str) -> int:
        number = self.numbers.setdefault(name, len(self.numbers))
        if number >= self.limit:
            raise UsageError(
                tr("A column has more than {most:,} different names.").format(most=self.limit),
                tr("Choose another column for the person or the picture."),
            )
        return number


class _Rows:
    """Collects the points of a table."""

    def __init__(self, text: DelimitedText, mapping: GazeMapping) -> None:
        self._text, self._mapping = text, mapping
        place = {name: index for index, name in reversed(list(enumerate(text.header)))}

        def find(name: str, *, needed: bool = False) -> int:
            if (name or needed) and name not in place:
                raise UsageError(
                    tr("{name} has no column {column!r}.").format(
                        name=text.name, column=excerpt(name)
                    ),
                    tr("Its columns are {header}.").format(header=text.columns),
                )
            return place[name] if name else -1

        self._x, self._y = find(mapping.x, needed=True), find(mapping.y, needed=True)
        self._time, self._duration = find(mapping.time), find(mapping.duration)
        self._person, self._stimulus = find(mapping.person), find(mapping.stimulus)
        self._event, self._fixation = find(mapping.event), find(mapping.fixation)
        self._confidence, self._trial = find(mapping.confidence), find(mapping.trial)
        self._frame = find(mapping.frame)
        self._width, self._height = find(mapping.width_column), find(mapping.height_column)
        # A row must have cells up to this column; later ones may be missing.
        self._last = max(self._x, self._y, self._time, self._duration)
        self._values = array("d")  # time, duration, x, y, frame
        self._numbers = array("q")  # person, stimulus, group of the origin
        self._persons, self._stimuli, self._groups = _Names(), _Names(), _Names(_MAX_GROUPS)
        self._starts: dict[int, float] = {}
        self._running: dict[int, str] = {}
        self._size = mapping.size
        self._damaged = self._without = self._other = 0

    def add(self, cells: list[str]) -> None:
        def cell(place: int) -> str:
            return cells[place].strip() if 0 <= place < len(cells) else ""

        if len(cells) <= self._last:
            self._damaged += 1
            return
        time = number(cells[self._time]) if self._time >= 0 else 0.0
        if not math.isfinite(time):
            self._damaged += 1
            return
        name, stimulus, trial = cell(self._person), cell(self._stimulus), cell(self._trial)
        if self._stimulus >= 0 and not stimulus:  # between two stimuli
            self._other += 1
            return
        group = self._groups.of(f"{name}\0{stimulus}\0{trial}")
        self._starts[group] = min(time, self._starts.get(group, math.inf))
        if self._event >= 0 and cell(self._event).lower() not in _COUNTS:
            self._other += 1
            return
        x, y = number(cells[self._x]), number(cells[self._y])
        if not (math.isfinite(x) and math.isfinite(y)):
            self._without += 1
            return
        if self._confidence >= 0 and number(cell(self._confidence)) < MIN_CONFIDENCE:
            self._other += 1
            return
        if self._fixation >= 0:
            # These tables have a row for each sample or frame of a fixation.
            fixation = cell(self._fixation)
            if fixation and self._running.get(group) == fixation:
                return
            self._running[group] = fixation
        if self._size is None and self._width >= 0:
            width, height = number(cell(self._width)), number(cell(self._height))
            if width >= 1 and height >= 1:
                self._size = (round(width), round(height))
        if len(self._values) >= 5 * MAX_ROWS:
            raise UsageError(
                tr("{name} holds more than {most:,} points.").format(
                    name=self._text.name, most=MAX_ROWS
                ),
                tr("Export a part of it, or fixations."),
            )
        duration = number(cells[self._duration]) if self._duration >= 0 else 0.0
        self._values.extend((time, duration, x, y, number(cell(self._frame))))
        self._numbers.extend((self._persons.of(name), self._stimuli.of(stimulus), group))

    def table(self) -> GazeTable:
        text, mapping = self._text, self._mapping
        left_out = LeftOut(self._damaged, self._without, self._other)
        if not self._values:
            raise UsageError(
                tr(
                    "No row of {name} has a time and a position: {damaged} are damaged, "
                    "{without_gaze} have no position, {other_events} are other events."
                ).format(
                    name=text.name,
                    damaged=left_out.damaged,
                    without_gaze=left_out.without_gaze,
                    other_events=left_out.other_events,
                ),
                tr("Check which columns hold the time, x and y."),
            )
        values = np.frombuffer(self._values, np.float64).reshape(-1, 5)
        numbers = np.frombuffer(self._numbers, np.int64).reshape(-1, 3)
        notes: list[str] = []
        fixations = bool(mapping.duration) or mapping.fixations
        unit = (
            mapping.time_unit
            or named_unit(mapping.time)
            or _guessed_time_unit(values[:, 0], numbers[:, 2], fixations, notes)
        )
        scale = SECONDS[unit]
        duration_unit = mapping.duration_unit or named_unit(mapping.duration) or unit
        duration = values[:, 1] * SECONDS[duration_unit]
        time = (values[:, 0] - self._zeros(values, numbers[:, 2], scale, notes)) * scale
        time = time + mapping.offset
        position = mapping.position_unit or _guessed_position_unit(values[:, 2:4], notes)
        points = values[:, 2:4].copy()
        size = (1.0, 1.0) if position == "norm" else self._size
        if mapping.y_up:
            if size is None:
                raise UsageError(
                    tr("y grows upwards in {name}, and the height in pixels is not known.").format(
                        name=text.name
                    ),
                    tr("Give the size of the screen too."),
                )
            points[:, 1] = size[1] - points[:, 1]
        order = np.argsort(time, kind="stable")
        persons = tuple(printable(name or text.path.stem) for name in self._persons.numbers)
        return GazeTable(
            "fixations" if fixations else "samples",
            time[order],
            np.nan_to_num(np.maximum(duration, 0.0), nan=0.0, posinf=0.0)[order],
            points[order],
            size,
            numbers[order, 0].astype(np.int32),
            persons,
            numbers[order, 1].astype(np.int32),
            tuple(self._stimuli.numbers),
            mapping.format,
            left_out,
            tuple(notes),
        )

    def _zeros(
        self, values: NDArray[np.float64], groups: NDArray[np.int64], scale: float, notes: list[str]
    ) -> NDArray[np.float64] | float:
        """Time zero of each row, in the unit of the table."""
        if self._time < 0:
            return 0.0
        if self._mapping.origin == "table":
            if values[:, 0].min() * scale < _CLOCK:
                return 0.0
            notes.append(tr("Times count from the first row, since they are those of a clock."))
        if self._mapping.origin == "world":
            if (first := _world_start(self._text.path)) is not None:
                return first
            if (fitted := _frame_zero(values[:, 0], values[:, 4])) is not None:
                return fitted
            notes.append(
                tr(
                    "Times count from the first row, since there is no {file} beside the table."
                ).format(file=_WORLD)
            )
        starts = np.array([self._starts[group] for group in range(len(self._starts))])
        return np.asarray(starts[groups], np.float64)


def _world_start(path: Path) -> float | None:
    """Time stamp of the scene camera's first frame; None without a file of time stamps."""
    for folder in (path.absolute().parent, path.absolute().parent.parent):
        try:
            row = next(open_text(folder / _WORLD).rows(), [])
        except UsageError:
            continue
        numbers = [number(cell) for cell in row]
        # Of the columns, section and recording are no numbers, and "pts" comes last.
        known = [value for value in numbers if math.isfinite(value)]
        if known:
            return known[0]
    return None


def _frame_zero(time: NDArray[np.float64], frame: NDArray[np.float64]) -> float | None:
    """Time of frame 0, by a line fitted to times and frame numbers; None where unknown."""
    known = np.isfinite(frame)
    if not known.any():
        return None
    time, frame = time[known], frame[known]
    if np.ptp(frame) == 0:
        return float(time.min()) if frame[0] == 0 else None
    center = time.mean()  # time stamps may have many digits before the point
    slope, level = np.polyfit(frame, time - center, 1)
    return float(level + center) if slope > 0 else None


def _guessed_time_unit(
    time: NDArray[np.float64], groups: NDArray[np.int64], fixations: bool, notes: list[str]
) -> str:
    """Guesses the unit from the steps between rows: samples 1 to 40 ms, fixations 0.1 to 2 s."""
    order = np.lexsort((time, groups))
    steps = np.diff(time[order])[np.diff(groups[order]) == 0]
    steps = steps[steps > 0]
    if not steps.size and float(time.max()) < 1000:
        return "s"
    step = float(np.median(steps)) if steps.size else float(time.max())
    whole = bool((time == np.floor(time)).all()) and float(time.max()) >= 1000
    longest = 0.2 if whole and not fixations else 5.0
    fitting = [unit for unit in _UNIT_NAMES if 0.0005 <= step * SECONDS[unit] <= longest]
    fitting = fitting or [unit for unit in _UNIT_NAMES if step * SECONDS[unit] <= 5.0]
    unit = next(iter(fitting), "ns")
    text = tr("Times were taken for {unit}, since the table does not tell their unit.")
    notes.append(text.format(unit=tr(_UNIT_NAMES[unit])))
    return unit


def _guessed_position_unit(points: NDArray[np.float64], notes: list[str]) -> str:
    inside = float(((points >= -0.5) & (points <= 1.5)).all(1).mean())
    if inside >= 0.9:
        notes.append(tr("Positions were taken for shares of the picture, 0 to 1."))
        return "norm"
    return "px"
