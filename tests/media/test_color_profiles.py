"""Pictures with a color profile show the colors that Little CMS shows."""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pi_heif
import pillow_heif
import pytest
from PIL import Image, ImageCms

from uvanet.sources import load_picture
from uvanet.sources.color_profile import icc_profile

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

# Columns of red, green and blue in XYZ at D50, and the curve: a gamma, or parameters of sRGB.
D50_SRGB = ((0.43607, 0.22249, 0.01392), (0.38515, 0.71687, 0.09708), (0.14307, 0.06061, 0.7141))
SPACES = {
    "Display P3": (
        ((0.51512, 0.2412, -0.00105), (0.29198, 0.69225, 0.04189), (0.1571, 0.06657, 0.78407)),
        "srgb",
    ),
    "Adobe RGB": (
        ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457)),
        2.2,
    ),
    "ProPhoto RGB": (
        ((0.79767, 0.28804, 0.0), (0.13519, 0.71188, 0.0), (0.03134, 0.00009, 0.8249)),
        1.8,
    ),
    "sRGB with a table": (D50_SRGB, "table"),
}


def fixed(*values: float) -> bytes:
    return struct.pack(f">{len(values)}i", *(round(value * 65536) for value in values))


def curve(kind: float | str) -> bytes:
    if kind == "srgb":
        numbers = fixed(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
        return b"para\0\0\0\0\0\3\0\0" + numbers
    if kind == "table":
        values = np.rint(np.linspace(0, 1, 1024) ** 1.5 * 65535).astype(">u2")
        return b"curv\0\0\0\0" + struct.pack(">I", len(values)) + values.tobytes()
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(float(kind) * 256)) + b"\0\0"


def profile(space: bytes, tags: dict[bytes, bytes]) -> bytes:
    """An ICC profile, version 2.4, of a screen."""
    head = bytearray(128)
    head[8:12] = b"\2\x40\0\0" if b"para" not in b"".join(tags.values()) else b"\4\x30\0\0"
    head[12:24] = b"mntr" + space + b"XYZ "
    head[36:40] = b"acsp"
    head[68:80] = fixed(0.9642, 1.0, 0.8249)
    tags = {b"wtpt": b"XYZ \0\0\0\0" + fixed(0.9642, 1.0, 0.8249), **tags}
    table, body, place = b"", b"", 132 + 12 * len(tags)
    for name, data in tags.items():
        data += bytes(-len(data) % 4)
        table += name + struct.pack(">II", place + len(body), len(data))
        body += data
    head[:4] = struct.pack(">I", place + len(body))
    return bytes(head) + struct.pack(">I", len(tags)) + table + body


def rgb_profile(name: str) -> bytes:
    columns, kind = SPACES[name]
    tags = {key: curve(kind) for key in (b"rTRC", b"gTRC", b"bTRC")}
    for key, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), columns, strict=True):
        tags[key] = b"XYZ \0\0\0\0" + fixed(*column)
    return profile(b"RGB ", tags)


def colors() -> NDArray[np.uint8]:
    """RGB patches of 8 x 8 pixels, with little that sRGB cannot show."""
    values = np.random.default_rng(3).integers(60, 200, (6, 8, 3), np.uint8)
    return np.kron(values, np.ones((8, 8, 1), np.uint8))


def by_little_cms(image: NDArray[np.uint8], icc: bytes, mode: str = "RGB") -> NDArray[np.uint8]:
    source = ImageCms.ImageCmsProfile(io.BytesIO(icc))
    change = ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB", 1)
    return np.asarray(ImageCms.applyTransform(Image.fromarray(image), change))


def largest_difference(path: Path, wanted: NDArray[np.uint8]) -> int:
    """Over the middles of the patches, where lossy formats are exact."""
    shown = load_picture(path)[:, :, ::-1]
    assert shown.shape == wanted.shape
    return int(np.abs(shown[4::8, 4::8].astype(int) - wanted[4::8, 4::8]).max())


@pytest.mark.parametrize("name", SPACES)
@pytest.mark.parametrize("ending", ["png", "jpg", "webp", "tif", "avif"])
def test_colors_are_those_of_little_cms(tmp_path: Path, name: str, ending: str) -> None:
    path, icc = tmp_path / f"a.{ending}", rgb_profile(name)
    exact = {"webp": {"lossless": True}, "jpg": {"quality": 100, "subsampling": 0}}
    how = {"quality": 100, "subsampling": "4:4:4"} if ending == "avif" else exact.get(ending, {})
    Image.fromarray(colors()).save(path, icc_profile=icc, **how)
    wanted = by_little_cms(colors(), icc)
    assert np.abs(wanted.astype(int) - colors()).max() > 10
    # A wide space makes the rounding of the lossy formats larger.
    lossy = 16 if name == "ProPhoto RGB" else 8
    assert largest_difference(path, wanted) <= (2 if ending in ("png", "tif", "webp") else lossy)


