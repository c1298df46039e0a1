from __future__ import annotations

import gc
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from av.video.frame import VideoFrame

from uvanet.errors import SourceError
from uvanet.sources import VideoSource, make_source

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from uvanet.sources import Frame

    Ffmpeg = Callable[..., None]
    NumberOf = Callable[[NDArray[np.uint8]], int]

ROOT = Path(__file__).resolve().parents[2]
CONTAINERS = ["mp4", "mkv", "ts", "avi", "webm"]


def play(source: VideoSource) -> tuple[list[Frame], SourceError | None]:
    """All frames, and the error that came after them."""
    frames = []
    try:
        while (frame := source.read()) is not None:
            frames.append(frame)
    except SourceError as error:
        return frames, error
    return frames, None


def cut(path: Path, part: float, target: Path) -> Path:
    data = path.read_bytes()
    target.write_bytes(data[: int(len(data) * part)])
    return target


@pytest.fixture(scope="module")
def busy_clip(tmp_path_factory: pytest.TempPathFactory, ffmpeg: Ffmpeg) -> Path:
    """Four seconds of moving noise with sound: enough bytes that a cut hits the pictures."""
    path = tmp_path_factory.mktemp("busy") / "busy.mp4"
    pictures = ["-f", "lavfi", "-i", "testsrc2=s=320x240:r=25:d=4"]
    sound = ["-f", "lavfi", "-i", "sine=d=4"]
    ffmpeg(*pictures, *sound, "-pix_fmt", "yuv420p", "-movflags", "+faststart", path)
    return path


@pytest.mark.parametrize("suffix", CONTAINERS)
def test_seek_finds_the_very_frame_in_every_container(
    suffix: str, clip: Path, tmp_path: Path, ffmpeg: Ffmpeg, number_of: NumberOf
) -> None:
    path = tmp_path / f"numbered.{suffix}"
    codec = {"webm": ["-c:v", "libvpx-vp9", "-g", "30"], "avi": ["-c:v", "mjpeg", "-q:v", "3"]}
    ffmpeg("-i", clip, *codec.get(suffix, ["-c", "copy"]), path)
    with VideoSource(path) as source:
        frames, error = play(source)
        assert error is None
        assert [number_of(frame.image) for frame in frames] == list(range(75))
        assert [frame.pts for frame in frames] == pytest.approx(
            [n / 25 for n in range(75)], abs=0.002
        )
        for number in (40, 3, 74, 0, 41, 24, 25, 60, 1):
            source.seek(number / 25)
            found = source.read()
            assert found is not None
            assert number_of(found.image) == number
            assert np.array_equal(found.image, frames[number].image)
            assert found.index == number
            # Playing goes on from there.
            after = source.read()
            assert (number_of(after.image) if after else 75) == number + 1


def test_seek_between_two_frames_finds_the_one_on_show(clip: Path, number_of: NumberOf) -> None:
    with VideoSource(clip) as source:
        source.seek(10.6 / 25)
        frame = source.read()
    assert frame is not None
    assert number_of(frame.image) == 10


def test_uneven_frame_times_are_kept(
    clip: Path, tmp_path: Path, ffmpeg: Ffmpeg, number_of: NumberOf
) -> None:
    path = tmp_path / "uneven.mkv"
    # Frames 0 to 9 at 25 a second, then a pause of three seconds, then the rest.
    times = "setpts='if(lt(N,10),N,N+75)/25/TB'"
    ffmpeg("-i", clip, "-vf", times, "-fps_mode", "passthrough", path)
    with VideoSource(path) as source:
        frames, error = play(source)
        assert error is None
        assert len(frames) == 75
        assert frames[9].pts == pytest.approx(9 / 25, abs=0.01)
        assert frames[10].pts == pytest.approx(85 / 25, abs=0.01)
        source.seek(2.0)  # in the pause: frame 9 stays on show
        frame = source.read()
        assert frame is not None
        assert number_of(frame.image) == 9
        assert frame.pts == pytest.approx(9 / 25, abs=0.01)


