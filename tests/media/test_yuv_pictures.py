"""Decoded pictures are converted on demand, each consumer with the same result as from BGR."""

from __future__ import annotations

from typing import TYPE_CHECKING

import corpus
import numpy as np
import pytest

import uvanet
from app.pipeline.paint_format import paint_size, paintable
from uvanet.decoded_picture import Matrix, YuvPicture
from uvanet.runtime.preprocess import InputResizer
from uvanet.sources import make_source
from uvanet.sources.frame_conversion import FrameConverter
from uvanet.video.exporter import export
from uvanet.video.job import ClipStyle, Job
from uvanet.video.yuv import to_planes

if TYPE_CHECKING:
    from pathlib import Path

    from uvanet.sources import Frame

SMALL, LARGE = (192, 108), (1280, 720)
TAGS = {"colorspace": 1, "color_range": 1}


def colors(size: tuple[int, int]) -> np.ndarray:
    """A smooth picture of many colors, RGB."""
    x, y = np.meshgrid(np.linspace(0, 1, size[0]), np.linspace(0, 1, size[1]))
    waves = [0.5 + 0.4 * np.sin(5 * x + 2), 0.5 + 0.4 * np.cos(4 * y), 0.2 + 0.6 * x * y]
    return np.rint(255 * np.stack(waves, axis=2)).astype(np.uint8)


def first(path: Path) -> Frame:
    with make_source(str(path)) as source:
        frame = source.read()
    assert frame is not None
    return frame


def film(path: Path, size: tuple[int, int], tags: dict[str, int] | None, count: int = 3) -> Path:
    options = {"crf": "4"}
    return corpus.write(path, "libx264", images=[colors(size)] * count, options=options, color=tags)


@pytest.mark.parametrize("size", [SMALL, LARGE])
@pytest.mark.parametrize(("tags", "matrix"), [(None, None), (TAGS, Matrix.BT709)])
def test_each_form_shows_the_same_picture(
    tmp_path: Path, size: tuple[int, int], tags: dict[str, int] | None, matrix: Matrix | None
) -> None:
    picture = first(film(tmp_path / "film.mp4", size, tags)).picture
    assert isinstance(picture, YuvPicture)
    assert picture.shape == (size[1], size[0], 3)
    # A film without tags is taken as players take it, by its size.
    assert picture.matrix is (matrix or (Matrix.BT709 if size == LARGE else Matrix.BT601))
    bgr = picture.bgr()
    assert picture.bgr() is bgr
    np.testing.assert_array_equal(picture.bgra(size)[..., :3], bgr)
    if tags is not None:
        # The encoder was given BT.709: the colors are those of the picture.
        assert np.abs(bgr[..., ::-1].astype(int) - colors(size)).mean() < 3
    small = InputResizer((48, 88))(picture).astype(int)
    difference = np.abs(small - InputResizer((48, 88))(bgr, bgr=True))
    assert difference.mean() < 1.5
    assert difference.max() < 12
    for target in Matrix:
        planes, from_bgr = to_planes(picture, target), to_planes(bgr, target)
        assert np.abs(planes.astype(int) - from_bgr).mean() < 1.5


def test_a_picture_is_scaled_down_for_a_small_canvas(tmp_path: Path) -> None:
    picture = first(film(tmp_path / "film.mp4", LARGE, TAGS)).picture
    assert paint_size(picture, (400, 3000)) == (400, 225)
    assert paint_size(picture, (5000, 3000)) == paint_size(picture) == LARGE
    small = paintable(picture, (400, 3000))
    assert small.shape == (225, 400, 4)
    assert (small[..., 3] == 255).all()
    difference = np.abs(small[..., 2::-1].astype(int) - colors((400, 225)))
    assert difference.mean() < 3
    array = picture.bgr()
    assert paint_size(array, (400, 3000)) == LARGE  # an array has its memory anyway
    np.testing.assert_array_equal(paintable(array, (400, 3000))[..., :3], array)


def test_the_network_and_the_encoder_take_planes_as_they_are(tmp_path: Path) -> None:
    picture = first(film(tmp_path / "film.mp4", SMALL, TAGS)).picture
    assert isinstance(picture, YuvPicture)

    def convert(*_: object) -> np.ndarray:
        raise AssertionError("nobody asked for packed pixels")

    untouched = YuvPicture(picture._frame, picture.matrix, convert)
    InputResizer((64, 64))(untouched)
    planes = to_planes(untouched, untouched.matrix)
    parts = (planes[:108], *planes[108:].reshape(2, 54, 96))
    for plane, part in zip(untouched.planes(), parts, strict=True):
        np.testing.assert_array_equal(plane, part)


@pytest.mark.parametrize("pix_fmt", ["yuv422p", "yuvj420p"])
def test_what_has_to_be_corrected_is_converted_when_it_is_used(
    tmp_path: Path, pix_fmt: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = corpus.write(tmp_path / "film.mkv", "libx264", pix_fmt=pix_fmt)
    corrected: list[object] = []
    correct = FrameConverter._correct
    monkeypatch.setattr(
        FrameConverter, "_correct", lambda *args: corrected.append(args) or correct(*args)
    )
    with make_source(str(path)) as source:
        corrected.clear()
        frames = list(iter(source.read, None))
    assert not corrected
    assert frames[7].picture.shape == (*corpus.SIZE[::-1], 3)
    assert corpus.number_in(frames[7].image) == 7
    assert frames[7].image is frames[7].image
    assert len(corrected) == 1


def test_an_export_keeps_the_matrix_and_the_planes(tmp_path: Path) -> None:
    path = film(tmp_path / "film.mp4", LARGE, TAGS, count=2)
    out = tmp_path / "out.mp4"
    export(Job(str(path), (out,), look=ClipStyle(panes=("original",), quality="best")))
    before, after = first(path).picture, first(out).picture
    assert isinstance(before, YuvPicture)
    assert isinstance(after, YuvPicture)
    assert after.matrix is Matrix.BT709
    for one, other in zip(before.planes(), after.planes(), strict=True):
        assert np.abs(one.astype(int) - other).mean() < 1


@pytest.mark.parametrize("model", ["uvanet-32", "uvanet-64", "uvanet-128", "uvanet-256"])
def test_maps_are_those_of_the_converted_picture(model: str) -> None:
    planar, packed = uvanet.Stream(model), uvanet.Stream(model)
    with make_source("demo") as source:
        for _ in range(10):
            frame = source.read()
            assert frame is not None
            assert isinstance(frame.picture, YuvPicture)
            one = planar.step(frame.picture, frame.pts)
            other = packed.step(frame.image, frame.pts, bgr=True)
            assert np.abs(one - other).max() < 0.1
            assert np.corrcoef(one.ravel(), other.ravel())[0, 1] > 0.998
