r"""Writes the figures of the long trust runs into docs/trust.md.

    python packaging/trust_table.py --soak dist/soak/soak.json ... --walks dist/walks.jsonl \
        --kills dist/kills.xml --media dist/media.jsonl

Each argument is a result of `make soak`, `make monkey`, `make kill` or `make fuzz`; `--row` adds a
row.
"""

from __future__ import annotations

import argparse
import collections
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

PAGE = Path(__file__).resolve().parents[1] / "docs" / "trust.md"
BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"
_MB = 2**20
_WARM_UP = 2  # samples, as in tests/trust/soak.py
_WRITES = "failed writes"  # the property of the tests of tests/trust/test_failed_writes.py
KILLS = {
    _WRITES: (
        "calls of the file layer that failed, one after the other",
        "each file the old or the new one; a new one whole, or not there and told",
    ),
    "test_settings_regions_and_requests_survive_a_kill": (
        "writers of settings, regions and requests killed at random moments",
        "each file whole, no part left",
    ),
    "test_an_export_that_is_killed_leaves_whole_files_or_none": (
        "exports killed at random moments",
        "each file whole or not there; the next export leaves no part",
    ),
    "test_a_recording_that_is_killed_is_saved_at_the_next_start": (
        "recordings killed at random moments",
        "each saved as a film from its first frame on; no picture left behind",
    ),
    "test_a_training_that_is_killed_again_and_again_is_resumed_to_its_end": (
        "trainings killed at random moments",
        "each resumed, to its end at last",
    ),
}
"""Tests of tests/trust/test_kills.py to what they kill, and to the result."""


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


def kill_rows(path: Path) -> list[tuple[str, str, str]]:
    """A row for each kind of kill in a report of pytest, and one for the writes that failed."""
    count: collections.Counter[str] = collections.Counter()
    failed: collections.Counter[str] = collections.Counter()
    for case in ElementTree.parse(path).iter("testcase"):
        properties = {one.get("name"): one.get("value", "0") for one in case.iter("property")}
        name = case.get("name", "").partition("[")[0]
        name = _WRITES if _WRITES in properties else name
        if name in KILLS and case.find("skipped") is None:
            count[name] += int(properties.get("kills") or properties.get(_WRITES, "0"))
            failed[name] += case.find("failure") is not None
    return [
        (what, f"{count[name]:,}", f"{failed[name]} failed" if failed[name] else result)
        for name, (what, result) in KILLS.items()
        if count[name] or failed[name]
    ]


def media_row(lines: list[str]) -> tuple[str, str, str]:
    """The row of all damaged media."""
    results = [json.loads(line) for line in lines]
    found = collections.Counter(row["result"] for row in results)
    text = ", ".join(f"{number:,} {name}" for name, number in found.most_common())
    bad = sum(number for name, number in found.items() if name not in ("read", "refused"))
    files = len({row["file"] for row in results})
    result = f"{text}; {bad or 'no'} crash, hang or fault; [decoding](decoding.md)"
    return (f"damaged media ({files} files)", f"{len(results):,}", result)


def main() -> None:
    """Writes the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--soak", type=Path, nargs="*", default=[])
    parser.add_argument("--walks", type=Path)
    parser.add_argument("--kills", type=Path, nargs="*", default=[])
    parser.add_argument("--media", type=Path)
    parser.add_argument("--row", nargs=3, action="append", default=[], metavar="TEXT")
    parser.add_argument("--page", type=Path, default=PAGE, help="the file that holds the table")
    options = parser.parse_args()
    rows: list[tuple[str, str, str]] = []
    for path in options.soak:
        rows += soak_rows(json.loads(path.read_text()))
    if options.walks is not None:
        rows.append(walk_row(options.walks.read_text().splitlines()))
    for path in options.kills:
        rows += kill_rows(path)
    if options.media is not None:
        rows.append(media_row(options.media.read_text().splitlines()))
    rows += [(name, count, result) for name, count, result in options.row]
    table = ["| what | how much | result |", "|---|---|---|"]
    table += [f"| {' | '.join(row)} |" for row in rows]
    page = options.page.read_text()
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    options.page.write_text(f"{before}{BEGIN}\n" + "\n".join(table) + f"\n{END}{after}")


if __name__ == "__main__":
    main()
