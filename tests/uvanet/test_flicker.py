"""Flicker: which clips are steady, and how maps 100 ms apart are compared."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import gaze_trees as trees
import numpy as np
import pytest
from training_kit import write_film

from uvanet.evaluation.card_metrics import card_metrics
from uvanet.evaluation.flicker import measure_flicker, peak_jumps, pool_clips, steady_clips
from uvanet.evaluation.human import HUMAN
from uvanet.evaluation.predictors import FunctionPredictor, Predictor, StreamPredictor
from uvanet.model import load

if TYPE_CHECKING:
    from pathlib import Path


def blob(x: float, y: float, shape: tuple[int, int] = (30, 40)) -> np.ndarray:
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    return np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / 18).astype(np.float32)


class Alternating(Predictor):
    """A blob that moves to and fro, once in `every` frames, and by `far` pixels."""

    def __init__(self, name: str, every: int, far: float) -> None:
        super().__init__(name)
        self.every, self.far, self.seen = every, far, 0

    def reset(self) -> None:
        self.seen = 0

    def predict(self, image: np.ndarray, t: float) -> np.ndarray:
        self.seen += 1
        return blob(10 + self.far * ((self.seen - 1) // self.every % 2), 12)


def test_steady_clips_are_those_whose_frames_hardly_differ(tmp_path: Path) -> None:
    still, fast = write_film(tmp_path / "still.mp4", 0), write_film(tmp_path / "fast.mp4", 4)
    assert [clip.name for clip in steady_clips([fast, still])] == ["still"]


def test_maps_100_ms_apart_are_compared(tmp_path: Path) -> None:
    clips = steady_clips([write_film(tmp_path / "still.mp4", 0)])
    rows = [
        FunctionPredictor("constant", lambda image: blob(10, 12)),
        Alternating("every third frame", 3, 20.0),  # three frames of 30 a second are 100 ms
        Alternating("every sixth frame", 6, 20.0),
        Alternating("a little", 3, 2.0),
    ]
    found = measure_flicker(clips, rows)
    assert found["constant"].cc.mean == pytest.approx(1)
    assert found["constant"].jumps.mean == 0
    assert found["every third frame"].cc.mean < 0
    assert found["every third frame"].jumps.mean == 1
    assert found["every sixth frame"].jumps.mean == pytest.approx(0.5, abs=0.06)
    # 2 of 50 pixels of the diagonal: the map changes, but its peak does not jump.
    assert 0.5 < found["a little"].cc.mean < 1
    assert found["a little"].jumps.mean == 0


@pytest.mark.parametrize(("far", "jumps"), [(4, False), (6, True)])
def test_a_jump_is_a_tenth_of_the_diagonal(far: int, jumps: bool) -> None:
    assert peak_jumps(blob(10, 12), blob(10 + far, 12)) is jumps  # of 50 pixels


def test_card_metrics_have_all_sets_with_shares_and_flicker(gaze_tree: Path) -> None:
    trees.talk_tree(gaze_tree / "talk", clips=2, frames=50)
    (gaze_tree / "pool" / "clips").mkdir(parents=True)
    write_film(gaze_tree / "pool" / "clips" / "still.mp4", 0)
    folder = gaze_tree / "fixations"
    (folder / "other").mkdir()
    (folder / "made" / "test1.jpg").rename(folder / "other" / "test1.jpg")
    split = (folder / "split.csv").read_text().replace("made/test1", "other/test1")
    (folder / "split.csv").write_text(split)
    table = gzip.decompress((folder / "fixations.csv.gz").read_bytes())
    table = table.replace(b"made,test1", b"other,test1")
    (folder / "fixations.csv.gz").write_bytes(gzip.compress(table))
    rows = [
        FunctionPredictor("center-prior", lambda image: blob(20, 15)),
        StreamPredictor("ensemble", load("uvanet-32")),
    ]
    found = card_metrics(rows, gaze_tree)
    assert list(found) == ["val", "test", "test/made", "test/other", "talk", "steady"]
    for name in ("val", "test", "test/made", "test/other", "talk"):
        human, mine = found[name][HUMAN], found[name]["ensemble"]
        assert mine["human_share"] == pytest.approx(mine["nss"] / human["nss"], abs=1e-3)
        assert mine["human_share_low"] <= mine["human_share"] <= mine["human_share_high"]
        assert mine["nss_low"] <= mine["nss"] <= mine["nss_high"]
        assert human["human_share"] == 1
    assert "kld" in found["test"]["ensemble"]
    assert "kld" not in found["test/made"]["ensemble"]
    # Flicker is measured of the prediction that users see only.
    assert list(found["steady"]) == ["ensemble"]
    assert found["steady"]["ensemble"]["cc"] > 0.9
    assert "steady" not in card_metrics(rows, gaze_tree, ("val",))


def test_the_steady_clips_of_the_data_are_found(data_root: Path) -> None:
    names = {clip.name for clip in pool_clips(data_root)}
    assert {"signs22", "classroom", "generic_c"} <= names
    assert not {"page_0", "cars", "gallery05"} & names
    assert 15 <= len(names) <= 25
