"""`uvanet info`: versions, this machine, models and cameras; or the card of one model."""

from __future__ import annotations

import argparse
import json
from collections.abc import Container

import msgspec

import uvanet
from uvanet.model_card import Card, DataSource, set_title
from uvanet.redaction import visible
from uvanet.registry import list_models, resolve_model
from uvanet.system_info import describe


class _Info:
    description = "Shows versions, this machine, models and cameras; with NAME, a model's card."
    examples = """examples:
  uvanet info
  uvanet info uvanet-64
  uvanet info uvanet-64 --json
  uvanet info --report
"""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("name", nargs="?", metavar="NAME", help="a model, or an .onnx file")
        parser.add_argument("--json", action="store_true", help="print JSON")
        parser.add_argument(
            "--report",
            action="store_true",
            help="print what a bug report needs: versions, this machine, the end of the log",
        )

    def run(self, arguments: argparse.Namespace) -> int:
        if arguments.report:
            from uvanet.cli.problem_report import problem_report

            print(problem_report())
            return 0
        if arguments.name:
            _, card = resolve_model(arguments.name).verified()
            if arguments.json:
                # In ASCII, so that a card cannot send control characters to the terminal.
                print(json.dumps(msgspec.to_builtins(card), indent=2))
            else:
                print("\n".join(_card_lines(card)))
            return 0
        facts = _facts()
        print(json.dumps(facts, indent=1) if arguments.json else "\n".join(_fact_lines(facts)))
        return 0


def _facts() -> dict[str, object]:
    from uvanet.sources import list_cameras, list_screens

    return {
        "uvanet": uvanet.__version__,
        "machine": describe(),
        "models": [
            {
                "name": card.name,
                "role": card.role,
                "input_size": card.input_size,
                "inference_size": card.inference_size,
                "parameters": card.parameters,
                "nss_test": card.measured("test").get("nss"),
            }
            for card in list_models()
        ],
        "cameras": [{"name": c.name, "source": c.spec} for c in list_cameras()],
        "screens": [{"name": s.name, "source": s.spec} for s in list_screens()],
    }


def _fact_lines(facts: dict[str, object]) -> list[str]:
    lines = [f"uvanet {facts['uvanet']}", ""]
    for title in ("machine", "models", "cameras", "screens"):
        value = facts[title]
        lines.append(title)
        if isinstance(value, dict):
            lines += [f"  {key:12} {text}" for key, text in value.items()]
        elif isinstance(value, list):
            lines += [
                "  " + "  ".join(f"{k} {'-' if v is None else v}" for k, v in row.items())
                for row in value
            ]
            if not value:
                lines.append("  none found")
    return [visible(line) for line in lines]


def _card_lines(card: Card) -> list[str]:
    lines = [
        f"{card.name} ({card.role})",
        card.description,
        "",
        f"input       {card.inference_size[0]} x {card.inference_size[1]}"
        + (f", trained at {card.input_size[0]} x {card.input_size[1]}" if card.shown_size else ""),
        f"parameters  {card.parameters:,}",
        f"MACs        {card.macs / 1e6:.2f} M a frame",
        f"license     {card.license}",
        f"sha256      {card.sha256}",
        f"made by     {card.recipe.get('command', 'unknown')}",
        "",
        "data",
        *(f"  {_source(row)}" for row in card.data),
    ]
    for name, rows in card.metrics.items():
        lines += ["", set_title(name), *_metric_lines(rows)]
    for title, sentences in (("limits", card.limits), ("notes", card.notes)):
        if sentences:
            lines += ["", title, *(f"  {line}" for line in sentences)]
    return [visible(line) for line in (*lines, "", card.citation)]


def _source(row: DataSource) -> str:
    count = f", {row.count} files" if row.count is not None else ""
    return f"{row.name} ({row.license}{count}): {row.use}"


def _metric_lines(rows: dict[str, dict[str, float]]) -> list[str]:
    """Formats rows as a table; the ends of an interval follow its mean."""
    every = dict.fromkeys(name for values in rows.values() for name in values)
    names = [name for name in every if not _is_end(name, every)]
    cells = {row: [_cell(values, name) for name in names] for row, values in rows.items()}
    table = [("", *names), *((row, *texts) for row, texts in cells.items())]
    widths = [max(len(line[i]) for line in table) for i in range(len(names) + 1)]
    return [
        f"  {line[0]:{widths[0]}}"
        + "".join(f"  {text:>{width}}" for text, width in zip(line[1:], widths[1:], strict=True))
        for line in table
    ]


def _is_end(name: str, every: Container[str]) -> bool:
    mean, _, end = name.rpartition("_")
    return end in ("low", "high") and mean in every


def _cell(values: dict[str, float], name: str) -> str:
    if name not in values:
        return "-"
    low, high = values.get(f"{name}_low"), values.get(f"{name}_high")
    interval = "" if low is None or high is None else f" [{low:.2f}, {high:.2f}]"
    return f"{values[name]:.3f}{interval}"


COMMAND = _Info()
