"""Every frame once, at its time, in every container and codec; seeking is exact."""

from __future__ import annotations

import io
import os
import struct
from typing import TYPE_CHECKING

import av
import corpus
import numpy as np
import pytest

from uvanet.sources import make_source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

B_FRAMES = {"bf": "2", "g": "12"}
# Name of the file, encoder, container where the ending does not tell, options, sound, pixel format.
CLIPS = {
    "h264.mp4": ("libx264", None, {"bf": "2", "g": "15"}, "aac", "yuv420p"),
    "h264-no-b.mp4": ("libx264", None, {"bf": "0"}, "aac", "yuv420p"),
    "h264-intra.mov": ("libx264", None, {"g": "1"}, "aac", "yuv420p"),
    "h264-444.mkv": ("libx264", None, {}, "", "yuv444p"),
    "h264-10bit.mkv": ("libx264", None, {}, "", "yuv420p10le"),
    "h264.mkv": ("libx264", None, {"bf": "3", "g": "50"}, "libopus", "yuv420p"),
    "h264.ts": ("libx264", None, {"bf": "2", "g": "15"}, "aac", "yuv420p"),
    "h264.flv": ("libx264", None, {"bf": "0"}, "aac", "yuv420p"),
    "h264.3gp": ("libx264", None, {}, "aac", "yuv420p"),
    "h264.avi": ("libx264", None, {"bf": "0"}, "ac3", "yuv420p"),
    "h264-b.avi": ("libx264", None, {"bf": "3", "g": "15"}, "ac3", "yuv420p"),
    "hevc.mp4": ("libx265", None, {"x265-params": "log-level=none"}, "aac", "yuv420p"),
    "av1.mp4": (
        "libsvtav1",
        None,
        {"preset": "11", "svtav1-params": "pred-struct=1"},
        "",
        "yuv420p",
    ),
    "av1.webm": (
        "libsvtav1",
        None,
        {"preset": "11", "svtav1-params": "pred-struct=1"},
        "",
        "yuv420p",
    ),
    "vp8.webm": ("libvpx", None, {"deadline": "realtime"}, "libopus", "yuv420p"),
    "vp9.webm": ("libvpx-vp9", None, {"deadline": "realtime"}, "libopus", "yuv420p"),
    "vp9.mkv": ("libvpx-vp9", None, {"deadline": "good", "cpu-used": "8"}, "", "yuv420p"),
    "mpeg1.mpg": ("mpeg1video", None, B_FRAMES, "mp2", "yuv420p"),
    "mpeg2.mpg": ("mpeg2video", None, B_FRAMES, "mp2", "yuv420p"),
    "mpeg2.vob": ("mpeg2video", None, B_FRAMES, "ac3", "yuv420p"),
    "mpeg2.ts": ("mpeg2video", None, B_FRAMES, "mp2", "yuv420p"),
    "mpeg2-422.mxf": ("mpeg2video", None, {"g": "1"}, "pcm_s16le", "yuv422p"),
    "mpeg4.avi": ("mpeg4", None, B_FRAMES, "mp2", "yuv420p"),
    "mpeg4.mp4": ("mpeg4", None, B_FRAMES, "aac", "yuv420p"),
    "mpeg4.mkv": ("mpeg4", None, {}, "flac", "yuv420p"),
    "msmpeg4.avi": ("msmpeg4", None, {}, "mp2", "yuv420p"),
    "wmv2.wmv": ("wmv2", "asf", {}, "mp2", "yuv420p"),
    "flv1.flv": ("flv", None, {}, "", "yuv420p"),
    "mjpeg.avi": ("mjpeg", None, {"qmax": "3"}, "pcm_s16le", "yuvj420p"),
    "mjpeg.mov": ("mjpeg", None, {"qmax": "3"}, "pcm_s16le", "yuvj422p"),
    "mjpeg.mkv": ("mjpeg", None, {"qmax": "3"}, "", "yuvj444p"),
    "prores.mov": ("prores_ks", None, {}, "pcm_s16le", "yuv422p10le"),
    "asv2.avi": ("asv2", None, {}, "", "yuv420p"),
    "ffv1.mkv": ("ffv1", None, {}, "flac", "yuv420p"),
    "ffv1-rgb.avi": ("ffv1", None, {}, "", "bgr0"),
    "huffyuv.avi": ("huffyuv", None, {}, "", "yuv422p"),
    "utvideo.avi": ("utvideo", None, {}, "", "yuv420p"),
    "png.mov": ("png", None, {}, "", "rgb24"),
    "qtrle.mov": ("qtrle", None, {}, "", "rgb24"),
    "raw.avi": ("rawvideo", None, {}, "", "yuv420p"),
    "raw.y4m": ("wrapped_avframe", "yuv4mpegpipe", {}, "", "yuv420p"),
    "raw.nut": ("rawvideo", "nut", {}, "pcm_s16le", "yuv420p"),
    "moving.gif": ("gif", "gif", {}, "", "rgb8"),
    "fragments.mp4": ("libx264", None, {"g": "10", "bf": "0"}, "", "yuv420p"),
    "cineform.mov": ("cfhd", None, {}, "", "yuv422p10le"),
    "animation.mov": ("qtrle", None, {}, "", "rgb24"),
    "jpeg2000.mov": ("jpeg2000", None, {}, "", "yuv420p"),
    "v210.mov": ("v210", None, {}, "", "yuv422p10le"),
    "tiff.mov": ("tiff", None, {}, "", "rgb24"),
    "screen.avi": ("zmbv", None, {}, "", "bgr0"),
    "h264-rgb.mkv": ("libx264rgb", None, {}, "", "rgb24"),
    "vp8.ivf": ("libvpx", "ivf", {"deadline": "realtime"}, "", "yuv420p"),
    "without-duration.flv": ("libx264", None, {"bf": "0", "g": "12"}, "", "yuv420p"),
    "elementary.m2v": ("mpeg2video", "mpeg2video", {"g": "10"}, "", "yuv420p"),
    "elementary.m1v": ("mpeg1video", "mpeg1video", {"g": "10"}, "", "yuv420p"),
    "elementary.h261": ("h261", "h261", {}, "", "yuv420p"),
    "elementary.h263": ("h263", "h263", {"g": "12"}, "", "yuv420p"),
    "elementary.m4v": ("mpeg4", "m4v", {"g": "10"}, "", "yuv420p"),
    "elementary.hevc": ("libx265", "hevc", {"x265-params": "log-level=none"}, "", "yuv420p"),
    "elementary.obu": (
        "libsvtav1",
        "obu",
        {"preset": "11", "svtav1-params": "pred-struct=1"},
        "",
        "yuv420p",
    ),
    "elementary.mjpeg": ("mjpeg", "mjpeg", {"qmax": "3"}, "", "yuvj420p"),
    "elementary.dv": ("dvvideo", "dv", {}, "", "yuv420p"),
    "dv.avi": ("dvvideo", None, {}, "", "yuv420p"),
    "rpza.mov": ("rpza", None, {}, "", "rgb555le"),
    "elementary.h264": ("libx264", "h264", {"g": "10", "bf": "0"}, "", "yuv420p"),
}
# Of codecs that know few.
SIZES = {"h261": (176, 144), "h263": (176, 144), "dvvideo": (720, 576)}
MUXERS = {
    "fragments.mp4": {"movflags": "+frag_keyframe+empty_moov"},
    "without-duration.flv": {"flvflags": "no_duration_filesize"},
}


