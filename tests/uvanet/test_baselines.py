"""Baselines: center prior, motion, and maps without learning."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from example_predictors import flat

from uvanet.data import find_who_to_look_at as talk
from uvanet.data import fixations
from uvanet.errors import UsageError
from uvanet.evaluation.baselines import (
    center_prior,
    center_surround,
    image_signature,
    spectral_residual,
)
from uvanet.evaluation.evaluator import score
from uvanet.evaluation.motion_baseline import MotionBaseline
from uvanet.evaluation.predictors import FunctionPredictor
from uvanet.metrics import nss

if TYPE_CHECKING:
    from pathlib import Path


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


def test_the_motion_baseline_highlights_moving_objects() -> None:
    rule = MotionBaseline(FunctionPredictor("flat", flat))
    still = np.full((60, 80, 3), 90, np.uint8)
    # On a still picture, and where nothing moves, only the scale of the map changes.
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


@pytest.mark.parametrize("find", [spectral_residual, center_surround, image_signature])
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


def test_the_center_prior_reproduces_published_numbers(data_root: Path) -> None:
    """First measured by others on the test split: NSS 0.94, CC .40, AUC-Judd .75, SIM .45."""
    prior = center_prior(fixations.read_split(data_root, "train"))
    found = score(fixations.read_split(data_root, "test"), prior)
    assert found["nss"] == pytest.approx(0.94, abs=0.01)
    assert found["cc"] == pytest.approx(0.40, abs=0.01)
    assert found["auc_judd"] == pytest.approx(0.75, abs=0.01)
    assert found["sim"] == pytest.approx(0.45, abs=0.01)
    # The center prior does not predict the gaze there.
    assert found["auc_shuffled"] == pytest.approx(0.5, abs=0.02)


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
