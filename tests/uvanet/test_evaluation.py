"""Evaluation: inputs of predictors, scores, skipped items, intervals."""

from __future__ import annotations

import gzip
import math
from typing import TYPE_CHECKING

import cv2
import gaze_trees as trees
import numpy as np
import pytest

import uvanet
from uvanet.data import avs1k, fixations, mit1003
from uvanet.data import find_who_to_look_at as talk
from uvanet.data.clips import VideoClip
from uvanet.data.gaze import Gaze, GazeSet
from uvanet.data.gaze_files import picture_size, read_rgb
from uvanet.errors import ModelError, UsageError
from uvanet.evaluation.baselines import center_prior, center_surround, spectral_residual
from uvanet.evaluation.bootstrap import draw_weights, interval
from uvanet.evaluation.calibration import best_logit_scale, golden_section
from uvanet.evaluation.evaluator import METRICS, evaluate_predictors, score
from uvanet.evaluation.motion_baseline import MotionBaseline
from uvanet.evaluation.predictors import FunctionPredictor, Predictor, StreamPredictor
from uvanet.evaluation.pysaliency_adapter import PysaliencyModel
from uvanet.evaluation.registry import build_predictors
from uvanet.evaluation.report import as_table, report
from uvanet.evaluation.sauc_negatives import SaucNegatives
from uvanet.metrics import cc, nss
from uvanet.paths import resource

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def bright(image: np.ndarray) -> np.ndarray:
    """Knows what these pictures are about: heat on the bright disc."""
    return cv2.GaussianBlur(image.min(2).astype(np.float32), (0, 0), 3) ** 2


def flat(image: np.ndarray) -> np.ndarray:
    return np.ones((8, 8), np.float32)


class Recorder(Predictor):
    """Keeps what it was shown."""

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


# What is counted.


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


def test_the_center_prior_is_the_mean_gaze(gaze_tree: Path) -> None:
    pictures = fixations.read_split(gaze_tree, "train")
    mean = center_prior(pictures).predict(pictures[0].image(), 0.0)
    assert mean.sum() == pytest.approx(1, abs=1e-3)
    y, x = np.mgrid[:64, :64] + 0.5
    found = [(mean * x).sum() / 64 * 120, (mean * y).sum() / 64 * 90]
    expected = np.concatenate([picture.fixations for picture in pictures]).mean(0)
    assert found == pytest.approx(expected, abs=1.5)
    with pytest.raises(UsageError, match="pictures"):
        center_prior([])


def test_a_set_without_points_is_measured_by_density_metrics_only(tmp_path: Path) -> None:
    found = avs1k.read(trees.avs1k_tree(tmp_path), "val", every=2)
    scores = evaluate_predictors(found, [FunctionPredictor("bright", bright)])
    (means,) = scores.values.values()
    known = dict(zip(METRICS, ~np.isnan(means).any(0), strict=True))
    assert known == {name: name in ("cc", "sim", "kld") for name in METRICS}
    table = "\n".join(as_table(report([scores], seed=0, draws=50)))
    assert table.count(" - ") >= 3


# What is left out, and that it is said.


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


# What a model is shown.


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
    """Although it is shown only the frames shortly before a measured one."""
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


def test_the_motion_baseline_highlights_moving_objects() -> None:
    rule = MotionBaseline(FunctionPredictor("flat", flat))
    still = np.full((60, 80, 3), 90, np.uint8)
    # On a picture, and where nothing moves, the map stays as it is up to its scale.
    assert np.ptp(rule.predict(still, 0.0)) == 0
    for k in range(1, 40):
        after = rule.predict(still, k / 25)
    assert np.ptp(after) < 1e-6
    rule.reset()
    for k in range(40):
        frame = cv2.circle(still.copy(), (60 + k % 4, 20), 6, (240, 240, 240), -1)
        after = rule.predict(frame, k / 25)
    y, x = np.unravel_index(after.argmax(), after.shape)
    assert (x, y) == (6, 2)
    assert after[7, 0] < 0.1 * after.max()
    assert rule.history(25) >= 25


@pytest.mark.parametrize("find", [spectral_residual, center_surround])
def test_baselines_highlight_a_salient_disc(find: object) -> None:
    image = np.random.default_rng(0).integers(90, 110, (200, 300, 3), np.uint8)
    for x, y in ((80, 60), (220, 150)):
        odd = cv2.circle(image.copy(), (x, y), 10, (250, 250, 250), -1)
        found = find(odd)  # type: ignore[operator]
        large = cv2.resize(found, (300, 200))
        peak_y, peak_x = np.unravel_index(large.argmax(), large.shape)
        assert np.hypot(peak_x - x, peak_y - y) < 25
    for shape in ((1, 1), (200, 3), (720, 1280)):
        plain = find(np.full((*shape, 3), 80, np.uint8))  # type: ignore[operator]
        assert np.isfinite(plain).all()
        assert plain.min() >= 0


# Negatives of the shuffled AUC.


