from __future__ import annotations

import logging
import struct
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from PIL import Image

from uvanet.errors import SourceError
from uvanet.sources import (
    FolderSource,
    SourceInfo,
    SourceKind,
    load_picture,
    make_source,
    picture_decoding,
    video,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray


def write(path: Path, image: NDArray[np.generic]) -> Path:
    done, data = cv2.imencode(path.suffix, image)
    assert done
    path.write_bytes(data.tobytes())
    return path


def test_grey_becomes_colour(tmp_path: Path) -> None:
    grey = np.array([[0, 100, 255]], np.uint8)
    image = load_picture(write(tmp_path / "grey.png", grey))
    assert image.shape == (1, 3, 3)
    assert image[0].tolist() == [[0] * 3, [100] * 3, [255] * 3]


def test_sixteen_bits_keep_their_range(tmp_path: Path) -> None:
    deep = np.array([[[0, 32768, 65535]]], np.uint16)
    image = load_picture(write(tmp_path / "deep.png", deep))
    assert image.dtype == np.uint8
    assert image[0, 0].tolist() == [0, 128, 255]


def test_floats_are_cut_to_their_range(tmp_path: Path) -> None:
    bright = np.array([[[-1.0, 0.5, 7.0]]], np.float32)
    image = load_picture(write(tmp_path / "bright.tiff", bright))
    assert image[0, 0].tolist() == [0, 128, 255]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_what_is_transparent_lies_over_white(tmp_path: Path, dtype: type) -> None:
    top = np.iinfo(dtype).max
    blue_clear_half = np.array([[[top, 0, 0, top], [top, 0, 0, 0], [0, 0, 0, top // 2]]], dtype)
    image = load_picture(write(tmp_path / "glass.png", blue_clear_half))
    assert image[0, 0].tolist() == [255, 0, 0]
    assert image[0, 1].tolist() == [255, 255, 255]
    assert image[0, 2].tolist() == pytest.approx([128, 128, 128], abs=1)


@pytest.mark.parametrize("size", [(1, 1), (7680, 4320)])
def test_tiny_and_huge(tmp_path: Path, size: tuple[int, int]) -> None:
    width, height = size
    path = write(tmp_path / "size.jpg", np.full((height, width, 3), (10, 20, 200), np.uint8))
    with make_source(str(path)) as source:
        assert (source.info.width, source.info.height) == size
        frame = source.read()
    assert frame is not None
    assert frame.image[0, 0].tolist() == pytest.approx([10, 20, 200], abs=4)


def exif(orientation: int) -> bytes:
    """The smallest EXIF block that states an orientation."""
    entry = struct.pack("<HHIHH", 0x0112, 3, 1, orientation, 0)
    return b"II*\0" + struct.pack("<IH", 8, 1) + entry + struct.pack("<I", 0)


@pytest.mark.parametrize(
    ("orientation", "corner"), [(1, "top left"), (3, "bottom right"), (6, "top right")]
)
def test_a_photograph_stands_upright(tmp_path: Path, orientation: int, corner: str) -> None:
    stored = np.zeros((40, 80, 3), np.uint8)
    stored[:16, :16] = 255
    plain = cv2.imencode(".jpg", stored)[1].tobytes()
    block = b"Exif\0\0" + exif(orientation)
    path = tmp_path / "phone.jpg"
    segment = b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block
    path.write_bytes(plain[:2] + segment + plain[2:])
    image = load_picture(path)
    assert image.shape[:2] == ((80, 40) if orientation == 6 else (40, 80))
    lit = {
        "top left": image[4, 4],
        "top right": image[4, -5],
        "bottom left": image[-5, 4],
        "bottom right": image[-5, -5],
    }
    assert [name for name, pixel in lit.items() if pixel.mean() > 128] == [corner]


def test_a_picture_without_a_suffix_is_known_by_its_content(tmp_path: Path) -> None:
    path = write(tmp_path / "photo.png", np.zeros((4, 4, 3), np.uint8)).rename(tmp_path / "photo")
    with make_source(str(path)) as source:
        assert source.info.kind is SourceKind.PICTURE


def test_odd_names(tmp_path: Path) -> None:
    path = write(tmp_path / "a.png", np.zeros((4, 4, 3), np.uint8))
    path = path.rename(tmp_path / "Größe 日本 %d.png")
    assert load_picture(path).shape == (4, 4, 3)


BAD: dict[str, Callable[[Path], object]] = {
    "does not exist": lambda path: None,
    "is empty": lambda path: path.touch(),
    "is a text file": lambda path: path.write_text("a letter " * 100),
    "is not a picture": lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(500)),
}


@pytest.mark.parametrize("words", BAD)
def test_bad_pictures_say_what_is_wrong_and_what_to_do(tmp_path: Path, words: str) -> None:
    path = tmp_path / "photo.png"
    BAD[words](path)
    with pytest.raises(SourceError) as caught, make_source(str(path)):
        pass
    assert words in caught.value.message
    assert str(path) in caught.value.message
    assert caught.value.hint


HEADS = {".png": b"\x89PNG", ".webp": b"RIFF\0\0\0\0WEBP", ".tiff": b"II*\0", ".mp4": b"anything"}


@pytest.mark.parametrize("suffix", HEADS)
def test_a_file_that_is_removed_while_it_is_opened(
    tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"file{suffix}"
    path.write_bytes(HEADS[suffix])
    source = make_source(str(path))
    for module in (picture_decoding, video):
        monkeypatch.setattr(module, "check_file", lambda path: path.unlink())
    with pytest.raises(SourceError, match="No such file") as caught:
        source.open()
    assert caught.value.hint


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tiff", ".bmp"])
def test_a_picture_that_was_cut_off_is_refused_and_the_terminal_stays_clean(
    tmp_path: Path, suffix: str, capfd: pytest.CaptureFixture[str]
) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (100, 150, 3), np.uint8)
    path = write(tmp_path / f"photo{suffix}", noise)
    assert load_picture(path).shape == (100, 150, 3)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(SourceError, match="damaged"):
        load_picture(path)
    assert capfd.readouterr().err == ""


def test_a_folder_plays_in_the_order_of_its_numbers(
    picture_folder: Path, number_of: Callable[[NDArray[np.uint8]], int]
) -> None:
    with FolderSource(picture_folder) as source:
        assert source.info.frames == 12
        numbers = []
        while (frame := source.read()) is not None:
            numbers.append(number_of(frame.image))
    assert numbers == list(range(12))


def write_run(folder: Path, count: int, exif: Image.Exif | None = None) -> None:
    """Writes numbered pictures of a square that moves a little from one to the next."""
    for number in range(count):
        image = np.full((48, 64, 3), 60, np.uint8)
        image[10:30, number : number + 20] = 200
        Image.fromarray(image).save(folder / f"DSC{number:04}.png", exif=exif)


def info_of(folder: Path, fps: float | None = None) -> SourceInfo:
    with make_source(str(folder), fps=fps) as source:
        return source.info


def test_a_numbered_run_of_pictures_that_differ_little_is_a_film(tmp_path: Path) -> None:
    write_run(tmp_path, 30)
    film = info_of(tmp_path)
    assert (film.fps, film.slides, film.duration) == (25, False, pytest.approx(1.2))
    slides = info_of(tmp_path, fps=0)
    assert (slides.fps, slides.slides, slides.frames) == (1, True, 30)


def test_a_folder_of_numbered_photos_is_slides_whatever_their_number(tmp_path: Path) -> None:
    noise = np.random.default_rng(0)
    for number in range(30):
        scene = noise.integers(0, 256, (3, 4, 3), np.uint8)
        write(tmp_path / f"{number}.png", cv2.resize(scene, (64, 48)))
    info = info_of(tmp_path)
    assert info.slides
    assert [path.name for path in info.pictures] == [f"{number}.png" for number in range(30)]


def test_few_pictures_are_slides(picture_folder: Path) -> None:
    assert info_of(picture_folder).slides
    with make_source(str(picture_folder), fps=10) as source:
        assert not source.info.slides
        assert source.info.duration == pytest.approx(1.2)
        source.read()
        frame = source.read()
    assert frame is not None
    assert frame.pts == pytest.approx(0.1)


def grow(folder: Path) -> None:
    write(folder / "DSC0007.png", np.full((50, 64, 3), 60, np.uint8))
    for number in (0, 15):
        write(folder / f"DSC{number:04}.png", np.full((50, 64, 3), 60, np.uint8))


ALTERED: dict[str, Callable[[Path], object]] = {
    "a missing number": lambda folder: (folder / "DSC0011.png").unlink(),
    "another name": lambda folder: (folder / "DSC0029.png").rename(folder / "end.png"),
    "another size": grow,
}


@pytest.mark.parametrize("altered", ALTERED)
def test_a_run_with_an_exception_is_slides(tmp_path: Path, altered: str) -> None:
    write_run(tmp_path, 30)
    ALTERED[altered](tmp_path)
    assert info_of(tmp_path).slides


def test_numbered_photos_of_a_camera_are_slides(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[271], exif[272] = "Maker", "Model"
    write_run(tmp_path, 30, exif)
    assert info_of(tmp_path).slides


def test_a_damaged_frame_leaves_a_film_a_film(tmp_path: Path) -> None:
    write_run(tmp_path, 30)
    path = tmp_path / "DSC0014.png"
    path.write_bytes(path.read_bytes()[:-20])
    assert not info_of(tmp_path).slides


@pytest.mark.parametrize("fps", [-1, float("nan"), 1e9])
def test_a_folder_refuses_a_rate_of_no_sense(picture_folder: Path, fps: float) -> None:
    with pytest.raises(SourceError, match="frames per second"):
        make_source(str(picture_folder), fps=fps)


def test_a_bad_picture_in_a_folder_is_left_out_and_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for number in (1, 2, 4):
        write(tmp_path / f"{number}.png", np.full((4, 4, 3), number, np.uint8))
    (tmp_path / "3.png").write_text("not a picture")
    source = FolderSource(tmp_path)
    with source, caplog.at_level(logging.WARNING):
        for _ in range(2):
            seen = []
            while (frame := source.read()) is not None:
                seen.append((frame.index, int(frame.image[0, 0, 0])))
            assert seen == [(0, 1), (1, 2), (3, 4)]
            source.seek(0)
    assert source.skipped == [tmp_path / "3.png"]
    assert [str(tmp_path / "3.png") in text for text in caplog.messages] == [True]


def test_a_folder_of_bad_pictures_only(tmp_path: Path) -> None:
    (tmp_path / "1.png").write_text("not a picture")
    with make_source(str(tmp_path)) as source, pytest.raises(SourceError, match="None of the 1"):
        source.read()


def test_a_folder_without_pictures(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("hello")
    with (
        pytest.raises(SourceError, match="holds no pictures") as caught,
        make_source(str(tmp_path)),
    ):
        pass
    assert str(tmp_path) in caught.value.message
