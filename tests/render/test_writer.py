"""The clips are read back by OpenCV, and by ffmpeg where it knows more."""

from __future__ import annotations

import os
import re
import stat
import subprocess
from fractions import Fraction
from pathlib import Path

import cv2
import imageio_ffmpeg
import numpy as np
import pytest

from uvanet.errors import OutputError
from uvanet.video.sound import Sound
from uvanet.video.writer import VideoWriter, exact_rate

PATIENCE = 60.0


def facts(path: Path) -> str:
    """What ffmpeg says of a file."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-nostdin", "-i", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    return done.stderr


def packet_times(path: Path) -> list[Fraction]:
    """When each picture of a file is shown, as ffmpeg reads it, exactly."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-copyts", "-i", str(path)]
    done = subprocess.run(
        [*command, "-map", "0:v:0", "-c", "copy", "-f", "framecrc", "-"],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    base = Fraction(1)
    times = []
    for line in done.stdout.splitlines():
        if line.startswith("#tb 0:"):
            base = Fraction(line.split(":")[1].strip())
        elif not line.startswith("#"):
            times.append(int(line.split(",")[2]) * base)
    return sorted(times)


def read_back(path: Path) -> list[np.ndarray]:
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    frames = []
    while True:
        done, frame = capture.read()
        if not done:
            break
        frames.append(frame)
    capture.release()
    return frames


def write(path: Path, size: tuple[int, int] = (64, 48), count: int = 5, **more: object) -> Path:
    with VideoWriter(path, size, more.pop("fps", 25), **more) as writer:  # type: ignore[arg-type]
        for number in range(count):
            writer.write(np.full((size[1], size[0], 3), number * 20 % 240, np.uint8))
    return path


@pytest.mark.parametrize("size", [(64, 48), (33, 17), (1, 1), (2, 3), (1919, 1079)])
def test_every_frame_is_there_at_its_size(tmp_path: Path, size: tuple[int, int]) -> None:
    path = write(tmp_path / "clip.mp4", size, count=7)
    frames = read_back(path)
    even = tuple(n + n % 2 for n in size)
    assert [frame.shape for frame in frames] == [(even[1], even[0], 3)] * 7
    means = [frame.mean() for frame in frames]
    assert means == pytest.approx([n * 20 for n in range(7)], abs=4)


def test_the_added_row_of_an_odd_size_copies_its_neighbour(tmp_path: Path) -> None:
    frame = np.full((17, 33, 3), 220, np.uint8)
    with VideoWriter(tmp_path / "odd.mp4", (33, 17), 25) as writer:
        writer.write(frame)
    assert read_back(tmp_path / "odd.mp4")[0].min() > 210


def test_it_is_what_browsers_and_players_expect(tmp_path: Path) -> None:
    path = write(tmp_path / "clip.mp4")
    words = facts(path)
    assert "Video: h264" in words
    assert "yuv420p(tv, smpte170m/bt709/bt709, progressive)" in words
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")  # plays before all of it has come


@pytest.mark.parametrize(
    ("fps", "rate"),
    [
        (29.97, Fraction(30000, 1001)),
        (30000 / 1001, Fraction(30000, 1001)),
        (23.976, Fraction(24000, 1001)),
        (59.94, Fraction(60000, 1001)),
        (25, Fraction(25)),
        (30, Fraction(30)),
        (12.5, Fraction(25, 2)),
        (1, Fraction(1)),
    ],
)
def test_rates_are_kept_exactly(tmp_path: Path, fps: float, rate: Fraction) -> None:
    assert exact_rate(fps) == rate
    path = write(tmp_path / "clip.mp4", count=4, fps=fps)
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    assert capture.get(cv2.CAP_PROP_FPS) == pytest.approx(float(rate), rel=1e-6)
    capture.release()


@pytest.mark.parametrize("color", [(20, 20, 200), (200, 60, 30), (40, 180, 60), (128, 128, 128)])
def test_colors_survive(tmp_path: Path, color: tuple[int, int, int]) -> None:
    with VideoWriter(tmp_path / "clip.mp4", (64, 48), 25) as writer:
        writer.write(np.full((48, 64, 3), color, np.uint8))
    # ffmpeg decodes by the tags of the file, as a player does.
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(tmp_path / "clip.mp4")]
    raw = subprocess.run(
        [*command, "-f", "rawvideo", "-pix_fmt", "bgr24", "-"],
        capture_output=True,
        timeout=PATIENCE,
        check=True,
    ).stdout
    pixels = np.frombuffer(raw, np.uint8).reshape(48, 64, 3)
    assert pixels.mean(axis=(0, 1)) == pytest.approx(color, abs=4)


