"""Exports on a full disk, of a killed program, and into folders that cannot be written."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from command_kit import run_command
from export_bench import FRAMES, PATIENCE, ffmpeg, number_of, read_back

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals and limits of POSIX")

# A limit on the size of files has the effect of a full disk: the same calls fail. One process makes
# all these exports, each with its limit, which this process must not have.
LIMITED = """
import json, resource, sys
from command_kit import run_command
before = resource.getrlimit(resource.RLIMIT_FSIZE)
for line in sys.stdin:
    limit, words = json.loads(line)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    done = run_command(*words)
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    print(json.dumps([done.returncode, done.stderr]), flush=True)
"""


def start(*arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "uvanet", *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture(scope="module")
def limited() -> Iterator[Callable[..., tuple[int, str]]]:
    """Runs an export with a limit on the size of files; gives its exit code and errors."""
    paths = os.pathsep.join([*map(str, Path(__file__).parents[1:3]), *sys.path])
    with subprocess.Popen(
        [sys.executable, "-c", LIMITED],
        env={**os.environ, "PYTHONPATH": paths},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:

        def run(limit: int, *arguments: object) -> tuple[int, str]:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(json.dumps([limit, [*map(str, arguments)]]) + "\n")
            process.stdin.flush()
            code, errors = json.loads(process.stdout.readline())
            assert "Traceback" not in errors
            return code, errors

        yield run


@pytest.fixture(scope="module")
def long(clip: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The clip repeated 20 times, long enough to be interrupted."""
    path = tmp_path_factory.mktemp("long") / "long.mp4"
    assert ffmpeg("-stream_loop", "19", "-i", clip, "-c", "copy", path).returncode == 0
    return path


def test_a_full_disk_keeps_what_fitted(
    long: Path, tmp_path: Path, limited: Callable[..., tuple[int, str]]
) -> None:
    code, errors = limited(150_000, "predict", long, "-o", tmp_path / "o.mp4", "--quiet")
    assert code == 1, errors
    assert "o.mp4" in errors
    assert "disk" in errors
    frames = read_back(tmp_path / "o.mp4")
    assert f"The {len(frames)} frames before are kept" in errors
    assert len(frames) >= 60
    assert [number_of(image) for image in frames[:60]] == list(range(60))
    assert os.listdir(tmp_path) == ["o.mp4"]


def test_a_disk_too_full_for_anything_leaves_nothing(
    clip: Path, tmp_path: Path, limited: Callable[..., tuple[int, str]]
) -> None:
    for name in ("o.mp4", "o.npz", "o.csv"):
        code, errors = limited(100, "predict", clip, "-o", tmp_path / name, "--quiet")
        assert code == 2, errors
        assert name in errors
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("ending", ["csv", "json"])
def test_tables_on_a_full_disk_have_whole_rows(
    clip: Path, tmp_path: Path, limited: Callable[..., tuple[int, str]], ending: str
) -> None:
    out = tmp_path / f"o.{ending}"
    code, errors = limited(4000, "predict", clip, "-o", out, "--quiet")
    assert code == 1, errors
    text = out.read_text(encoding="utf-8")
    rows = json.loads(text)["rows"] if ending == "json" else text.splitlines()[1:]
    assert f"The {len(rows)} frames before are kept" in errors
    assert len(rows) > 5
    assert os.listdir(tmp_path) == [out.name]


def test_a_folder_that_cannot_be_written_is_named(clip: Path) -> None:
    done = run_command("predict", clip, "-o", "/proc/self/o.mp4")
    assert done.returncode == 2
    assert "/proc/self" in done.stderr


def test_killed_in_the_middle_leaves_the_name_free(clip: Path, long: Path, tmp_path: Path) -> None:
    running = start("predict", long, "-o", tmp_path / "o.mp4", "--events")
    assert running.stdout is not None
    for line in running.stdout:
        if json.loads(line).get("done", 0) > 30:
            break
    running.kill()
    running.communicate(timeout=PATIENCE)
    names = os.listdir(tmp_path)
    assert "o.mp4" not in names
    # The partial file is hidden; the next export to this name removes it.
    assert all(name.startswith(".o.mp4.") for name in names)
    run_command("predict", clip, "-o", tmp_path / "o.mp4", "--quiet")
    assert os.listdir(tmp_path) == ["o.mp4"]


