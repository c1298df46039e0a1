"""Converts pictures to sRGB from the color space of their ICC profile, or of a PNG's gamma.

Profiles of a matrix and curves are read, as cameras, phones and screens have them (Display P3,
Adobe RGB, ProPhoto RGB, gray with a gamma). Those of tables, as printers have them, are ignored.
Little CMS, which reads all, comes with Pillow, which the bundles leave out for its size.
"""

from __future__ import annotations

import itertools
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Curve = Callable[[NDArray[np.float64]], NDArray[np.float64]]

# XYZ at D50 to linear sRGB, as profiles of sRGB have it (IEC 61966-2-1, adapted by Bradford).
_TO_SRGB: Final = np.linalg.inv(
    np.array(
        [
            [0.4360747, 0.3850649, 0.1430804],
            [0.2225045, 0.7168786, 0.0606169],
            [0.0139322, 0.0971045, 0.7141733],
        ]
    )
)
_BRADFORD: Final = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)
_D50: Final = np.array([0.9642, 1.0, 0.8249])
_SRGB_GAMMA, _SAME_GAMMA = 0.45455, 0.01
_VISIBLE = 2  # levels of 255; smaller differences are not worth the time
_BAND_PIXELS = 1 << 18
_TOP = 65535


@dataclass(frozen=True, slots=True)
class ColorProfile:
    """A color space of one or three channels.

    Attributes:
        curves: Of red, green and blue, or of gray: values of 0..1 to linear light.
        matrix: Linear light, red, green and blue, to that of sRGB, shape (3, 3).
    """

    curves: tuple[Curve, ...]
    matrix: NDArray[np.float64]

    def to_srgb(self, image: NDArray[np.generic]) -> NDArray[np.generic]:
        """Converts a picture; colors outside sRGB are clipped.

        Args:
            image: Gray, BGR or BGRA, shape (h, w), (h, w, 3) or (h, w, 4), uint8 or uint16.

        Returns:
            uint8, of the same shape; `image` itself if it has another number of channels than the
            profile, or looks the same.
        """
        channels = 1 if image.ndim == 2 else min(image.shape[2], 3)
        if channels != len(self.curves) or image.dtype not in (np.uint8, np.uint16):
            return image
        if self._is_srgb():
            return image
        levels = np.linspace(0.0, 1.0, 256 if image.dtype == np.uint8 else _TOP + 1)
        tables = [np.clip(np.nan_to_num(curve(levels)), 0.0, 1.0) for curve in self.curves]
        if channels == 1:
            return np.asarray(_ENCODED[np.rint(tables[0] * _TOP).astype(np.uint16)][image])
        light = np.stack(tables[::-1], axis=1).astype(np.float32)[None]  # blue comes first
        matrix = (self.matrix[::-1, ::-1] * _TOP).astype(np.float32)
        result = np.empty(image.shape, np.uint8)
        rows = max(1, _BAND_PIXELS // image.shape[1])
        for top in range(0, len(image), rows):
            band = np.ascontiguousarray(image[top : top + rows, :, :3])
            linear = cv2.transform(cv2.LUT(band, light), matrix)
            codes = np.clip(linear, 0, _TOP, out=linear).astype(np.uint16)
            result[top : top + rows, :, :3] = cv2.LUT(codes, _ENCODED)
        if image.shape[2] == 4:
            scale = 1.0 if image.dtype == np.uint8 else 255 / _TOP
            result[:, :, 3] = cv2.convertScaleAbs(np.ascontiguousarray(image[:, :, 3]), alpha=scale)
        return result

    def _is_srgb(self) -> bool:
        """Whether a grid of colors looks the same in sRGB."""
        count = len(self.curves)
        grid = np.array(list(itertools.product(np.linspace(0.0, 1.0, 6), repeat=count)))
        linear = np.stack([c(v) for c, v in zip(self.curves, grid.T, strict=True)], axis=1)
        if count == 3:
            linear = linear @ self.matrix.T
        codes = np.rint(np.clip(np.nan_to_num(linear), 0.0, 1.0) * _TOP).astype(np.uint16)
        return bool(np.abs(_ENCODED[codes] - grid * 255).max() <= _VISIBLE)


def icc_profile(data: bytes) -> ColorProfile | None:
    """Reads an ICC profile (ICC.1); None if it is damaged or has no matrix and curves."""
    try:
        space, connection = data[16:20], data[20:24]
        (count,) = struct.unpack_from(">I", data, 128)
        entries = (struct.unpack_from(">4sII", data, 132 + 12 * n) for n in range(min(count, 100)))
        tags = {name: data[start : start + size] for name, start, size in entries}
        if connection != b"XYZ ":
            return None
        if space == b"GRAY":
            return ColorProfile((_curve(tags[b"kTRC"]),), np.eye(3))
        if space != b"RGB ":
            return None
        curves = tuple(_curve(tags[name]) for name in (b"rTRC", b"gTRC", b"bTRC"))
        columns = [_fixed(tags[name], 8, 3) for name in (b"rXYZ", b"gXYZ", b"bXYZ")]
    except (LookupError, ValueError, struct.error):
        return None
    return ColorProfile(curves, _TO_SRGB @ np.stack(columns, axis=1))


def png_profile(data: bytes) -> ColorProfile | None:
    """The color space of a PNG's gAMA and cHRM; None if it has none, or states sRGB."""
    chunks = dict(_png_chunks(data))
    if b"gAMA" not in chunks or {b"iCCP", b"sRGB", b"cICP"} & chunks.keys():
        return None
    try:
        gamma = struct.unpack(">I", chunks[b"gAMA"])[0] / 100_000
        matrix = np.eye(3)
        if b"cHRM" in chunks:
            points = np.array(struct.unpack(">8I", chunks[b"cHRM"])).reshape(4, 2) / 100_000
            matrix = _TO_SRGB @ _adapted(points)
    except (ValueError, struct.error, np.linalg.LinAlgError, ZeroDivisionError):
        return None
    if not 0.05 <= gamma <= 5.0 or not np.isfinite(matrix).all():
        return None
    same = abs(gamma - _SRGB_GAMMA) <= _SAME_GAMMA
    curve: Curve = _srgb_curve if same else lambda values: values ** (1.0 / gamma)
    # A gray picture has one channel, but the same chunks.
    gray = data[25] in (0, 4)
    return ColorProfile((curve,) if gray else (curve,) * 3, matrix)


def _png_chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    """The chunks before the pixels: names and contents."""
    found, place = [], 8
    while place + 8 <= len(data) and data[place + 4 : place + 8] != b"IDAT":
        (size,) = struct.unpack_from(">I", data, place)
        found.append((data[place + 4 : place + 8], data[place + 8 : place + 8 + size]))
        place += 12 + size
    return found


def _adapted(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Linear light to XYZ at D50, from x and y of white, red, green and blue, shape (4, 2)."""
    xyz = np.stack([points[:, 0], points[:, 1], 1 - points.sum(axis=1)]) / points[:, 1]
    white, primaries = xyz[:, 0], xyz[:, 1:]
    to_xyz = primaries * np.linalg.solve(primaries, white)
    scale = (_BRADFORD @ _D50) / (_BRADFORD @ white)
    return np.asarray(np.linalg.inv(_BRADFORD) @ (scale[:, None] * _BRADFORD) @ to_xyz)


def _curve(tag: bytes) -> Curve:
    """A tone curve, of type curveType or parametricCurveType.

    Raises:
        ValueError: The tag has another type.
        struct.error: The tag is too short.
    """
    if tag[:4] == b"curv":
        (count,) = struct.unpack_from(">I", tag, 8)
        if count == 0:
            return lambda values: values
        table = np.array(struct.unpack_from(f">{count}H", tag, 12)) / _TOP
        if count == 1:
            return _parametric(table[0] * _TOP / 256)
        return lambda values: np.interp(values, np.linspace(0.0, 1.0, count), table)
    if tag[:4] == b"para":
        (kind,) = struct.unpack_from(">H", tag, 8)
        # Parameters g, a, b, c, d, e, f of ICC.1, table 65, with what the simpler kinds lack.
        names = ("g", "gab", "gabc", "gabcd", "gabcdef")[kind]
        given = dict(zip(names, _fixed(tag, 12, len(names)), strict=True))
        if kind in (1, 2):
            given["d"] = -given["b"] / given["a"] if given["a"] else 0.0
        if kind == 2:
            given["e"] = given["f"] = given.pop("c")
        return _parametric(**given)
    raise ValueError(tag[:4])


def _parametric(
    g: float,
    a: float = 1.0,
    b: float = 0.0,
    c: float = 0.0,
    d: float = -1.0,
    e: float = 0.0,
    f: float = 0.0,
) -> Curve:
    """(a x + b)^g + e from x = d on, c x + f below."""

    def curve(values: NDArray[np.float64]) -> NDArray[np.float64]:
        with np.errstate(all="ignore"):  # damaged profiles hold any numbers
            power = np.maximum(a * values + b, 0.0) ** g + e
        return np.where(values >= d, power, c * values + f)

    return curve


def _fixed(tag: bytes, place: int, count: int) -> list[float]:
    return [value / 65536 for value in struct.unpack_from(f">{count}i", tag, place)]


def _srgb_curve(values: NDArray[np.float64]) -> NDArray[np.float64]:
    power = ((values + 0.055) / 1.055) ** 2.4
    return np.asarray(np.where(values <= 0.04045, values / 12.92, power))


def _encoded() -> NDArray[np.uint8]:
    light = np.linspace(0.0, 1.0, _TOP + 1)
    curve = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(curve * 255), np.uint8)


_ENCODED: Final = _encoded()
