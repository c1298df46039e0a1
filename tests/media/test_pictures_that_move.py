"""Animated pictures are played, pages are shown one after the other, photos stand upright."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import corpus
import cv2
import numpy as np
import pytest
from PIL import Image

from uvanet.errors import SourceError
from uvanet.sources import SourceKind, load_picture, make_source

if TYPE_CHECKING:
    from pathlib import Path


def pictures(count: int = 5) -> list[Image.Image]:
    return [Image.fromarray(corpus.numbered(number)) for number in range(count)]


def numbers_and_times(path: Path) -> tuple[list[int], list[float]]:
    with make_source(str(path)) as source:
        frames = list(iter(source.read, None))
        assert source.info.frames in (len(frames), None)
    return [corpus.number_in(frame.image) for frame in frames], [frame.pts for frame in frames]


@pytest.mark.parametrize(
    "name", ["moving.png", "moving.webp", "moving.gif", "moving.apng", "moving.avif"]
)
def test_animations_are_played_at_their_pace(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    first, *rest = pictures()
    kind = "PNG" if name.endswith("png") else None
    more = {"lossless": True} if name.endswith("webp") else {}
    first.save(path, kind, save_all=True, append_images=rest, duration=200, loop=0, **more)
    numbers, times = numbers_and_times(path)
    assert numbers == list(range(5))
    assert times == pytest.approx([0, 0.2, 0.4, 0.6, 0.8], abs=0.011)


@pytest.mark.parametrize(
    "name", ["still.png", "still.webp", "still.gif", "still.tif", "still.avif"]
)
def test_stills_are_one_frame(tmp_path: Path, name: str) -> None:
    pictures()[3].save(tmp_path / name)
    assert numbers_and_times(tmp_path / name) == ([3], [0.0])


def test_pages_of_a_tiff_come_one_after_the_other(tmp_path: Path) -> None:
    path = tmp_path / "pages.tif"
    first, *rest = pictures()
    first.save(path, save_all=True, append_images=rest)
    assert numbers_and_times(path) == (list(range(5)), [0.0, 1.0, 2.0, 3.0, 4.0])
    with make_source(str(path)) as source:
        assert source.info.kind is SourceKind.FOLDER
        source.seek(2.5)
        frame = source.read()
    assert frame is not None
    assert (corpus.number_in(frame.image), frame.index) == (2, 2)


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("kinds", [[0, 1], [1, 0], [0, 1, 2, 5, 0], [1, 1]], ids=str)
def test_thumbnails_and_masks_are_no_pages(tmp_path: Path, kinds: list[int], *, big: bool) -> None:
    path = tmp_path / "pages.tif"
    size = [(tag, 3, 8) for tag in (256, 257, 258, 278)]
    tags = sorted([*size, (259, 3, 1), (262, 3, 1), (273, 4, 0), (277, 3, 1), (279, 4, 64)])
    data = bytearray(b"II+\0\x08\0\0\0" if big else b"II*\0") + bytes(8)
    link = 8 if big else 4
    for number, kind in enumerate(kinds):
        pixels = len(data)
        data += bytes([40 * number + 20]) * 64
        struct.pack_into("<Q" if big else "<I", data, link, len(data))
        values = [(254, 4, kind), *((t, f, pixels if t == 273 else v) for t, f, v in tags)]
        data += struct.pack("<Q" if big else "<H", len(values))
        for tag, form, value in values:
            data += struct.pack("<HHQQ" if big else "<HHII", tag, form, 1, value)
        link = len(data)
        data += bytes(8)
    path.write_bytes(data)
    shown = [n for n, kind in enumerate(kinds) if kind in (0, 2)] or list(range(len(kinds)))
    with make_source(str(path)) as source:
        grays = [int(frame.image[4, 4, 0]) for frame in iter(source.read, None)]
    assert grays == [40 * number + 20 for number in shown]


@pytest.mark.parametrize("place", [4, 8])
def test_a_tiff_without_a_readable_page_is_refused(tmp_path: Path, place: int) -> None:
    path = tmp_path / "pages.tif"
    first, *rest = pictures(2)
    first.save(path, save_all=True, append_images=rest)
    data = bytearray(path.read_bytes())
    data[place : place + 4] = b"\xff\xff\xff\x7f"  # where the first page is, or how many tags
    path.write_bytes(data[:2000])
    with pytest.raises(SourceError, match="not a picture"):
        make_source(str(path)).open()


@pytest.mark.parametrize(
    "name", ["photo.jpg", "photo.png", "photo.webp", "photo.tif", "photo.avif"]
)
@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_photos_stand_upright(tmp_path: Path, name: str, orientation: int, mode: str) -> None:
    if name.endswith("jpg") and mode == "RGBA":
        pytest.skip("JPEG knows no transparency")
    image = np.full((48, 64, 3), 90, np.uint8)
    image[:16, :16], image[:16, 48:] = (235, 30, 30), (30, 235, 30)
    stored = Image.fromarray(image).convert(mode)
    exif = Image.Exif()
    exif[0x0112] = orientation
    more = {"lossless": True} if name.endswith("webp") else {}
    stored.save(tmp_path / name, exif=exif, **more)
    # EXIF 2.3, tag 0x0112: how the stored picture is turned to be upright.
    turned = {
        1: image,
        2: cv2.flip(image, 1),
        3: cv2.rotate(image, cv2.ROTATE_180),
        4: cv2.flip(image, 0),
        5: cv2.transpose(image),
        6: cv2.rotate(image, cv2.ROTATE_90_CLOCKWISE),
        7: cv2.flip(cv2.transpose(image), -1),
        8: cv2.rotate(image, cv2.ROTATE_90_COUNTERCLOCKWISE),
    }[orientation]
    shown = load_picture(tmp_path / name)[:, :, ::-1]
    assert shown.shape == turned.shape
    assert np.abs(shown.astype(int) - turned).mean() < 6


@pytest.mark.parametrize("name", ["pages.tif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_pages_stand_upright(tmp_path: Path, name: str, orientation: int) -> None:
    image = np.full((48, 64, 3), 90, np.uint8)
    image[:16, :16] = (235, 30, 30)
    exif = Image.Exif()
    exif[0x0112] = orientation
    page = Image.fromarray(image)
    page.save(tmp_path / name, exif=exif, save_all=True, append_images=[page])
    with make_source(str(tmp_path / name)) as source:
        frames = list(iter(source.read, None))
    corner = {
        1: (0, 0),
        2: (0, 1),
        3: (1, 1),
        4: (1, 0),
        5: (0, 0),
        6: (0, 1),
        7: (1, 1),
        8: (1, 0),
    }
    for frame in frames:
        assert frame.image.shape[:2] == ((48, 64) if orientation < 5 else (64, 48))
        red = frame.image[:, :, 2].astype(int) - frame.image[:, :, 1]
        row, column = np.unravel_index(red.argmax(), red.shape)
        assert (row > 24, column > 24) == tuple(map(bool, corner[orientation]))
    assert len(frames) == 2
