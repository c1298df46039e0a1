"""Measures the network and the program on this machine, and peers beside them.

Network alone for each model and engine (one frame on one thread; batches over threads), input
sizes, shrinking frames, whole steps on frames of usual sizes, many streams at once, peers, a
teacher beside a student, files written, and the program itself in a process of its own. Ratios
within a run mean something; absolute times only beside the machine's description.
"""

from __future__ import annotations

import datetime
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvanet
from uvanet.bench.network import bench_students
from uvanet.bench.pipeline import bench_files, bench_frames, bench_pair, bench_peers, bench_streams
from uvanet.bench.program import bench_live, bench_program
from uvanet.bench.roofline import roofline, share
from uvanet.bench.training import bench_beside, bench_step
from uvanet.system_info import describe

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from uvanet.runtime.external_onnx import ExternalOnnx

LIVE = "uvanet-64"
"""What the program runs by itself; where it is among the models, it comes first."""

PRESETS_SHOWN = ("uvanet-32", "uvanet-64", "uvanet-128")


def bench(
    models: list[str],
    seconds: float,
    program_seconds: float,
    foreign: Sequence[ExternalOnnx] = (),
    say: Callable[[str], object] = lambda _: None,
) -> dict[str, Any]:
    """All of it.

    Args:
        models: Names of the models; the first student is the one that the program runs.
        seconds: Time spent on each figure.
        program_seconds: How long the program runs before its memory is read; 0 leaves it out.
        foreign: Models of others, as peers.
        say: Told what is measured next.

    Returns:
        For JSON; `ratios` first.
    """
    models = sorted(models, key=lambda name: name != LIVE)
    cards = {card.name: card for card in uvanet.available()}
    students = [name for name in models if cards[name].role == "student"]
    teachers = [name for name in models if cards[name].role == "teacher"]
    main = students[0] if students else models[0]
    say("the machine")
    roof = roofline(seconds / 2)
    say("the networks")
    network = bench_students(models, seconds)
    for row in network:
        row["share_of_roof"] = share(row, roof)
    say("frames, streams and peers")
    model = uvanet.load(main)
    result: dict[str, Any] = {
        "ratios": {},
        "uvanet": uvanet.__version__,
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "machine": describe(),
        "roofline": roof,
        "network": network,
        "sizes": _sizes(seconds),
        "frames": bench_frames(model, seconds),
        "peers": bench_peers(foreign, seconds),
        "streams": bench_streams(main, seconds),
        "pairs": [bench_pair(main, name, 3 * seconds) for name in teachers],
    }
    say("files")
    result["files"] = bench_files(main, min(10.0, 20 * seconds))
    say("the program")
    result["program"] = bench_program(main, program_seconds) if program_seconds else None
    result["live"] = bench_live(main, program_seconds / 2) if program_seconds else []
    say("training, and the program beside it")
    result["training"] = bench_step(main, seconds)
    result["beside_training"] = bench_beside(main, program_seconds / 2) if program_seconds else None
    result["ratios"] = ratios(result)
    return result


def ratios(result: dict[str, Any]) -> dict[str, float]:
    """What may be quoted: how many times each is what its name says."""
    found: dict[str, float] = {}
    main = result["network"][0]
    one = main["engines"]["onnx"]["one_frame"]["p50_ms"]
    for name, row in main["engines"].items():
        if name != "onnx":
            found[f"onnx is faster than {name}, one frame"] = row["one_frame"]["p50_ms"] / one
            best = main["engines"]["onnx"]["best_fps"]
            found[f"onnx is faster than {name}, best batch"] = best / row["best_fps"]
    for row in result["frames"]:
        found[f"shrinking is faster than the area filter, {row['frame']}"] = (
            row["area_filter"]["p50_ms"] / row["shrink"]["p50_ms"]
        )
    step = next(row["step"]["p50_ms"] for row in result["frames"] if row["frame"] == "720p")
    for row in result["peers"]:
        found[f"a whole step is faster than {row['name']}, 720p"] = row["p50_ms"] / step
    for row in result["files"]:
        found[f"writing {row['writes']} is faster than real time"] = row["times_real_time"]
    for row in result["pairs"]:
        found[f"p95 is longer beside {row['teacher']} than alone"] = (
            row["beside"]["p95_ms"] / row["alone"]["p95_ms"]
        )
    pair = result["beside_training"]
    if pair:
        found["frames painted while a student trains, to those without"] = (
            pair["beside"]["fps_painted"] / pair["alone"]["fps_painted"]
        )
    return {name: round(value, 3) for name, value in found.items()}


def _sizes(seconds: float) -> list[dict[str, Any]]:
    """The same network at every input size of the presets; only where it can be made."""
    if not (find_spec("torch") and find_spec("onnx")):
        return []
    from uvanet.bench.sizes import bench_sizes

    return bench_sizes(PRESETS_SHOWN, seconds)


def _commit() -> str:
    """The checkout's commit; empty where this is none."""
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
