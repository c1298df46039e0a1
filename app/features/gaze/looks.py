"""Selects the gaze to draw at a time: the point of each person, and the trail of the last ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.features.gaze.gaze_layer import Look
from uvanet.data.gaze_table import GazeTable

TRAIL_SECONDS = 0.6
"""Duration of a trail."""

_SAMPLE_SECONDS = 0.05  # longest time between a gaze sample and the frame


def looks_at(
    table: GazeTable, rows: NDArray[np.intp], points: NDArray[np.float64], seconds: float
) -> list[Look]:
    """Returns the looks at a time.

    Args:
        table: The table.
        rows: Rows of the last `TRAIL_SECONDS`, ascending, shape (n,).
        points: Points of these rows, x and y, 0..1 from the top left, shape (n, 2).
        seconds: Time in the table.
    """
    tolerance = 0.0 if table.kind == "fixations" else _SAMPLE_SECONDS
    current = set(table.places(seconds - tolerance, seconds).tolist())
    trails: dict[int, list[tuple[float, float]]] = {}
    last_rows: dict[int, int] = {}
    for row, (x, y) in zip(rows.tolist(), points.tolist(), strict=True):
        person = int(table.person[row])
        trails.setdefault(person, []).append((x, y))
        last_rows[person] = row
    looks = []
    for person, trail in trails.items():
        now = trail.pop() if last_rows[person] in current else None
        looks.append(Look(person, tuple(trail), now))
    return looks


def all_looks(table: GazeTable, points: NDArray[np.float64]) -> list[Look]:
    """Returns a look for each point on a still picture."""
    return [
        Look(int(person), (), (float(x), float(y)))
        for person, (x, y) in zip(table.person, points, strict=True)
    ]
