"""Annotated videos, read back: frames, times, sound and the place of the heat."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from export_bench import (
    BEEP,
    FRAMES,
    RATE,
    SIZE,
    facts,
    ffmpeg,
    heard,
    number_of,
    packet_times,
    picture,
    read_back,
    seconds_of,
)

from uvanet.errors import SourceError, UsageError
from uvanet.overlay import OverlayStyle
from uvanet.video.control import Cancelled, Control
from uvanet.video.exporter import export
from uvanet.video.job import ClipStyle, Job
from uvanet.video.writer import VideoWriter

if TYPE_CHECKING:
    from fractions import Fraction
    from pathlib import Path


def test_every_frame_once_and_the_rate_exactly(clip: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    result = export(Job(str(clip), (out,)))
    assert result.frames == FRAMES
    assert not result.stopped
    assert not result.note
    assert packet_times(out) == [n / RATE for n in range(FRAMES)]
    assert [number_of(image) for image in read_back(out)] == list(range(FRAMES))
    assert "29.97 fps" in facts(out)
    capture = cv2.VideoCapture(str(out), cv2.CAP_FFMPEG)
    assert capture.get(cv2.CAP_PROP_FPS) == pytest.approx(30000 / 1001, rel=1e-9)
    capture.release()
    assert list(tmp_path.iterdir()) == [out]


def test_the_sound_is_copied_whole(clip: Path, tmp_path: Path) -> None:
    export(Job(str(clip), (tmp_path / "out.mp4",)))
    assert "Audio: aac" in facts(tmp_path / "out.mp4")
    # The packets are copied and not encoded again.
    assert packet_times(tmp_path / "out.mp4", "a:0") == packet_times(clip, "a:0")
    assert heard(tmp_path / "out.mp4")[0] == pytest.approx(BEEP, abs=0.03)


@pytest.mark.parametrize("ending", [".mp4", ".webm"])
def test_a_cut_has_its_frames_and_its_sound(clip: Path, tmp_path: Path, ending: str) -> None:
    out = tmp_path / f"cut{ending}"
    result = export(Job(str(clip), (out,), start=1.5, end=2.5))
    numbers = [number_of(image) for image in read_back(out)]
    first, last = round(1.5 * RATE), int(2.5 * RATE)
    assert numbers[0] in (first, first - 1)
    assert numbers[-1] == last
    assert numbers == list(range(numbers[0], last + 1))
    assert result.frames == len(numbers)
    beep, length = heard(out)
    assert beep == pytest.approx(BEEP - float(numbers[0] / RATE), abs=0.035)
    assert length == pytest.approx(1.0, abs=0.08)
    assert seconds_of(out) == pytest.approx(1.0, abs=0.1)
    assert ("Video: h264" if ending == ".mp4" else "Video: vp9") in facts(out)


def test_a_variable_rate_keeps_its_times(
    uneven: tuple[Path, list[Fraction]], tmp_path: Path
) -> None:
    path, times = uneven
    export(Job(str(path), (tmp_path / "out.mp4",)))
    assert packet_times(tmp_path / "out.mp4") == times
    result = export(Job(str(path), (tmp_path / "cut.mp4",), start=float(times[30])))
    kept = packet_times(tmp_path / "cut.mp4")
    assert result.frames == len(kept)
    assert kept == [time - times[-len(kept)] for time in times[-len(kept) :]]
    assert abs(len(kept) - (FRAMES - 30)) <= 1


def test_heat_lies_where_the_map_says(clip: Path, tmp_path: Path) -> None:
    style = OverlayStyle("inferno", 0.9, 0.4)
    outs = (tmp_path / "out.mp4", tmp_path / "maps.npz")
    export(Job(str(clip), outs, look=ClipStyle(style, smoothing=0, quality="best")))
    with np.load(tmp_path / "maps.npz") as maps:
        saliency = maps["saliency"]
    frames = read_back(tmp_path / "out.mp4")
    for number in (10, 45, 80):
        changed = np.abs(frames[number].astype(int) - picture(number)).max(2).astype(np.float32)
        values = cv2.resize(saliency[number], SIZE, interpolation=cv2.INTER_CUBIC)
        assert changed[values > 0.7].mean() > 25
        assert changed[values < 0.3].mean() < 8


def test_several_layers_of_a_size(clip: Path, tmp_path: Path) -> None:
    look = ClipStyle(
        panes=("original", "overlay", "teacher"),
        contours=True,
        peaks=True,
        plot=True,
        height=90,
    )
    out = tmp_path / "out.mp4"
    export(Job(str(clip), (out,), teacher="uvanet-64", look=look, end=1.0))
    frames = read_back(out)
    assert len(frames) == 30
    assert frames[0].shape == (90 + 40, 3 * 120 + 2 * 4, 3)
    original = frames[20][:90, :120]
    expected = cv2.resize(picture(20), (120, 90), interpolation=cv2.INTER_AREA)
    # Except for its label, the original is unchanged.
    assert np.abs(original[:60].astype(int) - expected[:60]).mean() < 6
    assert np.abs(frames[20][:90, 124:244].astype(int) - expected).mean() > 6
    assert frames[20][90:].std() > 3


def test_contours_and_peaks_change_the_picture(clip: Path, tmp_path: Path) -> None:
    means = []
    for number, look in enumerate((ClipStyle(), ClipStyle(contours=True), ClipStyle(peaks=True))):
        out = tmp_path / f"{number}-%03d.png"
        export(Job(str(clip), (out,), look=look, end=0.03))
        means.append(cv2.imread(str(tmp_path / f"{number}-000.png")).astype(int))
    assert np.abs(means[1] - means[0]).max() > 60
    assert np.abs(means[2] - means[0]).max() > 60


def test_a_file_that_breaks_keeps_what_came_before(broken: Path, tmp_path: Path) -> None:
    # An index in front, so that the first half can be read.
    result = export(Job(str(broken), (tmp_path / "out.mp4",)))
    assert "broken.mp4" in result.stopped
    frames = read_back(tmp_path / "out.mp4")
    assert 10 < len(frames) == result.frames < FRAMES
    assert [number_of(image) for image in frames[:10]] == list(range(10))


def test_cancelled_leaves_nothing(clip: Path, tmp_path: Path) -> None:
    outs = [tmp_path / name for name in ("o.mp4", "o.npz", "o.csv", "o.json", "maps")]
    control = Control()

    def progress(now: object) -> None:
        if now.done == 20:  # type: ignore[attr-defined]
            control.cancel()

    with pytest.raises(Cancelled):
        export(Job(str(clip), tuple(outs)), progress=progress, control=control)
    assert list(tmp_path.iterdir()) == []


def test_stopped_before_the_first_frame_leaves_nothing(clip: Path, tmp_path: Path) -> None:
    control = Control()
    control.stop()
    with pytest.raises(Cancelled):
        export(Job(str(clip), (tmp_path / "o.mp4",)), control=control)
    assert list(tmp_path.iterdir()) == []


def test_stopped_keeps_what_was_finished(clip: Path, tmp_path: Path) -> None:
    control = Control()
    seen = []

    def progress(now: object) -> None:
        seen.append(now)
        if len(seen) == 20:
            control.stop()

    result = export(Job(str(clip), (tmp_path / "o.mp4",)), progress=progress, control=control)
    assert result.frames == len(read_back(tmp_path / "o.mp4")) == 20
    assert result.stopped
    assert heard(tmp_path / "o.mp4")[1] == pytest.approx(20 / 29.97, abs=0.05)
    assert [now.done for now in seen] == list(range(1, 21))
    assert seen[-1].total == FRAMES
    assert seen[-1].fps > 0
    assert seen[-1].left == pytest.approx((FRAMES - 20) / seen[-1].fps)


def test_sound_that_starts_before_the_pictures_stays_in_step(clip: Path, tmp_path: Path) -> None:
    late = tmp_path / "late.mp4"
    copy = ("-map", "0:v", "-map", "1:a", "-c", "copy", late)
    assert ffmpeg("-itsoffset", "0.5", "-i", clip, "-i", clip, *copy).returncode == 0
    export(Job(str(late), (tmp_path / "out.mp4",)))
    # The first picture is half a second late, and the exported clip starts with it.
    assert heard(tmp_path / "out.mp4")[0] == pytest.approx(BEEP - 0.5, abs=0.04)


def test_what_makes_no_sense_is_said(clip: Path, tmp_path: Path) -> None:
    out = (tmp_path / "o.mp4",)
    with pytest.raises(UsageError, match="between"):
        Job(str(clip), out, start=2, end=1)
    with pytest.raises(UsageError, match="teacher"):
        Job(str(clip), out, look=ClipStyle(panes=("teacher",)))
    with pytest.raises(UsageError, match="layer x"):
        ClipStyle(panes=("x",))
    with pytest.raises(UsageError, match=r"3\.0 seconds long"):
        export(Job(str(clip), out, start=7))
    with pytest.raises(SourceError):
        export(Job(str(tmp_path / "no.mp4"), out))
    assert list(tmp_path.iterdir()) == []


def test_frames_of_other_sizes_are_fitted_in(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number, size in enumerate(((120, 160), (60, 160), (120, 80))):
        cv2.imwrite(str(folder / f"{number}.png"), np.full((*size, 3), 128, np.uint8))
    export(Job(str(folder), (tmp_path / "out.mp4",), look=ClipStyle(panes=("original",))))
    frames = read_back(tmp_path / "out.mp4")
    assert [frame.shape for frame in frames] == [(120, 160, 3)] * 3
    assert frames[1][:20].mean() < 20
    assert frames[1][50:70].mean() > 110


def test_memory_does_not_grow_with_the_clip(tmp_path: Path) -> None:
    long = tmp_path / "long.mp4"
    with VideoWriter(long, SIZE, 30) as writer:
        for number in range(600):
            writer.write(picture(number % 90))
    peaks = []
    for seconds in (8, 18):
        tracemalloc.start()
        export(Job(str(long), (tmp_path / f"{seconds}.npz",), end=seconds))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    maps = 10 * 30 * 64 * 64 * 4
    assert peaks[1] - peaks[0] < maps / 4


def test_decoded_frames_do_not_pile_up(tmp_path: Path) -> None:
    """As the test above, for the memory of FFmpeg, which tracemalloc does not count."""
    pytest.importorskip("resource", reason="the largest size of a process is told on POSIX only")
    film, size = tmp_path / "film.mp4", (640, 360)
    with VideoWriter(film, size, 30) as writer:
        for number in range(600):
            writer.write(np.full((size[1], size[0], 3), number % 200, np.uint8))
    script = """
import resource, sys
from pathlib import Path
from uvanet.video.exporter import export
from uvanet.video.job import Job
film, out, end = sys.argv[1:]
export(Job(film, (Path(out),), model="uvanet-32", end=float(end)))
unit = 1 if sys.platform == "darwin" else 1024
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)
"""
    largest = []
    for seconds in (2, 20):
        command = [sys.executable, "-c", script, str(film), str(tmp_path / f"{seconds}.mp4")]
        done = subprocess.run([*command, str(seconds)], capture_output=True, text=True, check=True)
        largest.append(int(done.stdout))
    frames = 18 * 30 * size[0] * size[1] * 3 // 2
    assert largest[1] - largest[0] < frames / 4
