"""What a file states about its display is obeyed: aspect, matrix, range, alpha, interlacing."""

from __future__ import annotations

import io
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import corpus
import numpy as np
import pytest
from PIL import Image

from uvanet.sources import make_source

if TYPE_CHECKING:
    from pathlib import Path

COLORS = {"red": (200, 30, 30), "green": (30, 180, 60), "blue": (40, 60, 210), "gray": (128,) * 3}
LIMITED, FULL = 1, 2
BT601, BT709, BT2020 = 5, 1, 9


def first_image(path: Path) -> np.ndarray:
    """The first frame as RGB."""
    with make_source(str(path)) as source:
        frame = source.read()
    assert frame is not None
    return frame.image[:, :, ::-1]


@pytest.mark.parametrize("color", COLORS)
@pytest.mark.parametrize("matrix", [BT601, BT709, BT2020])
@pytest.mark.parametrize("color_range", [LIMITED, FULL])
@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv444p10le"])
def test_colors_of_every_matrix_range_and_depth(
    tmp_path: Path, color: str, matrix: int, color_range: int, pix_fmt: str
) -> None:
    image = np.full((48, 64, 3), COLORS[color], np.uint8)
    path = corpus.write(
        tmp_path / "clip.mkv",
        "ffv1",
        images=[image] * 2,
        pix_fmt=pix_fmt,
        color={"colorspace": matrix, "color_range": color_range},
    )
    assert first_image(path).mean(axis=(0, 1)) == pytest.approx(COLORS[color], abs=4)


MATRICES = {
    "upright": (1, 0, 0, 1),
    "90 degrees": (0, 1, -1, 0),
    "180 degrees": (-1, 0, 0, -1),
    "270 degrees": (0, -1, 1, 0),
    "mirrored": (-1, 0, 0, 1),
    "upside down": (1, 0, 0, -1),
    "transposed": (0, 1, 1, 0),
    "transversed": (0, -1, -1, 0),
}


@pytest.mark.parametrize("name", MATRICES)
def test_display_matrices_turn_and_mirror(tmp_path: Path, name: str) -> None:
    a, b, c, d = MATRICES[name]
    image = np.full((48, 64, 3), 90, np.uint8)
    image[:16, :16] = (235, 30, 30)  # top left
    image[:16, 48:] = (30, 235, 30)  # top right
    image[32:, :16] = (30, 30, 235)  # bottom left
    one = 1 << 16
    path = corpus.write(
        tmp_path / "clip.mp4",
        "libx264",
        images=[image] * 3,
        options={"crf": "5"},
        matrix=[a * one, b * one, 0, c * one, d * one, 0, 0, 0, 1 << 30],
    )
    shown = first_image(path)
    # Where the corner at (x, y), measured from the middle, must be: the definition of the matrix.
    for (x, y), color in {(-1, -1): 0, (1, -1): 1, (-1, 1): 2}.items():
        right, down = a * x + c * y, b * x + d * y
        height, width = shown.shape[:2]
        row, column = (8 if down < 0 else height - 8), (8 if right < 0 else width - 8)
        assert shown[row, column].argmax() == color
        assert shown[row, column].max() > 180
    assert shown.shape[:2] == ((64, 48) if a == 0 else (48, 64))


@pytest.mark.parametrize("sar", [Fraction(16, 11), Fraction(12, 11), Fraction(1, 2), Fraction(1)])
@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv", "clip.mpg"])
def test_pixels_become_square(tmp_path: Path, sar: Fraction, name: str) -> None:
    codec = "mpeg2video" if name.endswith("mpg") else "libx264"
    if codec == "mpeg2video" and sar != 1:
        pytest.skip("MPEG-2 knows aspect ratios of the picture only")
    path = corpus.write(tmp_path / name, codec, sar=sar)
    with make_source(str(path)) as source:
        frame = source.read()
    assert frame is not None
    height, width = frame.image.shape[:2]
    assert width / height == pytest.approx(float(corpus.SIZE[0] * sar / corpus.SIZE[1]), rel=0.02)
    assert min(width / corpus.SIZE[0], height / corpus.SIZE[1]) >= 1
    assert corpus.number_in(frame.image) == 0


