"""Runs the program long, and reports whether memory, threads, handles and Qt objects grow.

    python tests/trust/soak.py --frames 1000000 --cycles 2000 -o dist/soak

Runs on an X server of its own, with a V4L2 camera where the machine allows one, and writes
soak.json and soak.png. `make soak` calls it.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import numpy as np  # noqa: E402
import psutil  # noqa: E402
from display_kit import apart  # noqa: E402
from live_window import Census, LiveWindow, write_clip  # noqa: E402

from app.pipeline.pipeline import LivePipeline  # noqa: E402
from uvanet import Stream, load  # noqa: E402
from uvanet.sources.base import Frame, Source, SourceInfo, SourceKind  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.pipeline.stats import PipelineStats

STUDENT = "uvanet-32"
MAX_GROWTH = 1.05
"""Median of the last third of all samples to that of the first, for memory."""

_WARM_UP = 2  # rounds until every module is imported and every cache filled
_SAMPLES = 200
_LOST_S = 60.0
_SIZE = (64, 48)
_PICTURES = 32


class EndlessSource(Source):
    """A live source that is faster than the network: some frames are dropped, and counted.

    Its next frame comes with the result of one before, or after half a millisecond.

    Attributes:
        ready: Released for each result.
    """

    def __init__(self) -> None:
        noise = np.random.default_rng(0)
        shape = (_PICTURES, _SIZE[1], _SIZE[0], 3)
        self._pictures = noise.integers(0, 256, shape, np.uint8)
        self._index = 0
        self.ready = threading.Semaphore(2)

    @property
    def info(self) -> SourceInfo:
        return SourceInfo("soak", "soak", SourceKind.CAMERA, *_SIZE, 30.0, live=True)

    def open(self) -> None:
        pass

    def read(self) -> Frame | None:
        self.ready.acquire(timeout=0.0005)
        self._index += 1
        picture = self._pictures[self._index % _PICTURES]
        return Frame(picture, self._index / 30, self._index)

    def close(self) -> None:
        pass

    def renew(self) -> Source:
        return EndlessSource()


def balanced(stats: PipelineStats) -> bool:
    """Whether every captured frame is accounted for."""
    ended = stats.painted + sum(stats.dropped_by_cause.values()) + stats.failed
    return stats.captured == ended + stats.in_flight


def run_frames(
    frames: int, tell: Callable[[str], object], *, seconds: float = math.inf
) -> dict[str, Any]:
    """Sends so many frames through the live pipeline, student included; fewer in a time limit."""
    process, samples, painted = psutil.Process(), [], 0
    source = EndlessSource()

    def on_result() -> None:
        nonlocal painted
        packet = pipeline.take_result()
        if packet is not None:
            pipeline.painted(packet)
            painted += 1
        source.ready.release()

    pipeline = LivePipeline(
        lambda: Stream(load(STUDENT, threads=1)), on_result=on_result, on_event=lambda event: None
    )
    began, unbalanced = time.monotonic(), 0
    pipeline.open(source)
    step, seen = max(1, frames // _SAMPLES), -1
    while (stats := pipeline.stats()).captured < frames and time.monotonic() - began < seconds:
        unbalanced += not balanced(stats)
        if stats.captured // step != seen:
            seen = stats.captured // step
            sample = {"captured": stats.captured, "in_flight": stats.in_flight}
            sample |= {"rss": stats.rss_bytes, "threads": process.num_threads()}
            samples.append(sample | {"handles": process.num_fds()})
            if seen % 20 == 0:
                tell(f"{stats.captured} frames, {painted} painted, {stats.rss_bytes >> 20} MiB")
        time.sleep(0.02)
    took = time.monotonic() - began
    closed = pipeline.close(_LOST_S)
    stats = pipeline.stats()
    return {
        "captured": stats.captured,
        "painted": painted,
        "dropped": sum(stats.dropped_by_cause.values()),
        "failed": stats.failed,
        "in_flight_at_the_end": stats.in_flight,
        "unbalanced": unbalanced,
        "all_threads_ended": closed,
        "seconds": round(took, 1),
        "samples": samples,
    }


def kinds_of_cycles(
    live: LiveWindow, folder: Path, *, camera: bool, short: bool
) -> dict[str, Callable[[], object]]:
    """One function for each thing that is opened and closed, by its name."""
    slides = folder / "slides"
    slides.mkdir()
    import cv2

    for number in range(3):
        cv2.imwrite(str(slides / f"{number}.png"), np.full((60, 90, 3), 60 * number, np.uint8))
    sources = [
        write_clip(folder / "wide.mp4", 30, (320, 120)),
        slides / "0.png",
        slides,
        *(["camera:0"] if camera else []),
        folder / "missing.mp4",
        "demo",  # a model needs a frame for its trial
    ]
    kinds: dict[str, Callable[[], object]] = {
        f"source {Path(str(one)).name}": lambda one=one: live.open(str(one))
        for one in (sources[:3] if short else sources)
    }
    for model in ("uvanet-64", STUDENT):
        kinds[f"model {model}"] = lambda model=model: live.use(model)

    def teacher() -> None:
        live.session.teacher.use("uvanet-64")
        live.until(lambda: live.session.teacher.stats(), "the teacher")
        live.actions.trigger("compare_student")

    kinds["teacher"] = teacher
    names = [spec.name for spec in live.actions if spec.text.endswith("…")]
    names += ["shortcuts", "about", "log"]
    for name in names[:: 5 if short else 1]:

        def dialog(name: str = name) -> None:
            live.actions[name].trigger()
            live.turn()
            live.close_dialogs()

        kinds[f"dialog {name}"] = dialog
    return kinds


def run_cycles(
    cycles: int,
    tell: Callable[[str], object],
    *,
    camera: bool = False,
    short: bool = False,
    seconds: float = math.inf,
) -> dict[str, Any]:
    """Opens, closes and switches everything again and again; counts after each round."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        home = write_clip(folder / "clip.mp4")
        live = LiveWindow(home, model=STUDENT)
        live.until(lambda: live.presenter.overlay_seen, "the first overlay")
        kinds = kinds_of_cycles(live, folder, camera=camera, short=short)
        rounds: list[Census] = []
        done = 0
        while len(rounds) < _WARM_UP + 2 or (done < cycles and time.monotonic() - began < seconds):
            for kind, run in kinds.items():
                run()
                live.turn()
                done += 1
                assert live.window.isVisible(), kind
                assert not live.problems, f"{kind}: {live.problems}"
            live.open(str(home))
            live.settle()
            rounds.append(live.census())
            tell(f"{done} cycles, {rounds[-1]}")
        stats = live.session.stats()
        live.close()
    return {
        "cycles": done,
        "kinds": list(kinds),
        "balanced": balanced(stats),
        "seconds": round(time.monotonic() - began, 1),
        "samples": [asdict(one) for one in rounds],
    }


