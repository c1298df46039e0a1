"""Writes the figures of the long trust runs into docs/trust.md.

    python packaging/trust_table.py --soak dist/soak/soak.json ... --walks dist/walks.jsonl

Each argument is what `make soak` or `make monkey` left. The numbers of the kills and of the damaged
media come from `make kill` and `tests/media/fuzz.py`, which print them; give them by `--row`.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parents[1] / "docs" / "trust.md"
BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"
_MB = 2**20
_WARM_UP = 2  # samples, as in tests/trust/soak.py


def soak_rows(report: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Rows of one soak.json."""
    rows = []
    if "frames" in report:
        part = report["frames"]
        result = (
            f"{part['painted']:,} painted, {part['dropped']:,} dropped by cause, "
            f"{part['failed']:,} failed, counts out of balance {part['unbalanced']} times; "
            f"{_growth(part['samples'], ('rss', 'threads', 'handles'))}"
        )
        rows.append(("frames through the live pipeline", f"{part['captured']:,}", result))
    if "cycles" in report:
        part = report["cycles"]
        camera = "with" if any("camera:" in kind for kind in part["kinds"]) else "without"
        keys = ("rss", "threads", "handles", "objects", "widgets")
        name = f"sources, models, dialogs opened and closed, {camera} a camera"
        rows.append((name, f"{part['cycles']:,}", _growth(part["samples"], keys)))
    return rows


def _growth(samples: list[dict[str, int]], keys: tuple[str, ...]) -> str:
    first, last = samples[min(_WARM_UP, len(samples) - 1)], samples[-1]

    def text(key: str) -> str:
        if key == "rss":
            return f"memory {first[key] / _MB:.0f} to {last[key] / _MB:.0f} MiB"
        return f"{key} {first[key]:,} to {last[key]:,}"

    return ", ".join(text(key) for key in keys)


def walk_row(lines: list[str]) -> tuple[str, str, str]:
    """The row of all random walks."""
    walks = [json.loads(line) for line in lines]
    steps = sum(walk["steps"] for walk in walks)
    failed = [str(walk["seed"]) for walk in walks if walk["fault"]]
    result = f"failed: {', '.join(failed)}" if failed else "none failed"
    return ("steps of random walks", f"{steps:,} in {len(walks)} walks", result)


def main() -> None:
    """Writes the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--soak", type=Path, nargs="*", default=[])
    parser.add_argument("--walks", type=Path)
    parser.add_argument("--row", nargs=3, action="append", default=[], metavar="TEXT")
    options = parser.parse_args()
    rows: list[tuple[str, str, str]] = []
    for path in options.soak:
        rows += soak_rows(json.loads(path.read_text()))
    if options.walks is not None:
        rows.append(walk_row(options.walks.read_text().splitlines()))
    rows += [(name, count, result) for name, count, result in options.row]
    table = ["| what | how much | result |", "|---|---|---|"]
    table += [f"| {' | '.join(row)} |" for row in rows]
    page = PAGE.read_text()
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n" + "\n".join(table) + f"\n{END}{after}")


if __name__ == "__main__":
    main()