@pytest.mark.parametrize(
    ("name", "codec", "pix_fmt"),
    [
        ("clip.mov", "qtrle", "argb"),
        ("clip.mov", "png", "rgba"),
        ("clip.mov", "prores_ks", "yuva444p10le"),
        ("clip.webm", "libvpx-vp9", "yuva420p"),
        ("clip.webm", "libvpx", "yuva420p"),
        ("clip.mkv", "ffv1", "yuva420p"),
        ("clip.apng", "apng", "rgba"),
    ],
)
def test_what_is_transparent_lies_over_white(
    tmp_path: Path, name: str, codec: str, pix_fmt: str
) -> None:
    image = np.full((48, 64, 4), (200, 30, 30, 255), np.uint8)
    image[:, 32:, 3] = 0
    options = {"prores_ks": {"profile": "4444"}, "libvpx": {"auto-alt-ref": "0"}}.get(codec, {})
    path = corpus.write(
        tmp_path / name,
        codec,
        images=[image] * 3,
        pix_fmt=pix_fmt,
        options=options,
        source_format="rgba",
    )
    shown = first_image(path)
    assert shown[:, 4:24].mean(axis=(0, 1)) == pytest.approx((200, 30, 30), abs=8)
    assert shown[:, 40:60].min() > 245


@pytest.mark.parametrize("top_first", [True, False])
@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [
        ("clip.mpg", "mpeg2video", {"flags": "+ilme+ildct"}),
        ("clip.mp4", "libx264", {"x264-params": "interlaced=1"}),
        ("clip.mkv", "ffv1", {}),
        ("clip.mov", "prores_ks", {"flags": "+ildct"}),
    ],
)
def test_interlaced_frames_have_no_combs(
    tmp_path: Path, name: str, codec: str, options: dict[str, str], top_first: bool
) -> None:
    """A bar that moves between the fields; without deinterlacing its edges are combs."""
    images = []
    for number in range(12):
        fields = []
        for half in range(2):
            image = np.full((96, 128, 3), 60, np.uint8)
            left = 10 + 8 * (2 * number + half) % 100
            image[:, left : left + 12] = 220
            fields.append(image)
        even, odd = fields if top_first else fields[::-1]
        woven = even.copy()
        woven[1::2] = odd[1::2]
        images.append(woven)
    if codec == "libx264" and not top_first:
        options = {"x264-params": "bff=1"}
    pix_fmt = "yuv422p10le" if codec == "prores_ks" else "yuv422p" if codec == "ffv1" else "yuv420p"
    path = tmp_path / name
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = 128, 96, pix_fmt
        if codec in ("ffv1", "prores_ks"):
            stream.codec_context.field_order = 2 if top_first else 3  # AV_FIELD_TT, BB
        graph = av.filter.Graph()
        source = graph.add_buffer(
            width=128, height=96, format="rgb24", time_base=Fraction(1, 25), name="in"
        )
        field = graph.add("setfield", "tff" if top_first else "bff")
        convert = graph.add("scale", "interl=1")
        pixels = graph.add("format", pix_fmt)
        sink = graph.add("buffersink")
        graph.link_nodes(source, field, convert, pixels, sink)
        graph.configure()
        for number, image in enumerate(images):
            frame = av.VideoFrame.from_ndarray(image, "rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            graph.push(frame)
            out.mux(stream.encode(graph.vpull()))
        out.mux(stream.encode(None))
    with make_source(str(path)) as source_:
        frames = list(iter(source_.read, None))
    assert len(frames) == 12
    for frame in frames[2:-2]:
        gray = frame.image.mean(axis=2)
        # Of a comb, a row differs from both neighbors while these agree.
        comb = np.abs(gray[1:-1] - (gray[:-2] + gray[2:]) / 2)
        assert comb.mean() < 3
        assert gray.max() > 190


@pytest.mark.parametrize("orientation", [1, 2, 3, 6, 8])
def test_frames_of_a_camera_stand_upright(tmp_path: Path, orientation: int) -> None:
    """Motion JPEG whose frames carry EXIF, as some cameras write it."""
    image = np.full((48, 64, 3), 90, np.uint8)
    image[:16, :16], image[:16, 48:] = (235, 30, 30), (30, 235, 30)
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = orientation, "camera"
    with av.open(str(tmp_path / "clip.avi"), "w") as out:
        stream = out.add_stream("mjpeg", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuvj420p"
        for number in range(3):
            file = io.BytesIO()
            Image.fromarray(image).save(file, "JPEG", exif=exif, quality=95)
            packet = av.Packet(file.getvalue())
            packet.stream, packet.pts, packet.dts = stream, number, number
            packet.time_base = Fraction(1, 25)
            out.mux(packet)
    turned = {
        1: image,
        2: image[:, ::-1],
        3: image[::-1, ::-1],
        6: np.rot90(image, -1),
        8: np.rot90(image, 1),
    }[orientation]
    with make_source(str(tmp_path / "clip.avi")) as source:
        frames = list(iter(source.read, None))
    assert len(frames) == 3
    assert frames[0].image.shape == turned.shape
    assert np.abs(frames[0].image[:, :, ::-1].astype(int) - turned).mean() < 12