def growth(samples: list[dict[str, Any]], key: str) -> tuple[float, float]:
    """Medians of the first and the last third of the samples after the warm-up."""
    values = [sample[key] for sample in samples[_WARM_UP:]]
    third = max(1, len(values) // 3)
    return statistics.median(values[:third]), statistics.median(values[-third:])


def growing(samples: list[dict[str, Any]]) -> list[str]:
    """What grew, one line each; empty where everything is flat."""
    lines = []
    for key in samples[0]:
        if key in ("captured", "in_flight"):
            continue
        first, last = growth(samples, key)
        # A thread or a file that is just being closed may be caught in one count.
        limit = first * MAX_GROWTH if key == "rss" else first + (key in ("threads", "handles"))
        if last > limit:
            lines.append(f"{key} grew from {first:.0f} to {last:.0f}")
    return lines


def plot(report: dict[str, Any], path: Path) -> None:
    """Draws every count over frames and over rounds."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    parts = {name: report[name]["samples"] for name in ("frames", "cycles") if name in report}
    panels = [(part, key) for part, rows in parts.items() for key in rows[0] if key != "captured"]
    figure, axes = plt.subplots(len(panels), 1, figsize=(8, 1.6 * len(panels)), squeeze=False)
    for (part, key), axis in zip(panels, axes[:, 0], strict=True):
        rows = parts[part]
        at = [row.get("captured", number) for number, row in enumerate(rows)]
        scale = 2**20 if key == "rss" else 1
        axis.plot(at, [row[key] / scale for row in rows], linewidth=1)
        axis.set_ylim(0, 1.2 * max(1, *(row[key] / scale for row in rows)))
        axis.set_ylabel("MiB" if key == "rss" else key.replace("_", " "), fontsize=8)
        axis.set_xlabel("captured frames" if part == "frames" else "rounds of cycles", fontsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=110)


def run(options: argparse.Namespace) -> int:
    """Runs both parts, writes the report, and gives 1 where something grows."""
    options.out.mkdir(parents=True, exist_ok=True)

    def tell(text: str) -> None:
        print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)

    seconds = options.minutes * 60
    report: dict[str, Any] = {}
    if options.cycles:
        report["cycles"] = run_cycles(options.cycles, tell, camera=options.camera, seconds=seconds)
    if options.frames:
        report["frames"] = run_frames(options.frames, tell, seconds=seconds)
    lines = [
        f"{name}: {line}" for name, part in report.items() for line in growing(part["samples"])
    ]
    report["growing"] = lines
    (options.out / "soak.json").write_text(json.dumps(report, indent=1))
    plot(report, options.out / "soak.png")
    tell("flat" if not lines else "; ".join(lines))
    return 1 if lines else 0


def run_apart(words: list[str]) -> int:
    """Runs this script again apart from the user, with a camera if possible."""
    import pytest
    from camera_kit import CameraRig, build_camera

    command = [sys.executable, str(Path(__file__).resolve()), *words, "--here"]
    with tempfile.TemporaryDirectory() as name, apart() as environment:
        folder = Path(name)
        try:
            (folder / "camera").mkdir()
            rig = CameraRig(folder / "rig", build_camera(folder / "camera"))
            command, environment = rig.command(*command, "--camera"), rig.environment | environment
        except pytest.skip.Exception as reason:
            print(f"without a camera: {reason}", flush=True)
        return subprocess.run(command, env=environment, check=False).returncode


def main() -> int:
    """Reads the command line; gives the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--frames", type=int, default=1_000_000)
    parser.add_argument("--cycles", type=int, default=2000)
    parser.add_argument("--minutes", type=float, default=math.inf, help="limit of each part")
    parser.add_argument("--here", action="store_true", help="on this display, in this home")
    parser.add_argument("--camera", action="store_true", help="a camera is at /dev/video0")
    parser.add_argument("-o", "--out", type=Path, required=True)
    options = parser.parse_args()
    if not options.here:
        return run_apart(sys.argv[1:])
    return run(options)


if __name__ == "__main__":
    try:
        code = main()
    except Exception:  # noqa: BLE001 - printed below
        # The program's hook for uncaught exceptions would write it to its log alone.
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    os._exit(code)  # native libraries may take long to unload after a million frames