def test_negatives_come_from_other_pictures(gaze_tree: Path) -> None:
    found = fixations.read(gaze_tree, "train")
    negatives = SaucNegatives(found, seed=0)
    own = found.pictures[2].gaze()
    others = negatives.of(found.pictures[2].name, None, (240, 180))
    assert len(others) == 35
    own_large = own.points((240, 180))
    assert not (np.abs(others[:, None] - own_large).max(2) < 1e-3).any()
    expected = np.concatenate([p.gaze().points((240, 180)) for p in found.pictures]).max(0)
    assert others.max() <= expected.max() + 1e-3


def test_negatives_of_a_frame_come_from_other_clips(tmp_path: Path) -> None:
    found = talk.read(trees.talk_tree(tmp_path, clips=2, frames=50))
    negatives = SaucNegatives(found, seed=0)
    assert len(negatives.of("000", 30, talk.SIZE)) == 6
    of_other = np.concatenate([found.clips[1].gaze(k).points(talk.SIZE) for k in (30, 45)])
    np.testing.assert_allclose(negatives.of("000", 30, talk.SIZE), of_other, rtol=1e-5)
    alone = GazeSet("talk", clips=found.clips[:1])
    of_neighbour = found.clips[0].gaze(45).points(talk.SIZE)
    found_alone = SaucNegatives(alone, seed=0).of("000", 30, talk.SIZE)
    np.testing.assert_allclose(found_alone, of_neighbour, rtol=1e-5)


def test_the_seed_selects_the_negatives_of_a_large_set() -> None:
    class One:
        dataset = "made"

        def __init__(self, number: int) -> None:
            self.name = str(number)
            self.number = number

        def gaze(self) -> Gaze:
            return Gaze((1000, 1), np.array([[self.number, 0]], np.float32))

    large = GazeSet("large", [One(i) for i in range(500)])  # type: ignore[arg-type]
    drawn = [SaucNegatives(large, seed).of("none", None, (1000, 1))[:, 0] for seed in (1, 1, 2)]
    assert len(set(drawn[0].tolist())) == 200
    np.testing.assert_array_equal(drawn[0], drawn[1])
    assert set(drawn[0].tolist()) != set(drawn[2].tolist())


# What is read, and how often.


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
    ],
    ids=["empty", "no gzip", "other columns", "not a number", "no number", "truncated"],
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


# The public function.


def test_a_model_is_evaluated_in_one_call(gaze_tree: Path) -> None:
    found = uvanet.evaluate(bright, gaze_tree)
    assert found.dataset == "fixations, val"
    assert list(found.metrics) == list(METRICS)
    assert found.values.shape == (2, len(METRICS))
    assert len(found.items) == found.metrics["nss"].n == 2
    assert found.metrics["nss"].mean == pytest.approx(found.values[:, 0].mean())
    assert found.metrics["information_gain"].mean > 0
    by_name = uvanet.evaluate("uvanet-32", gaze_tree, split="train", metrics=("nss", "cc"))
    assert list(by_name.metrics) == ["nss", "cc"]
    assert by_name.metrics["nss"].low <= by_name.metrics["nss"].mean <= by_name.metrics["nss"].high
    with pytest.raises(UsageError, match="missing"):
        uvanet.evaluate(bright, gaze_tree / "nowhere")


def test_a_model_of_ours_is_a_pysaliency_model(gaze_tree: Path) -> None:
    import pysaliency

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


# Calibration.


def test_golden_section_finds_a_maximum_inside_its_bounds() -> None:
    asked: list[float] = []

    def value(scale: float) -> float:
        asked.append(scale)
        return -(np.log(scale / 2.3) ** 2)

    assert golden_section(value, 0.25, 8.0) == pytest.approx(2.3, rel=0.02)
    assert len(asked) < 20


def test_the_best_scale_undoes_what_flattened_the_maps(gaze_tree: Path) -> None:
    """Maps whose logits are a third of the truth's need a scale beyond the old end of 1.4."""
    pictures = fixations.read_split(gaze_tree, "train")
    truth = {one.image().tobytes(): one.gaze().density_on((48, 36)) for one in pictures}

    def flattened(image: np.ndarray) -> np.ndarray:
        return np.asarray((truth[image.tobytes()] + 1e-6) ** (1 / 3), np.float32)

    scale = best_logit_scale(flattened, pictures)
    assert 1.8 < scale < 5


def test_the_best_scale_keeps_cc(gaze_tree: Path) -> None:
    """NSS alone would sharpen maps that describe the gaze exactly, without end."""
    pictures = fixations.read_split(gaze_tree, "train")
    truth = {one.image().tobytes(): one.gaze().density_on((48, 36)) for one in pictures}

    def exact(image: np.ndarray) -> np.ndarray:
        return np.asarray(truth[image.tobytes()], np.float32)

    scale = best_logit_scale(exact, pictures)
    assert 1 < scale < 1.5
    kept = [cc(exact(one.image()) ** scale, exact(one.image())) for one in pictures]
    assert np.mean(kept) == pytest.approx(0.99, abs=0.005)


# Intervals.


