"""The replay buffer of a live source: its size on disk, saved recordings, cleaning up."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import pytest
from export_bench import PATIENCE, number_of, packet_times, picture

from uvanet.errors import OutputError
from uvanet.sources import make_source
from uvanet.video.exporter import export
from uvanet.video.job import Job
from uvanet.video.replay_buffer import ReplayBuffer, SavedRecording
from uvanet.video.replay_recovery import recover_recordings
from uvanet.video.replay_segments import MotionJpegFile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def ring(tmp_path: Path) -> Iterator[ReplayBuffer]:
    ring = ReplayBuffer(tmp_path / "live", 10.0)
    yield ring
    ring.close()
    assert list((tmp_path / "live").iterdir()) == []


def times(count: int) -> list[float]:
    """Uneven times, as those of a camera."""
    steps = np.random.default_rng(1).uniform(0.02, 0.06, count)
    return [100 + float(t) for t in np.cumsum(steps)]


def bytes_in(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def test_a_stretch_is_saved_frame_by_frame_at_its_times(ring: ReplayBuffer, tmp_path: Path) -> None:
    moments = times(200)
    for number, t in enumerate(moments):
        ring.put(picture(number), t)
    path = tmp_path / "take.mkv"
    assert ring.save(path, moments[50], moments[150]).frames == 101
    with make_source(str(path)) as source:
        frames = list(iter(source.read, None))
        # The length is known, so that an export can show its progress.
        assert source.info.frames == pytest.approx(101, abs=2)
    assert [number_of(frame.image) for frame in frames] == list(range(50, 151))
    assert [frame.pts for frame in frames] == pytest.approx(
        [t - moments[50] for t in moments[50:151]], abs=0.0011
    )


def test_it_stays_within_its_bound(ring: ReplayBuffer, tmp_path: Path) -> None:
    sizes = []
    for number in range(1200):
        ring.put(picture(number % 90), number / 30)
        sizes.append(bytes_in(tmp_path / "live"))
    start, end = ring.span or (0, 0)
    assert end == pytest.approx(1199 / 30)
    assert 10 <= end - start <= 13
    assert max(sizes[600:]) < 1.4 * max(sizes[:330])


def test_a_held_recording_is_longer_than_the_ring(ring: ReplayBuffer, tmp_path: Path) -> None:
    ring.put(picture(0), 0.0)
    ring.hold(5.0)
    for number in range(1, 900):
        ring.put(picture(number % 90), number / 30)
    assert ring.save(tmp_path / "take.mkv", 5.0).frames == 900 - 150
    ring.hold(None)
    ring.put(picture(0), 30.0)
    assert (ring.span or (0, 0))[0] > 15


def test_only_the_user_can_read_it(ring: ReplayBuffer, tmp_path: Path) -> None:
    ring.put(picture(0), 0.0)
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / "live").stat().st_mode) == 0o700


def test_what_a_crashed_program_left_is_cleared_away(tmp_path: Path) -> None:
    script = (
        "import os, sys, numpy\n"
        "from pathlib import Path\n"
        "from uvanet.video.replay_buffer import ReplayBuffer\n"
        "ring = ReplayBuffer(Path(sys.argv[1]), 10)\n"
        "ring.put(numpy.zeros((8, 8, 3), numpy.uint8), 0.0)\n"
        "os.kill(os.getpid(), 9)"
    )
    root = tmp_path / "live"
    subprocess.run([sys.executable, "-c", script, str(root)], check=False)
    assert len(list(root.iterdir())) == 1
    ring = ReplayBuffer(root, 10)
    (ours,) = root.iterdir()
    assert ours.name.startswith(f"{os.getpid()}-")
    ring.close()


def test_another_size_starts_anew(ring: ReplayBuffer, tmp_path: Path) -> None:
    for number in range(30):
        ring.put(picture(number), number / 30)
    for number in range(30, 60):
        ring.put(np.zeros((60, 80, 3), np.uint8), number / 30)
    assert ring.save(tmp_path / "take.mkv", 0.0).frames == 30


def test_a_recording_is_rescued_where_the_disk_has_no_room_for_two(
    ring: ReplayBuffer, tmp_path: Path
) -> None:
    ring.hold(0.0)
    for number in range(240):
        ring.put(picture(number % 90), number / 30)
    before = bytes_in(tmp_path / "live")
    path = tmp_path / "live" / "kept.mkv"
    # Without the newest two seconds, and without frames before the recording.
    assert ring.salvage(path, 1.0).frames == 180 - 30
    assert ring.span is None
    assert bytes_in(tmp_path / "live") < before
    with make_source(str(path)) as source:
        frames = list(iter(source.read, None))
    assert [number_of(frame.image) for frame in frames] == [n % 90 for n in range(30, 180)]
    with pytest.raises(OutputError, match="Nothing was recorded"):
        ring.salvage(path, 0.0)
    path.unlink()


def test_nothing_waits_for_a_copy_on_a_slow_disk(
    ring: ReplayBuffer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring.hold(0.0, "First")
    for number in range(60):
        ring.put(picture(number), number / 30)
    copying, go_on = threading.Event(), threading.Event()
    write = MotionJpegFile.write

    def slow(file: MotionJpegFile, data: bytes, t: float) -> None:
        copying.set()
        go_on.wait(PATIENCE)
        write(file, data, t)

    monkeypatch.setattr(MotionJpegFile, "write", slow)
    saved: list[SavedRecording] = []
    copy = threading.Thread(target=lambda: saved.append(ring.save(tmp_path / "first.mkv", 0.0)))
    copy.start()
    assert copying.wait(PATIENCE)

    def next_recording() -> None:
        """Calls of the window and the recorder while the first recording is being saved."""
        ring.hold(20.0, "Second")
        for number in range(30):
            ring.put(picture(number + 60), 20.0 + number / 2)  # drops what is being copied
        assert ring.span == (20.0, 34.5)

    meanwhile = threading.Thread(target=next_recording)
    meanwhile.start()
    meanwhile.join(PATIENCE)
    waited = meanwhile.is_alive()
    go_on.set()
    copy.join()
    meanwhile.join()
    assert not waited
    assert saved[0].frames == 60
    # Dropped segments are deleted, and the second recording is kept.
    assert not list((tmp_path / "live").glob("*/000001.jpegs"))
    assert "Second" in next((tmp_path / "live").glob("*/recording.json")).read_text()
    assert ring.save(tmp_path / "second.mkv", 20.0).frames == 30
    for name, numbers in (("first", range(60)), ("second", range(60, 90))):
        with make_source(str(tmp_path / f"{name}.mkv")) as source:
            assert [number_of(frame.image) for frame in iter(source.read, None)] == list(numbers)


def test_closing_waits_for_a_copy(
    ring: ReplayBuffer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(30):
        ring.put(picture(number), number / 30)
    write = MotionJpegFile.write
    closing = threading.Thread(target=ring.close)

    def close_meanwhile(file: MotionJpegFile, data: bytes, t: float) -> None:
        if not closing.ident:
            closing.start()
        write(file, data, t)

    monkeypatch.setattr(MotionJpegFile, "write", close_meanwhile)
    assert ring.save(tmp_path / "take.mkv", 0.0).frames == 30
    closing.join()


def test_nothing_to_save_is_said(ring: ReplayBuffer, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="Nothing was recorded"):
        ring.save(tmp_path / "take.mkv", 0.0)
    assert not (tmp_path / "take.mkv").exists()


def test_a_take_is_exported_with_its_times(ring: ReplayBuffer, tmp_path: Path) -> None:
    moments = times(60)
    for number, t in enumerate(moments):
        ring.put(picture(number), t)
    ring.save(tmp_path / "take.mkv", 0.0)
    result = export(Job(str(tmp_path / "take.mkv"), (tmp_path / "out.mp4",)))
    assert result.frames == 60
    got = packet_times(tmp_path / "out.mp4")
    wanted = [Fraction(t) - Fraction(moments[0]) for t in moments]
    assert max(abs(a - b) for a, b in zip(got, wanted, strict=True)) < Fraction(1, 900)


RECORDS = """
import os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from export_bench import picture
from uvanet.atomic_io import Part
from uvanet.video.replay_buffer import ReplayBuffer
from uvanet.video.replay_segments import MotionJpegFile
root, how = Path(sys.argv[1]), sys.argv[3]
ring = ReplayBuffer(root / "live", 1.0)
for number in range(120):
    if number == 30 and how != "nothing":
        ring.hold(1.0, "My camera")
    ring.put(picture(number % 90), number / 30)
