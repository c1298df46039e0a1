"""Where a student's knowledge comes from, for its card."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from uvanet.model_card import DataSource, read_card

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Provenance:
    """What a card says of the making.

    Attributes:
        description: One sentence.
        data: A row a set: name, licence, use.
        recipe: The command and every setting.
    """

    description: str
    data: list[DataSource]
    recipe: dict[str, Any]


def gaze_data() -> list[DataSource]:
    """The sets with human gaze, and the motion made from them."""
    sets = (
        ("OSIE (Xu et al., JoV 2014)", 15),
        ("Saliency in Crowd (Jiang et al., ECCV 2014)", 16),
        ("Scene structural guidance (Liang et al., 2015)", 12),
    )
    rows = [
        DataSource(f"{name}, train split", "MIT", f"pictures and gaze of {observers} observers")
        for name, observers in sets
    ]
    motion = DataSource(
        "Synthetic motion made from the above (uvanet.data.synthetic)",
        "MIT",
        "pairs of frames for the temporal branch",
    )
    return [*rows, motion]


def backbone_data(scale: int) -> DataSource:
    """What the teacher's backbone learned from."""
    return DataSource(
        f"EfficientNet-Lite{scale}, trained on ImageNet",
        "Apache-2.0",
        "frozen features of the spatial teacher, which labels all pictures",
    )


def teachers_data(files: Sequence[Path]) -> list[DataSource]:
    """What chosen teachers learned from, each set once; of one without a card, that it labelled."""
    mine = {row.name for row in gaze_data()}
    rows: dict[str, DataSource] = {}
    for path in files:
        beside = path.with_suffix(".json")
        if beside.is_file():
            rows |= {row.name: row for row in read_card(beside).data if row.name not in mine}
        else:
            use = "a teacher, which labels all pictures"
            rows[path.stem] = DataSource(path.stem, "its authors' terms", use)
    return list(rows.values())


def pool_data(pool: Path) -> list[DataSource]:
    """The sources of a pool, from its `sources.csv` (file, source, licence, credit)."""
    table = pool / "sources.csv"
    if not table.is_file():
        return [DataSource(pool.name, "the user's own", "labelled by the teacher")]
    with table.open(newline="", encoding="utf-8") as file:
        counts = Counter((row["source"], row["licence"]) for row in csv.DictReader(file))
    return [
        DataSource(source, license, f"{count} files, labelled by the teacher", count)
        for (source, license), count in sorted(counts.items())
    ]
