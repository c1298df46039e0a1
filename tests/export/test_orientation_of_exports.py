"""Exports are mirrored and rotated as in the window, and so are their regions."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np
import pytest
from export_bench import SIZE, read_back
from export_bench import picture as upright

from uvanet.cli import main
from uvanet.sources.orientation import Orientation
from uvanet.video.exporter import export
from uvanet.video.job import ClipStyle, Job

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("quarters", range(4))
def test_a_file_shows_the_picture_turned(
    clip: Path, tmp_path: Path, mirrored: bool, quarters: int
) -> None:
    out, orientation = tmp_path / "out.mp4", Orientation(mirrored, quarters)
    bare = ClipStyle(panes=("original",), quality="best")
    result = export(Job(str(clip), (out,), look=bare, end=0.2, orientation=orientation))
    width, height = SIZE[::-1] if quarters % 2 else SIZE
    assert (result.source.width, result.source.height) == (width, height)
    first = next(iter(read_back(out)))
    assert np.abs(first.astype(int) - orientation.apply(upright(0))).mean() < 6


def test_a_region_lies_on_the_turned_picture(
    clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The square is at the left of the first frames, so in the mirror at the right."""
    mask = np.zeros((4, 4), bool)
    mask[:, 2:] = True
    np.savez(tmp_path / "regions.npz", right=mask)
    shares = []
    for turn in ([], ["--mirror"], ["--rotate", "180"]):
        out = tmp_path / f"rows{len(shares)}.csv"
        options = ["--regions", str(tmp_path / "regions.npz"), "--end", "0.3", "--quiet"]
        assert main(["predict", str(clip), "-o", str(out), *options, *turn]) == 0
        with out.open(newline="") as file:
            shares.append(np.mean([float(row["share:right"]) for row in csv.DictReader(file)]))
    assert shares[0] < 0.4
    assert min(shares[1:]) > shares[0] + 0.15
