"""Times as the track states them: edit lists, offsets, wraps, gaps, odd rates."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import corpus
import pytest

from uvanet.overlay import OverlayStyle
from uvanet.sources import make_source
from uvanet.video.exporter import export
from uvanet.video.job import ClipStyle, Job

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

BARE = ClipStyle(OverlayStyle(opacity=0.0))
STEP = 1 / corpus.RATE


def play(path: Path) -> tuple[list[int], list[float]]:
    """The numbers and times of all frames."""
    with make_source(str(path)) as source:
        frames = list(iter(source.read, None))
    return [corpus.number_in(frame.image) for frame in frames], [frame.pts for frame in frames]


def even(count: int) -> list[float]:
    return [number * STEP for number in range(count)]


def moved(source: Path, target: Path, seconds: float, muxer: dict[str, str] | None = None) -> Path:
    """Copies all tracks with their times moved, as a cut without encoding does."""
    with (
        av.open(str(source)) as media,
        av.open(str(target), "w", container_options=muxer or {}) as out,
    ):
        streams = {s.index: out.add_stream_from_template(s) for s in media.streams}
        packets = [packet for packet in media.demux() if packet.dts is not None]
        for packet in sorted(packets, key=lambda p: p.dts * p.time_base):
            shift = round(Fraction(seconds) / packet.time_base)
            packet.pts += shift
            packet.dts += shift
            packet.stream = streams[packet.stream.index]
            out.mux(packet)
    return target


@pytest.mark.parametrize("hidden", [7, 13])
@pytest.mark.parametrize("name", ["cut.mp4", "cut.mov"])
@pytest.mark.parametrize("b_frames", ["0", "2"])
def test_an_edit_list_hides_frames_and_sound_stays_in_step(
    tmp_path: Path, name: str, hidden: int, b_frames: str
) -> None:
    options = {"g": "20", "bf": b_frames}
    whole = corpus.write(tmp_path / "whole.mp4", "libx264", sound="aac", options=options)
    muxer = {"avoid_negative_ts": "disabled"}
    cut = moved(whole, tmp_path / name, -hidden * STEP, muxer)
    numbers, times = play(cut)
    assert numbers == list(range(hidden, corpus.FRAMES))
    assert times == pytest.approx(even(len(numbers)), abs=0.002)
    export(Job(str(cut), (tmp_path / "out.mp4",), look=BARE))
    heard = corpus.heard_at(tmp_path / "out.mp4")
    assert heard == pytest.approx(corpus.BEEP_AT - hidden * STEP, abs=0.03)


@pytest.mark.parametrize("name", ["late.mkv", "late.ts", "late.mp4", "late.mov", "late.nut"])
@pytest.mark.parametrize("offset", [0.7, 5.0, 4000.0])
def test_a_track_that_starts_late_counts_from_its_first_frame(
    tmp_path: Path, name: str, offset: float
) -> None:
    whole = corpus.write(tmp_path / "whole.mp4", "libx264", sound="aac", options={"bf": "2"})
    late = moved(whole, tmp_path / name, offset)
    numbers, times = play(late)
    with make_source(str(late)) as source:
        assert source.info.duration == pytest.approx(corpus.FRAMES * STEP, abs=0.1)
    assert numbers == list(range(corpus.FRAMES))
    assert times == pytest.approx(even(corpus.FRAMES), abs=0.002)
    export(Job(str(late), (tmp_path / "out.mp4",), look=BARE))
    heard = corpus.heard_at(tmp_path / "out.mp4")
    assert heard == pytest.approx(corpus.BEEP_AT, abs=0.03)


@pytest.mark.parametrize("name", ["early.mkv", "early.webm"])
def test_negative_times_are_played_from_the_first_frame(tmp_path: Path, name: str) -> None:
    codec = "libvpx-vp9" if name.endswith("webm") else "libx264"
    options = {"deadline": "realtime"} if name.endswith("webm") else {"g": "1"}
    sound = "libopus" if name.endswith("webm") else "aac"
    whole = corpus.write(tmp_path / f"whole{name}", codec, sound=sound, options=options)
    early = moved(whole, tmp_path / name, -0.4, {"avoid_negative_ts": "disabled"})
    numbers, times = play(early)
    assert numbers == list(range(corpus.FRAMES))
    assert times == pytest.approx(even(corpus.FRAMES), abs=0.002)
    export(Job(str(early), (tmp_path / "out.mp4",), look=BARE))
    heard = corpus.heard_at(tmp_path / "out.mp4")
    assert heard == pytest.approx(corpus.BEEP_AT, abs=0.03)


@pytest.mark.parametrize("codec", ["libx264", "mpeg2video"])
@pytest.mark.parametrize("before", [0.0, 0.5, 1.2])
def test_a_clock_that_wraps_goes_on(tmp_path: Path, codec: str, before: float) -> None:
    """The clock of MPEG-TS has 33 bits: it starts anew after 26.5 hours."""
    options = {"g": "10", "bf": "0"}
    whole = corpus.write(tmp_path / "whole.mp4", codec, sound="aac", options=options)
    wrapped = moved(whole, tmp_path / "wrap.ts", 2**33 / 90_000 - before, {"muxdelay": "0"})
    numbers, times = play(wrapped)
    assert numbers == list(range(corpus.FRAMES))
    assert times == pytest.approx(even(corpus.FRAMES), abs=0.002)
    export(Job(str(wrapped), (tmp_path / "out.mp4",), look=BARE))
    heard = corpus.heard_at(tmp_path / "out.mp4")
    assert heard == pytest.approx(corpus.BEEP_AT, abs=0.03)


@pytest.mark.parametrize("codec", ["libx264", "mpeg2video"])
def test_a_recording_that_was_started_anew_goes_on(tmp_path: Path, codec: str) -> None:
    one = corpus.write(tmp_path / "one.ts", codec, options={"g": "10", "bf": "0"})
    both = tmp_path / "both.ts"
    both.write_bytes(one.read_bytes() * 2)
    numbers, times = play(both)
    assert numbers == [*range(corpus.FRAMES), *range(corpus.FRAMES)]
    assert all(later > earlier for earlier, later in itertools.pairwise(times))
    assert times[-1] == pytest.approx((2 * corpus.FRAMES - 1) * STEP, abs=0.1)


def uneven(kind: str) -> list[Fraction]:
    """Times of frames, seconds."""
    steps: Sequence[Fraction]
    match kind:
        case "jitter":
            steps = [Fraction(30 + 7 * (n % 4), 1000) for n in range(corpus.FRAMES)]
        case "slower":
            steps = [Fraction(20 + 3 * n, 1000) for n in range(corpus.FRAMES)]
        case "gap":
            steps = [Fraction(5 if n == 20 else 0) + Fraction(1, 25) for n in range(corpus.FRAMES)]
        case _:  # a screen recording: bursts with pauses
            steps = [Fraction(1 if n % 10 == 9 else 0) + Fraction(1, 60) for n in range(40)]
    return [sum(steps[:n], Fraction(0)) for n in range(corpus.FRAMES)]


@pytest.mark.parametrize("kind", ["jitter", "slower", "gap", "bursts"])
@pytest.mark.parametrize("name", ["clip.mp4", "clip.mov", "clip.mkv", "clip.webm", "clip.ts"])
def test_a_variable_rate_is_kept(tmp_path: Path, name: str, kind: str) -> None:
    codec = "libvpx-vp9" if name.endswith("webm") else "libx264"
    options = {"deadline": "realtime"} if name.endswith("webm") else {"bf": "0"}
    times = uneven(kind)
    path = corpus.write(tmp_path / name, codec, times=times, options=options)
    numbers, got = play(path)
    assert numbers == list(range(corpus.FRAMES))
    assert got == pytest.approx([float(time) for time in times], abs=0.0011)
    with make_source(str(path)) as source:
        # Matroska states no uneven duration, and MPEG-TS no frames behind those that are probed.
        untold = name.endswith(("mkv", "webm")) or (name, kind) == ("clip.ts", "gap")
        assert source.info.variable_rate is not untold
        for number in (25, 3, 39, 21):
            source.seek(got[number])
            frame = source.read()
            assert frame is not None
            assert corpus.number_in(frame.image) == number


RATES = [
    Fraction(1, 2),
    Fraction(1),
    Fraction(5),
    Fraction(12),
    Fraction(15),
    Fraction(24000, 1001),
    Fraction(24),
    Fraction(30000, 1001),
    Fraction(50),
    Fraction(60000, 1001),
    Fraction(120),
    Fraction(240),
]


@pytest.mark.parametrize("rate", RATES, ids=str)
@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv", "clip.avi"])
def test_every_rate_is_told_and_kept(tmp_path: Path, name: str, rate: Fraction) -> None:
    path = tmp_path / name
    count = 12
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mpeg4", rate=rate)
        stream.width, stream.height, stream.pix_fmt = *corpus.SIZE, "yuv420p"
        for number in range(count):
            frame = av.VideoFrame.from_ndarray(corpus.numbered(number), "rgb24")
            out.mux(stream.encode(frame.reformat(format="yuv420p")))
        out.mux(stream.encode(None))
    with make_source(str(path)) as source:
        assert source.info.fps == pytest.approx(float(rate), rel=0.002)
        assert not source.info.variable_rate
    numbers, times = play(path)
    assert numbers == list(range(count))
    assert times == pytest.approx([n / float(rate) for n in range(count)], abs=0.0011)


@pytest.mark.parametrize(
    "rate", [Fraction(1, 5000), Fraction(1, 600), Fraction(1000), Fraction(2000)]
)
@pytest.mark.parametrize("ending", ["mp4", "webm"])
def test_time_lapses_and_high_speed_films_keep_their_times(
    tmp_path: Path, rate: Fraction, ending: str
) -> None:
    path, out = tmp_path / "clip.mp4", tmp_path / f"out.{ending}"
    images = [corpus.numbered(number) for number in range(12)]
    times = [number / rate for number in range(12)]
    corpus.write(path, "libx264", images=images, times=times, rate=max(25, int(rate)))
    with make_source(str(path)) as source:
        assert source.info.fps == pytest.approx(float(rate), rel=0.1)  # the last has no duration
        assert source.info.frames == pytest.approx(12, abs=1)
        for number in (7, 3, 11, 0):
            source.seek(float(times[number]))
            assert corpus.number_in(source.read().image) == number
    assert play(path) == (list(range(12)), pytest.approx([float(time) for time in times]))
    assert export(Job(str(path), (out,), look=BARE)).frames == 12
    tick = 0.0011 if ending == "webm" else 1e-4
    assert corpus.frame_times(out) == pytest.approx([float(time) for time in times], abs=tick)


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv", "clip.avi", "clip.ts", "clip.gif"])
def test_the_shortest_films_play(tmp_path: Path, name: str, count: int) -> None:
    if name.endswith("ts") and count > 1:
        # A single frame has a few packets more, with its tables.
        pytest.skip("FFmpeg recognizes no MPEG-TS of fewer than ten packets")
    images = [corpus.numbered(number) for number in range(count)]
    gif = name.endswith("gif")
    codec, pix_fmt = ("gif", "rgb8") if gif else ("libx264", "yuv420p")
    path = corpus.write(tmp_path / name, codec, images=images, pix_fmt=pix_fmt)
    numbers, times = play(path)
    assert numbers == list(range(count))
    assert times == pytest.approx(even(count), abs=0.006)
    result = export(Job(str(path), (tmp_path / "out.mp4", tmp_path / "out.csv"), look=BARE))
    assert result.frames == count
