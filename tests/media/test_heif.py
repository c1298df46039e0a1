"""HEIC photos, of one piece and in tiles, are shown whole and upright."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pillow_heif
import pytest
from PIL import Image

from uvanet.errors import SourceError
from uvanet.sources import SourceKind, load_picture, make_source
from uvanet.sources.film_frames import MIN_FRAMES

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

TILE = 64


def photo() -> NDArray[np.uint8]:
    """RGB (100, 150, 3): a corner of each color, so that no turn and no tile looks like another."""
    image = np.full((100, 150, 3), 90, np.uint8)
    image[:40, :60], image[:40, 90:], image[60:, :60] = (235, 30, 30), (30, 235, 30), (30, 30, 235)
    return image


def write(path: Path, image: NDArray[np.uint8], tile: int = 0, orientation: int = 1) -> Path:
    """Writes a HEIC whose container, and EXIF beside it, state the orientation."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    mode = {3: "RGB", 4: "RGBA"}[image.shape[2]]
    file = pillow_heif.from_bytes(mode, (image.shape[1], image.shape[0]), image.tobytes())
    file.info["exif"] = exif.tobytes()
    with path.open("wb") as out:
        file.save(
            out,
            quality=90,
            tile_size=tile,
            exif=exif.tobytes(),
            enc_params={"preset": "ultrafast"},
        )
    return path


@pytest.mark.parametrize(
    ("tile", "orientation"), [(0, 1), (0, 6), *((TILE, each) for each in (1, 2, 3, 6, 7, 8))]
)
def test_a_heic_is_whole_and_upright(tmp_path: Path, tile: int, orientation: int) -> None:
    image = photo()
    path = write(tmp_path / "photo.heic", image, tile, orientation)
    assert (b"grid" in path.read_bytes()) == bool(tile)
    turned = {
        1: image,
        2: cv2.flip(image, 1),
        3: cv2.rotate(image, cv2.ROTATE_180),
        6: cv2.rotate(image, cv2.ROTATE_90_CLOCKWISE),
        7: cv2.flip(cv2.transpose(image), -1),
        8: cv2.rotate(image, cv2.ROTATE_90_COUNTERCLOCKWISE),
    }[orientation]
    with make_source(str(path)) as source:
        assert source.info.kind is SourceKind.PICTURE
        assert (source.info.width, source.info.height) == turned.shape[1::-1]
        frame = source.read()
        assert source.read() is None
    assert frame is not None
    assert np.abs(frame.image[:, :, ::-1].astype(int) - turned).mean() < 6


def test_what_is_transparent_in_a_heic_lies_over_white(tmp_path: Path) -> None:
    image = np.dstack([photo(), np.full((100, 150), 255, np.uint8)])
    image[:, 75:, 3] = 0
    shown = load_picture(write(tmp_path / "glass.heic", image))
    assert shown[20, 30].tolist() == pytest.approx([30, 30, 235], abs=12)
    assert shown[:, 80:].min() > 245


@pytest.mark.parametrize("name", ["photo.jpg", "photo.HEIF", "photo"])
def test_the_content_of_a_heic_decides_and_not_its_name(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, photo(), TILE)
    with make_source(str(path)) as source:
        assert (source.info.kind, source.info.width) == (SourceKind.PICTURE, 150)


def test_a_folder_of_heics_is_slides(tmp_path: Path) -> None:
    one = write(tmp_path / "IMG_0100.heic", photo(), TILE)
    for number in range(101, 100 + MIN_FRAMES + 1):
        shutil.copyfile(one, tmp_path / f"IMG_0{number}.heic")
    with make_source(str(tmp_path)) as source:
        assert source.info.slides
        assert len(list(iter(source.read, None))) == MIN_FRAMES + 1


def test_a_heic_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "photo.heic", photo(), TILE)
    data = path.read_bytes()
    for share in (0.02, 0.3, 0.6, 0.99):
        path.write_bytes(data[: int(len(data) * share)])
        with pytest.raises(SourceError, match=r"photo\.heic"):
            load_picture(path)


def test_a_build_without_the_decoder_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "photo.heic", photo())
    monkeypatch.setitem(sys.modules, "pi_heif", None)
    with pytest.raises(SourceError, match="no decoder for HEIC") as caught:
        load_picture(path)
    assert "PNG or JPEG" in caught.value.hint
