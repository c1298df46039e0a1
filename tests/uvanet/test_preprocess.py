"""Resizing a frame to the input: positions are kept, few pixels read, no memory allocated."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

import uvanet
from uvanet.metrics import nss
from uvanet.paths import resource
from uvanet.runtime.input_size import input_size
from uvanet.runtime.preprocess import InputResizer, resize_to_input

if TYPE_CHECKING:
    from pathlib import Path


def gradient(height: int, width: int) -> np.ndarray:
    """Red grows to the right, green downwards, from 0 to 255 across the whole picture."""
    x = (np.arange(width) + 0.5) / width * 255
    y = (np.arange(height) + 0.5) / height * 255
    red, green = np.meshgrid(x, y)
    return np.stack([red, green, np.full_like(red, 40)], 2).round().astype(np.uint8)


@pytest.mark.parametrize("side", [32, 64, 128])
@pytest.mark.parametrize("shape", [(480, 640), (720, 1280), (1080, 1920), (2160, 3840), (3840, 70)])
def test_positions_are_kept(shape: tuple[int, int], side: int) -> None:
    """Each pixel of the small picture has the value at the middle of its part of the large one."""
    small = resize_to_input(gradient(*shape), (side, side)).astype(int)
    expected = gradient(side, side).astype(int)
    assert np.abs(small - expected)[..., :2].max() <= 255 / side / 4 + 1
    assert (small[..., 2] == 40).all()


def test_an_input_that_is_not_square_has_its_height_and_width() -> None:
    shape = (288, 384)
    small = resize_to_input(gradient(720, 1280), shape)
    assert small.shape == (*shape, 3)
    assert np.abs(small.astype(int) - gradient(*shape)).max() <= 2


def test_fine_noise_is_averaged() -> None:
    """Noise that the area filter averages out is nearly averaged out by the grid."""
    noise = np.random.default_rng(1).integers(0, 256, (1080, 1920, 3), np.uint8)
    small = resize_to_input(noise, (64, 64)).astype(float)
    # 16 points a pixel give a quarter of the noise's standard deviation of 74.
    assert small.std() < 74 / 3.5
    assert small.mean() == pytest.approx(127.5, abs=2)


@pytest.mark.parametrize(
    ("frame", "size", "grid"),
    [
        ((1080, 1920), (64, 64), (256, 256)),
        ((720, 1280), (216, 384), (432, 768)),
    ],
)
def test_most_of_a_large_frame_is_never_read(
    frame: tuple[int, int], size: tuple[int, int], grid: tuple[int, int]
) -> None:
    picture = np.zeros((*frame, 3), np.uint8)
    y, x = (
        ((np.arange(points) + 0.5) * pixels / points).astype(int)
        for points, pixels in zip(grid, frame, strict=True)
    )
    picture[np.ix_(y, x)] = 200
    assert (resize_to_input(picture, size) == 200).all()


def test_the_maps_stay_what_they_were_with_every_pixel_counted() -> None:
    video = cv2.VideoCapture(str(resource("demo.mp4")))
    model = uvanet.load()
    for k in range(6):
        video.set(cv2.CAP_PROP_POS_FRAMES, 30 * k)
        done, frame = video.read()
        assert done
        large = cv2.resize(frame, (1280, 720), interpolation=cv2.INTER_CUBIC)
        size = input_size(model.engine, large)
        whole = cv2.resize(large, size[::-1], interpolation=cv2.INTER_AREA)
        grid, area = (
            model.engine.step(small[None]).saliency[0]
            for small in (resize_to_input(large, size, bgr=True), whole[..., ::-1].copy())
        )
        assert np.corrcoef(grid.ravel(), area.ravel())[0, 1] > 0.97
    video.release()


def test_sampling_does_not_lower_nss(data_root: Path) -> None:
    """Also where the small pictures of `val` are sampled."""
    from uvanet.data.fixations import read_split
    from uvanet.runtime import preprocess

    model, values = uvanet.load(), []
    for picture in read_split(data_root, "val")[::2]:
        image, gaze = picture.image(), picture.gaze()
        size = image.shape[1::-1]
        with pytest.MonkeyPatch.context() as patch:
            scores = []
            for least in (preprocess.MIN_SAMPLED_PIXELS, 0):
                patch.setattr(preprocess, "MIN_SAMPLED_PIXELS", least)
                small = model.engine.step(
                    resize_to_input(image, input_size(model.engine, image))[None]
                ).saliency[0]
                scores.append(nss(cv2.resize(small, size), gaze.points(size)))
        values.append(scores)
    area, grid = np.nanmean(values, 0)
    assert grid == pytest.approx(area, abs=0.015)


def test_a_step_allocates_nothing_of_a_frames_size() -> None:
    stream = uvanet.Stream("uvanet-64")
    frames = [gradient(1080, 1920) for _ in range(2)]
    for i in range(20):
        stream.step(frames[i % 2], i / 30, bgr=True)
    tracemalloc.start()
    try:
        for i in range(20, 60):
            stream.step(frames[i % 2], i / 30, bgr=True)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # Stem features of a few frames and the map; a single grid would already be 196,608.
    assert peak < 100_000


@pytest.mark.parametrize("size", [(0, 0), (0, 64), (64, -1)])
def test_an_empty_input_size_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="input size"):
        InputResizer(size)


def test_the_next_frame_uses_the_same_buffer() -> None:
    shrinker = InputResizer((64, 64))
    first = shrinker(gradient(720, 1280))
    assert shrinker(gradient(480, 640)) is first
    assert resize_to_input(gradient(720, 1280), (64, 64)) is not resize_to_input(
        gradient(720, 1280), (64, 64)
    )
