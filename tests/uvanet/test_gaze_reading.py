"""Reading of gaze: each file once, changed tables, damaged files."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import gaze_trees as trees
import numpy as np
import pytest
from example_predictors import bright, flat

from uvanet.data import fixations
from uvanet.data.gaze_files import picture_size, read_rgb
from uvanet.errors import UsageError
from uvanet.evaluation.baselines import center_prior
from uvanet.evaluation.evaluator import evaluate_predictors
from uvanet.evaluation.predictors import FunctionPredictor

if TYPE_CHECKING:
    from pathlib import Path


def test_each_picture_is_decoded_once_and_the_table_is_parsed_once(
    gaze_tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[str] = []
    opened: list[object] = []
    decode, open_table = fixations.read_rgb, gzip.open

    def read_rgb(path: Path) -> np.ndarray:
        decoded.append(path.name)
        return decode(path)

    def counting_open(path: Path, *arguments: object, **options: object) -> object:
        opened.append(path)
        return open_table(path, *arguments, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(fixations, "read_rgb", read_rgb)
    monkeypatch.setattr("uvanet.data.gaze_files.read_rgb", read_rgb)
    monkeypatch.setattr(gzip, "open", counting_open)
    baseline = center_prior(fixations.read_split(gaze_tree, "train"))
    assert decoded == []
    data = fixations.read(gaze_tree, "val")
    rows = [FunctionPredictor("bright", bright), FunctionPredictor("flat", flat)]
    scores = evaluate_predictors(data, rows, baseline=baseline)
    assert sorted(decoded) == sorted(picture.path.name for picture in data.pictures)
    assert len(opened) == 1
    assert not np.isnan(scores.values["bright"]).any()


def test_a_changed_table_is_parsed_again(gaze_tree: Path) -> None:
    before = fixations.read_split(gaze_tree, "val")
    table = gaze_tree / "fixations" / "fixations.csv.gz"
    rows = gzip.decompress(table.read_bytes()).decode().splitlines()
    table.write_bytes(gzip.compress("\n".join(rows[:2]).encode()))
    after = fixations.read_split(gaze_tree, "val")
    assert sum(len(one.fixations) for one in after) < sum(len(one.fixations) for one in before)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no gzip",
        gzip.compress(b"a,b\n1,2\n"),
        gzip.compress(b"dataset,image,observer,x,y\nmade,a.jpg,0,nan,5\n"),
        gzip.compress(b"dataset,image,observer,x,y\nmade,a.jpg,0,left,5\n"),
        gzip.compress(b"dataset,image,observer,x,y\nmade,a.jpg,0,1,5\n")[:-9],
        gzip.compress(b"")[:10] + bytes([255] * 40),
    ],
    ids=["empty", "no gzip", "other columns", "not a number", "no number", "truncated", "changed"],
)
def test_a_damaged_table_is_a_usage_error(gaze_tree: Path, content: bytes) -> None:
    (gaze_tree / "fixations" / "fixations.csv.gz").write_bytes(content)
    if content:
        with pytest.raises(UsageError, match=r"fixations\.csv\.gz is damaged"):
            fixations.read_split(gaze_tree, "val")
    else:
        assert not any(len(one.fixations) for one in fixations.read_split(gaze_tree, "val"))


def test_the_size_of_a_picture_is_that_of_its_decoded_form(tmp_path: Path) -> None:
    """Also where EXIF turns it."""
    from PIL import Image

    picture = Image.fromarray(trees.picture(30, 20))
    exif = picture.getexif()
    exif[0x0112] = 6
    for name in ("a.jpg", "a.png", "a.bmp", "a.tiff"):
        picture.save(tmp_path / name, **({"exif": exif} if name == "a.jpg" else {}))
        width, height = picture_size(tmp_path / name)
        assert (height, width) == read_rgb(tmp_path / name).shape[:2], name
    (tmp_path / "b.png").write_bytes(b"no picture")
    with pytest.raises(UsageError, match=r"b\.png"):
        picture_size(tmp_path / "b.png")
