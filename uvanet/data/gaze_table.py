"""Gaze of people on one source, as an eye tracker recorded it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from uvanet.data.gaze import Gaze
from uvanet.errors import UsageError
from uvanet.i18n import tr

GazeKind = Literal["fixations", "samples"]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Rows of a table that give no point.

    Attributes:
        damaged: Rows with too few cells, or a time that is no number.
        without_gaze: Rows without a position, such as blinks and rows of other sensors.
        other_events: Rows that are no fixation, off the surface, or below `MIN_CONFIDENCE`.
    """

    damaged: int = 0
    without_gaze: int = 0
    other_events: int = 0

    def __add__(self, other: LeftOut) -> LeftOut:
        return LeftOut(
            self.damaged + other.damaged,
            self.without_gaze + other.without_gaze,
            self.other_events + other.other_events,
        )


@dataclass(frozen=True, slots=True, eq=False)
class GazeTable:
    """Fixations or gaze samples of one or more people, ordered by time.

    Attributes:
        kind: "fixations", or "samples", the single measurements of the eye tracker.
        time: Start of each fixation or time of each sample, seconds of the source, float64, (n,).
        duration: Seconds, float64, (n,); 0 for samples.
        points: x right and y down, float64, (n, 2), in the unit of `size`.
        size: Width and height of the coordinate system; (1, 1) for shares of the picture; None for
            pixels of the picture itself.
        person: Number of the person of each row, int32, (n,).
        persons: Names by number.
        stimulus: Number of the stimulus of each row, int32, (n,).
        stimuli: Names by number, such as files of pictures; one empty name where the table names
            none.
        format: Name of the program or device that wrote the table; empty for a mapping by hand.
        left_out: Rows that give no point.
        notes: Sentences on what was assumed in reading.
    """

    kind: GazeKind
    time: NDArray[np.float64]
    duration: NDArray[np.float64]
    points: NDArray[np.float64]
    size: tuple[float, float] | None
    person: NDArray[np.int32]
    persons: tuple[str, ...]
    stimulus: NDArray[np.int32]
    stimuli: tuple[str, ...] = ("",)
    format: str = ""
    left_out: LeftOut = field(default_factory=LeftOut)
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.time)

    @property
    def end(self) -> float:
        """Time at which the last fixation or sample ends, seconds; 0 for an empty table."""
        return float((self.time + self.duration).max()) if len(self) else 0.0

    def shifted(self, seconds: float) -> GazeTable:
        """Returns the table with all times later by some seconds."""
        return replace(self, time=self.time + seconds)

    def of(self, name: str) -> GazeTable:
        """Returns the gaze on one stimulus; the whole table if it has at most one stimulus.

        Names are compared as file names, with and without their endings; case and folders do not
        matter.

        Args:
            name: Name of the source: a file name, a path or a title.

        Returns:
            May be empty.
        """
        if len(self.stimuli) == 1:
            return self
        numbers = [i for i, known in enumerate(self.stimuli) if is_same_stimulus(known, name)]
        return self._rows(np.isin(self.stimulus, numbers))

    def on(self, size: tuple[int, int]) -> NDArray[np.float64]:
        """All points in pixels of a picture of this width and height; (n, 2)."""
        if self.size is None:
            return self.points
        return self.points * np.divide(size, self.size)

    def outside(self, size: tuple[int, int]) -> int:
        """Number of points that are not on a picture of this width and height."""
        points = self.on(size)
        return int((~((points >= 0) & (points < size)).all(1)).sum())

    def between(self, start: float, end: float, size: tuple[int, int]) -> Gaze:
        """Returns the fixations or samples of a span of time.

        Args:
            start: Seconds.
            end: Seconds, at least `start`; equal to it for the fixations at one moment.
            size: Width and height of the picture, pixels.

        Returns:
            The points on the picture, and their persons.
        """
        places = self.places(start, end)
        return self._gaze(places, size)

    def all(self, size: tuple[int, int]) -> Gaze:
        """Returns the points of all times on a picture of this width and height."""
        return self._gaze(np.arange(len(self)), size)

    def places(self, start: float, end: float) -> NDArray[np.intp]:
        """Returns the row numbers of the fixations or samples of a span of time, see `between`."""
        longest = float(self.duration.max()) if len(self) else 0.0
        low = int(np.searchsorted(self.time, start - longest, "left"))
        high = int(np.searchsorted(self.time, end, "right"))
        running = self.time[low:high] + self.duration[low:high] >= start
        return low + np.flatnonzero(running)

    def _gaze(self, places: NDArray[np.intp], size: tuple[int, int]) -> Gaze:
        points = self.points[places]
        if self.size is not None:
            points = points * np.divide(size, self.size)
        inside = ((points >= 0) & (points < size)).all(1)
        return Gaze(size, points[inside].astype(np.float32), observers=self.person[places][inside])

    def _rows(self, kept: NDArray[np.bool_]) -> GazeTable:
        return replace(
            self,
            time=self.time[kept],
            duration=self.duration[kept],
            points=self.points[kept],
            person=self.person[kept],
            stimulus=self.stimulus[kept],
        )


def is_same_stimulus(name: str, other: str) -> bool:
    """Whether two names belong to one stimulus, see `GazeTable.of`."""
    first, second = (
        PurePosixPath(text.replace("\\", "/")).name.strip().casefold() for text in (name, other)
    )
    stems = {PurePosixPath(first).stem, PurePosixPath(second).stem}
    return bool(first) and (first == second or len(stems) == 1)


def join(tables: Sequence[GazeTable]) -> GazeTable:
    """Joins tables into one, for example one file for each person.

    Raises:
        UsageError: There is no table, or the tables differ in kind or coordinate system.
    """
    if not tables:
        raise UsageError(tr("No table of gaze was named."), tr("Name at least one file."))
    if len(tables) == 1:
        return tables[0]
    if len({(table.kind, table.size) for table in tables}) > 1:
        raise UsageError(
            tr(
                "The tables differ: some hold fixations and some samples, or their coordinates "
                "have different units."
            ),
            tr("Export all of them in one form."),
        )
    persons = _unique([name for table in tables for name in table.persons])
    stimuli = _unique([name for table in tables for name in table.stimuli])
    time = np.concatenate([table.time for table in tables])
    order = np.argsort(time, kind="stable")

    person = [_renumbered(table.person, table.persons, persons) for table in tables]
    stimulus = [_renumbered(table.stimulus, table.stimuli, stimuli) for table in tables]
    return GazeTable(
        tables[0].kind,
        time[order],
        np.concatenate([table.duration for table in tables])[order],
        np.concatenate([table.points for table in tables])[order],
        tables[0].size,
        np.concatenate(person)[order],
        persons,
        np.concatenate(stimulus)[order],
        stimuli,
        ", ".join(_unique([table.format for table in tables if table.format])),
        sum((table.left_out for table in tables), LeftOut()),
        _unique([note for table in tables for note in table.notes]),
    )


def _renumbered(
    numbers: NDArray[np.int32], own: Sequence[str], names: Sequence[str]
) -> NDArray[np.int32]:
    return np.array([names.index(name) for name in own], np.int32)[numbers]


def _unique(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