def test_a_nonsense_rate_in_the_file_is_not_believed(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    # H.264 copied into avi states 600 frames a second and five times too many frames.
    h264, avi = tmp_path / "a.mp4", tmp_path / "a.avi"
    ffmpeg("-f", "lavfi", "-i", "testsrc=s=64x48:r=30:d=2", "-pix_fmt", "yuv420p", h264)
    ffmpeg("-i", h264, "-c", "copy", avi)
    with VideoSource(avi) as source:
        assert source.info.fps == pytest.approx(30, rel=0.01)
        assert source.info.duration == pytest.approx(2, rel=0.1)
        frames, error = play(source)
    assert error is None
    assert len(frames) == 60
    steps = np.diff([frame.pts for frame in frames])
    assert steps.min() > 0


def test_a_phone_video_stands_upright(tmp_path: Path, clip: Path, ffmpeg: Ffmpeg) -> None:
    path = tmp_path / "phone.mp4"
    ffmpeg("-display_rotation", "90", "-i", clip, "-c", "copy", path)
    with VideoSource(path) as source:
        assert (source.info.width, source.info.height) == (144, 256)
        frame = source.read()
    assert frame is not None
    assert frame.image.shape == (256, 144, 3)


@pytest.mark.parametrize("name", ["Füße und Bücher.mp4", "日本.mp4", "a%03d b#c?d.mp4", "x:y.mp4"])
def test_odd_names(name: str, clip: Path, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(clip.read_bytes())
    with make_source(str(path)) as source:
        assert source.info.title == name
        assert source.read() is not None


@pytest.mark.parametrize("size", ["2x2", "7680x4320"])
def test_tiny_and_huge_frames(size: str, tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    path = tmp_path / "size.mp4"
    fast = ["-preset", "ultrafast", "-pix_fmt", "yuv420p"]
    ffmpeg("-f", "lavfi", "-i", f"color=red:s={size}:r=25:d=0.08", *fast, path)
    with VideoSource(path) as source:
        frame = source.read()
    assert frame is not None
    width, height = map(int, size.split("x"))
    assert frame.image.shape == (height, width, 3)
    assert frame.image[0, 0, 2] > 200


def test_one_pixel_video(tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    path = tmp_path / "one.avi"
    ffmpeg("-f", "lavfi", "-i", "color=white:s=1x1:r=25:d=0.2", "-c:v", "ffv1", path)
    with VideoSource(path) as source:
        frames, error = play(source)
    assert error is None
    assert len(frames) == 5
    assert frames[0].image.shape == (1, 1, 3)


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "avi"])
def test_a_file_that_was_cut_off_plays_to_the_break_and_says_what_is_missing(
    suffix: str, busy_clip: Path, tmp_path: Path, ffmpeg: Ffmpeg
) -> None:
    whole = tmp_path / f"whole.{suffix}"
    ffmpeg("-i", busy_clip, "-c", "copy", "-movflags", "+faststart", whole)
    part = cut(whole, 0.6, tmp_path / f"part.{suffix}")
    with VideoSource(part) as source:
        # Matroska tells it only at the end.
        assert suffix == "mkv" or "cut off" in source.info.note
        frames, error = play(source)
        assert 30 < len(frames) < 95
        assert error is not None
        assert str(part) in error.message
        assert "of 4." in error.message
        assert error.hint
        source.seek(0.0)  # what came before stays good
        assert source.read() is not None


def test_a_download_padded_with_zeros_says_what_is_missing(busy_clip: Path, tmp_path: Path) -> None:
    data = busy_clip.read_bytes()
    keep = int(len(data) * 0.6)
    path = tmp_path / "half.mp4"
    path.write_bytes(data[:keep] + bytes(len(data) - keep))
    with VideoSource(path) as source:
        frames, error = play(source)
    assert len(frames) > 30
    assert error is not None
    assert "damaged" in error.message


def test_a_trimmed_recording_is_not_called_damaged(
    busy_clip: Path, tmp_path: Path, ffmpeg: Ffmpeg
) -> None:
    path = tmp_path / "trimmed.mp4"
    # Copied from the middle of a group of pictures: an edit list hides the frames before.
    ffmpeg("-ss", "2.5", "-i", busy_clip, "-c", "copy", path)
    with VideoSource(path) as source:
        frames, error = play(source)
        assert source.info.frames is not None
        assert len(frames) < source.info.frames
    assert error is None


def test_a_stream_file_that_was_cut_off_is_just_shorter(
    busy_clip: Path, tmp_path: Path, ffmpeg: Ffmpeg
) -> None:
    whole = tmp_path / "whole.ts"
    ffmpeg("-i", busy_clip, "-c", "copy", whole)
    with VideoSource(cut(whole, 0.6, tmp_path / "part.ts")) as source:
        frames, error = play(source)
    assert 30 < len(frames) < 95
    assert error is None  # mpeg-ts promises no length, so nothing is known to be missing


def write_text(path: Path, _: Path, __: Ffmpeg) -> None:
    path.write_text("This is a letter, not a film.\n" * 50)


def write_empty(path: Path, _: Path, __: Ffmpeg) -> None:
    path.touch()


def write_without_index(path: Path, busy: Path, ffmpeg: Ffmpeg) -> None:
    ffmpeg("-i", busy, "-c", "copy", path)
    cut(path, 0.6, path)


def write_sound(path: Path, busy: Path, ffmpeg: Ffmpeg) -> None:
    ffmpeg("-i", busy, "-vn", "-c", "copy", path)


def write_unknown_codec(path: Path, busy: Path, ffmpeg: Ffmpeg) -> None:
    ffmpeg("-i", busy, "-an", "-c:v", "mjpeg", "-f", "avi", path)
    path.write_bytes(path.read_bytes().replace(b"MJPG", b"XQZW"))


def write_noise(path: Path, _: Path, __: Ffmpeg) -> None:
    path.write_bytes(np.random.default_rng(0).bytes(20_000))


def write_folder(path: Path, _: Path, __: Ffmpeg) -> None:
    path.mkdir()


BAD = {
    "is a text file": write_text,
    "is empty": write_empty,
    "not a video that can be read": write_without_index,
    "sound but no video": write_sound,
    "codec that FFmpeg does not know": write_unknown_codec,
    "not a video": write_noise,
    "is a folder": write_folder,
}


@pytest.mark.parametrize("words", BAD)
def test_bad_files_say_what_is_wrong_and_what_to_do(
    words: str, tmp_path: Path, busy_clip: Path, ffmpeg: Ffmpeg
) -> None:
    path = tmp_path / "film.mp4"
    BAD[words](path, busy_clip, ffmpeg)
    with pytest.raises(SourceError) as caught, VideoSource(path):
        pass
    assert words in caught.value.message
    assert str(path) in caught.value.message
    assert caught.value.hint


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "nothing.mp4"
    with pytest.raises(SourceError, match="does not exist") as caught, make_source(str(path)):
        pass
    assert str(path) in caught.value.message


@pytest.mark.skipif(os.name != "posix", reason="permissions of Unix")
def test_a_file_of_someone_else(clip: Path) -> None:
    # Root may read everything, so the reader becomes nobody once all is imported.
    program = """
import os, sys
from uvanet.errors import SourceError
from uvanet.sources import make_source
source = make_source(sys.argv[1])
if os.geteuid() == 0:
    os.setuid(65534)
try:
    source.open()
except SourceError as error:
    print(error)
"""
    with tempfile.TemporaryDirectory() as name:
        folder, path = Path(name), Path(name, "private.mp4")
        folder.chmod(0o755)
        path.write_bytes(clip.read_bytes())
        path.chmod(0)
        done = subprocess.run(
            [sys.executable, "-c", program, str(path)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
    assert f"no permission to read {path}" in done.stdout


def test_the_terminal_stays_clean(tmp_path: Path, busy_clip: Path, ffmpeg: Ffmpeg) -> None:
    broken = tmp_path / "broken.mp4"
    data = bytearray(busy_clip.read_bytes())
    noise = np.random.default_rng(0).bytes(len(data) // 4)
    data[len(data) // 2 : len(data) // 2 + len(noise)] = noise
    broken.write_bytes(data)
    text = tmp_path / "text.mp4"
    text.write_text("no film")
    program = f"""
from uvanet.errors import SourceError
from uvanet.sources import make_source
for path in {[str(broken), str(text)]!r}:
    try:
        with make_source(path) as source:
            while source.read() is not None:
                pass
    except SourceError:
        pass
print("done")
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert done.stdout == "done\n"
    assert done.stderr == ""


def test_decoded_frames_are_freed_without_garbage_collection(clip: Path) -> None:
    gc.collect()
    before = _decoded_frames()
    gc.disable()
    try:
        with VideoSource(clip) as source:
            for _ in range(20):
                assert source.read() is not None
            assert _decoded_frames() - before <= 3
    finally:
        gc.enable()


def _decoded_frames() -> int:
    # `isinstance` asks objects for `__class__`, at which some of torch warn.
    return sum(type(thing) is VideoFrame for thing in gc.get_objects())
