"""The sound of an export is in step with its frames, copied or encoded, from every container."""

from __future__ import annotations

from typing import TYPE_CHECKING

import av
import corpus
import pytest

from uvanet.overlay import OverlayStyle
from uvanet.video.exporter import export
from uvanet.video.job import ClipStyle, Job

if TYPE_CHECKING:
    from pathlib import Path

BARE = ClipStyle(OverlayStyle(opacity=0.0))
SOURCES = {
    "aac.mp4": ("libx264", "aac", {"bf": "2"}),
    "aac.mkv": ("libx264", "aac", {"bf": "2"}),
    "aac.ts": ("libx264", "aac", {"bf": "2"}),
    "aac.flv": ("libx264", "aac", {"bf": "0"}),
    "opus.webm": ("libvpx-vp9", "libopus", {"deadline": "realtime"}),
    "opus.mkv": ("libx264", "libopus", {}),
    "vorbis.mkv": ("libx264", "libvorbis", {}),
    "mp3.mp4": ("libx264", "libmp3lame", {}),
    "mp3.avi": ("mpeg4", "libmp3lame", {"bf": "2"}),
    "mp2.mpg": ("mpeg2video", "mp2", {"bf": "2"}),
    "ac3.vob": ("mpeg2video", "ac3", {"bf": "2"}),
    "ac3.mkv": ("libx264", "ac3", {}),
    "flac.mkv": ("libx264", "flac", {}),
    "tta.mkv": ("libx264", "tta", {}),
    "wavpack.mkv": ("libx264", "wavpack", {}),
    "pcm.mov": ("mjpeg", "pcm_s16le", {}),
    "pcm.avi": ("mpeg4", "pcm_s16le", {"bf": "2"}),
}


def codec_of_sound(path: Path) -> str:
    with av.open(str(path)) as media:
        return media.streams.audio[0].codec_context.name


@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.parametrize("ending", [".mp4", ".webm"])
@pytest.mark.parametrize("start", [0.0, 0.5])
def test_beeps_stay_in_step(tmp_path: Path, name: str, ending: str, start: float) -> None:
    codec, sound, options = SOURCES[name]
    pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    try:
        source = corpus.write(tmp_path / name, codec, sound=sound, options=options, pix_fmt=pix_fmt)
    except ValueError as error:
        pytest.skip(str(error))
    out = tmp_path / f"out{ending}"
    result = export(Job(str(source), (out,), look=BARE, start=start))
    assert not result.note
    assert not result.stopped
    before, after = corpus.heard_at(source), corpus.heard_at(out)
    assert before is not None
    assert after is not None
    assert after == pytest.approx(before - start, abs=0.03)
    copied = {".mp4": ("aac", "mp3", "ac3", "opus", "flac"), ".webm": ("opus", "vorbis")}[ending]
    kind = codec_of_sound(source).removesuffix("float")
    encoded = {".mp4": "aac", ".webm": "opus"}[ending]
    assert codec_of_sound(out).removesuffix("float") == (kind if kind in copied else encoded)


@pytest.mark.parametrize("layout", ["mono", "stereo", "5.1", "5.1(side)", "7.1"])
@pytest.mark.parametrize("ending", [".mp4", ".webm"])
def test_every_layout_is_encoded(tmp_path: Path, layout: str, ending: str) -> None:
    path = tmp_path / "clip.mkv"
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = *corpus.SIZE, "yuv420p"
        audio = out.add_stream("pcm_s16le", rate=48_000, layout=layout)
        for number in range(corpus.FRAMES):
            frame = av.VideoFrame.from_ndarray(corpus.numbered(number), "rgb24")
            frame.pts = number
            out.mux(video.encode(frame.reformat(format="yuv420p")))
        out.mux(video.encode(None))
        resampler = av.AudioResampler("s16", layout, 48_000)
        for frame in corpus._beep(_stereo(), 0.0, 1.6):
            for wide in resampler.resample(frame):
                out.mux(audio.encode(wide))
        out.mux(audio.encode(None))
    result = export(Job(str(path), (tmp_path / f"out{ending}",), look=BARE))
    assert not result.note
    assert corpus.heard_at(tmp_path / f"out{ending}") == pytest.approx(corpus.BEEP_AT, abs=0.03)


def _stereo() -> av.AudioStream:
    """A stream that only says how a beep is wanted."""
    import io

    out = av.open(io.BytesIO(), "w", format="wav")
    return out.add_stream("pcm_s16le", rate=48_000, layout="stereo")


def test_the_default_track_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "clip.mkv"
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = *corpus.SIZE, "yuv420p"
        silent = out.add_stream("aac", rate=48_000, layout="stereo")
        loud = out.add_stream("aac", rate=48_000, layout="stereo")
        silent.disposition = av.stream.Disposition(0)
        loud.disposition = av.stream.Disposition.default
        for number in range(corpus.FRAMES):
            frame = av.VideoFrame.from_ndarray(corpus.numbered(number), "rgb24")
            frame.pts = number
            out.mux(video.encode(frame.reformat(format="yuv420p")))
        out.mux(video.encode(None))
        for stream, begin in ((silent, 50.0), (loud, 0.0)):
            for frame in corpus._beep(stream, begin, 1.6):
                frame.pts -= round(begin * 48_000)
                out.mux(stream.encode(frame))
            out.mux(stream.encode(None))
    export(Job(str(path), (tmp_path / "out.mp4",), look=BARE))
    assert corpus.heard_at(tmp_path / "out.mp4") == pytest.approx(corpus.BEEP_AT, abs=0.03)


@pytest.mark.parametrize("ending", [".mp4", ".webm"])
def test_times_of_a_variable_rate_are_kept(tmp_path: Path, ending: str) -> None:
    from fractions import Fraction

    steps = [Fraction(1 + number % 5, 50) for number in range(corpus.FRAMES)]
    times = [sum(steps[:number], Fraction(0)) for number in range(corpus.FRAMES)]
    source = corpus.write(tmp_path / "clip.mp4", "libx264", times=times, options={"bf": "0"})
    export(Job(str(source), (tmp_path / f"out{ending}",), look=BARE))
    assert corpus.frame_times(tmp_path / f"out{ending}") == pytest.approx(
        [float(time) for time in times], abs=0.0011
    )
