"""Measures how exports of many videos scale with workers, and simulates larger clusters.

    packaging/measure_scaling.py [--clips 12] [--seconds 4]

Prints a table. Runs with one and two workers are measured. Larger ones are simulated from the
measured time of each video and the scheduler's time for an empty task; the scheduler serves one
task after the other. Other programs disturb the result, so the load at the start is printed.
"""

from __future__ import annotations

import argparse
import heapq
import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from uvanet import __version__
from uvanet.cli import main as command
from uvanet.cluster import run_tasks
from uvanet.video.batch import make_task, run_clip
from uvanet.video.job import Job

if TYPE_CHECKING:
    from collections.abc import Sequence

    from uvanet.video.batch import ClipTask

MEASURED, SIMULATED = (1, 2), (8, 64, 1000)
EMPTY_TASKS = 300
VIDEOS_PER_WORKER = 50  # of a simulated run; with few, the time of the last video dominates


def main() -> None:
    """Measures, simulates, prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=4.0, help="length of a clip")
    arguments = parser.parse_args()
    print(f"load at the start: {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        film = folder / "film.mp4"
        predict = ["predict", "demo", "--layers", "original", "--quiet", "-o", str(film)]
        if command([*predict, "--seconds", str(arguments.seconds)]):
            raise SystemExit("the clip could not be made")
        rows, costs = [], []
        for workers in MEASURED:
            wall, costs = run(tasks(film, folder / str(workers), arguments.clips), workers)
            rows.append((workers, "measured", wall, sum(costs) / workers))
    start, each = overhead()
    for workers in SIMULATED:
        many = [costs[i % len(costs)] for i in range(VIDEOS_PER_WORKER * workers)]
        rows.append((workers, "simulated", simulate(many, workers, each), sum(many) / workers))
    print(
        f"start of two workers {start:.1f} s; "
        f"an empty task {1e3 * each:.2f} ms of scheduler and client"
    )
    print("| workers | | seconds | ideal | of ideal |\n|---|---|---|---|---|")
    for workers, how, wall, ideal in rows:
        print(f"| {workers:,} | {how} | {wall:.1f} | {ideal:.1f} | {ideal / wall:.0%} |")


def tasks(film: Path, folder: Path, count: int) -> list[ClipTask]:
    """Exports of copies of a film to tables."""
    folder.mkdir()
    found = []
    for number in range(count):
        clip = folder / f"{number}.mp4"
        shutil.copyfile(film, clip)
        job = Job(str(clip), (clip.with_suffix(".csv"),))
        found.append(make_task(job, folder / "records", __version__, threads=1))
    return found


def run(jobs: Sequence[ClipTask], workers: int) -> tuple[float, list[float]]:
    """Seconds of a run and of each video, without the first video of each worker.

    The first video includes the loading of the model.
    """
    ends, costs = [], []
    for _, report in run_tasks(run_clip, jobs, workers=workers):
        if report.error:
            raise SystemExit(report.error)
        ends.append(time.perf_counter())
        costs.append(report.result.seconds)
    return ends[-1] - ends[workers - 1], costs[workers:]


def overhead() -> tuple[float, float]:
    """Seconds until two workers have done their first task, and of each empty task.

    Scheduler and client run in this process, whose processor time other programs do not disturb.
    """
    began, first, busy = time.perf_counter(), 0.0, 0.0
    for _ in run_tasks(_nothing, range(EMPTY_TASKS), workers=2):
        if not first:
            first, busy = time.perf_counter() - began, time.process_time()
    return first, (time.process_time() - busy) / (EMPTY_TASKS - 1)


def _nothing(number: int) -> int:
    return number


def simulate(costs: Sequence[float], workers: int, each: float) -> float:
    """Seconds of a run in which the scheduler gives the next video to the first free worker."""
    free = [0.0] * workers
    given = 0.0
    for cost in costs:
        given = max(given + each, free[0])
        heapq.heapreplace(free, given + cost)
    return max(free)


if __name__ == "__main__":
    main()
