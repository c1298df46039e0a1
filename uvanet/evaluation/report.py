"""Reports of evaluations: an object for JSON, and a table as text."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from uvanet.evaluation.bootstrap import LEVEL, draw_weights, intervals, ratio
from uvanet.evaluation.human import HUMAN
from uvanet.version import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from uvanet.evaluation.bootstrap import Interval
    from uvanet.evaluation.flicker import Flicker
    from uvanet.evaluation.scores import Scores

ALL = "all"
SHARE = "human_share"
"""Key of a row's share of the human row: mean NSS divided by that of `HUMAN` on the same items."""

TITLES = {
    "nss": "NSS",
    "auc_judd": "AUC-J",
    "auc_shuffled": "sAUC",
    "information_gain": "IG",
    "cc": "CC",
    "sim": "SIM",
    "kld": "KLD",
}


def report(
    scores: Sequence[Scores], *, seed: int, draws: int, against: str | None = None
) -> dict[str, Any]:
    """Means and 95 % intervals of all predictors on all data sets and their groups.

    Args:
        scores: One per data set.
        seed: Seed of the bootstrap.
        draws: Number of resamples.
        against: Name of a predictor, or `HUMAN`. The report of a set on which this row was measured
            also has the paired differences of all other rows to it.

    Returns:
        An object for `json.dumps`; undefined values are None. Where NSS and the human row were
        measured, each row has its share of the human NSS as `SHARE`.
    """
    return {
        "uvanet": __version__,
        "seed": seed,
        "draws": draws,
        "level": LEVEL,
        "against": against,
        "sets": {
            name: _set(values, seed, draws, against)
            for name, values in zip(_unique([s.data for s in scores]), scores, strict=True)
        },
    }


def _unique(names: Sequence[str]) -> list[str]:
    """Numbers repeated names, since two folders can hold sets of one layout."""
    return [
        name if names[:i].count(name) == 0 else f"{name} ({names[:i].count(name) + 1})"
        for i, name in enumerate(names)
    ]


def _set(scores: Scores, seed: int, draws: int, against: str | None) -> dict[str, Any]:
    parts = sorted({item.group for item in scores.items})
    groups = {ALL: list(range(len(scores.items)))}
    if len(parts) > 1:
        for part in parts:
            groups[part] = [i for i, item in enumerate(scores.items) if item.group == part]
    clips = {item.clip for item in scores.items} - {""}
    return {
        "metrics": list(scores.metrics),
        "items": len(scores.items),
        "clips": len(clips),
        "skipped": [{"name": item.name, "reason": item.reason} for item in scores.skipped],
        "cost": {
            row: {
                "ms_a_frame": round(1e3 * seconds / max(1, scores.frames[row]), 3),
                "broken_maps": scores.broken[row],
            }
            for row, seconds in scores.seconds.items()
        },
        "groups": {
            name: _group(scores, places, seed, draws, against) for name, places in groups.items()
        },
    }


def _group(
    scores: Scores, places: list[int], seed: int, draws: int, against: str | None
) -> dict[str, Any]:
    weights = draw_weights([scores.items[i].clip for i in places], draws, seed)
    values = {row: table[places] for row, table in scores.values.items()}
    result: dict[str, Any] = {
        "items": len(places),
        "rows": {row: _row(table, weights, scores.metrics) for row, table in values.items()},
    }
    if HUMAN in values and "nss" in scores.metrics:
        column = scores.metrics.index("nss")
        human = values[HUMAN][:, column]
        for row, table in values.items():
            result["rows"][row][SHARE] = _entry(ratio(table[:, column], human, weights))
    if against is not None and against in values:
        result["differences"] = {
            row: _row(table - values[against], weights, scores.metrics)
            for row, table in values.items()
            if row != against
        }
    return result


def _row(
    table: NDArray[np.float64], weights: NDArray[np.float32], metrics: Sequence[str]
) -> dict[str, Any]:
    return {name: _entry(mean) for name, mean in intervals(table, metrics, weights).items()}


def _entry(mean: Interval) -> dict[str, float | int | None]:
    numbers = {"mean": mean.mean, "low": mean.low, "high": mean.high}
    rounded = {key: None if math.isnan(x) else round(x, 5) for key, x in numbers.items()}
    return {**rounded, "n": mean.n}


def flicker_report(rows: dict[str, Flicker]) -> dict[str, Any]:
    """The flicker of all predictors, for the key "flicker" of a `report`."""
    return {
        row: {"cc": _entry(flicker.cc), "peak_jumps": _entry(flicker.jumps)}
        for row, flicker in rows.items()
    }


def as_table(result: dict[str, Any]) -> list[str]:
    """Formats a report as lines of text.

    A cell holds the mean and half the width of its interval. A cell of differences holds the
    interval, with a star where it excludes 0.
    """
    lines: list[str] = []
    for name, data in result["sets"].items():
        number = f"{data['items']} pictures"
        if data["clips"]:
            number = f"{data['items']} frames of {data['clips']} clips"
        left_out = f", {len(data['skipped'])} left out" if data["skipped"] else ""
        lines += ["", f"{name}: {number}{left_out}"]
        for name_of_group, group in data["groups"].items():
            several = len(data["groups"]) > 1
            title = f"{name_of_group} ({group['items']})" if several else name_of_group
            lines += _group_lines(title, group["rows"], data)
            if group.get("differences"):
                title = f"less {result['against']}"
                lines += _group_lines(title, group["differences"], data, differences=True)
    if flicker := result.get("flicker"):
        lines += ["", f"{'steady clips, 100 ms apart':30}{'CC':>17}{'peak jumps':>17}"]
        for row, values in flicker.items():
            cells = [_cell(values["cc"], difference=False), _percent(values["peak_jumps"])]
            lines.append(f"  {row:28}" + "".join(f"{cell:>17}" for cell in cells))
    return lines[1:]


def _group_lines(
    title: str, rows: dict[str, Any], data: dict[str, Any], *, differences: bool = False
) -> list[str]:
    width = max(20, len(title) + 2, *(len(row) + 4 for row in rows))
    shares = any(SHARE in values for values in rows.values())
    head = "".join(f"{TITLES[metric]:>17}" for metric in data["metrics"])
    head += f"{'of human':>17}" * shares + f"{'ms':>9}" * (not differences)
    lines = [f"{title:{width}}{head}"]
    for row, values in rows.items():
        cells = [_cell(values[metric], differences) for metric in data["metrics"]]
        cells += [_percent(values[SHARE])] if shares else []
        line = f"  {row:{width - 2}}" + "".join(f"{cell:>17}" for cell in cells)
        if not differences:
            cost = data["cost"].get(row)
            line += f"{cost['ms_a_frame']:9.2f}" if cost else f"{'-':>9}"
        lines.append(line)
    return lines


def _percent(entry: dict[str, Any]) -> str:
    if entry["mean"] is None:
        return "-"
    mean, half = 100 * entry["mean"], 50 * (entry["high"] - entry["low"])
    return f"{mean:.1f} % ±{half:.1f}"


def _cell(entry: dict[str, Any], difference: bool) -> str:
    if entry["mean"] is None:
        return "-"
    low, high = entry["low"], entry["high"]
    if difference:
        return f"{low:+.3f}..{high:+.3f}" + ("*" if low > 0 or high < 0 else " ")
    return f"{entry['mean']:.3f} ±{(high - low) / 2:.3f}"
