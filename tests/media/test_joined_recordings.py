"""Recordings joined byte by byte: picture and sound go on, in step, where the clock jumps."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING

import corpus
import pytest
from test_times import moved

from uvanet.errors import SourceError
from uvanet.overlay import OverlayStyle
from uvanet.sources import make_source
from uvanet.sources.clock_scan import jumping_duration
from uvanet.sources.media_input import open_file
from uvanet.video.exporter import export
from uvanet.video.job import ClipStyle, Job

if TYPE_CHECKING:
    from pathlib import Path

    from uvanet.sources import Frame

BARE = ClipStyle(OverlayStyle(opacity=0.0))
LENGTH = corpus.FRAMES / corpus.RATE
LATER = 50.0  # on the clock: more than any gap of one recording
TWICE = [*range(corpus.FRAMES), *range(corpus.FRAMES)]
BEEPS = [corpus.BEEP_AT, corpus.BEEP_AT + LENGTH]


def recording(path: Path, sound: str = "aac", layout: str = "stereo", rate: int = 48_000) -> Path:
    options = {"g": "10", "bf": "0"}
    return corpus.write(
        path, "libx264", sound=sound, layout=layout, sound_rate=rate, options=options
    )


def join(target: Path, *parts: Path) -> Path:
    target.write_bytes(b"".join(part.read_bytes() for part in parts))
    return target


def numbers_and_times(path: Path) -> tuple[list[int], list[float]]:
    with make_source(str(path)) as source:
        frames = list(iter(source.read, None))
    return [corpus.number_in(frame.image) for frame in frames], [frame.pts for frame in frames]


@pytest.mark.parametrize(
    ("ahead", "ending"), [(0.0, ".mp4"), (20_000.0, ".webm"), (-1_000.0, ".mp4")]
)
def test_picture_and_sound_go_on_behind_a_jump_of_the_clock(
    tmp_path: Path, ahead: float, ending: str
) -> None:
    """The clock starts anew, as of a recorder, or is that of another day, as of a broadcast."""
    one = recording(tmp_path / "one.mkv")
    parts = [moved(one, tmp_path / f"{at}.ts", at) for at in (2_000.0, 2_000.0 + ahead)]
    both = join(tmp_path / "both.ts", *parts)
    numbers, times = numbers_and_times(both)
    assert numbers == TWICE
    assert times == pytest.approx([n / corpus.RATE for n in range(len(TWICE))], abs=0.002)
    out = tmp_path / f"out{ending}"
    assert not export(Job(str(both), (out,), look=BARE)).note
    assert corpus.beeps(out) == pytest.approx(BEEPS, abs=0.06)


def test_a_jump_into_interlaced_pictures_is_no_damage(tmp_path: Path) -> None:
    """After progressive ones, those cannot be decoded up to the next key frame."""
    options = {"g": "10", "bf": "0"}
    parts = []
    for number, flags in enumerate(["", "+ilme+ildct"]):
        one = tmp_path / f"{number}.ts"
        corpus.write(one, "mpeg2video", options=options | ({"flags": flags} if flags else {}))
        parts.append(moved(one, tmp_path / f"{number}-moved.ts", number * LENGTH))
    both = join(tmp_path / "both.ts", *parts)
    numbers, times = numbers_and_times(both)
    with make_source(str(both)) as source:
        for number, seconds in list(zip(numbers, times, strict=True))[corpus.FRAMES + 2 :: 3]:
            source.seek(seconds)
            frame = source.read()
            assert frame is not None
            assert corpus.number_in(frame.image) == number
        while source.read() is not None:  # raises where damage was counted
            pass


@pytest.mark.parametrize("ending", [".mp4", ".webm"])
@pytest.mark.parametrize("sound", ["mp2", "aac", "ac3"])
def test_sound_of_a_broadcast_changes_its_channels(tmp_path: Path, sound: str, ending: str) -> None:
    film = recording(tmp_path / "film.mkv", sound)
    news = recording(tmp_path / "news.mkv", sound, "mono")
    parts = [moved(film, tmp_path / "film.ts", 0.0), moved(news, tmp_path / "news.ts", LATER)]
    both = join(tmp_path / "both.ts", *parts)
    assert numbers_and_times(both)[0] == TWICE
    out = tmp_path / f"out{ending}"
    assert not export(Job(str(both), (out,), look=BARE)).note
    assert corpus.beeps(out) == pytest.approx(BEEPS, abs=0.06)


@pytest.mark.parametrize("sound", ["aac", "ac3"])
def test_sound_of_a_broadcast_changes_its_sample_rate(tmp_path: Path, sound: str) -> None:
    film = recording(tmp_path / "film.mkv", sound)
    news = recording(tmp_path / "news.mkv", sound, rate=32_000)
    parts = [moved(film, tmp_path / "film.ts", 0.0), moved(news, tmp_path / "news.ts", LENGTH)]
    out = tmp_path / "out.mp4"
    assert not export(Job(str(join(tmp_path / "both.ts", *parts)), (out,), look=BARE)).note
    assert corpus.beeps(out) == pytest.approx(BEEPS, abs=0.06)


def test_sound_that_changes_its_codec_is_told(tmp_path: Path) -> None:
    film, news = recording(tmp_path / "film.mkv", "ac3"), recording(tmp_path / "news.mkv", "aac")
    parts = [moved(film, tmp_path / "film.ts", 0.0), moved(news, tmp_path / "news.ts", LENGTH)]
    out = tmp_path / "out.mp4"
    note = export(Job(str(join(tmp_path / "both.ts", *parts)), (out,), look=BARE)).note
    assert "of the sound could not be decoded" in note
    assert corpus.beeps(out) == pytest.approx(BEEPS[:1], abs=0.06)


def test_a_program_whose_tracks_get_other_numbers_goes_on(tmp_path: Path) -> None:
    one = recording(tmp_path / "one.mkv")
    parts = [
        moved(one, tmp_path / f"{pid}.ts", at, {"mpegts_start_pid": str(pid)})
        for pid, at in ((256, 0.0), (512, LENGTH))
    ]
    numbers, _ = numbers_and_times(join(tmp_path / "both.ts", *parts))
    # FFmpeg gives the last packet of the first numbers at the end.
    last = numbers.pop()
    numbers.insert(corpus.FRAMES - 1, last)
    assert numbers == TWICE


@pytest.mark.parametrize(
    "codecs",
    [("libx264", "mpeg2video"), ("mpeg2video", "libx264"), ("libx264", "libx265")],
    ids=" to ".join,
)
def test_a_broadcast_changes_its_codec(tmp_path: Path, codecs: tuple[str, str]) -> None:
    parts = []
    for codec, at in zip(codecs, (0.0, LENGTH), strict=True):
        keys = {"x265-params": "keyint=5:bframes=0:log-level=none"}
        options = keys if codec == "libx265" else {"g": "5", "bf": "0"}
        one = corpus.write(tmp_path / f"{codec}.mkv", codec, options=options)
        parts.append(moved(one, tmp_path / f"{codec}.ts", at))
    frames: list[Frame] = []
    with make_source(str(join(tmp_path / "both.ts", *parts))) as source:
        with pytest.raises(SourceError, match="could not be decoded") as caught:
            frames.extend(iter(source.read, None))
        numbers = [corpus.number_in(frame.image) for frame in frames]
        for index in (-10, 12):
            source.seek(frames[index].pts)
            found = source.read()
            assert found is not None
            assert corpus.number_in(found.image) == numbers[index]
    assert numbers[:38] == list(range(38))
    assert numbers[-25:] == list(range(15, 40))
    assert len(numbers) > len(TWICE) - 10
    lost = re.search(r"(\d+) frames? ", caught.value.message)
    assert lost is not None
    assert int(lost[1]) < 10


def test_a_broadcast_switches_between_4_3_and_16_9(tmp_path: Path) -> None:
    images = [corpus.numbered(number, (180, 144)) for number in range(corpus.FRAMES)]
    parts = []
    for at, sar in ((0.0, Fraction(16, 15)), (LATER, Fraction(64, 45))):
        part = tmp_path / f"{at}.ts"
        options = {"g": "10"}
        corpus.write(part, "mpeg2video", images=images, sar=sar, options=options)
        parts.append(moved(part, tmp_path / f"moved {at}.ts", at))
    with make_source(str(join(tmp_path / "both.ts", *parts))) as source:
        frames = list(iter(source.read, None))
    shown = [frame.image.shape[:2] for frame in frames]
    assert shown[: corpus.FRAMES - 3] == [(144, 192)] * (corpus.FRAMES - 3)
    assert shown[corpus.FRAMES + 3 :] == [(144, 256)] * (corpus.FRAMES - 3)
    assert [corpus.number_in(frame.image) for frame in frames] == TWICE


def test_a_count_of_packets_that_starts_anew_is_no_damage(tmp_path: Path) -> None:
    """As of segments from a stream that were joined: the clock goes on."""
    images = [corpus.numbered(number, (640, 360)) for number in range(corpus.FRAMES)]
    one = corpus.write(
        tmp_path / "one.mkv", "libx264", images=images, options={"g": "10", "bf": "0", "qp": "10"}
    )
    parts = [moved(one, tmp_path / f"{at}.ts", at) for at in (0.0, LENGTH)]
    assert numbers_and_times(join(tmp_path / "both.ts", *parts))[0] == TWICE


def test_another_program_behind_the_end_is_told(tmp_path: Path) -> None:
    one = recording(tmp_path / "one.mkv")
    pids = {"mpegts_start_pid": "700", "mpegts_pmt_start_pid": "5000", "mpegts_service_id": "7"}
    parts = [
        moved(one, tmp_path / "one.ts", 0.0),
        moved(one, tmp_path / "two.ts", LENGTH, pids),
    ]
    with (
        make_source(str(join(tmp_path / "both.ts", *parts))) as source,
        pytest.raises(SourceError, match=r"another recording after 1\.6 s"),
    ):
        list(iter(source.read, None))


@pytest.mark.parametrize("starts", [(2_000, 2_000), (2_000, 22_000), (2_000, 1_000, 60_000)])
@pytest.mark.parametrize("copies", [1, 30])
def test_the_duration_counts_no_jump_and_seeks_are_exact(
    tmp_path: Path, starts: tuple[int, ...], copies: int
) -> None:
    one = recording(tmp_path / "one.mkv")
    parts = [moved(one, tmp_path / f"{at}.ts", at) for at in starts] * copies
    both = join(tmp_path / "both.ts", *parts)
    with make_source(str(both)) as source:
        assert source.info.duration == pytest.approx(len(parts) * LENGTH, abs=0.05)
        for number in (30, 5, 45, 41, 0, 79):
            source.seek(number / corpus.RATE)
            frame = source.read()
            assert frame is not None
            assert corpus.number_in(frame.image) == number % corpus.FRAMES


def test_the_duration_of_titles_of_a_dvd(tmp_path: Path) -> None:
    one = corpus.write(tmp_path / "one.vob", "mpeg2video", sound="ac3", options={"g": "10"})
    with make_source(str(join(tmp_path / "all.vob", one, one, one))) as source:
        assert source.info.duration == pytest.approx(3 * LENGTH, abs=0.05)


def test_a_clock_that_does_not_jump_keeps_the_stated_duration(tmp_path: Path) -> None:
    film = moved(recording(tmp_path / "one.mkv"), tmp_path / "film.ts", 100.0)
    with open_file(film) as media:
        assert jumping_duration(media, partial(open_file, film), corpus.RATE) is None
