"""The sound track of an export is the source's default one, or the one chosen."""

from __future__ import annotations

import struct
import subprocess
import sys
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import corpus
import numpy as np
import pytest

from uvanet.cli import main
from uvanet.errors import UsageError
from uvanet.overlay import OverlayStyle
from uvanet.video.exporter import export
from uvanet.video.job import ClipStyle, Job
from uvanet.video.sound import sound_tracks

if TYPE_CHECKING:
    from pathlib import Path

BARE = ClipStyle(OverlayStyle(opacity=0.0))
TONES = (400, 900, 2000)  # Hz, of the tracks in turn
RATE = 48_000
DEFAULT = 2
MPEG_7_1_C = 128 << 16 | 8  # QuickTime's layout of L R C LFE Ls Rs Rls Rrs


@pytest.fixture(scope="module", params=["film.mkv", "film.mp4", "film.ts"])
def film(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("film") / request.param
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=corpus.RATE)
        video.width, video.height, video.pix_fmt = *corpus.SIZE, "yuv420p"
        tracks = [out.add_stream("aac", rate=RATE, layout="stereo") for _ in TONES]
        for number, track in enumerate(tracks, 1):
            track.metadata["language"] = ("eng", "deu", "fra")[number - 1]
            chosen = number == DEFAULT
            track.disposition = av.stream.Disposition.default if chosen else 0
        for number in range(corpus.FRAMES):
            frame = av.VideoFrame.from_ndarray(corpus.numbered(number), "rgb24")
            frame.pts = number
            out.mux(video.encode(frame.reformat(format="yuv420p")))
        out.mux(video.encode(None))
        for track, tone in zip(tracks, TONES, strict=True):
            wave = np.sin(2 * np.pi * tone * np.arange(int(1.6 * RATE)) / RATE)
            samples = np.repeat((wave * 20_000).astype(np.int16), 2)[None]
            sound = av.AudioFrame.from_ndarray(samples, "s16", "stereo")
            sound.sample_rate, sound.time_base, sound.pts = RATE, Fraction(1, RATE), 0
            out.mux(track.encode(sound))
            out.mux(track.encode(None))
    return path


def tones_of(path: Path) -> list[float]:
    """The main frequency of each sound track, Hz."""
    found = []
    with av.open(str(path)) as media:
        count = len(media.streams.audio)
    for number in range(count):
        with av.open(str(path)) as media:
            resampler = av.AudioResampler("flt", "mono", RATE)
            parts = [
                part.to_ndarray()[0]
                for frame in media.decode(media.streams.audio[number])
                for part in resampler.resample(frame)
            ]
        wave = np.concatenate(parts)[RATE // 4 : RATE]
        found.append(float(np.abs(np.fft.rfft(wave)).argmax() * RATE / len(wave)))
    return found


@pytest.mark.parametrize("ending", [".mp4", ".webm"])
@pytest.mark.parametrize("audio", [1, 2, 3, "default", "none"])
def test_the_track_asked_for_is_heard(
    film: Path, tmp_path: Path, audio: int | str, ending: str
) -> None:
    out = tmp_path / f"out{ending}"
    export(Job(str(film), (out,), look=BARE, audio=audio))
    if audio == "none":
        assert tones_of(out) == []
        return
    # MPEG-TS states no default: there it is the first.
    default = 1 if film.suffix == ".ts" else DEFAULT
    tone = TONES[(default if audio == "default" else int(audio)) - 1]
    assert tones_of(out) == [pytest.approx(tone, abs=5)]


def test_the_tracks_are_listed(film: Path) -> None:
    tracks = sound_tracks(film)
    assert [track.number for track in tracks] == [1, 2, 3]
    assert [track.language for track in tracks] == ["eng", "deu", "fra"]
    assert [track.codec for track in tracks] == ["aac"] * 3
    assert sum(track.default for track in tracks) == 1
    assert str(tracks[0]) == "1: eng, aac, stereo"


def test_a_track_that_is_not_there_is_refused_before_anything_is_written(
    film: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(UsageError, match=r"no sound track 4.*3: fra"):
        export(Job(str(film), (tmp_path / "o.mp4",), audio=4))
    with pytest.raises(UsageError, match="no sound track 1"):
        export(Job("demo", (tmp_path / "o.mp4",), audio=1, end=0.1))
    with pytest.raises(UsageError, match="no sound track 0"):
        Job(str(film), (tmp_path / "o.mp4",), audio=0)
    for value in ("0", "-1", "x", "1.5"):
        line = ["predict", str(film), "-o", str(tmp_path / "o.mp4"), "--audio", value]
        assert main(line) == 2
        assert "no sound track" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_the_command_line_takes_the_track(film: Path, tmp_path: Path) -> None:
    out = tmp_path / "o.mp4"
    assert main(["predict", str(film), "-o", str(out), "--audio", "3", "--quiet"]) == 0
    assert tones_of(out) == [pytest.approx(TONES[2], abs=5)]


def test_a_layout_with_an_order_of_its_own_does_not_end_the_process(tmp_path: Path) -> None:
    """A process of its own, since PyAV frees the memory of such a layout twice."""
    source, out = tmp_path / "film.mov", tmp_path / "out.mp4"
    corpus.write(source, "mpeg4", sound="pcm_s16le", layout="7.1")
    data = bytearray(source.read_bytes())
    tag = data.index(b"chan") + 8  # behind the version: tag and bitmap of the layout
    data[tag : tag + 8] = struct.pack(">II", MPEG_7_1_C, 0)
    source.write_bytes(data)
    words = [sys.executable, "-m", "uvanet", "predict", str(source), "-o", str(out), "--quiet"]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert corpus.heard_at(out) == pytest.approx(corpus.BEEP_AT, abs=0.06)
    assert [track.layout for track in sound_tracks(source)] == ["7.1"]


@pytest.mark.parametrize("name", ["film.ts", "film.mkv"])
def test_a_track_without_packets_is_passed_over(tmp_path: Path, name: str) -> None:
    """As of a second language that is seldom sent, or of a recorder with an unused input."""
    whole = corpus.write(tmp_path / "whole.mp4", "libx264", sound="aac", options={"bf": "0"})
    path = tmp_path / name
    with av.open(str(whole)) as media, av.open(str(path), "w") as out:
        video = out.add_stream_from_template(media.streams.video[0])
        out.add_stream("mp2", rate=RATE, layout="stereo")
        sound = out.add_stream_from_template(media.streams.audio[0])
        packets = [packet for packet in media.demux() if packet.dts is not None]
        for packet in sorted(packets, key=lambda p: p.dts * p.time_base):
            packet.stream = video if packet.stream.type == "video" else sound
            out.mux(packet)
    export(Job(str(path), (tmp_path / "out.mp4",), look=BARE))
    assert corpus.heard_at(tmp_path / "out.mp4") == pytest.approx(corpus.BEEP_AT, abs=0.03)
    assert [track.default for track in sound_tracks(path)] == [False, True]