def test_photos_of_phones_show_display_p3(tmp_path: Path) -> None:
    path, icc = tmp_path / "a.heic", rgb_profile("Display P3")
    pillow_heif.from_pillow(Image.fromarray(colors())).save(
        path, quality=100, chroma=444, icc_profile=icc
    )
    assert pi_heif.is_supported(path)
    assert largest_difference(path, by_little_cms(colors(), icc)) <= 8


@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("alpha", [False, True])
def test_depth_and_alpha_stay(tmp_path: Path, depth: int, *, alpha: bool) -> None:
    path, icc = tmp_path / "a.png", rgb_profile("Adobe RGB")
    image = colors()[:, :, ::-1].astype(np.uint16 if depth == 16 else np.uint8)
    image *= 257 if depth == 16 else 1
    if alpha:
        opaque = np.full(image.shape[:2], 2**depth - 1, image.dtype)
        image = np.dstack([image, opaque])
    path.write_bytes(with_chunk(image, b"iCCP", b"x\0\0" + zlib.compress(icc)))
    assert largest_difference(path, by_little_cms(colors(), icc)) <= 2


@pytest.mark.parametrize("ending", ["png", "jpg"])
def test_gray_with_a_gamma(tmp_path: Path, ending: str) -> None:
    path, icc = tmp_path / f"a.{ending}", profile(b"GRAY", {b"kTRC": curve(1.0)})
    gray = np.ascontiguousarray(colors()[:, :, 0])
    Image.fromarray(gray).save(path, icc_profile=icc, quality=100)
    assert largest_difference(path, by_little_cms(gray, icc, "L")) <= 4


def with_chunk(image: NDArray[np.generic], name: bytes, content: bytes) -> bytes:
    """A PNG with a chunk before its pixels."""
    data = cv2.imencode(".png", image)[1].tobytes()
    chunk = struct.pack(">I", len(content)) + name + content
    return data[:33] + chunk + struct.pack(">I", zlib.crc32(name + content)) + data[33:]


@pytest.mark.parametrize(
    ("name", "content", "wanted"),
    [
        (b"gAMA", struct.pack(">I", 45_455), 128),  # sRGB
        (b"gAMA", struct.pack(">I", 100_000), 188),  # linear light
        (b"gAMA", struct.pack(">I", 55_556), 146),  # 1 / 1.8, of old Macs
        (b"gAMA", struct.pack(">I", 0), 128),  # nonsense
        (b"gAMA", b"\0", 128),
        (b"cICP", bytes((1, 13, 0, 1)), 128),  # sRGB
        (b"cICP", bytes((1, 8, 0, 1)), 188),  # linear light
    ],
)
@pytest.mark.parametrize("depth", [8, 16])
def test_gray_of_a_png_by_its_chunks(
    tmp_path: Path, depth: int, name: bytes, content: bytes, wanted: int
) -> None:
    value, kind = (128, np.uint8) if depth == 8 else (128 * 257, np.uint16)
    path = tmp_path / "a.png"
    path.write_bytes(with_chunk(np.full((20, 20, 3), value, kind), name, content))
    assert load_picture(path).astype(int) == pytest.approx(wanted, abs=2)


def test_wide_colors_of_a_png_by_their_code(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(with_chunk(colors()[:, :, ::-1], b"cICP", bytes((12, 13, 0, 1))))
    assert largest_difference(path, by_little_cms(colors(), rgb_profile("Display P3"))) <= 6


def test_primaries_of_a_png(tmp_path: Path) -> None:
    """BT.2020's blue: more saturated than sRGB can show."""
    path = tmp_path / "a.png"
    points = (31270, 32900, 70800, 29200, 17000, 79700, 13100, 4600)
    chunk = struct.pack(">8I", *points)
    plain = with_chunk(np.full((8, 8, 3), (200, 100, 100), np.uint8), b"cHRM", chunk)
    gamma = b"gAMA" + struct.pack(">I", 45_455)
    part = struct.pack(">I", 4) + gamma + struct.pack(">I", zlib.crc32(gamma))
    path.write_bytes(plain[:33] + part + plain[33:])
    blue, green, red = load_picture(path)[0, 0]
    assert blue > 205
    assert green < 100
    assert red < 95


@pytest.mark.parametrize("size", [0, 20, 131, 140, 200, 300])
def test_a_damaged_profile_is_ignored(size: int) -> None:
    data = rgb_profile("Display P3")
    assert icc_profile(data[:size]) is None


def test_any_bytes_may_be_wrong_in_a_profile() -> None:
    data, random = rgb_profile("Display P3"), np.random.default_rng(5)
    for _ in range(300):
        broken = bytearray(data)
        for place in random.integers(0, len(data), 4):
            broken[place] = random.integers(256)
        if (found := icc_profile(bytes(broken))) is not None:
            assert found.to_srgb(colors()).shape == colors().shape
