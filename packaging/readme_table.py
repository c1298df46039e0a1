"""Writes README's table of accuracy from the cards of the shipped models.

The cards' numbers come from `packaging/measure_weights.py`, or from the training run that made the
model. `--check` changes nothing and fails where README differs.
"""

import argparse
from pathlib import Path

from uvanet.evaluation.human import HUMAN
from uvanet.evaluation.registry import PRIOR
from uvanet.model_card import Card, read_card

ROOT = Path(__file__).resolve().parents[1]
BEGIN, END = "<!-- accuracy: packaging/readme_table.py -->\n", "<!-- end of accuracy -->"
TITLES = (
    "",
    "NSS, `test`",
    "of human",
    "osie, crowd, scene",
    "AUC-Judd",
    "CC",
    "NSS, `talk`",
    "of human",
    "CC after 100 ms, jumps",
)
GROUPS = ("osie", "crowd", "scene")
Row = dict[str, dict[str, float]]
"""Data set to metric to value."""


def number(row: Row, data: str, metric: str, digits: int = 2, interval: bool = False) -> str:
    """A cell; "-" where it was not measured."""
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
    groups = [
        percent(row, f"test/{name}").removesuffix(" %") for name in ("osie", "crowd", "scene")
    ]
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
    """What was measured of the prediction that users see."""
    return {name: card.measured(name) for name in card.metrics}


def table(cards: list[Card]) -> str:
    """The table in Markdown: people, the center prior, students by size, teachers."""
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


def main() -> None:
    """Writes, or checks."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="fail where README differs")
    arguments = parser.parse_args()
    path = ROOT / "README.md"
    text = path.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    cards = [read_card(one) for one in sorted((ROOT / "resources" / "weights").glob("*.json"))]
    wanted = f"{before}{BEGIN}{table(cards)}{END}{after}"
    if arguments.check and wanted != text:
        raise SystemExit("README's table is not that of the cards: run packaging/readme_table.py.")
    path.write_text(wanted, encoding="utf-8")


if __name__ == "__main__":
    main()