@pytest.mark.parametrize("how", ["cancel", "close", "terminate"])
def test_cancelled_by_the_program_that_started_it(long: Path, tmp_path: Path, how: str) -> None:
    running = start("predict", long, "-o", tmp_path / "o.mp4", "-o", tmp_path / "o.csv", "--events")
    assert running.stdin is not None
    assert running.stdout is not None
    events = []
    for line in running.stdout:
        events.append(json.loads(line))
        if events[-1]["event"] == "progress":
            break
    assert events[-1]["total"] == pytest.approx(20 * FRAMES, abs=25)
    if how == "cancel":
        running.stdin.write("cancel\n")
        running.stdin.flush()
    elif how == "close":
        running.stdin.close()
        running.stdin = None
    else:
        running.send_signal(signal.SIGTERM)
    rest, errors = running.communicate(timeout=PATIENCE)
    assert json.loads(rest.splitlines()[-1])["event"] == "cancelled"
    assert running.returncode == 1
    assert errors == ""
    assert os.listdir(tmp_path) == []


def test_events_end_with_the_result(clip: Path, tmp_path: Path) -> None:
    running = start("predict", clip, "-o", tmp_path / "o.mp4", "--events")
    assert running.stdout is not None
    events = [json.loads(line) for line in running.stdout]
    assert running.wait(PATIENCE) == 0
    running.communicate()
    assert events[0]["event"] == "start"
    assert events[-1]["event"] == "done"
    assert events[-1]["frames"] == FRAMES
    assert events[-1]["paths"] == [str(tmp_path / "o.mp4")]


@pytest.mark.parametrize("limit", [60_000, 150_000, 300_000])
def test_all_outputs_on_a_full_disk_end_at_the_same_frame(
    long: Path, tmp_path: Path, limited: Callable[..., tuple[int, str]], limit: int
) -> None:
    names = ("o.mp4", "o.csv", "o.json", "o.npz")
    outs = [word for name in names for word in ("-o", tmp_path / name)]
    code, errors = limited(limit, "predict", long, *outs, "--quiet")
    assert code in (1, 2), errors
    there = sorted(os.listdir(tmp_path))
    counts = {}
    if "o.mp4" in there:
        counts["mp4"] = len(read_back(tmp_path / "o.mp4"))
    if "o.csv" in there:
        counts["csv"] = len((tmp_path / "o.csv").read_text().splitlines()) - 1
    if "o.json" in there:
        counts["json"] = len(json.loads((tmp_path / "o.json").read_text())["rows"])
    if "o.npz" in there:
        with np.load(tmp_path / "o.npz") as maps:
            counts["npz"] = len(maps["saliency"])
    assert len(set(counts.values())) <= 1, counts
    assert len(counts) == len(there), there
    # Missing files are named.
    assert all(name in there or name in errors for name in names)
    if counts:
        assert f"The {next(iter(counts.values()))} frames before are kept" in errors


def start_and_wait(*arguments: object) -> subprocess.Popen[str]:
    """Starts an export and waits for its progress bar, which comes after the first frame."""
    running = start(*arguments)
    assert running.stderr is not None
    seen = ""
    while "frame" not in seen:
        character = running.stderr.read(1)
        assert character, seen
        seen += character
    return running


def test_two_signals_cancel_and_leave_nothing(long: Path, tmp_path: Path) -> None:
    running = start_and_wait("predict", long, "-o", tmp_path / "o.mp4")
    # Both signals are pending when the process continues.
    for number in (signal.SIGSTOP, signal.SIGINT, signal.SIGTERM, signal.SIGCONT):
        running.send_signal(number)
    _, errors = running.communicate(timeout=PATIENCE)
    assert running.returncode == 130, errors
    assert errors.endswith("uvanet: interrupted\n")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_keeps_what_was_finished(long: Path, tmp_path: Path, number: int) -> None:
    running = start_and_wait("predict", long, "-o", tmp_path / "o.mp4", "-o", tmp_path / "o.csv")
    running.send_signal(number)
    _, errors = running.communicate(timeout=PATIENCE)
    assert running.returncode == 1, errors
    assert "interrupted" in errors
    assert sorted(os.listdir(tmp_path)) == ["o.csv", "o.mp4"]
    rows = (tmp_path / "o.csv").read_text().splitlines()[1:]
    assert len(read_back(tmp_path / "o.mp4")) == len(rows) > 0


