"""Writes README's tables: accuracy from the cards of the models, speed from the last `make bench`.

The cards' numbers come from `packaging/measure_weights.py`, or from the training run that made the
model. `--check` changes nothing and fails where README differs.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from uvanet.bench.exports import PLAIN
from uvanet.evaluation.human import HUMAN
from uvanet.evaluation.registry import PRIOR
from uvanet.model_card import Card, read_card

ROOT = Path(__file__).resolve().parents[1]
BENCH = ROOT / "packaging" / "bench" / "bench.json"
BEGIN, END = "<!-- {name}: packaging/readme_table.py -->\n", "<!-- end of {name} -->"
GROUPS = ("osie", "crowd", "scene")
TITLES = (
    "",
    "NSS, `test`",
    "of human",
    ", ".join(GROUPS),
    "AUC-Judd",
    "CC",
    "NSS, `talk`",
    "of human",
    "CC after 100 ms, jumps",
)
Row = dict[str, dict[str, float]]
"""Data set to metric to value."""


def number(row: Row, data: str, metric: str, digits: int = 2, interval: bool = False) -> str:
    """A cell with a number; "-" where it was not measured."""
    values = row.get(data, {})
    if metric not in values:
        return "-"
    text = f"{values[metric]:.{digits}f}"
    if interval and f"{metric}_low" in values:
        text += f" [{values[f'{metric}_low']:.2f}, {values[f'{metric}_high']:.2f}]"
    return text


def percent(row: Row, data: str) -> str:
    """The share of the human row; "-" where it was not measured."""
    share = row.get(data, {}).get("human_share")
    return "-" if share is None else f"{100 * share:.0f} %"


def line(title: str, row: Row) -> str:
    """One row of the table."""
    groups = [percent(row, f"test/{name}").removesuffix(" %") for name in GROUPS]
    steady = row.get("steady", {})
    flicker = f"{steady['cc']:.3f}, {100 * steady['peak_jumps']:.1f} %" if steady else "-"
    cells = [
        title,
        number(row, "test", "nss", interval=True),
        percent(row, "test"),
        "-" if "-" in groups else f"{', '.join(groups)} %",
        number(row, "test", "auc_judd", 3),
        number(row, "test", "cc"),
        number(row, "talk", "nss", interval=True),
        percent(row, "talk"),
        flicker,
    ]
    return f"| {' | '.join(cells)} |"


def seen(card: Card) -> Row:
    """The measured values of the prediction that users see."""
    return {name: card.measured(name) for name in card.metrics}


def accuracy() -> str:
    """The table of accuracy in Markdown: people, the center prior, students by size, teachers."""
    cards = [read_card(path) for path in sorted((ROOT / "resources" / "weights").glob("*.json"))]
    students = sorted((card for card in cards if card.trainable), key=lambda card: card.input_size)
    teachers = [card for card in cards if card.role == "teacher"]
    first = students[0]
    lines = [f"| {' | '.join(TITLES)} |", "|---" * len(TITLES) + "|"]
    for title, name in (("one person by all others", HUMAN), ("center prior", PRIOR)):
        lines.append(
            line(title, {data: rows[name] for data, rows in first.metrics.items() if name in rows})
        )
    lines += [line(card.name, seen(card)) for card in [*students, *teachers]]
    return "\n".join(lines) + "\n"


def speed(path: Path = BENCH) -> str:
    """The table of speed in Markdown, with the machine; without values that were not measured."""
    bench = json.loads(path.read_text(encoding="utf-8"))
    machine = bench["machine"]
    lines = [
        f"Measured on {bench['date'][:10]} with version {bench['uvanet']} at commit "
        f"{bench['commit']}: {machine['processor']}, {machine['instructions']}, "
        f"{machine['cores']} cores.",
        "",
        "| | one frame, one thread (p50, p99) | batches, all cores |",
        "|---|---|---|",
        *(student(row) for row in bench["network"] if row["role"] == "student"),
        "",
        "| | |",
        "|---|---|",
    ]
    if bench["program"]:
        start = bench["program"]["start_to_first_overlay_s"]
        lines.append(f"| window: start to the first overlay | {start:.2f} s |")
    for run in bench.get("program_720p", ())[:1]:
        lines += [
            "| window on a 720p film at 30 frames/s: capture to paint (p50, p95) | "
            f"{run['latency_p50_ms']:.1f}, {run['latency_p95_ms']:.1f} ms |",
            f"| the same: processor, memory | {100 * run['cores']:.0f} % of a core, "
            f"{run['rss_mib'] * 2**20 / 1e6:.0f} MB |",
        ]
    if bench.get("seeking"):
        positions = bench["seeking"]["positions_per_s"]
        lines.append(f"| the timeline dragged, 1080p | {positions:.0f} positions/s |")
    exports = {row["format"]: row for row in bench.get("exports", ())}
    plain = exports.pop(PLAIN, None)
    for name, row in exports.items():
        cell = f"{row['times_real_time']:.1f} times real time"
        if plain is not None and name == "mp4":
            cell += f", {row['wall_s'] / plain['wall_s']:.2f} times the time of {PLAIN}"
        lines.append(f"| export of 720p to {name} | {cell} |")
    return "\n".join(lines) + "\n"


def student(network: dict[str, Any]) -> str:
    """The row of a student."""
    onnx = network["engines"]["onnx"]
    frame = onnx["one_frame"]
    times = f"{frame['p50_ms']:.2f}, {frame['p99_ms']:.2f} ms"
    return f"| {network['model']} | {times} | {onnx['best_fps']:,} frames/s |"


def main() -> None:
    """Writes the tables, or checks them."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="fail where README differs")
    arguments = parser.parse_args()
    path = ROOT / "README.md"
    text = wanted = path.read_text(encoding="utf-8")
    for name, table in (("accuracy", accuracy()), ("speed", speed())):
        begin, end = BEGIN.format(name=name), END.format(name=name)
        before, _, rest = wanted.partition(begin)
        _, _, after = rest.partition(end)
        wanted = f"{before}{begin}{table}{end}{after}"
    if arguments.check and wanted != text:
        raise SystemExit("README's tables are old: run packaging/readme_table.py.")
    path.write_text(wanted, encoding="utf-8")


if __name__ == "__main__":
    main()
