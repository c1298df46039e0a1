"""Benchmarks the networks and the program on this machine, with other models for comparison.

Ratios within one run can be compared between machines. Absolute times are meaningful only together
with the description of the machine.
"""

from __future__ import annotations

import datetime
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import uvanet
from uvanet.bench.exports import PLAIN, bench_exports
from uvanet.bench.network import bench_networks
from uvanet.bench.pipeline import (
    bench_frames,
    bench_peers,
    bench_streams,
    bench_with_teacher,
)
from uvanet.bench.program import bench_program, bench_program_720p
from uvanet.bench.seeking import bench_seeking
from uvanet.extras import is_installed
from uvanet.paths import DEFAULT_MODEL
from uvanet.registry import resolve_model
from uvanet.runtime.external_onnx import ExternalOnnx
from uvanet.system_info import describe


def bench(
    models: list[str],
    seconds: float,
    program_seconds: float,
    external: Sequence[ExternalOnnx] = (),
    notify: Callable[[str], object] = lambda _: None,
) -> dict[str, Any]:
    """Runs all measurements.

    Args:
        models: Names of the models; `DEFAULT_MODEL` is measured first if it is among them. The
            program is measured with the first student.
        seconds: Duration of each measurement.
        program_seconds: Duration for which the program runs; 0 to leave it out.
        external: Other ONNX models, for comparison.
        notify: Called with a line of text before each group of measurements.

    Returns:
        The result, ready for JSON: `ratios`, `uvanet`, `date`, `commit`, `machine`, `network`,
        `frames`, `peers`, `streams`, `with_teacher`, `exports`, `program`, `program_720p`,
        `seeking`, `training`, `with_training`.
    """
    models = sorted(models, key=lambda name: name != DEFAULT_MODEL)
    cards = {name: resolve_model(name).verified()[1] for name in models}
    students = [name for name, card in cards.items() if card.role == "student"]
    teachers = [name for name, card in cards.items() if card.role == "teacher"]
    main = students[0] if students else models[0]
    notify("the networks")
    network = bench_networks(models, seconds)
    notify("frames, streams and peers")
    model = uvanet.load(main)
    result: dict[str, Any] = {
        "ratios": {},
        "uvanet": uvanet.__version__,
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "machine": describe(),
        "network": network,
        "frames": bench_frames(model, seconds),
        "peers": bench_peers(external, seconds),
        "streams": bench_streams(main, seconds),
        "with_teacher": [bench_with_teacher(main, name, 3 * seconds) for name in teachers],
    }
    notify("exports")
    result["exports"] = bench_exports(main, min(10.0, 20 * seconds))
    run = program_seconds > 0
    notify("the program")
    result["program"] = bench_program(main, program_seconds) if run else None
    result["program_720p"] = bench_program_720p(main, program_seconds / 2) if run else []
    notify("seeking")
    result["seeking"] = bench_seeking(main, program_seconds / 2) if run else None
    notify("training, and the program during training")
    result["training"] = result["with_training"] = None
    if cards[main].architecture and is_installed("torch"):
        from uvanet.bench.training import bench_step, bench_with_training

        result["training"] = bench_step(cards[main].architecture, seconds)
        result["with_training"] = bench_with_training(main, program_seconds / 2) if run else None
    result["ratios"] = ratios(result)
    return result


def ratios(result: dict[str, Any]) -> dict[str, float]:
    """Ratios of measurements of one run; each key names the two measurements."""
    found: dict[str, float] = {}
    main = result["network"][0]
    onnx = main["engines"]["onnx"]
    for name, row in main["engines"].items():
        if name != "onnx":
            found[f"speed of onnx to {name}, one frame"] = (
                row["one_frame"]["p50_ms"] / onnx["one_frame"]["p50_ms"]
            )
            found[f"speed of onnx to {name}, best batch"] = onnx["best_fps"] / row["best_fps"]
    for row in result["frames"]:
        found[f"speed of resizing to an area filter, {row['frame']}"] = (
            row["area_filter"]["p50_ms"] / row["resize"]["p50_ms"]
        )
    step = next(row["step"]["p50_ms"] for row in result["frames"] if row["frame"] == "720p")
    for row in result["peers"]:
        found[f"speed of a whole step to {row['name']}, 720p"] = row["p50_ms"] / step
    exports = {row["format"]: row for row in result["exports"]}
    plain = exports.pop(PLAIN, None)
    for name, row in exports.items():
        found[f"speed of an export to {name} to real time"] = row["times_real_time"]
    if plain is not None:
        for key, label in (("cpu_s", "processor time"), ("wall_s", "time")):
            found[f"{label} of an export to mp4 to {PLAIN}"] = exports["mp4"][key] / plain[key]
    for row in result["with_teacher"]:
        found[f"p95 latency beside {row['teacher']} to alone"] = (
            row["beside"]["p95_ms"] / row["alone"]["p95_ms"]
        )
    if pair := result["with_training"]:
        found["frames painted while a student trains to alone"] = (
            pair["beside"]["fps_painted"] / pair["alone"]["fps_painted"]
        )
    return {name: round(value, 3) for name, value in found.items()}


def _commit() -> str:
    """Short hash of the checkout's commit; empty outside of a checkout."""
    try:
        done = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"],
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()
