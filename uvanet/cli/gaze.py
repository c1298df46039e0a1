"""`uvanet gaze`: measures a model against the recorded gaze of people on one source."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import Any, get_args

import msgspec

import uvanet
from uvanet.atomic_io import write_output
from uvanet.cli.options import (
    add_model,
    add_offset,
    as_json,
    check_report,
    file_name,
    number,
    progress_bar,
)
from uvanet.data.delimited_text import open_text
from uvanet.data.gaze_mapping import GazeMapping, Origin, TimeUnit, recognize
from uvanet.data.gaze_reader import UnknownColumnsError, load_gaze
from uvanet.data.gaze_table import GazeTable
from uvanet.errors import UsageError
from uvanet.evaluation.bootstrap import Interval
from uvanet.evaluation.evaluate_gaze import DEFAULT_METRICS, GAZE_METRICS, STEP, evaluate_gaze
from uvanet.evaluation.gaze_scores import GazeScores
from uvanet.evaluation.progress import silent
from uvanet.evaluation.report import TITLES
from uvanet.i18n import percent_text, tr
from uvanet.paths import expand_user
from uvanet.redaction import visible

_ROLES = ("time", "x", "y", "duration", "person", "stimulus", "event", "fixation", "confidence")


class _Gaze:
    description = f"""\
Measures how well a model predicts where people really looked: NSS, CC and AUC-Judd over the time
of a clip, or of each picture, and their means with 95 % intervals. With two people or more, also
the NSS with which the gaze of all others predicts that of one person, and the model's share of it.

SOURCE is a video, a picture or a folder of pictures. TABLE holds fixations or gaze samples, as CSV
or TSV; several are joined. Exports of Pupil Player, Pupil Cloud, Tobii Pro Lab and EyeLink Data
Viewer are recognized, and columns such as time, x, y, duration, person, image. For other tables,
give the names of the columns:
  --columns time=NAME,x=NAME,y=NAME   also {", ".join(_ROLES[3:])}
"""
    examples = """examples:
  uvanet gaze talk.mp4 fixations.csv
  uvanet gaze talk.mp4 ann.tsv ben.tsv --model uvanet-128 --offset -1.5 -o scores.csv
  uvanet gaze posters all.csv --columns x=px,y=py,stimulus=poster --positions norm --json
