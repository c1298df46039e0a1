"""`--each` on many videos: continued after deaths, with Dask and without."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from cluster_kit import PATIENCE, Dask, until
from command_kit import refused, run_command

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CLIPS = 5
LONG = 400  # frames of a film: time enough to stop a worker in it


def write_films(folder: Path, first: int) -> Path:
    """Small videos that differ, the first of them of so many frames."""
    for number in range(CLIPS):
        path = str(folder / f"film-{number}.avi")
        writer = cv2.VideoWriter(path, cv2.VideoWriter.fourcc(*"MJPG"), 25, (160, 96))
        for at in range(8 if number else first):
            picture = np.full((96, 160, 3), 30, np.uint8)
            place = (10 + 6 * at % 140, 20 + 10 * number)
            cv2.circle(picture, place, 9, (240, 240, 240), -1)
            writer.write(picture)
        writer.release()
    return folder


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of short videos."""
    return write_films(tmp_path_factory.mktemp("films"), 8)


@pytest.fixture(scope="module")
def long_films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with a long one."""
    return write_films(tmp_path_factory.mktemp("long"), LONG)


@pytest.fixture(scope="module")
def expected(films: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The tables of one process without Dask."""
    return written_alone(films, tmp_path_factory)


@pytest.fixture(scope="module")
def long_expected(long_films: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Those of `long_films`."""
    return written_alone(long_films, tmp_path_factory)


def written_alone(films: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    out = tmp_path_factory.mktemp("expected")
    assert run_command(*command(films, out)).returncode == 0
    return tables(out)


def command(films: Path, out: Path, *options: str) -> list[str]:
    """The arguments that write a table for each video."""
    return ["predict", str(films), "--each", "-o", f"{out}/{{name}}.csv", "--quiet", *options]


def tables(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(out.glob("*.csv"))}


def times(out: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in out.glob("*.csv")}


def test_a_second_start_repeats_nothing(films, expected, tmp_path):
    first = run_command(*command(films, tmp_path, "--resume"))
    assert f"{CLIPS} written, 0 finished before, 0 failed" in first.stdout
    assert tables(tmp_path) == expected
    before = times(tmp_path)
    second = run_command(*command(films, tmp_path, "--resume"))
    assert f"0 written, {CLIPS} finished before, 0 failed" in second.stdout
    assert times(tmp_path) == before


def test_only_what_changed_is_done_again(films, tmp_path):
    clips, out = tmp_path / "clips", tmp_path / "out"
    clips.mkdir()
    out.mkdir()
    for path in films.iterdir():
        (clips / path.name).write_bytes(path.read_bytes())
    run_command(*command(clips, out, "--resume"))
    # Another time stamp of the same content, another content, and an output that is gone.
    os.utime(clips / "film-0.avi")
    (clips / "film-1.avi").write_bytes((clips / "film-2.avi").read_bytes())
    (out / "film-3.csv").unlink()
    again = run_command(*command(clips, out, "--resume"))
    assert f"2 written, {CLIPS - 2} finished before, 0 failed" in again.stdout
    other = run_command(*command(clips, out, "--resume", "--model", "uvanet-32"))
    assert f"{CLIPS} written, 0 finished before" in other.stdout


def test_a_damaged_record_counts_as_none(films, tmp_path):
    run_command(*command(films, tmp_path, "--resume"))
    record = next((tmp_path / ".uvanet-batch").glob("*.json"))
    record.write_text("{")
    again = run_command(*command(films, tmp_path, "--resume"))
    assert f"1 written, {CLIPS - 1} finished before" in again.stdout


def test_a_full_disk_loses_nothing(films, expected, tmp_path):
    # No file may be larger than a kilobyte, as on a full disk.
    limited = ["bash", "-c", 'ulimit -f 1; exec "$@"', "-", sys.executable, "-m", "uvanet"]
    full = subprocess.run(
        [*limited, *command(films, tmp_path, "--resume")],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert full.returncode == 1
    assert f"{CLIPS} failed" in full.stdout
    assert "Traceback" not in full.stderr
    again = run_command(*command(films, tmp_path, "--resume"))
    assert f"{CLIPS} written" in again.stdout
    assert tables(tmp_path) == expected


def test_two_runs_at_once_share_the_work(long_films, long_expected, tmp_path):
    start = [sys.executable, "-m", "uvanet", *command(long_films, tmp_path, "--resume")]
    runs = [subprocess.Popen(start, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    outputs = [run.communicate(timeout=PATIENCE)[0] for run in runs]
    written = [int(text.split("videos: ")[1].split()[0]) for text in outputs]
    assert sum(written) == CLIPS
    assert tables(tmp_path) == long_expected


def test_a_batch_is_for_folders(tmp_path):
    assert "--each" in refused("predict", "demo", "-o", "x.csv", "--workers", "2", cwd=tmp_path)


# With Dask: real schedulers and workers, on loopback.


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dask]:
    """A scheduler with two workers for tests that leave one of them."""
    pytest.importorskip("distributed", reason="the extra cluster is not installed")
    running = Dask(tmp_path_factory.mktemp("dask"), 2)
    yield running
    running.end()


def start(films: Path, out: Path, *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "uvanet", *command(films, out, *options)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_local_cluster_gives_the_same_tables(films, expected, tmp_path):
    pytest.importorskip("distributed", reason="the extra cluster is not installed")
    run = start(films, tmp_path, "--workers", "2")
    out, err = run.communicate(timeout=PATIENCE)
    assert f"{CLIPS} written, 0 finished before, 0 failed" in out, err
    assert tables(tmp_path) == expected


def test_the_work_of_a_killed_worker_is_done_by_another(
    long_films, long_expected, tmp_path, shared
):
    out = tmp_path / "out"
    out.mkdir()
    run = start(long_films, out, "--scheduler", shared.address)
    until(lambda: shared.stop_one_that_writes(out))
    shared.stopped[0].kill()
    text, err = run.communicate(timeout=PATIENCE)
    assert run.returncode == 0, err
    assert f"{CLIPS} written, 0 finished before, 0 failed" in text
    assert tables(out) == long_expected


def test_a_run_continues_after_its_scheduler_was_lost(long_films, long_expected, tmp_path, dask):
    out = tmp_path / "out"
    out.mkdir()
    run = start(long_films, out, "--scheduler", dask.address)
    # The long film is not finished, whatever the other worker does meanwhile.
    until(lambda: dask.stop_one_that_writes(out, "film-0"))
    until(lambda: tables(out))
    dask.end()
    _, err = run.communicate(timeout=PATIENCE)
    assert run.returncode == 2
    assert "uvanet: The Dask scheduler was lost. Finished work is kept" in err
    assert "Traceback" not in err
    finished = len(list((out / ".uvanet-batch").glob("*.json")))
    before = times(out)
    assert "film-0.csv" not in before
    again = run_command(*command(long_films, out, "--resume"))
    assert f"{CLIPS - finished} written, {finished} finished before, 0 failed" in again.stdout
    assert tables(out) == long_expected
    assert sum(times(out)[name] == before.get(name) for name in times(out)) >= finished


def test_reports_are_made_by_the_same_workers(films, tmp_path, shared):
    few, out = tmp_path / "films", tmp_path / "reports"
    few.mkdir()
    for path in sorted(films.iterdir())[1:3]:
        (few / path.name).write_bytes(path.read_bytes())
    words = ["report", str(few), "--each", "-o", f"{out}/{{name}}.html", "--quiet"]
    done = subprocess.run(
        [sys.executable, "-m", "uvanet", *words, "--scheduler", shared.address],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert "2 written, 0 finished before, 0 failed" in done.stdout, done.stderr
    pages = {path.name: path.read_text() for path in out.glob("*.html")}
    assert pages.keys() == {"film-1.html", "film-2.html"}
    alone = run_command("report", few / "film-1.avi", "-o", tmp_path / "alone.html", "--quiet")
    assert alone.returncode == 0, alone.stderr
    assert pages["film-1.html"] == (tmp_path / "alone.html").read_text()
    again = run_command(*words, "--resume")
    assert "0 written, 2 finished before" in again.stdout


def test_a_scheduler_that_does_not_answer_is_named(films, tmp_path):
    pytest.importorskip("distributed", reason="the extra cluster is not installed")
    line = refused(*command(films, tmp_path, "--scheduler", "tcp://127.0.0.1:9"), cwd=tmp_path)
    assert "The Dask scheduler tcp://127.0.0.1:9 does not answer." in line
