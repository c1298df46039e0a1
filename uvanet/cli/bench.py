"""`uvanet bench`: measures the networks and the program on this machine."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from uvanet.cli.options import add_report, check_report, number, print_report
from uvanet.i18n import tr

_PROGRAM_COLUMNS = (
    "fps_captured",
    "fps_painted",
    "latency_p50_ms",
    "latency_p95_ms",
    "cores",
    "gui_blocked_ms",
    "rss_mib",
)
"""Columns of the table for a 720p video."""


class _Bench:
    description = """\
Measures on this machine: each model by each engine (one frame on one thread; batches over
threads), resizing frames, whole steps on frames of usual sizes, many streams at once, peers, a
teacher beside a student, exports beside plain FFmpeg, seeking, and the program on the demo. Ratios
are printed first, since they can be compared between machines; times cannot.
"""
    examples = """examples:
  uvanet bench
  uvanet bench --json > bench.json
  uvanet bench -o bench.json --plots plots
  uvanet bench --onnx unisal.onnx,mean=0.485:0.456:0.406,std=0.229:0.224:0.225
  uvanet bench --seconds 0.2 --program 10
"""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "--model",
            action="append",
            metavar="NAME",
            help="a model; may be repeated (all)",
        )
        parser.add_argument(
            "--onnx",
            action="append",
            default=[],
            metavar="FILE[,KEY=VALUE]",
            help="another ONNX model, for comparison; settings as for uvanet eval",
        )
        parser.add_argument(
            "--seconds",
            type=number(0.005, 600),
            default=1.0,
            metavar="S",
            help="for each measurement (%(default)s)",
        )
        parser.add_argument(
            "--program",
            type=number(0, 3600),
            default=60.0,
            metavar="S",
            help="how long the program runs; 0 to leave it out (%(default)s)",
        )
        add_report(parser)
        parser.add_argument(
            "--plots", type=Path, metavar="FOLDER", help="also write plots there, as SVG"
        )

    def run(self, arguments: argparse.Namespace) -> int:
        from uvanet.bench import bench
        from uvanet.errors import OutputError
        from uvanet.registry import list_models, resolve_model
        from uvanet.runtime.external_onnx import ExternalOnnx

        check_report(arguments.out)
        if arguments.plots and not arguments.plots.is_dir():
            raise OutputError(
                tr("The folder {folder} does not exist.").format(folder=arguments.plots),
                tr("Create it."),
            )
        names = arguments.model or [card.name for card in list_models()]
        for name in names:
            resolve_model(name).verified()
        external = [ExternalOnnx.parse(text) for text in arguments.onnx]
        print("measuring; other programs disturb the result ...", file=sys.stderr)
        result = bench(
            names,
            arguments.seconds,
            arguments.program,
            external,
            notify=lambda text: print(f"  {text}", file=sys.stderr),
        )
        if arguments.plots:
            from uvanet.bench.plots import write_plots

            write_plots(result, arguments.plots, "bench")
        print_report(result, as_table(result), arguments)
        return 0


def as_table(result: dict[str, Any]) -> list[str]:
    """Formats the result as lines of a table."""
    from uvanet.bench.exports import PLAIN

    lines = [f"{name:58}{value:9.2f}" for name, value in result["ratios"].items()]
    lines += ["", *(f"{key:20} {value}" for key, value in result["machine"].items())]
    heads = ("p50 ms", "p95 ms", "p99 ms", "best ms", "cpu ms")
    lines += [
        "",
        f"{'network':28}" + "".join(f"{head:>10}" for head in heads) + f"{'best FPS':>12}",
    ]
    for row in result["network"]:
        for name, times in row["engines"].items():
            label = f"{row['model']} {name}"
            lines.append(_times(label, times["one_frame"]) + f"{times['best_fps']:12,}")
    lines += ["", "resizing, and a whole step"]
    for row in result["frames"]:
        lines.append(_times(f"  {row['frame']} resize", row["resize"]))
        lines.append(_times(f"  {row['frame']} area filter", row["area_filter"]))
        lines.append(_times(f"  {row['frame']} step", row["step"]))
    lines += ["", "peers, 720p", *(_times(f"  {row['name']}", row) for row in result["peers"])]
    lines += ["", f"{'streams of 720p':28}{'FPS':>10}{'FPS each':>10}"]
    lines += [
        f"  {row['streams']:<26}{row['fps']:10.1f}{row['fps_each']:10.1f}"
        for row in result["streams"]
    ]
    lines += ["", f"{'exports of 720p':28}{'x real time':>12}{'wall s':>10}{'cpu s':>10}"]
    lines += [
        "  {format:26}{times_real_time:12.2f}{wall_s:10.2f}{cpu_s:10.2f}".format(**row)
        for row in result["exports"]
    ]
    if not any(row["format"] == PLAIN for row in result["exports"]):
        lines.append(f"  {PLAIN} is left out: imageio-ffmpeg (extra test) is not installed")
    for row in result["with_teacher"]:
        lines += ["", f"{row['student']} at 30 a second, p95 ms: alone {row['alone']['p95_ms']}"]
        lines[-1] += f", beside {row['teacher']} {row['beside']['p95_ms']}"
    if result["program"]:
        lines += ["", "program on the demo"]
        lines += [f"  {key:26} {value}" for key, value in result["program"].items()]
    if result["seeking"]:
        lines += [
            "",
            "seeking in {width} x {height}, groups of {group} frames".format(**result["seeking"]),
        ]
        lines += [
            f"  {key:26} {value}"
            for key, value in result["seeking"].items()
            if key.endswith(("_ms", "_per_s"))
        ]
    if result["training"]:
        line = "training {preset}: pairs {pairs_ms} ms, step {step_ms} ms a batch of {batch}, "
        line += "{samples_per_second} samples a second on {threads} threads"
        lines += ["", line.format(**result["training"])]
    for row in result["program_720p"]:
        lines += ["", "program on a video of {width} x {height}".format(**row)]
        lines += [f"  {key:26} {row[key]}" for key in _PROGRAM_COLUMNS]
    return lines


def _times(label: str, times: dict[str, Any]) -> str:
    keys = ("p50_ms", "p95_ms", "p99_ms", "best_ms", "cpu_ms")
    return f"{label:28}" + "".join(f"{times[key]:10.3f}" for key in keys)


COMMAND = _Bench()