def test_an_interval_matches_the_normal_approximation() -> None:
    values = np.random.default_rng(0).normal(2, 1, 400)
    found = interval(values, draw_weights([""] * 400, 2000, 0))
    assert found.mean == pytest.approx(values.mean())
    # The normal approximation: 1.96 standard errors each way.
    assert found.high - found.low == pytest.approx(2 * 1.96 / 20, rel=0.12)
    assert found.low < found.mean < found.high
    assert found.n == 400


def test_frames_of_one_clip_give_wider_intervals_than_pictures() -> None:
    rng = np.random.default_rng(1)
    clips = [f"clip {i // 40}" for i in range(400)]
    values = np.repeat(rng.normal(0, 1, 10), 40) + rng.normal(0, 0.1, 400)
    honest = interval(values, draw_weights(clips, 2000, 0))
    naive = interval(values, draw_weights([""] * 400, 2000, 0))
    assert honest.high - honest.low > 3 * (naive.high - naive.low)
    # Every resample holds as many clips as there are, whatever their lengths.
    assert draw_weights(clips, 50, 0).sum(1).tolist() == [400] * 50


def test_resamples_depend_on_the_seed_only() -> None:
    for kinds in ([""] * 30, ["a"] * 10 + ["b"] * 20):
        same = [draw_weights(kinds, 20, seed) for seed in (5, 5, 6)]
        np.testing.assert_array_equal(same[0], same[1])
        assert (same[0] != same[2]).any()


def test_nan_values_are_left_out_of_intervals() -> None:
    values = np.array([1.0, np.nan, 3.0])
    found = interval(values, draw_weights([""] * 3, 500, 0))
    assert (found.mean, found.n) == (2, 2)
    assert 1 <= found.low <= found.high <= 3
    nothing = interval(np.array([np.nan]), draw_weights([""], 10, 0))
    assert nothing.n == 0
    assert math.isnan(nothing.low)


def test_paired_differences_have_narrower_intervals(gaze_tree: Path) -> None:
    """Both see the same pictures, so what these have in common drops out."""

    def better(image: np.ndarray) -> np.ndarray:
        return bright(image) ** 1.2

    rows = [FunctionPredictor("good", bright), FunctionPredictor("better", better)]
    scores = evaluate_predictors(fixations.read(gaze_tree, "train"), rows, ("nss",))
    result = report([scores], seed=0, draws=500, against="good")
    group = result["sets"]["fixations, train"]["groups"]["all"]
    difference, alone = group["differences"]["better"]["nss"], group["rows"]["better"]["nss"]
    good = group["rows"]["good"]["nss"]["mean"]
    assert difference["mean"] == pytest.approx(alone["mean"] - good, abs=1e-4)
    assert 0 < difference["low"] <= difference["mean"] <= difference["high"]
    assert difference["high"] - difference["low"] < alone["high"] - alone["low"]
    assert any("*" in line for line in as_table(result))


# Rows by name.


def test_predictors_are_built_from_row_names() -> None:
    names = ["center-surround", "uvanet-64", "uvanet-64:spatial", "uvanet-64:temporal+motion"]
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


# Against the real data.


def test_the_center_prior_reproduces_published_numbers(data_root: Path) -> None:
    """As first measured by others on the test split: NSS 0.94, CC .40, AUC-Judd .75, SIM .45."""
    prior = center_prior(fixations.read_split(data_root, "train"))
    found = score(fixations.read_split(data_root, "test"), prior)
    assert found["nss"] == pytest.approx(0.94, abs=0.01)
    assert found["cc"] == pytest.approx(0.40, abs=0.01)
    assert found["auc_judd"] == pytest.approx(0.75, abs=0.01)
    assert found["sim"] == pytest.approx(0.45, abs=0.01)
    # Knowing the centre is worth nothing there.
    assert found["auc_shuffled"] == pytest.approx(0.5, abs=0.02)


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


def test_the_center_prior_scores_1_67_on_talk(data_root: Path) -> None:
    """What we measure, pinned: 1.67. The data's description says about 1.5, for a prior that it
    does not define; a Gaussian of a quarter of the frame gives 1.47 on the same frames.
    """
    if not (data_root / "talk").is_dir():
        pytest.skip(f"no talk at {data_root}")
    clips = talk.read(data_root / "talk").clips
    prior = center_prior(fixations.read_split(data_root, "train"))
    large = cv2.resize(prior.predict(np.zeros((1, 1, 3), np.uint8), 0.0), talk.SIZE)
    found = [nss(large, clip.gaze(k).points(talk.SIZE)) for clip in clips for k in clip.labelled]
    assert len(found) == 150
    assert np.mean(found) == pytest.approx(1.67, abs=0.02)
    x, y = (np.arange(side) + 0.5 - side / 2 for side in talk.SIZE)
    quarter = np.exp(-8 * ((x / talk.SIZE[0]) ** 2 + (y[:, None] / talk.SIZE[1]) ** 2))
    plain = [nss(quarter, clip.gaze(k).points(talk.SIZE)) for clip in clips for k in clip.labelled]
    assert np.mean(plain) == pytest.approx(1.47, abs=0.02)