if how == "saved":
    ring.save(root / "take.mkv", 1.0)
    ring.hold(None)
if how == "just saved":
    ring.save(root / "take.mkv", 1.0)
if how == "renamed":
    Part._release = lambda self: os.kill(os.getpid(), 9)
    ring.save(root / "take.mkv", 1.0)
if how == "saved and on":
    ring.save(root / "take.mkv", 1.0)
    for number in range(120, 150):
        ring.put(picture(number % 90), number / 30)
if how == "last second":
    ring.save(root / "take.mkv", 2.0)
if how == "saving":
    write, written = MotionJpegFile.write, []
    def dying(self, data, t):
        written.append(t)
        if len(written) == 20:
            os.kill(os.getpid(), 9)
        write(self, data, t)
    MotionJpegFile.write = dying
    ring.save(root / "take.mkv", 1.0)
if how == "next one begun":
    write, written = MotionJpegFile.write, []
    def dying(self, data, t):
        written.append(t)
        if len(written) == 20:
            ring.hold(4.0, "Next")
            ring.put(picture(120 % 90), 4.0)
            os.kill(os.getpid(), 9)
        write(self, data, t)
    MotionJpegFile.write = dying
    ring.save(root / "take.mkv", 1.0)
if how == "broken":
    with next(iter(sorted((root / "live").glob("*/*.jpegs"))[-1:])).open("r+b") as file:
        file.truncate(file.seek(0, 2) - 5)