@pytest.fixture(scope="module", params=CLIPS)
def clip(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    name = request.param
    codec, format_name, options, sound, pix_fmt = CLIPS[name]
    size = SIZES.get(codec, corpus.SIZE)
    return corpus.write(
        tmp_path_factory.mktemp("clip") / name,
        codec,
        format_name=format_name,
        options=options,
        muxer=MUXERS.get(name),
        sound=sound,
        pix_fmt=pix_fmt,
        images=[corpus.numbered(number, size) for number in range(corpus.FRAMES)],
    )


@pytest.mark.skipif(not hasattr(os, "sched_getscheduler"), reason="scheduling of Linux")
def test_no_encoder_makes_the_tests_a_real_time_process(clip: Path) -> None:
    assert os.sched_getscheduler(0) == os.SCHED_OTHER


def test_every_frame_comes_once_at_its_time_and_is_found_again(clip: Path) -> None:
    with make_source(str(clip)) as source:
        frames = list(iter(source.read, None))
        assert [corpus.number_in(frame.image) for frame in frames] == list(range(corpus.FRAMES))
        expected = [number / corpus.RATE for number in range(corpus.FRAMES)]
        # A GIF counts hundredths, ASF and FLV milliseconds.
        assert [frame.pts for frame in frames] == pytest.approx(expected, abs=0.006)
        assert source.info.fps == pytest.approx(corpus.RATE, rel=0.01)
        assert not source.info.variable_rate
        for number in (31, 3, 38, 0, 17, 16):
            source.seek(number / corpus.RATE)
            frame = source.read()
            assert frame is not None
            assert corpus.number_in(frame.image) == number
            assert np.array_equal(frame.image, frames[number].image)
            after = source.read()
            assert after is not None
            assert corpus.number_in(after.image) == number + 1


@pytest.mark.parametrize("name", ["a.mkv", "a.mp4"])
def test_an_empty_track_before_the_video_is_passed_over(tmp_path: Path, name: str) -> None:
    film = corpus.write(tmp_path / "film.mkv", "libx264", options={"bf": "0"})
    with av.open(str(film)) as media, av.open(str(tmp_path / name), "w") as out:
        tracks = [out.add_stream_from_template(media.streams.video[0]) for _ in range(2)]
        for packet in media.demux(video=0):
            if packet.dts is not None:
                packet.stream = tracks[1]
                out.mux(packet)
    with make_source(str(tmp_path / name)) as source:
        numbers = [corpus.number_in(frame.image) for frame in iter(source.read, None)]
    assert numbers == list(range(corpus.FRAMES))


def test_a_guessed_duration_of_raw_mpeg_is_not_shown(tmp_path: Path) -> None:
    path = corpus.write(tmp_path / "a.m1v", "mpeg1video", options={"qmin": "2", "qmax": "2"})
    with make_source(str(path)) as source:
        assert source.info.duration is source.info.frames is None
        assert len(list(iter(source.read, None))) == corpus.FRAMES


def test_wmv_that_states_more_than_its_last_packet_is_not_called_damaged(tmp_path: Path) -> None:
    """FFmpeg's own files with WMA state up to 0.16 s too much."""
    path = corpus.write(tmp_path / "a.wmv", "wmv2", sound="aac")
    data = bytearray(path.read_bytes())
    place = data.index(bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")) + 64  # play duration
    (stated,) = struct.unpack_from("<Q", data, place)
    struct.pack_into("<Q", data, place, stated + 1_600_000)
    path.write_bytes(data)
    with make_source(str(path)) as source:
        assert len(list(iter(source.read, None))) == corpus.FRAMES


def boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and bytes of each part of an MP4."""
    while data:
        size, kind = struct.unpack(">I4s", data[:8])
        yield kind, data[:size]
        data = data[size:]


def test_fragments_of_a_live_stream_begin_late(tmp_path: Path) -> None:
    """The clock, from which FFmpeg takes the duration, began with the stream."""
    options = {"g": "10", "bf": "0"}
    muxer = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
    whole = corpus.write(tmp_path / "whole.mp4", "libx264", options=options, muxer=muxer)
    kept, dropped = b"", 0
    for kind, box in boxes(whole.read_bytes()):
        dropped += kind == b"moof"
        if kind in (b"ftyp", b"moov") or (kind in (b"moof", b"mdat") and dropped > 2):
            kept += box
    (tmp_path / "late.mp4").write_bytes(kept)
    with make_source(str(tmp_path / "late.mp4")) as source:
        assert source.info.duration == pytest.approx(20 / corpus.RATE, abs=0.01)
        frames = list(iter(source.read, None))  # raises where an end is missed
    assert [corpus.number_in(frame.image) for frame in frames] == list(range(20, corpus.FRAMES))


class OneWay(io.RawIOBase):
    """A pipe that keeps what is written."""

    def __init__(self) -> None:
        self.data = b""

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:
        self.data += bytes(data)
        return len(data)


def test_an_avi_that_was_written_to_a_pipe_states_no_length(tmp_path: Path) -> None:
    whole = corpus.write(tmp_path / "whole.avi", "mpeg4")
    pipe = OneWay()
    with av.open(str(whole)) as media, av.open(pipe, "w", format="avi") as out:
        track = out.add_stream_from_template(media.streams.video[0])
        for packet in media.demux(video=0):
            if packet.size:
                packet.stream = track
                out.mux(packet)
    (tmp_path / "pipe.avi").write_bytes(pipe.data)
    with make_source(str(tmp_path / "pipe.avi")) as source:
        assert source.info.duration is None
        assert not source.info.note
        assert len(list(iter(source.read, None))) == corpus.FRAMES
