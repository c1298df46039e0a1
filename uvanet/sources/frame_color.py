"""Color spaces of decoded frames, by their codes of ITU-T H.273."""

from __future__ import annotations

import functools

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorTrc
from numpy.typing import NDArray

from uvanet.sources.color_profile import ColorProfile, Curve, primaries_to_srgb, srgb_curve

HDR = {ColorTrc.SMPTE2084.value: "HDR10 (PQ)", ColorTrc.ARIB_STD_B67.value: "HLG"}
"""Transfer functions of high dynamic range, by their codes."""

# BT.709, as that of sRGB; BT.2020; DCI-P3; Display P3: x and y of white, red, green and blue.
_BT709 = ((0.3127, 0.3290), (0.640, 0.330), (0.300, 0.600), (0.150, 0.060))
_WIDE_PRIMARIES = {
    9: ((0.3127, 0.3290), (0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),
    11: ((0.314, 0.351), (0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
    12: ((0.3127, 0.3290), (0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
}
# Candela per square meter: white by ITU-R BT.2408, and the peak of most screens and films.
_WHITE, _PEAK = 203.0, 1000.0


def frame_profile(frame: VideoFrame) -> ColorProfile | None:
    """The color space of a frame; None if its values are shown as those of sRGB.

    That is the case unless it has a high dynamic range, linear light, or more colors than sRGB.
    """
    return _profile(int(frame.color_trc), int(frame.color_primaries))


@functools.lru_cache(maxsize=4)
def _profile(transfer: int, primaries: int) -> ColorProfile | None:
    if transfer not in _CURVES and primaries not in _WIDE_PRIMARIES:
        return None
    curve = _CURVES.get(transfer, srgb_curve)
    matrix = primaries_to_srgb(np.array(_WIDE_PRIMARIES.get(primaries, _BT709)))
    return ColorProfile((curve,) * 3, matrix, _PEAK / _WHITE if transfer in HDR else 1.0)


def _pq(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """SMPTE ST 2084; white is 1."""
    power = values ** (32 / 2523)
    over = np.maximum(power - 3424 / 4096, 0.0)
    light = (over / (2413 / 128 - 2392 / 128 * power)) ** (16384 / 2610)
    return np.asarray(10_000 / _WHITE * light)


def _hlg(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """ITU-R BT.2100 on a screen of 1,000 cd/m2; white is 1.

    The gamma of the screen, 1.2, is applied to each channel.
    """
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.where(values <= 0.5, values**2 / 3, (np.exp((values - c) / a) + b) / 12)
    return np.asarray(_PEAK / _WHITE * scene**1.2)


def _linear(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return values


_CURVES: dict[int, Curve] = {
    ColorTrc.SMPTE2084.value: _pq,
    ColorTrc.ARIB_STD_B67.value: _hlg,
    ColorTrc.LINEAR.value: _linear,
}
