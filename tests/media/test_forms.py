"""Every pixel format, size and mixture of tracks shows the right picture."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import av
import corpus
import numpy as np
import pytest

from uvanet.errors import OutputError, SourceError
from uvanet.overlay import OverlayStyle
from uvanet.sources import make_source
from uvanet.video.exporter import export
from uvanet.video.job import ClipStyle, Job

if TYPE_CHECKING:
    from pathlib import Path

BARE = ClipStyle(OverlayStyle(opacity=0.0))
COLOR = (190, 70, 40)
# Name, encoder, container.
FORMATS = {
    "yuv420p": ("ffv1", "mkv"),
    "yuv422p": ("ffv1", "mkv"),
    "yuv440p": ("ffv1", "mkv"),
    "yuv444p": ("ffv1", "mkv"),
    "yuv410p": ("ffv1", "mkv"),
    "yuv411p": ("ffv1", "mkv"),
    "yuv420p9": ("ffv1", "mkv"),
    "yuv420p10": ("ffv1", "mkv"),
    "yuv422p10": ("ffv1", "mkv"),
    "yuv444p12": ("ffv1", "mkv"),
    "yuv420p16": ("ffv1", "mkv"),
    "yuvj420p": ("mjpeg", "avi"),
    "yuvj422p": ("mjpeg", "avi"),
    "yuvj444p": ("mjpeg", "avi"),
    "yuva420p": ("ffv1", "mkv"),
    "yuva444p10": ("ffv1", "mkv"),
    "gbrp": ("utvideo", "avi"),
    "gbrp10": ("ffv1", "mkv"),
    "gbrp16": ("ffv1", "mkv"),
    "gbrap12": ("ffv1", "mkv"),
    "rgb24": ("png", "mov"),
    "rgba": ("png", "mov"),
    "rgb48be": ("png", "mov"),
    "rgba64be": ("png", "mov"),
    "rgb48": ("ffv1", "mkv"),
    "bgr0": ("ffv1", "mkv"),
    "bgr24": ("rawvideo", "avi"),
    "rgb565le": ("rawvideo", "nut"),
    "rgb555le": ("rawvideo", "nut"),
    "uyvy422": ("rawvideo", "nut"),
    "yuyv422": ("rawvideo", "nut"),
    "nv12": ("rawvideo", "nut"),
    "nv21": ("rawvideo", "nut"),
    "y210le": ("rawvideo", "nut"),
    "argb": ("qtrle", "mov"),
    "pal8": ("gif", "gif"),
}
GRAYS = {
    "gray": ("ffv1", "mkv"),
    "gray10": ("ffv1", "mkv"),
    "gray12": ("ffv1", "mkv"),
    "gray16": ("ffv1", "mkv"),
    "gray16be": ("png", "mov"),
    "ya8": ("png", "mov"),
    "ya16be": ("png", "mov"),
}
SMALL = (64, 48)


def first_image(path: Path) -> np.ndarray:
    """The first frame as RGB."""
    with make_source(str(path)) as source:
        frame = source.read()
    assert frame is not None
    return frame.image[:, :, ::-1]


@pytest.mark.parametrize("pix_fmt", FORMATS)
def test_every_pixel_format_shows_its_color(tmp_path: Path, pix_fmt: str) -> None:
    codec, ending = FORMATS[pix_fmt]
    image = np.full((SMALL[1], SMALL[0], 3), COLOR, np.uint8)
    path = tmp_path / f"clip.{ending}"
    if pix_fmt == "pal8":
        from PIL import Image

        Image.fromarray(image).quantize(8).save(path)
    else:
        corpus.write(path, codec, images=[image] * 2, pix_fmt=pix_fmt)
    shown = first_image(path)
    assert shown.shape == (SMALL[1], SMALL[0], 3)
    assert shown.mean(axis=(0, 1)) == pytest.approx(COLOR, abs=7)


@pytest.mark.parametrize("pix_fmt", GRAYS)
def test_every_gray_shows_its_tone(tmp_path: Path, pix_fmt: str) -> None:
    codec, ending = GRAYS[pix_fmt]
    image = np.full((SMALL[1], SMALL[0], 3), 90, np.uint8)
    path = corpus.write(tmp_path / f"clip.{ending}", codec, images=[image] * 2, pix_fmt=pix_fmt)
    assert first_image(path).mean(axis=(0, 1)) == pytest.approx((90, 90, 90), abs=3)


@pytest.mark.parametrize("size", [(16, 16), (17, 13), (2, 2), (33, 90), (1, 40), (641, 361)])
@pytest.mark.parametrize("ending", [".mp4", ".webm"])
def test_every_size_is_read_and_written(tmp_path: Path, size: tuple[int, int], ending: str) -> None:
    width, height = size
    image = np.full((height, width, 3), COLOR, np.uint8)
    path = corpus.write(tmp_path / "clip.mov", "png", images=[image] * 3, pix_fmt="rgb24")
    assert first_image(path).shape == (height, width, 3)
    out = tmp_path / f"out{ending}"
    export(Job(str(path), (out,), look=BARE))
    written = first_image(out)
    # Odd sizes get one more row or column.
    assert written.shape[:2] == (height + height % 2, width + width % 2)
    assert written.mean(axis=(0, 1)) == pytest.approx(COLOR, abs=12)


@pytest.mark.parametrize("size", [(2, 8), (8, 2), (2, 2)])
def test_interlaced_video_too_small_for_the_filter_is_shown(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    image = np.full((size[1], size[0], 3), COLOR, np.uint8)
    path = corpus.write(
        tmp_path / "clip.mov", "rawvideo", images=[image] * 3, pix_fmt="uyvy422",
        options={"flags": "+ilme", "field_order": "tt"},
    )  # fmt: skip
    with av.open(str(path)) as media:
        assert next(media.decode(video=0)).interlaced_frame
    assert first_image(path).mean(axis=(0, 1)) == pytest.approx(COLOR, abs=7)


@pytest.mark.parametrize("matrix", [8, 10, 14])
def test_a_matrix_that_ffmpeg_does_not_convert_is_shown_and_told(
    tmp_path: Path, matrix: int
) -> None:
    path = tmp_path / "clip.mkv"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = *SMALL, "yuv420p"
        stream.codec_context.colorspace = matrix
        frame = av.VideoFrame.from_ndarray(np.full((SMALL[1], SMALL[0], 3), 90, np.uint8), "rgb24")
        frame = frame.reformat(format="yuv420p")
        frame.pts, frame.colorspace = 0, matrix
        out.mux([*stream.encode(frame), *stream.encode(None)])
    with make_source(str(path)) as source:
        assert "rare way" in source.info.note
    assert first_image(path).mean(axis=(0, 1)) == pytest.approx((90, 90, 90), abs=4)


def test_a_picture_too_wide_for_videos_is_refused_with_its_reason(tmp_path: Path) -> None:
    image = np.full((16, 20_000, 3), COLOR, np.uint8)
    path = corpus.write(tmp_path / "clip.mkv", "ffv1", images=[image], pix_fmt="bgr0")
    assert first_image(path).shape == (16, 20_000, 3)
    with pytest.raises(OutputError, match="up to 16384 pixels"):
        export(Job(str(path), (tmp_path / "out.mp4",), look=BARE))


@pytest.mark.parametrize("name", ["clip.ts", "clip.h264"])
def test_a_size_that_changes_is_followed(tmp_path: Path, name: str) -> None:
    parts = []
    for number, size in enumerate(((64, 48), (96, 80))):
        images = [corpus.numbered(n, size) for n in range(20)]
        path = corpus.write(
            tmp_path / f"{number}{name}", "libx264", images=images, options={"g": "5", "bf": "0"},
            format_name="h264" if name.endswith("h264") else None,
        )  # fmt: skip
        parts.append(path.read_bytes())
    both = tmp_path / name
    both.write_bytes(b"".join(parts))
    with make_source(str(both)) as source:
        frames = list(iter(source.read, None))
    sizes = [frame.image.shape[:2] for frame in frames]
    assert sizes == [(48, 64)] * 20 + [(80, 96)] * 20
    assert [corpus.number_in(frame.image) for frame in frames] == [*range(20), *range(20)]
    result = export(Job(str(both), (tmp_path / "out.mp4",), look=BARE))
    assert result.frames == 40


def add_video(out: av.container.OutputContainer, first: int, count: int) -> None:
    """Adds a track that shows `count` numbers from `first` on."""
    stream = out.add_stream("libx264", rate=corpus.RATE, options={"bf": "0"})
    stream.width, stream.height, stream.pix_fmt = *corpus.SIZE, "yuv420p"
    stream.metadata["numbers"] = f"{first} {count}"


def encode_all(out: av.container.OutputContainer) -> None:
    """Writes the frames of all tracks of `add_video`, interleaved."""
    tracks = [(s, *map(int, s.metadata["numbers"].split())) for s in out.streams.video]
    for number in range(max(count for *_, count in tracks)):
        for stream, first, count in tracks:
            if number < count:
                frame = av.VideoFrame.from_ndarray(corpus.numbered(first + number), "rgb24")
                frame.pts, frame.time_base = number, Fraction(1, corpus.RATE)
                out.mux(stream.encode(frame.reformat(format="yuv420p")))
    for stream, *_ in tracks:
        out.mux(stream.encode(None))


@pytest.mark.parametrize("name", ["two.mkv", "two.mp4", "two.mov"])
@pytest.mark.parametrize("default", [0, 1])
def test_of_several_video_tracks_the_default_one_is_shown(
    tmp_path: Path, name: str, default: int
) -> None:
    path = tmp_path / name
    with av.open(str(path), "w") as out:
        add_video(out, 0, 20)
        add_video(out, 30, 20)
        for number, stream in enumerate(out.streams.video):
            chosen = number == default
            stream.disposition = av.stream.Disposition.default if chosen else 0
        encode_all(out)
    with make_source(str(path)) as source:
        frames = list(iter(source.read, None))
        source.seek(10 / corpus.RATE)
        again = source.read()
    first = 30 * default
    assert [corpus.number_in(frame.image) for frame in frames] == list(range(first, first + 20))
    assert again is not None
    assert corpus.number_in(again.image) == first + 10


@pytest.mark.parametrize("name", ["film.mkv", "film.mp4"])
def test_subtitles_covers_and_attachments_are_left_aside(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with av.open(str(path), "w") as out:
        add_video(out, 0, 20)
        cover = out.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 64, 48, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        cover.metadata["numbers"] = "60 1"
        if name.endswith("mkv"):
            out.add_attachment("font.ttf", "application/x-truetype-font", b"no font" * 9)
        main, picture = out.streams.video
        image = av.VideoFrame.from_ndarray(corpus.numbered(60, (64, 48)), "rgb24")
        image = image.reformat(format="yuvj420p")
        image.pts, image.time_base = 0, Fraction(1, 1)
        out.mux(picture.encode(image))
        out.mux(picture.encode(None))
        for number in range(20):
            frame = av.VideoFrame.from_ndarray(corpus.numbered(number), "rgb24")
            frame.pts, frame.time_base = number, Fraction(1, corpus.RATE)
            out.mux(main.encode(frame.reformat(format="yuv420p")))
        out.mux(main.encode(None))
    with make_source(str(path)) as source:
        numbers = [corpus.number_in(frame.image) for frame in iter(source.read, None)]
    assert numbers == list(range(20))


def test_sound_without_video_is_told(tmp_path: Path) -> None:
    path = tmp_path / "song.m4a"
    with av.open(str(path), "w") as out:
        sound = out.add_stream("aac", rate=48_000, layout="stereo")
        for frame in corpus._beep(sound, 0.0, 1.0):
            out.mux(sound.encode(frame))
        out.mux(sound.encode(None))
    with pytest.raises(SourceError, match="holds sound but no video"):
        make_source(str(path)).open()