# In the middle of the copy that completes a video, with no time left after SIGTERM.
SIGNALLED = """
import os, signal, sys
from uvanet.cli import main
from uvanet.video import control, muxing
control._FINISH_S = 0.0
merge = muxing.heapq.merge
def signalled(*tracks, **more):
    for number, packet in enumerate(merge(*tracks, **more)):
        if number == 20:
            for name in {signals}:
                os.kill(os.getpid(), getattr(signal, name))
        assert number < 22, "the copy went on"
        yield packet
muxing.heapq.merge = signalled
sys.exit(main(sys.argv[1:]))
"""


def signalled(signals: list[str], *arguments: object) -> tuple[int, str, str]:
    """An export that gets signals while its video is completed: exit code and outputs."""
    script = SIGNALLED.format(signals=signals)
    command = [sys.executable, "-c", script, "predict", *map(str, arguments)]
    ended = subprocess.run(
        command, capture_output=True, text=True, timeout=PATIENCE, stdin=subprocess.PIPE
    )
    assert "Traceback" not in ended.stderr
    return ended.returncode, ended.stdout, ended.stderr


@pytest.mark.parametrize("name", ["o.mp4", "o.webm"])
def test_sigterm_in_the_last_copy_keeps_the_video_without_sound(
    clip: Path, tmp_path: Path, name: str
) -> None:
    code, _, errors = signalled(["SIGTERM"], clip, "-o", tmp_path / name, "-o", tmp_path / "o.csv")
    assert code == 1
    assert f"The sound could not be added to {tmp_path / name}: the program had to end." in errors
    assert f"It was interrupted. The {FRAMES} frames before are kept." in errors
    assert sorted(os.listdir(tmp_path)) == ["o.csv", name]
    assert [number_of(image) for image in read_back(tmp_path / name)] == list(range(FRAMES))


def test_two_signals_in_the_last_copy_leave_nothing(clip: Path, tmp_path: Path) -> None:
    code, _, errors = signalled(["SIGINT", "SIGTERM"], clip, "-o", tmp_path / "o.mp4")
    assert code == 130, errors
    assert os.listdir(tmp_path) == []


def test_a_cancelled_child_ends_in_the_last_copy(clip: Path, tmp_path: Path) -> None:
    # Its stdin stays open, since the end of stdin would cancel too.
    command = [sys.executable, "-c", SIGNALLED.format(signals=["SIGTERM"])]
    arguments = ["predict", str(clip), "-o", str(tmp_path / "o.mp4"), "--events"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([*command, *arguments], text=True, **pipes) as running:  # type: ignore[call-overload]
        events = [json.loads(line)["event"] for line in running.stdout]
        assert running.wait(PATIENCE) == 1
        assert running.stderr.read() == ""
    assert events[-1] == "cancelled"
    assert os.listdir(tmp_path) == []


def test_a_whole_folder_and_one_broken_film(clip: Path, broken: Path, tmp_path: Path) -> None:
    films = tmp_path / "films"
    films.mkdir()
    (films / "b.mp4").write_bytes(clip.read_bytes())
    (films / "a.mp4").write_text("no film")
    (films / "c.mov").write_bytes(clip.read_bytes())
    (films / "notes.txt").write_text("no film")
    names = [tmp_path / "{name}-heat.mp4", tmp_path / "{name}.csv"]
    done = run_command("predict", films, "--each", "-o", names[0], "-o", names[1], "--quiet")
    assert done.returncode == 1
    assert "a.mp4" in done.stderr
    assert sorted(os.listdir(tmp_path)) == [
        "b-heat.mp4",
        "b.csv",
        "c-heat.mp4",
        "c.csv",
        "films",
    ]
    assert len(read_back(tmp_path / "c-heat.mp4")) == FRAMES


def test_a_signal_ends_all_videos_of_a_folder(long: Path, tmp_path: Path) -> None:
    films, out = tmp_path / "films", tmp_path / "out"
    films.mkdir()
    out.mkdir()
    for name in ("a.mp4", "b.mp4", "c.mp4"):
        (films / name).symlink_to(long)
    running = start_and_wait("predict", films, "--each", "-o", out / "{name}.csv")
    running.send_signal(signal.SIGINT)
    _, errors = running.communicate(timeout=PATIENCE)
    assert running.returncode == 1, errors
    assert "Not written: b.mp4, c.mp4" in errors
    assert os.listdir(out) == ["a.csv"]