"""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("source", metavar="SOURCE", help="the video, picture or folder")
        parser.add_argument("tables", metavar="TABLE", nargs="+", type=Path, help="gaze of people")
        add_model(parser)
        parser.add_argument(
            "--metric",
            action="append",
            choices=GAZE_METRICS,
            metavar="NAME",
            dest="metrics",
            help=f"one of {', '.join(GAZE_METRICS)}; may be repeated "
            f"({', '.join(DEFAULT_METRICS)})",
        )
        add_offset(parser)
        parser.add_argument(
            "--step",
            type=number(0.01, 60),
            default=STEP,
            metavar="S",
            help="seconds between measured moments of a clip (%(default)s)",
        )
        parser.add_argument(
            "--window",
            type=number(0, 60),
            metavar="S",
            help="seconds around a moment in which gaze counts (fixations 0, samples 0.1)",
        )
        parser.add_argument("--columns", metavar="ROLE=NAME,...", help="names of the columns")
        parser.add_argument(
            "--time-unit",
            choices=[unit for unit in get_args(TimeUnit) if unit],
            help="unit of the times",
        )
        parser.add_argument(
            "--origin",
            choices=get_args(Origin),
            help="times count from the start of the source (table), from the first row of each "
            "person and picture (start), or from the first frame of the scene camera (world)",
        )
        parser.add_argument(
            "--positions",
            choices=("px", "norm"),
            help="unit of the positions: pixels, or 0 to 1",
        )
        parser.add_argument("--y-up", action="store_true", help="y grows upwards")
        parser.add_argument(
            "--screen", type=_size, metavar="WxH", help="pixels of the screen (the picture's)"
        )
        parser.add_argument(
            "-o", "--out", type=file_name, metavar="FILE", help="write all values as .csv or .json"
        )
        parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
        parser.add_argument("--quiet", action="store_true", help="no progress bar")

    def run(self, arguments: argparse.Namespace) -> int:
        out: Path | None = arguments.out
        check_report(out)
        if out and out.suffix.lower() not in (".csv", ".json"):
            raise UsageError(
                tr("{name} is neither .csv nor .json.").format(name=out.name),
                tr("Choose one of these."),
            )
        scores = evaluate_gaze(
            arguments.model,
            arguments.source,
            _load(arguments),
            metrics=arguments.metrics or DEFAULT_METRICS,
            offset=arguments.offset,
            step=arguments.step,
            window=arguments.window,
            progress=silent if arguments.quiet else progress_bar,
        )
        result = as_object(scores)
        if out:
            is_csv = out.suffix.lower() == ".csv"
            write_output(out, scores.csv() if is_csv else as_json(result) + "\n")
        print(as_json(result) if arguments.json else visible("\n".join(_table(scores))))
        return 0


def as_object(scores: GazeScores) -> dict[str, Any]:
    """Gives all values as an object for `json.dumps`; undefined values are None."""
    share = scores.human_share()
    return {
        "uvanet": uvanet.__version__,
        "source": scores.source,
        "model": scores.model,
        "kind": scores.kind,
        "persons": scores.persons,
        "offset": scores.offset,
        "outside": scores.outside,
        "notes": list(scores.notes),
        "means": {name: _interval(mean) for name, mean in scores.means().items()},
        "human_share": None if share is None else _interval(share),
        "rows": [
            {
                **(
                    {"picture": scores.pictures[i]}
                    if scores.pictures
                    else {"time": round(seconds, 4)}
                ),
                "points": int(scores.points[i]),
                **{name: _known(scores.values[i, j]) for j, name in enumerate(scores.metrics)},
                "human_nss": _known(scores.human[i]),
            }
            for i, seconds in enumerate(scores.times.tolist())
        ],
    }


def _interval(mean: Interval) -> dict[str, Any]:
    ends = {name: _known(getattr(mean, name)) for name in ("mean", "low", "high")}
    return {**ends, "n": mean.n}


def _known(value: float) -> float | None:
    return None if value != value else round(float(value), 5)


def _table(scores: GazeScores) -> list[str]:
    moments = "pictures" if scores.pictures else "moments"
    lines = [
        f"{scores.model} on {scores.source}: {scores.kind} of {scores.persons} "
        f"{'person' if scores.persons == 1 else 'people'}, "
        f"{int((scores.points > 0).sum())} of {len(scores.points)} {moments} with gaze"
    ]
    for name, mean in scores.means().items():
        lines.append(f"  {TITLES[name]:9} {mean.mean:6.3f}   {mean.low:.3f} to {mean.high:.3f}")
    if (share := scores.human_share()) is not None:
        low, high = percent_text(share.low), percent_text(share.high)
        lines.append(f"  {'of human':9} {percent_text(share.mean):>6}   {low} to {high}")
    if scores.outside:
        lines.append(f"  {scores.outside} points are not on the picture.")
    return [*lines, *(f"  {note}" for note in scores.notes)]


def _load(arguments: argparse.Namespace) -> GazeTable:
    tables: list[Path] = arguments.tables
    given: dict[str, Any] = {}
    for part in (arguments.columns or "").split(",") if arguments.columns else []:
        role, equals, name = part.partition("=")
        if role not in _ROLES or not equals:
            raise UsageError(
                tr("{part!r} names no column.").format(part=part),
                tr("Write ROLE=NAME with one of {roles}.").format(roles=", ".join(_ROLES)),
            )
        given[role] = name
    if arguments.time_unit:
        given["time_unit"] = arguments.time_unit
    if arguments.positions:
        given["position_unit"] = arguments.positions
    if arguments.origin:
        given["origin"] = arguments.origin
    if arguments.y_up:
        given["y_up"] = True
    if arguments.screen:
        given["size"] = arguments.screen
    if not given:
        return load_gaze(tables)
    header = open_text(expand_user(tables[0]))
    known = recognize(header.header)
    if known is None and not {"x", "y"} <= set(given):
        raise UnknownColumnsError(header)
    mapping = msgspec.structs.replace(known, **given) if known else GazeMapping(**given)
    return load_gaze(tables, mapping)


def _size(text: str) -> tuple[int, int]:
    sides = re.fullmatch(r"([1-9][0-9]{0,4})x([1-9][0-9]{0,4})", text.lower())
    if sides is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a size such as 1920x1080")
    return int(sides[1]), int(sides[2])


COMMAND = _Gaze()
