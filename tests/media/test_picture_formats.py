"""Pictures of every format, depth and name show their colors."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import av
import corpus
import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image

from uvanet.errors import SourceError
from uvanet.sources import SourceKind, load_picture, make_source
from uvanet.sources.film_frames import MIN_FRAMES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

TOP, BOTTOM = (190, 70, 40), (90, 90, 90)


def photo(size: tuple[int, int] = (64, 48)) -> NDArray[np.uint8]:
    """RGB, red over gray."""
    image = np.full((size[1], size[0], 3), BOTTOM, np.uint8)
    image[: size[1] // 2] = TOP
    return image


def encoded(codec: str, pix_fmt: str, image: NDArray[np.uint8]) -> bytes:
    """A picture file by one of FFmpeg's encoders."""
    context = av.CodecContext.create(codec, "w")
    context.width, context.height, context.pix_fmt = image.shape[1], image.shape[0], pix_fmt
    context.time_base = 1
    frame = av.VideoFrame.from_ndarray(image, "rgb24").reformat(format=pix_fmt)
    frame.pts = 0
    return b"".join(bytes(p) for p in [*context.encode(frame), *context.encode(None)])


def photoshop(image: NDArray[np.uint8]) -> bytes:
    """A PSD of one layer, uncompressed."""
    height, width = image.shape[:2]
    head = b"8BPS" + struct.pack(">H6xHIIHH", 1, 3, height, width, 8, 3)
    return head + bytes(12) + b"\0\0" + np.moveaxis(image, 2, 0).tobytes()


def by_pillow(path: Path, image: NDArray[np.uint8]) -> bytes:
    Image.fromarray(image).save(path)
    return path.read_bytes()


def by_fits(path: Path, image: NDArray[np.uint8]) -> bytes:
    with av.open(str(path), "w", format="fits") as out:
        track = out.add_stream("fits", rate=1)
        track.width, track.height, track.pix_fmt = image.shape[1], image.shape[0], "gbrp"
        frame = av.VideoFrame.from_ndarray(image, "rgb24").reformat(format="gbrp")
        out.mux([*track.encode(frame), *track.encode(None)])
    return path.read_bytes()


def x_pixmap(image: NDArray[np.uint8]) -> bytes:
    """An XPM of two colors."""
    rows = ["t" * 64 if tuple(row[0]) == TOP else "b" * 64 for row in image]
    colors = [f"{key} c #{bytes(color).hex()}" for key, color in (("t", TOP), ("b", BOTTOM))]
    lines = ",\n".join(f'"{line}"' for line in ["64 48 2 1", *colors, *rows])
    return f"/* XPM */\nstatic char *a[] = {{\n{lines}}};\n".encode()


MAKERS: dict[str, Callable[[Path, NDArray[np.uint8]], bytes]] = {
    "a.dds": by_pillow,
    "a.dpx": lambda _, image: encoded("dpx", "rgb24", image),
    "b.dpx": lambda _, image: encoded("dpx", "gbrp10le", image),
    "a.fits": by_fits,
    "a.jls": lambda _, image: encoded("jpegls", "rgb24", image),
    "a.pcx": by_pillow,
    "a.psd": lambda _, image: photoshop(image),
    "a.qoi": lambda _, image: encoded("qoi", "rgb24", image),
    "a.ras": lambda _, image: encoded("sunrast", "bgr24", image),
    "a.sgi": by_pillow,
    "a.tga": by_pillow,
    "a.xpm": lambda _, image: x_pixmap(image),
    "a.xwd": lambda _, image: encoded("xwd", "rgb24", image),
}


def look(path: Path) -> tuple[SourceKind, int, NDArray[np.uint8]]:
    """Kind, number of frames, and the first frame as RGB."""
    with make_source(str(path)) as source:
        frames = [frame.image for frame in iter(source.read, None)]
        return source.info.kind, len(frames), frames[0][:, :, ::-1]


def assert_shown(path: Path) -> None:
    kind, count, image = look(path)
    assert (kind, count, image.shape) == (SourceKind.PICTURE, 1, (48, 64, 3))
    assert image[4, 4] == pytest.approx(TOP, abs=3)
    assert image[-4, -4] == pytest.approx(BOTTOM, abs=3)


