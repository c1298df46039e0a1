"""A stream of frames: its memory of a tenth of a second, channel order, batches."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

import uvanet
from uvanet.errors import SourceError
from uvanet.paths import resource
from uvanet.runtime.engine import LAG
from uvanet.runtime.streaming import MAX_AGE


def test_the_first_frame_of_a_stream_is_a_still_picture(
    model: uvanet.Model, frames: list[np.ndarray]
) -> None:
    streamed = uvanet.Stream(model).predict(frames[0], 0.0)
    np.testing.assert_allclose(streamed, model.predict(frames[0]), atol=1e-5)


def test_a_stream_compares_with_the_frame_a_tenth_of_a_second_before(
    model: uvanet.Model, frames: list[np.ndarray]
) -> None:
    """A tenth of a second is three frames at 30 a second, and one frame at 10."""
    by_hand = uvanet.Stream(model)
    for rate in (30, 10):
        stream = uvanet.Stream(model)
        for i, frame in enumerate(frames[:8]):
            last = stream.step(frame, i / rate)
        back = round(LAG * rate)
        by_hand.reset()
        # The first frames of a stream have only nearer ones before them.
        for step, place in enumerate(sorted({0, *range(7 % back, 8, back)})):
            expected = by_hand.step(frames[place], step * LAG)
        np.testing.assert_allclose(last, expected, atol=1e-5)


@pytest.mark.parametrize("time", [float("nan"), float("inf"), -float("inf")])
def test_an_impossible_time_resets_the_memory(
    model: uvanet.Model, frames: list[np.ndarray], time: float
) -> None:
    stream = uvanet.Stream(model)
    fresh = uvanet.Stream(model).step(frames[9], 0.0)
    for t in (0.0, time, time):
        stream.step(frames[20], t)
    np.testing.assert_array_equal(stream.step(frames[9], 0.1), fresh)
    assert len(stream._past) == 1


@pytest.mark.parametrize(("rate", "start"), [(2, 0.3), (15, 1000.3), (25, 1000.3)])
def test_the_time_at_which_a_film_starts_changes_no_map(
    model: uvanet.Model, frames: list[np.ndarray], rate: int, start: float
) -> None:
    """Two frames are as near to a tenth of a second before, or the frame before is just in time."""
    early, late = uvanet.Stream(model), uvanet.Stream(model)
    for i, frame in enumerate(frames[:20]):
        expected = early.step(frame, i / rate)
        np.testing.assert_array_equal(late.step(frame, start + round(i / rate, 3)), expected)


def test_motion_changes_the_map(model: uvanet.Model, frames: list[np.ndarray]) -> None:
    stream = uvanet.Stream(model)
    stream.step(np.roll(frames[5], 60, 1), 0.0)
    moving = stream.step(frames[5], LAG)
    stream.reset()
    still = stream.step(frames[5], 0.0)
    assert np.abs(moving - still).max() > 0.01


def test_a_jump_in_time_resets_the_memory(model: uvanet.Model, frames: list[np.ndarray]) -> None:
    fresh = uvanet.Stream(model).step(frames[0], 0.0)
    for later in (-1.0, 5.0 + MAX_AGE + 0.01):
        stream = uvanet.Stream(model)
        stream.step(frames[20], 5.0)
        np.testing.assert_allclose(stream.step(frames[0], later), fresh, atol=1e-6)


def test_the_channel_order_is_an_argument(model: uvanet.Model, frames: list[np.ndarray]) -> None:
    rgb = uvanet.Stream(model).step(frames[3], 0.0)
    bgr = uvanet.Stream(model).step(np.ascontiguousarray(frames[3][..., ::-1]), 0.0, bgr=True)
    np.testing.assert_array_equal(rgb, bgr)


def test_a_stream_keeps_few_features(model: uvanet.Model, frames: list[np.ndarray]) -> None:
    stream = uvanet.Stream(model)
    for i in range(600):
        stream.step(frames[i % 30], i / 240)
    assert len(stream._past) <= LAG * 240 + 2


def test_a_batch_gives_what_single_frames_give(
    model: uvanet.Model, frames: list[np.ndarray]
) -> None:
    small = np.stack([cv2.resize(f, (64, 64), interpolation=cv2.INTER_AREA) for f in frames[:5]])
    batch = model.engine.step(small)
    for i in range(5):
        single = model.engine.step(small[i : i + 1])
        np.testing.assert_allclose(batch.saliency[i], single.saliency[0], atol=1e-5)


def test_a_video_is_predicted_frame_by_frame(model: uvanet.Model) -> None:
    stream = uvanet.Stream(model)
    for i, (seconds, result) in enumerate(model.predict_video(resource("demo.mp4"))):
        expected = stream.predict(result.image, seconds)
        # The model gets the planes of the video, not the converted picture.
        np.testing.assert_allclose(result.map, expected, atol=0.06)
        assert np.corrcoef(result.map.ravel(), expected.ravel())[0, 1] > 0.999
        assert seconds == pytest.approx(i / 30, abs=0.05)
        if i == 8:
            break
    with pytest.raises(SourceError, match=r"nowhere\.mp4"):
        next(model.predict_video("nowhere.mp4"))
