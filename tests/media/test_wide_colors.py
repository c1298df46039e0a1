"""Video of high dynamic range or wide colors is shown in sRGB."""

from __future__ import annotations

from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

from uvanet.cli import main
from uvanet.sources import make_source

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

PQ, HLG, SDR_BT2020 = 16, 18, 14
# Linear light of BT.709 to that of BT.2020, by ITU-R BT.2087.
TO_BT2020 = np.array([[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]])


def pq(nits: float) -> float:
    """SMPTE ST 2084: luminance to signal, 0..1."""
    power = (nits / 10_000) ** (2610 / 16384)
    return float(((3424 / 4096 + 2413 / 128 * power) / (1 + 2392 / 128 * power)) ** (2523 / 32))


def hlg(light: float) -> float:
    """ITU-R BT.2100: scene light, 0..1, to signal, 0..1."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    return float(np.sqrt(3 * light) if light <= 1 / 12 else a * np.log(12 * light - b) + c)


def srgb(light: float) -> float:
    """IEC 61966-2-1: linear light to signal, 0..1."""
    return float(12.92 * light if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055)


def write(path: Path, transfer: int, patches: list[tuple[float, ...]]) -> Path:
    """A frame of patches of 16 x 16 pixels; signals of red, green and blue in BT.2020."""
    image = np.zeros((16, 16 * len(patches), 3), np.uint16)
    for number, patch in enumerate(patches):
        image[:, 16 * number :][:, :16] = np.rint(np.array(patch) * 65535)
    frame = av.VideoFrame.from_ndarray(image, format="rgb48le").reformat(format="gbrp10le")
    with av.open(str(path), "w") as out:
        stream = out.add_stream("ffv1", rate=25)
        stream.height, stream.width = image.shape[:2]
        stream.pix_fmt = "gbrp10le"
        tags = {"colorspace": 0, "color_range": 2, "color_primaries": 9, "color_trc": transfer}
        for name, value in tags.items():
            setattr(stream.codec_context, name, value)
            setattr(frame, name, value)
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def shown(path: Path) -> NDArray[np.uint8]:
    """The patches as RGB, shape (n, 3)."""
    with make_source(str(path)) as source:
        frame = source.read()
    assert frame is not None
    return np.asarray(frame.image)[8, 8::16, ::-1]


@pytest.mark.parametrize(
    ("transfer", "signal"), [(PQ, pq(203)), (HLG, hlg(0.265))], ids=["HDR10", "HLG"]
)
def test_white_of_hdr_is_white_and_a_note_says_so(
    tmp_path: Path, transfer: int, signal: float, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "clip.mkv"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p10le"
        color = {"colorspace": 9, "color_range": 1, "color_primaries": 9, "color_trc": transfer}
        picture = av.VideoFrame(64, 48, "yuv420p10le")
        for number, plane in enumerate(picture.planes):
            value = round(64 + 876 * signal) if number == 0 else 512
            plane.update(np.full(plane.buffer_size // 2, value, np.uint16).tobytes())
        for name, value in color.items():
            setattr(stream.codec_context, name, value)
            setattr(picture, name, value)
        out.mux(stream.encode(picture))
        out.mux(stream.encode(None))
    with make_source(str(path)) as source:
        frame = source.read()
        assert "standard dynamic range" in source.info.note
    assert main(["predict", str(path), "-o", str(tmp_path / "o.png"), "--quiet"]) == 0
    assert "clip.mkv: " in (said := capsys.readouterr().err)
    assert "standard dynamic range" in said
    assert frame is not None
    assert frame.image.mean() > 235
    assert np.ptp(frame.image.mean(axis=(0, 1))) < 4


def hlg_of(nits: float) -> float:
    """The signal for a screen of 1,000 cd/m2."""
    return hlg((nits / 1000) ** (1 / 1.2))


@pytest.mark.parametrize(("transfer", "signal"), [(PQ, pq), (HLG, hlg_of)], ids=["HDR10", "HLG"])
def test_what_is_brighter_than_white_keeps_its_detail(
    tmp_path: Path, transfer: int, signal: Callable[[float], float]
) -> None:
    """A clipped sky was plain white."""
    grays = [(signal(nits),) * 3 for nits in (2, 20, 100, 203, 400, 700, 1000)]
    levels = shown(write(tmp_path / "a.mkv", transfer, grays))[:, 1].astype(int)
    assert levels[:3] == pytest.approx([255 * srgb(n / 203) for n in (2, 20, 100)], abs=2)
    assert np.diff(levels).min() > 1
    assert levels[-1] == 255


def test_a_bright_color_keeps_its_hue(tmp_path: Path) -> None:
    orange = TO_BT2020 @ (800, 400, 100)
    ((red, green, blue),) = shown(write(tmp_path / "a.mkv", PQ, [tuple(map(pq, orange.tolist()))]))
    assert red > 250
    assert green == pytest.approx(255 * srgb(0.5), abs=4)
    assert blue == pytest.approx(255 * srgb(0.125), abs=4)


def test_wide_colors_in_standard_range(tmp_path: Path) -> None:
    colors = np.array([(0.5, 0.5, 0.5), (0.8, 0.1, 0.1), (0.1, 0.7, 0.2), (0.1, 0.2, 0.9)])
    signals = [tuple(map(srgb, (TO_BT2020 @ color).tolist())) for color in colors]
    wanted = [[255 * srgb(light) for light in color] for color in colors]
    levels = shown(write(tmp_path / "a.mkv", SDR_BT2020, signals)).astype(int)
    assert levels == pytest.approx(np.array(wanted), abs=2)