def test_quality_costs_space(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    noise = [cv2.blur(rng.integers(0, 256, (96, 128, 3), np.uint8), (5, 5)) for _ in range(9)]
    sizes = []
    for quality in ("small", "good", "best"):
        path = tmp_path / f"{quality}.mp4"
        with VideoWriter(path, (128, 96), 25, quality=quality) as writer:
            for frame in noise:
                writer.write(frame)
        sizes.append(path.stat().st_size)
    assert sizes[0] < sizes[1] < sizes[2]


@pytest.mark.parametrize("seconds", [0.4, 1, 5])
def test_sound_comes_along_and_never_changes_the_pictures(tmp_path: Path, seconds: float) -> None:
    noisy = tmp_path / "noisy.mp4"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "lavfi", "-i"]
    subprocess.run([*command, f"sine=d={seconds}", str(noisy)], check=True, timeout=PATIENCE)
    path = write(tmp_path / "with.mp4", count=50, sound=Sound(noisy))
    words = facts(path)
    assert "Audio: aac" in words
    duration = re.search(r"Duration: 00:00:(\d+\.\d+)", words)
    assert duration
    assert 1.95 < float(duration[1]) < 3.0
    assert len(read_back(path)) == 50


def test_times_of_their_own_are_kept(tmp_path: Path) -> None:
    times = [Fraction(n, 15360) for n in (0, 512, 600, 2048, 9000)]
    with VideoWriter(tmp_path / "clip.mp4", (64, 48), 25, scale=15360) as writer:
        for at in times:
            writer.write(np.zeros((48, 64, 3), np.uint8), at)
    assert packet_times(tmp_path / "clip.mp4") == times


def test_sound_that_can_be_is_copied_and_starts_where_asked(tmp_path: Path) -> None:
    beep = tmp_path / "beep.m4a"
    wave = "aevalsrc='if(between(t,3,3.1),sin(6000*t),0)':s=48000:d=8"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "lavfi", "-i", wave]
    subprocess.run([*command, str(beep)], check=True, timeout=PATIENCE)
    path = write(tmp_path / "with.mp4", count=50, sound=Sound(beep, start=2.25))
    raw = subprocess.run(
        [command[0], "-v", "error", "-i", str(path), "-f", "f32le", "-ac", "1", "-"],
        capture_output=True,
        check=True,
        timeout=PATIENCE,
    ).stdout
    loud = np.flatnonzero(np.abs(np.frombuffer(raw, np.float32)) > 0.3) / 48000
    assert loud[0] == pytest.approx(0.75, abs=0.03)
    assert loud[-1] == pytest.approx(0.85, abs=0.03)


def test_webm_has_vp9_and_opus(tmp_path: Path) -> None:
    noisy = tmp_path / "noisy.mp4"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "lavfi", "-i", "sine=d=5"]
    subprocess.run([*command, str(noisy)], check=True, timeout=PATIENCE)
    path = write(tmp_path / "clip.webm", count=50, sound=Sound(noisy))
    words = facts(path)
    assert "Video: vp9" in words
    assert "Audio: opus" in words
    assert len(read_back(path)) == 50


def test_the_first_frames_of_a_broken_file_can_be_kept(tmp_path: Path) -> None:
    writer = VideoWriter(tmp_path / "a.mp4", (64, 48), 25)
    shade = np.full((48, 64, 3), 200, np.uint8)
    # A fragment is two seconds; the encoder holds some frames of the third back.
    for _ in range(200):
        writer.write(shade)
    kept = writer.available()
    assert kept >= 50
    writer.stage(kept - 7)
    writer.commit()
    frames = read_back(tmp_path / "a.mp4")
    assert len(frames) == kept - 7
    assert frames[-1].mean() == pytest.approx(200, abs=4)
    assert list(tmp_path.iterdir()) == [tmp_path / "a.mp4"]


