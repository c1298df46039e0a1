"""Converts pictures to sRGB from a color space, such as that of an ICC profile or a PNG's gamma.

Profiles of a matrix and curves are read, as cameras, phones and screens have them (Display P3,
Adobe RGB, ProPhoto RGB, gray with a gamma). Those of tables, as printers have them, are ignored.
Little CMS, which reads all, comes with Pillow, which the bundles leave out for its size.
"""

from __future__ import annotations

import functools
import itertools
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

Float = TypeVar("Float", np.float32, np.float64)
Curve = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""A transfer function: values of 0..1 to linear light, of the same shape."""

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
_BAND_PIXELS = 1 << 16
_TOP = 65535
# White of HDR becomes 0.88, which is 240 of 255 in sRGB: there is room for what is brighter.
_KNEE = 0.8


@dataclass(frozen=True, slots=True, eq=False)
class ColorProfile:
    """A color space of one or three channels.

    Attributes:
        curves: Of red, green and blue, or of gray: values of 0..1 to linear light; white is 1.
        matrix: Linear light, red, green and blue, to that of sRGB, shape (3, 3).
        peak: The brightest light, 1 or more. Light between white and it stays visible: bright
            colors become darker without a change of hue, see `_gains`.
    """

    curves: tuple[Curve, ...]
    matrix: NDArray[np.float64]
    peak: float = 1.0

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
        if _is_srgb(self):
            return image
        light = _light(self, 256 if image.dtype == np.uint8 else _TOP + 1)
        encoded = _encoded(self.peak)
        if channels == 1:
            return np.asarray(encoded[np.rint(light[0, :, 0]).astype(np.uint16)][image])
        matrix = self.matrix[::-1, ::-1].astype(np.float32)
        result = np.empty(image.shape, np.uint8)
        rows = max(1, _BAND_PIXELS // image.shape[1])
        for top in range(0, len(image), rows):
            band = np.ascontiguousarray(image[top : top + rows, :, :3])
            linear = np.asarray(cv2.transform(cv2.LUT(band, light), matrix), np.float32)
            if self.peak > 1 and linear.max() > _KNEE * _TOP / self.peak:
                linear *= _gains(self.peak, linear)
            codes = np.clip(linear, 0, _TOP, out=linear).astype(np.uint16)
            result[top : top + rows, :, :3] = cv2.LUT(codes, encoded)
        if image.shape[2] == 4:
            scale = 1.0 if image.dtype == np.uint8 else 255 / _TOP
            result[:, :, 3] = cv2.convertScaleAbs(np.ascontiguousarray(image[:, :, 3]), alpha=scale)
        return result


@functools.lru_cache(maxsize=2)
def _is_srgb(profile: ColorProfile) -> bool:
    """Whether a grid of colors looks the same in sRGB."""
    count = len(profile.curves)
    grid = np.array(list(itertools.product(np.linspace(0.0, 1.0, 6), repeat=count)))
    linear = np.stack([c(v) for c, v in zip(profile.curves, grid.T, strict=True)], axis=1)
    if count == 3:
        linear = linear @ profile.matrix.T
    scaled = np.clip(np.nan_to_num(linear) / profile.peak, 0.0, 1.0) * _TOP
    codes = np.rint(scaled).astype(np.uint16)
    return bool(np.abs(_encoded(profile.peak)[codes] - grid * 255).max() <= _VISIBLE)


@functools.lru_cache(maxsize=2)
def _light(profile: ColorProfile, count: int) -> NDArray[np.float32]:
    """Linear light of all values; shape (1, count, channels), blue first; the peak is `_TOP`."""
    values = np.linspace(0.0, 1.0, count)
    light = [np.nan_to_num(curve(values)) / profile.peak for curve in profile.curves[::-1]]
    return (np.stack(light, axis=1).clip(0.0, 1.0) * _TOP).astype(np.float32)[None]


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
            matrix = primaries_to_srgb(points)
    except (ValueError, struct.error, np.linalg.LinAlgError, ZeroDivisionError):
        return None
    if not 0.05 <= gamma <= 5.0 or not np.isfinite(matrix).all():
        return None
    same = abs(gamma - _SRGB_GAMMA) <= _SAME_GAMMA
    curve: Curve = srgb_curve if same else lambda values: values ** (1.0 / gamma)
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


def primaries_to_srgb(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """The matrix from linear light of a color space to that of sRGB, adapted by Bradford.

    Args:
        points: x and y (CIE 1931) of white, red, green and blue, shape (4, 2).

    Returns:
        Shape (3, 3), for columns of red, green and blue.

    Raises:
        numpy.linalg.LinAlgError: The primaries lie on a line.
    """
    xyz = np.stack([points[:, 0], points[:, 1], 1 - points.sum(axis=1)]) / points[:, 1]
    white, primaries = xyz[:, 0], xyz[:, 1:]
    to_xyz = primaries * np.linalg.solve(primaries, white)
    scale = (_BRADFORD @ _D50) / (_BRADFORD @ white)
    adapted = np.linalg.inv(_BRADFORD) @ (scale[:, None] * _BRADFORD) @ to_xyz
    return np.asarray(_TO_SRGB @ adapted)


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


def srgb_curve(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The transfer function of sRGB (IEC 61966-2-1): values of 0..1 to linear light."""
    power = ((values + 0.055) / 1.055) ** 2.4
    return np.asarray(np.where(values <= 0.04045, values / 12.92, power))


def srgb_values(light: NDArray[Float]) -> NDArray[Float]:
    """The inverse of `srgb_curve`: linear light of 0..1 to values of sRGB, of the same type."""
    bright = 1.055 * light ** (1 / 2.4) - 0.055
    return np.asarray(np.where(light <= 0.0031308, 12.92 * light, bright), light.dtype)


@functools.lru_cache(maxsize=2)
def _encoded(peak: float) -> NDArray[np.uint8]:
    """Values of sRGB for linear light of 0..`peak`, in `_TOP` steps; from 1 on, 255."""
    light = np.linspace(0.0, peak, _TOP + 1).clip(max=1.0)
    return np.asarray(np.rint(srgb_values(light) * 255), np.uint8)


def _gains(peak: float, linear: NDArray[np.float32]) -> NDArray[np.float32]:
    """Factors that map the brightest channel of each pixel from 0..`peak` to 0..1.

    Args:
        peak: The brightest light.
        linear: Light, shape (h, w, 3); the peak is `_TOP`.

    Returns:
        Shape (h, w, 1).
    """
    brightest = np.maximum(np.maximum(linear[:, :, 0], linear[:, :, 1]), linear[:, :, 2])
    codes = np.clip(brightest, 0, _TOP, out=brightest).astype(np.uint16)
    return np.asarray(cv2.LUT(codes, _gain_table(peak)), np.float32)[:, :, None]


@functools.lru_cache(maxsize=2)
def _gain_table(peak: float) -> NDArray[np.float32]:
    """Factors that leave light as it is up to a knee, and then map it by a logarithm to 1."""
    light = np.linspace(0.0, peak, _TOP + 1)[1:]
    slope = (peak - _KNEE) / (1 - _KNEE)
    factor = slope
    for _ in range(50):  # so that there is no bend at the knee: factor / log(1 + factor) = slope
        factor = slope * np.log1p(factor)
    share = np.maximum(light - _KNEE, 0.0) / (peak - _KNEE)
    bright = _KNEE + (1 - _KNEE) * np.log1p(factor * share) / np.log1p(factor)
    return np.append(1.0, np.where(light <= _KNEE, light, bright) / light).astype(np.float32)[None]
