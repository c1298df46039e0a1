"""Raw maps, pictures of maps, and tables with a row for each frame."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from export_bench import FRAMES, RATE

from uvanet.analysis import SUMMARY_COLUMNS, Region, Shape, entropy, peaks
from uvanet.cli import main
from uvanet.cli.export_options import read_regions
from uvanet.errors import OutputError, UsageError
from uvanet.paths import DEFAULT_MODEL
from uvanet.video import tables
from uvanet.video.exporter import export
from uvanet.video.job import ClipStyle, Job

if TYPE_CHECKING:
    from pathlib import Path


class Half:
    """The left or right half of the picture."""

    def __init__(self, name: str, left: bool) -> None:
        self.name = name
        self._left = left

    def mask(self, height: int, width: int) -> np.ndarray:
        mask = np.zeros((height, width), bool)
        mask[:, : width // 2] = self._left
        mask[:, width // 2 :] = not self._left
        return mask


@pytest.fixture(scope="module")
def written(clip: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("out")
    names = ("maps.npz", "maps", "rows.csv", "rows.json")
    regions = (Half("left", True), Half("right, or not", False))
    outs = tuple(folder / name for name in names)
    export(Job(str(clip), outs, look=ClipStyle(contours=True), regions=regions))
    assert sorted(path.name for path in folder.iterdir()) == sorted(names)
    return folder


def test_the_pictures_of_maps_are_the_maps(written: Path) -> None:
    with np.load(written / "maps.npz") as maps:
        saliency, pts = maps["saliency"], maps["pts"]
        assert maps["index"].tolist() == list(range(FRAMES))
    assert saliency.dtype == np.float32
    assert pts == pytest.approx([float(n / RATE) for n in range(FRAMES)], abs=1e-6)
    names = sorted(path.name for path in (written / "maps").iterdir())
    assert names == [f"{n:06d}.png" for n in range(FRAMES)]
    for number in (0, 44, 89):
        grey = cv2.imread(str(written / "maps" / f"{number:06d}.png"), cv2.IMREAD_UNCHANGED)
        assert grey.dtype == np.uint16
        np.testing.assert_allclose(grey / 65535, saliency[number], atol=1e-5)


def test_a_row_a_frame_says_what_the_map_says(written: Path) -> None:
    with np.load(written / "maps.npz") as maps:
        saliency = maps["saliency"]
    with (written / "rows.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == FRAMES
    for number, row in enumerate(rows):
        y, x = np.unravel_index(saliency[number].argmax(), saliency[number].shape)
        height, width = saliency[number].shape
        assert float(row["peak_x"]) == pytest.approx((x + 0.5) / width, abs=1e-3)
        assert float(row["peak_y"]) == pytest.approx((y + 0.5) / height, abs=1e-3)
        left = saliency[number][:, : width // 2].sum() / saliency[number].sum()
        assert float(row["share:left"]) == pytest.approx(left, abs=1e-3)
        assert float(row["share:right, or not"]) == pytest.approx(1 - left, abs=1e-3)
        assert int(row["frame"]) == number
        assert float(row["time_s"]) == pytest.approx(float(number / RATE), abs=1e-5)
        assert 0 < float(row["entropy"]) < 1
        assert row["model"] == DEFAULT_MODEL
        assert "contours=True" in row["settings"]


def test_json_holds_the_same_rows_and_how_they_were_made(written: Path) -> None:
    made = json.loads((written / "rows.json").read_text(encoding="utf-8"))
    assert made["model"] == DEFAULT_MODEL
    assert made["rate"] == "30000/1001"
    assert made["settings"]["contours"] is True
    assert made["regions"] == ["left", "right, or not"]
    with (written / "rows.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(made["rows"]) == len(rows)
    for ours, theirs in zip(made["rows"], rows, strict=True):
        assert all(str(ours[name]) == theirs[name] for name in ours)


def test_a_folder_that_is_there_is_not_overwritten(clip: Path, tmp_path: Path) -> None:
    (tmp_path / "maps").mkdir()
    with pytest.raises(OutputError, match="already exists"):
        export(Job(str(clip), (tmp_path / "maps",)))


def test_peaks_keep_their_distance_and_stop_at_weak_ones() -> None:
    saliency = np.zeros((64, 64), np.float32)
    saliency[10, 20], saliency[11, 21], saliency[40, 50], saliency[60, 5] = 1, 0.9, 0.6, 0.2
    found = peaks(saliency, min_strength=0.35)
    assert [(one.x, one.y) for one in found] == [(20.5 / 64, 10.5 / 64), (50.5 / 64, 40.5 / 64)]
    assert peaks(np.zeros((8, 8), np.float32)) == []


def test_regions_of_one_name_have_columns_of_their_own(clip: Path, tmp_path: Path) -> None:
    """The second overwrote the first in JSON, and two columns had one name in CSV."""
    halves = ((0.0, 0.0), (0.5, 1.0)), ((0.5, 0.0), (1.0, 1.0))
    regions = tuple(Region("half", Shape.RECTANGLE, points) for points in halves)
    outs = tuple(tmp_path / name for name in ("rows.csv", "rows.json", "rows.regions.csv"))
    export(Job(str(clip), outs, regions=regions, end=0.1))
    made = json.loads(outs[1].read_text(encoding="utf-8"))
    names = ["half", "half (2)"]
    assert made["regions"] == [row["region"] for row in made["summary"]] == names
    for row in made["rows"]:
        assert row["share:half"] + row["share:half (2)"] == pytest.approx(1, abs=1e-3)
    for table, column in ((outs[0], "share:half (2)"), (outs[2], "half (2)")):
        assert table.read_text(encoding="utf-8").count(column) == 1


def test_entropy_of_a_point_and_of_a_plain() -> None:
    point = np.zeros((32, 32), np.float32)
    point[3, 4] = 0.7
    assert entropy(point) == pytest.approx(0)
    assert entropy(np.full((32, 32), 0.2, np.float32)) == pytest.approx(1)


def test_regions_come_as_masks_on_the_command_line(clip: Path, tmp_path: Path) -> None:
    masks = {"top": np.zeros((10, 20), bool), "all of it": np.ones((3, 3), np.uint8)}
    masks["top"][:5] = True
    np.savez(tmp_path / "regions.npz", **masks)
    out = tmp_path / "rows.json"
    regions = ["--regions", str(tmp_path / "regions.npz"), "--end", "0.2", "--quiet"]
    outs = ["-o", str(out), "-o", str(tmp_path / "rows.regions.csv")]
    assert main(["predict", str(clip), *outs, *regions]) == 0
    made = json.loads(out.read_text(encoding="utf-8"))
    assert made["regions"] == ["top", "all of it"]
    assert all(row["share:all of it"] == pytest.approx(1, abs=1e-4) for row in made["rows"])
    assert all(0 < row["share:top"] < 1 for row in made["rows"])
    top, whole = made["summary"]
    assert (top["region"], whole["region"]) == ("top", "all of it")
    assert (whole["entries"], whole["first_look_s"]) == (1, 0.0)
    assert whole["dwell_s"] == whole["duration_s"] == pytest.approx(0.2, abs=1e-3)
    shares = [row["share:top"] for row in made["rows"]]
    assert top["share"] == pytest.approx(sum(shares) / len(shares), abs=1e-4)
    inside = [row["peak_y"] < 0.5 for row in made["rows"]]
    came_in = [now and not before for before, now in zip([False, *inside], inside, strict=False)]
    assert top["entries"] == sum(came_in)
    assert top["dwell_s"] == pytest.approx(sum(inside) / float(RATE), abs=2e-3)
    with (tmp_path / "rows.regions.csv").open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    assert [list(row) for row in table] == [list(SUMMARY_COLUMNS)] * 2
    for row, same in zip(table, made["summary"], strict=True):
        assert row == {name: str(value) for name, value in same.items() if value is not None} | {
            name: "" for name, value in same.items() if value is None
        }


def test_totals_are_not_made_of_rounded_shares(clip, tmp_path, monkeypatch):
    """Of rounded shares the mean was .12345, while the other table had .12346."""
    shares = iter([0.12345499] * 4 + [0.123456] * 2)  # each of two tables asks once a frame
    monkeypatch.setattr(tables, "region_shares", lambda saliency, regions: [next(shares)])
    np.savez(tmp_path / "regions.npz", top=np.ones((3, 3), bool))
    outs = (tmp_path / "rows.json", tmp_path / "rows.regions.csv")
    regions = tuple(read_regions(tmp_path / "regions.npz"))
    export(Job(str(clip), outs, "uvanet-32", end=2.5 / float(RATE), regions=regions))
    assert json.loads(outs[0].read_text())["summary"][0]["share"] == 0.12346
    assert ",0.12346," in outs[1].read_text()


def test_regions_that_are_none_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "bad.npz", flat=np.ones(4))
    (tmp_path / "text.npz").write_text("no masks")
    for name in ("bad.npz", "text.npz", "missing.npz"):
        with pytest.raises(UsageError, match=name):
            read_regions(tmp_path / name)


def test_pictures_of_other_proportions_go_into_one_archive(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for name, size in (("a", (90, 160)), ("b", (160, 90)), ("c", (90, 160))):
        cv2.imwrite(str(folder / f"{name}.png"), rng.integers(0, 256, (*size, 3), np.uint8))
    out = tmp_path / "maps.npz"
    export(Job(str(folder), (out, tmp_path / "rows.csv"), "uvanet-64", folder_fps=25))
    with np.load(out) as maps:
        count, height, width = maps["saliency"].shape  # in the proportions of the first
        assert count == 3
        assert width / height == pytest.approx(160 / 90, rel=0.1)
        assert maps["size"].tolist() == [[160, 90], [90, 160], [160, 90]]
        assert maps["saliency"].max(axis=(1, 2)) == pytest.approx([1, 1, 1], abs=0.05)