def test_a_source_without_sound_gives_none(tmp_path: Path) -> None:
    silent = write(tmp_path / "without.mp4", count=25, sound=Sound(write(tmp_path / "mute.mp4")))
    assert "Audio" not in facts(silent)
    assert len(read_back(silent)) == 25


def test_frames_of_another_shape_are_refused(tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "clip.mp4", (64, 48), 25) as writer:
        writer.write(np.zeros((48, 64, 3), np.uint8))
        for wrong in (
            np.zeros((64, 48, 3), np.uint8),
            np.zeros((48, 64), np.uint8),
            np.zeros((48, 64, 3), np.float32),
        ):
            with pytest.raises(ValueError, match="expected uint8"):
                writer.write(wrong)
        writer.write(np.zeros((96, 128, 3), np.uint8)[::2, ::2])  # not contiguous is fine
    assert len(read_back(tmp_path / "clip.mp4")) == 2


def test_the_name_appears_when_the_file_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_text("an older file")
    writer = VideoWriter(path, (64, 48), 25)
    writer.write(np.zeros((48, 64, 3), np.uint8))
    assert path.read_text() == "an older file"
    writer.close()
    writer.close()
    assert len(read_back(path)) == 1
    assert list(tmp_path.iterdir()) == [path]
    if os.name == "posix":
        mask = os.umask(0)
        os.umask(mask)
        assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~mask
    with pytest.raises(OutputError, match="closed"):
        writer.write(np.zeros((48, 64, 3), np.uint8))


def test_abort_and_exceptions_leave_nothing(tmp_path: Path) -> None:
    writer = VideoWriter(tmp_path / "a.mp4", (64, 48), 25)
    writer.write(np.zeros((48, 64, 3), np.uint8))
    writer.abort()
    writer.abort()
    writer.close()

    def break_off() -> None:
        with VideoWriter(tmp_path / "b.mp4", (64, 48), 25) as writer:
            writer.write(np.zeros((48, 64, 3), np.uint8))
            raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        break_off()
    assert list(tmp_path.iterdir()) == []


def test_no_frame_no_file(tmp_path: Path) -> None:
    with (
        pytest.raises(OutputError, match="No frame came"),
        VideoWriter(tmp_path / "a.mp4", (64, 48), 25),
    ):
        pass
    assert list(tmp_path.iterdir()) == []


def test_folders_that_cannot_take_it(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="does not exist") as caught:
        VideoWriter(tmp_path / "nowhere" / "a.mp4", (64, 48), 25)
    assert str(tmp_path / "nowhere") in caught.value.message
    with pytest.raises(OutputError, match="is a folder"):
        VideoWriter(tmp_path, (64, 48), 25)
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="does not exist"):
        VideoWriter(tmp_path / "file" / "a.mp4", (64, 48), 25)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder nobody can write")
def test_a_folder_nobody_can_write() -> None:
    with pytest.raises(OutputError, match="/proc/self cannot be written") as caught:
        VideoWriter("/proc/self/a.mp4", (64, 48), 25)
    assert caught.value.hint


@pytest.mark.parametrize("name", ["Füße 日本.mp4", "a:b %03d.mp4", "-y.mp4"])
def test_odd_names(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(Path(name))
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(
    ("fps", "exact"),
    [
        (29.97, Fraction(30000, 1001)),
        (23.976, Fraction(24000, 1001)),
        (25.0, Fraction(25)),
        (12.5, Fraction(25, 2)),
        (0.5, Fraction(1, 2)),
        (1 / 600, Fraction(1, 600)),
        (0.0001, Fraction(1, 10_000)),
        (1000.0, Fraction(1000)),
    ],
)
def test_a_rate_is_the_fraction_that_it_stands_for(fps: float, exact: Fraction) -> None:
    assert exact_rate(fps) == exact


@pytest.mark.parametrize("fps", [0, -5, float("nan"), float("inf"), 5000])
def test_rates_of_no_sense(tmp_path: Path, fps: float) -> None:
    with pytest.raises(OutputError, match="frames a second"):
        VideoWriter(tmp_path / "a.mp4", (64, 48), fps)
    with pytest.raises(OutputError, match="pixels"):
        VideoWriter(tmp_path / "a.mp4", (0, 48), 25)
    assert list(tmp_path.iterdir()) == []
