"""Evaluation: inputs of predictors, scores, skipped items, rows by name."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import gaze_trees as trees
import numpy as np
import pytest
from example_predictors import bright, flat

import uvanet
from uvanet.data import avs1k, fixations, mit1003
from uvanet.data import find_who_to_look_at as talk
from uvanet.data.clips import VideoClip
from uvanet.data.gaze import Gaze, GazeSet
from uvanet.errors import ModelError, UsageError
from uvanet.evaluation.baselines import center_prior
from uvanet.evaluation.evaluator import METRICS, evaluate_predictors, score
from uvanet.evaluation.predictors import FunctionPredictor, Predictor, StreamPredictor
from uvanet.evaluation.registry import build_predictors
from uvanet.evaluation.report import as_table, report
from uvanet.metrics import nss
from uvanet.paths import resource

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import ModuleType


class Recorder(Predictor):
    """Stores the frames that it was given."""

    def __init__(self, back: int) -> None:
        super().__init__(f"recorder {back}")
        self.back = back
        self.calls: list[tuple[str, int]] = []

    def history(self, fps: float) -> int:
        return self.back

    def reset(self) -> None:
        self.calls.append(("reset", 0))

    def observe(self, image: np.ndarray, t: float) -> None:
        self.calls.append(("observe", round(t * 25)))

    def predict(self, image: np.ndarray, t: float) -> np.ndarray:
        self.calls.append(("predict", round(t * 25)))
        return bright(image)


# Counted items.


def test_an_informed_model_scores_above_the_center_prior(gaze_tree: Path) -> None:
    pictures = fixations.read_split(gaze_tree, "val")
    knowing = score(pictures, bright)
    assert tuple(knowing) == METRICS
    prior = score(pictures, center_prior(fixations.read_split(gaze_tree, "train")))
    assert math.isnan(knowing["information_gain"])
    for name in ("nss", "auc_judd", "cc", "sim"):
        assert knowing[name] > prior[name], name
    assert knowing["kld"] < prior["kld"]
    assert knowing["auc_shuffled"] > 0.9
    assert score(pictures, flat, ("nss",)) == {"nss": 0}


def test_a_set_without_points_is_measured_by_density_metrics_only(tmp_path: Path) -> None:
    found = avs1k.read(trees.avs1k_tree(tmp_path), "val", every=2)
    scores = evaluate_predictors(found, [FunctionPredictor("bright", bright)])
    (means,) = scores.values.values()
    known = dict(zip(METRICS, ~np.isnan(means).any(0), strict=True))
    assert known == {name: name in ("cc", "sim", "kld") for name in METRICS}
    table = "\n".join(as_table(report([scores], seed=0, draws=50)))
    assert table.count(" - ") >= 3


# Items that are left out and reported.


def test_a_damaged_picture_is_skipped_logged_and_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    root = trees.mit1003_tree(tmp_path)
    damaged = root / "ALLSTIMULI" / "i1.jpeg"
    damaged.write_bytes(damaged.read_bytes()[:400])
    (root / "ALLFIXATIONMAPS" / "i2_fixPts.jpg").unlink()
    scores = evaluate_predictors(mit1003.read(root), [FunctionPredictor("bright", bright)])
    assert [item.name for item in scores.items] == ["i0.jpeg"]
    assert [one.name for one in scores.skipped] == ["i1.jpeg", "i2.jpeg"]
    assert "i2_fixPts.jpg" in scores.skipped[1].reason
    assert "i1.jpeg" in caplog.text
    assert "2 left out" in as_table(report([scores], seed=0, draws=20))[0]
    (root / "ALLSTIMULI" / "i0.jpeg").write_bytes(b"")
    with pytest.raises(UsageError, match="Nothing of MIT1003"):
        evaluate_predictors(mit1003.read(root), [FunctionPredictor("bright", bright)])


def test_a_damaged_frame_is_skipped_and_its_neighbors_are_measured(tmp_path: Path) -> None:
    root = trees.avs1k_tree(tmp_path)
    folder = root / "validSet/Frame/Building_00012"
    (folder / "Building_00012_00002.png").write_bytes(b"no picture")
    recorder = Recorder(1)
    scores = evaluate_predictors(avs1k.read(root, "val", every=2), [recorder], ("cc",))
    assert [item.name for item in scores.items] == ["3"]
    assert [one.name for one in scores.skipped] == ["Building_00012, frame 1"]
    assert [call for call, _ in recorder.calls] == ["reset", "observe", "observe", "predict"]


def test_frames_before_the_damage_of_a_video_are_measured(tmp_path: Path) -> None:
    root = trees.talk_tree(tmp_path, clips=1, frames=100)
    path = root / "000.mp4"
    (clip,) = talk.read(root).clips
    # Most of the pictures go; the index, which an mp4 of OpenCV ends with, stays at its place.
    data = bytearray(path.read_bytes())
    index = data.rfind(b"moov") - 4
    data[index // 2 : index] = bytes(index - index // 2)
    path.write_bytes(data)
    scores = evaluate_predictors(
        GazeSet("talk", clips=[clip]), [FunctionPredictor("bright", bright)]
    )
    measured, lost = len(scores.items), len(scores.skipped)
    assert measured + lost == len(clip.labelled)
    assert measured > 0
    assert lost > 0
    assert all("000.mp4" in one.reason for one in scores.skipped)


def test_maps_with_nan_are_reported(gaze_tree: Path, caplog: pytest.LogCaptureFixture) -> None:
    def broken(image: np.ndarray) -> np.ndarray:
        return np.full((4, 4), np.nan, np.float32)

    pictures = fixations.read(gaze_tree, "val")
    scores = evaluate_predictors(pictures, [FunctionPredictor("broken", broken)])
    assert scores.broken == {"broken": 2}
    assert "broken gave 2 maps with NaN" in caplog.text
    entry = report([scores], seed=0, draws=20)["sets"]["fixations, val"]
    assert entry["groups"]["all"]["rows"]["broken"]["nss"]["mean"] is None
    assert math.isnan(score(pictures.pictures, broken, ("nss",))["nss"])


def test_a_set_without_gaze_is_refused(tmp_path: Path) -> None:
    trees.write_video(tmp_path / "a.mp4", trees.path_of(3))
    clip = VideoClip("videos", "a", tmp_path / "a.mp4", 30)
    with pytest.raises(UsageError, match="no gaze"):
        evaluate_predictors(GazeSet("mine", clips=[clip]), [FunctionPredictor("flat", flat)])


# Frames that a model is given.


def test_each_clip_is_decoded_once_for_all_predictors(tmp_path: Path) -> None:
    found = talk.read(trees.talk_tree(tmp_path, clips=2, frames=50))
    opened = []

    class Once:
        def __init__(self, clip: VideoClip) -> None:
            self.clip = clip

        def __getattr__(self, name: str) -> object:
            return getattr(self.clip, name)

        def frames(self, wanted: set[int]) -> Iterator[object]:
            opened.append(self.clip.name)
            return self.clip.frames(wanted)

    recorders = [Recorder(0), Recorder(3)]
    clips = [Once(clip) for clip in found.clips]
    evaluate_predictors(GazeSet("talk", clips=clips), recorders, ("nss",))  # type: ignore[arg-type]
    assert opened == ["000", "001"]
    still = [("reset", 0), ("predict", 30), ("predict", 45)]
    assert recorders[0].calls == still * 2
    moving = [("reset", 0)]
    for last in (30, 45):
        moving += [("observe", k) for k in range(last - 3, last)] + [("predict", last)]
    assert recorders[1].calls == moving * 2


def test_a_student_is_measured_as_in_the_live_view() -> None:
    """Although the model is given only the frames shortly before a measured one."""
    model = uvanet.load("uvanet-64")
    maps = []

    class Kept(StreamPredictor):
        def predict(self, image: np.ndarray, t: float) -> np.ndarray:
            maps.append(super().predict(image, t))
            return maps[-1]

    middle = Gaze((16, 9), np.array([[8, 4]], np.float32))
    path = resource("demo.mp4")
    clip = VideoClip("demo", "demo", path, 30, (20, 40), lambda _: middle)
    evaluate_predictors(GazeSet("demo", clips=[clip]), [Kept("uvanet-64", model)], ("nss",))
    stream = uvanet.Stream(model)
    for frame in clip.frames(range(41)):
        assert frame.image is not None
        live = stream.step(frame.image, frame.t)
        if frame.index in (20, 40):
            np.testing.assert_allclose(maps.pop(0), live, atol=1e-6)
    assert maps == []


# The public function.


def test_a_model_is_evaluated_in_one_call(gaze_tree: Path) -> None:
    found = uvanet.evaluate(bright, gaze_tree)
    assert found.dataset == "fixations, val"
    assert list(found.metrics) == list(METRICS)
    assert found.values.shape == (2, len(METRICS))
    assert len(found.items) == found.metrics["nss"].n == 2
    assert found.metrics["nss"].mean == pytest.approx(found.values[:, 0].mean())
    assert found.metrics["information_gain"].mean > 0
    assert found.human_share is not None
    assert found.human_share.low <= found.human_share.mean <= found.human_share.high
    assert uvanet.evaluate(bright, gaze_tree, metrics=("cc",)).human_share is None
    by_name = uvanet.evaluate("uvanet-32", gaze_tree, split="train", metrics=("nss", "cc"))
    assert list(by_name.metrics) == ["nss", "cc"]
    assert by_name.metrics["nss"].low <= by_name.metrics["nss"].mean <= by_name.metrics["nss"].high
    with pytest.raises(UsageError, match="missing"):
        uvanet.evaluate(bright, gaze_tree / "nowhere")


def test_a_model_of_ours_is_a_pysaliency_model(pysaliency: ModuleType, gaze_tree: Path) -> None:
    from uvanet.evaluation.pysaliency_adapter import PysaliencyModel

    pictures = fixations.read_split(gaze_tree, "val")
    model = uvanet.load("uvanet-64")
    adapted = PysaliencyModel(model)
    stimuli = pysaliency.Stimuli([picture.image() for picture in pictures])
    points = np.concatenate([picture.fixations for picture in pictures])
    owner = np.repeat(np.arange(len(pictures)), [len(one.fixations) for one in pictures])
    looked = pysaliency.Fixations.create_without_history(*points.T, owner)
    theirs = adapted.NSSs(stimuli, looked)
    for number, one in enumerate(pictures):
        ours = nss(model.predict(one.image()), one.fixations)
        assert theirs[owner == number].mean() == pytest.approx(ours, rel=1e-4)
    grey = np.full((40, 60), 90, np.uint8)
    assert adapted.saliency_map(grey).shape == (40, 60)


# Rows by name.


def test_predictors_are_built_from_row_names() -> None:
    names = ["center-surround", "uvanet-64", "uvanet-64:spatial", "uvanet-64:temporal+motion"]
    names.append("center-surround+smoothed")
    rows = build_predictors(names, [], lambda: FunctionPredictor("center-prior", flat))
    assert [row.name for row in rows] == names
    image = trees.picture(40, 30)
    for row in rows:
        row.reset()
        assert np.isfinite(row.predict(image, 0.0)).all()


def test_the_torch_ensemble_equals_the_exported_model(gaze_tree: Path) -> None:
    names = ["uvanet-64", "uvanet-64:ensemble", "uvanet-64:spatial"]
    onnx, fused, spatial = build_predictors(names, [], lambda: FunctionPredictor("", flat))
    for t, image in ((0.0, trees.picture(30, 20)), (0.1, trees.picture(60, 40))):
        maps = [row.predict(image, t) for row in (onnx, fused, spatial)]
        np.testing.assert_allclose(maps[0], maps[1], atol=1e-4)
        assert np.abs(maps[0] - maps[2]).max() > 1e-3


def test_an_unknown_or_repeated_row_is_refused() -> None:
    def nobody() -> Predictor:
        raise AssertionError

    with pytest.raises(ModelError, match="no model named 'nothing'"):
        build_predictors(["nothing"], [], nobody)
    with pytest.raises(ModelError, match="no model named 'nothing'"):
        build_predictors(["nothing:spatial"], [], nobody)
    with pytest.raises(UsageError, match="twice"):
        build_predictors(["uvanet-64", "uvanet-64"], [], nobody)


def test_predictions_of_a_student_score_what_its_card_says(data_root: Path) -> None:
    names = ["uvanet-64", "uvanet-64:spatial", "uvanet-64:temporal"]
    rows = build_predictors(names, [], lambda: FunctionPredictor("", flat))
    scores = evaluate_predictors(fixations.read(data_root, "val"), rows, ("nss", "cc"))
    promised = uvanet.load("uvanet-64").card.metrics["val"]
    for row, branch in zip(names, ("ensemble", "spatial", "temporal"), strict=True):
        measured = dict(zip(scores.metrics, scores.values[row].mean(0), strict=True))
        for metric in ("nss", "cc"):
            assert measured[metric] == pytest.approx(promised[branch][metric], abs=0.01)
    assert {item.group for item in scores.items} == {"osie", "crowd", "scene"}
