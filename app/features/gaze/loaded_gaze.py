"""The gaze that is loaded, as one value that undo can give back."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from uvanet.data.gaze_mapping import GazeMapping
    from uvanet.data.gaze_table import GazeTable
    from uvanet.evaluation.gaze_scores import GazeScores


class LoadedGaze(NamedTuple):
    """A table of gaze with its scores; without arguments, that none is loaded.

    Attributes:
        table: The gaze on the current source; None without one.
        name: Name of its file or files.
        outside: Number of points that are not on the picture.
        files: Files of the table.
        mapping: Meaning of the columns; None where they are recognized.
        pictures: Names of the files of a folder, by frame; empty where the table names none.
        offset: Seconds to add to the times of the table.
        scores: The scores of the last comparison; None without one.
    """

    table: GazeTable | None = None
    name: str = ""
    outside: int = 0
    files: Sequence[Path] = ()
    mapping: GazeMapping | None = None
    pictures: Sequence[str] = ()
    offset: float = 0.0
    scores: GazeScores | None = None