os.kill(os.getpid(), 9)
"""


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize(
    ("how", "frames", "name", "before"),
    [
        ("recording", (30, 119), "My camera.mkv", set()),
        ("saving", (30, 119), "take.mkv", set()),
        ("next one begun", (30, 120), "take.mkv", set()),
        ("broken", (30, 118), "My camera.mkv", set()),
        ("last second", (30, 119), "My camera.mkv", {"take.mkv"}),
        ("saved", None, "", {"take.mkv"}),
        ("just saved", None, "", {"take.mkv"}),
        ("renamed", None, "", {"take.mkv"}),
        ("saved and on", (120, 149), "My camera.mkv", {"take.mkv"}),
        ("nothing", None, "", set()),
    ],
)
def test_a_recording_survives_the_death_of_the_program(
    tmp_path: Path, how: str, frames: tuple[int, int] | None, name: str, before: set[str]
) -> None:
    bench = os.path.dirname(__file__)
    subprocess.run([sys.executable, "-c", RECORDS, str(tmp_path), bench, how], check=False)
    # No incomplete file is visible, whenever the program was killed.
    assert {path.name for path in tmp_path.glob("[!.]*")} - {"live"} == before
    # A program that records before it has recovered keeps the held recording.
    ReplayBuffer(tmp_path / "live", 1.0).close()
    found = recover_recordings(tmp_path / "live", lambda title: tmp_path / f"{title}.mkv")
    assert list((tmp_path / "live").iterdir()) == []
    assert found == ([tmp_path / name] if name else [])
    there = {path.name for path in tmp_path.iterdir() if not path.name.endswith(".lock")}
    assert there - {"live"} == before | {name} - {""}
    if frames is not None:
        with make_source(str(found[0])) as source:
            numbers = [number_of(frame.image) for frame in iter(source.read, None)]
        assert numbers == [n % 90 for n in range(frames[0], frames[1] + 1)]


def test_a_recording_replaces_no_file(ring: ReplayBuffer, tmp_path: Path) -> None:
    (tmp_path / "take.mkv").write_text("mine")
    for number in range(30):
        ring.put(picture(number), number / 30)
    paths = [ring.save(tmp_path / "take.mkv", 0.0).path for _ in range(2)]
    assert [path.name for path in paths] == ["take-2.mkv", "take-3.mkv"]
    assert ring.salvage(tmp_path / "take.mkv", 0.0).path.name == "take-4.mkv"
    assert (tmp_path / "take.mkv").read_text() == "mine"


def test_the_recording_of_a_running_program_is_left_alone(
    ring: ReplayBuffer, tmp_path: Path
) -> None:
    ring.hold(0.0)
    for number in range(30):
        ring.put(picture(number), number / 30)
    assert recover_recordings(tmp_path / "live", lambda title: tmp_path / title) == []
    assert ring.save(tmp_path / "take.mkv", 0.0).frames == 30


def test_a_recording_that_cannot_be_saved_now_is_saved_later(tmp_path: Path) -> None:
    bench = os.path.dirname(__file__)
    subprocess.run([sys.executable, "-c", RECORDS, str(tmp_path), bench, "recording"], check=False)
    (tmp_path / "file").touch()
    missing = tmp_path / "file" / "a.mkv"
    assert recover_recordings(tmp_path / "live", lambda _: missing) == []
    (later,) = recover_recordings(tmp_path / "live", lambda _: tmp_path / "a.mkv")
    assert later == tmp_path / "a.mkv"