@pytest.mark.parametrize("name", MAKERS)
def test_every_format_shows_its_colors(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(MAKERS[name](path, photo()))
    assert_shown(path)


def test_the_largest_size_of_an_icon_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "a.ico"
    Image.fromarray(photo((64, 64))).save(path, sizes=[(16, 16), (64, 64), (32, 32)])
    assert load_picture(path).shape == (64, 64, 3)


@pytest.mark.parametrize("ending", ["dpx", "tga"])
def test_a_folder_of_film_scans_is_played(tmp_path: Path, ending: str) -> None:
    count = 2 * MIN_FRAMES
    for number in range(count):
        image = np.full((48, 64, 3), number, np.uint8)
        path = tmp_path / f"{number:04}.{ending}"
        path.write_bytes(MAKERS[f"a.{ending}"](path, image))
    with make_source(str(tmp_path)) as source:
        assert not source.info.slides
        grays = [int(frame.image[0, 0, 0]) for frame in iter(source.read, None)]
    assert grays == list(range(count))


@pytest.mark.parametrize("name", ["light.exr", "light.hdr"])
def test_scene_light_gets_the_transfer_function_of_screens(tmp_path: Path, name: str) -> None:
    """EXR and Radiance hold linear light: a fifth of white is drawn as 124, not as 51."""
    light = np.full((48, 64, 3), 0.2, np.float32)
    light[:24] = 7.0
    path = tmp_path / name
    if name.endswith("hdr"):
        path.write_bytes(cv2.imencode(".hdr", light)[1].tobytes())
    else:
        context = av.CodecContext.create("exr", "w")
        context.width, context.height, context.pix_fmt = 64, 48, "gbrpf32le"
        context.time_base = 1
        frame = av.VideoFrame.from_ndarray(light, "gbrpf32le")
        frame.pts = 0
        path.write_bytes(b"".join(bytes(packet) for packet in context.encode(frame)))
    image = look(path)[2]
    assert image[4, 4].tolist() == [255, 255, 255]
    assert image[-4, -4] == pytest.approx((124, 124, 124), abs=2)


def test_twelve_bits_of_gray_in_sixteen_are_seen(tmp_path: Path) -> None:
    gray = photo()[..., 1]
    tifffile.imwrite(tmp_path / "a.tif", gray.astype(np.uint16) * 16)
    cv2.imwrite(str(tmp_path / "a.png"), gray.astype(np.uint16) * 16)
    for path in tmp_path.iterdir():
        image = look(path)[2]
        assert image[4, 4] == pytest.approx((TOP[1],) * 3, abs=2)
        assert image[-4, -4] == pytest.approx(BOTTOM, abs=2)


@pytest.mark.parametrize("dtype", ["int16", "int32", "uint32", "float32", "float64"])
def test_measured_values_are_drawn_from_black_to_white(tmp_path: Path, dtype: str) -> None:
    path = tmp_path / "a.tif"
    ramp = np.linspace(20, 4000, 64).astype(dtype)
    tifffile.imwrite(path, np.tile(ramp, (48, 1)))
    image = look(path)[2]
    assert image[0, :, 0] == pytest.approx(np.linspace(0, 255, 64), abs=1)


def test_a_large_tiff_without_a_suffix_is_known(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", photo(), bigtiff=True)
    assert_shown((tmp_path / "a.tif").rename(tmp_path / "scan"))


@pytest.mark.parametrize("moves", [False, True])
@pytest.mark.parametrize("name", ["a.gif", "a.png", "a.jpg", "a.mp4", "a"])
@pytest.mark.parametrize("kind", ["WEBP", "GIF"])
def test_the_content_counts_and_not_the_name(
    tmp_path: Path, kind: str, name: str, moves: bool
) -> None:
    """Messengers save animated stickers as they like."""
    first, *rest = [Image.fromarray(corpus.numbered(number)) for number in range(4)]
    path = tmp_path / name
    first.save(path, kind, save_all=moves, append_images=rest if moves else [], duration=100)
    with make_source(str(path)) as source:
        numbers = [corpus.number_in(frame.image) for frame in iter(source.read, None)]
    assert numbers == ([0, 1, 2, 3] if moves else [0])


@pytest.mark.parametrize("name", ["clip.jpg", "clip.png"])
def test_a_video_with_the_name_of_a_picture_is_played(tmp_path: Path, name: str) -> None:
    path = corpus.write(tmp_path / "clip.mp4", "libx264").rename(tmp_path / name)
    assert look(path)[:2] == (SourceKind.VIDEO, corpus.FRAMES)


@pytest.mark.parametrize("name", ["notes.txt", "notes.nfo", "notes.ans", "notes"])
def test_text_is_no_video(tmp_path: Path, name: str) -> None:
    """FFmpeg draws text art."""
    path = tmp_path / name
    path.write_text("\x1b[31mSome notes\x1b[0m\r\n" * 50)
    with pytest.raises(SourceError, match="is a text file"):
        make_source(str(path)).open()


def test_white_of_an_hdr_picture_is_white(tmp_path: Path) -> None:
    path = tmp_path / "a.avif"
    signal = 0.58  # of 203 cd/m2, white of ITU-R BT.2408, by SMPTE ST 2084
    image = np.full((64, 64, 3), round(signal * 255), np.uint8)
    color = {"colorspace": 9, "color_primaries": 9, "color_trc": 16, "color_range": 2}
    options = {"preset": "11", "svtav1-params": "avif=1"}
    corpus.write(
        path, "libsvtav1", pix_fmt="yuv420p10le", images=[image], color=color, options=options
    )
    assert look(path)[2].mean() > 235


def test_lossless_jpeg(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(encoded("ljpeg", "bgr24", photo()))
    assert_shown(path)


@pytest.mark.parametrize(
    ("name", "content", "format_name"),
    [
        ("a.jxl", b"\xff\x0a" + bytes(100), "JPEG XL"),
        ("b.jxl", b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(100), "JPEG XL"),
        ("a.icns", b"icns" + bytes(100), "ICNS"),
        ("a.svg", b'<?xml version="1.0"?><svg width="9"></svg>', "SVG"),
        ("a.pdf", b"%PDF-1.7" + bytes(100), "PDF"),
        ("a.jpg", b"%PDF-1.7" + bytes(100), "PDF"),
        ("a.xcf", b"gimp xcf v011" + bytes(100), "XCF"),
        ("a.NEF", b"MM\0*" + bytes(100), "NEF"),
        ("a.cr3", b"\0\0\0\x18ftypcrx " + bytes(100), "CR3"),
    ],
)
def test_formats_that_cannot_be_read_are_named(
    tmp_path: Path, name: str, content: bytes, format_name: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(SourceError, match=format_name):
        make_source(str(path)).open()
