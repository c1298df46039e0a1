"""`uvanet bench`: what this machine reaches."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from uvanet.cli.options import number

if TYPE_CHECKING:
    import argparse


class _Bench:
    description = """\
Measures, on this machine: each model's latency (one frame, one thread) and throughput (batches,
all cores); shrinking a frame; and the program on the demo: time from command to first overlay,
capture-to-paint latency, frame rates, memory after --program seconds.
"""
    examples = """examples:
  uvanet bench
  uvanet bench --json > bench.json
  uvanet bench --seconds 1 --program 10
"""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "--model", action="append", metavar="NAME", help="a model; may be repeated (all)"
        )
        parser.add_argument(
            "--seconds",
            type=number(0.05, 600),
            default=3.0,
            metavar="S",
            help="for each figure of the network (%(default)s)",
        )
        parser.add_argument(
            "--program",
            type=number(0, 3600),
            default=60.0,
            metavar="S",
            help="seconds that the program runs; 0 leaves it out (%(default)s)",
        )
        parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
        parser.add_argument("-o", "--out", type=Path, metavar="FILE", help="also write JSON there")

    def run(self, arguments: argparse.Namespace) -> int:
        from uvanet.bench import bench
        from uvanet.errors import OutputError, UsageError
        from uvanet.weights import available

        names = [card.name for card in available() if card.role == "student"]
        for name in arguments.model or []:
            if name not in names:
                raise UsageError(f"There is no model {name!r}.", f"Choose {', '.join(names)}.")
        if arguments.out and not arguments.out.parent.is_dir():
            raise OutputError(f"The folder {arguments.out.parent} does not exist.", "Make it.")
        print("measuring, please leave the machine alone ...", file=sys.stderr)
        result = bench(arguments.model or names, arguments.seconds, arguments.program)
        text = json.dumps(result, indent=1)
        if arguments.out:
            arguments.out.write_text(text + "\n", encoding="utf-8")
        print(text if arguments.json else "\n".join(as_table(result)))
        return 0


def as_table(result: dict[str, Any]) -> list[str]:
    """The result in lines for people."""
    lines = [f"{key:20} {value}" for key, value in result["machine"].items()]
    lines += ["", f"{'network':16}{'p50 ms':>10}{'p95 ms':>10}{'batch FPS':>12}"]
    lines += [
        f"{row['model']:16}{row['one_frame']['p50_ms']:10.3f}{row['one_frame']['p95_ms']:10.3f}"
        f"{row['batch_fps']:12,}"
        for row in result["network"]
    ]
    lines += ["", f"{'shrink':16}{'p50 ms':>10}{'p95 ms':>10}"]
    lines += [
        f"{row['frame']:16}{row['p50_ms']:10.3f}{row['p95_ms']:10.3f}"
        for row in result["preprocess"]
    ]
    if result["program"]:
        lines += ["", "program on the demo"]
        lines += [f"  {key:26} {value}" for key, value in result["program"].items()]
    return lines


COMMAND = _Bench()
