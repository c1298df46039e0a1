"""`uvanet eval`: measures models on data sets with gaze; prints a table or JSON."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Sequence
from pathlib import Path

from tqdm.contrib.logging import logging_redirect_tqdm

from uvanet.cli.batch import add_workers
from uvanet.cli.options import add_report, check_report, integer, print_report, progress_bar
from uvanet.data.clips import VideoClip
from uvanet.data.fixations import find_root, read_split
from uvanet.data.gaze import GazeSet
from uvanet.data.registry import LAYOUTS
from uvanet.errors import UsageError
from uvanet.evaluation.baselines import BASELINES, center_prior
from uvanet.evaluation.bootstrap import DRAWS
from uvanet.evaluation.distributed import EvaluationSetup, SetSpec, evaluate_parts
from uvanet.evaluation.evaluator import METRICS, evaluate_predictors
from uvanet.evaluation.flicker import measure_flicker, pool_clips
from uvanet.evaluation.human import HUMAN
from uvanet.evaluation.predictors import Predictor
from uvanet.evaluation.progress import Progress, silent
from uvanet.evaluation.registry import FORMS, PRIOR, build_predictors
from uvanet.evaluation.report import as_table, flicker_report, report
from uvanet.evaluation.scores import Scores
from uvanet.i18n import tr
from uvanet.paths import expand_user
from uvanet.registry import list_models
from uvanet.runtime.external_onnx import ExternalOnnx

OF_ROOT = {"fixations": ".", "talk": "talk"}
"""Data sets that need no path, and their folders in that of --data."""


class _Eval:
    description = f"""\
Measures the accuracy of models against human gaze: NSS, AUC-Judd, shuffled AUC, information gain
over the center prior, CC, SIM and KLD on each data set, with 95 % bootstrap intervals (over
pictures; over clips, then frames).

The row "human" is the score with which the gaze of all other observers predicts that of one; "of
human" is the share of its NSS that a model reaches.

rows (--model, may be repeated; by default the first four and all installed models):
{FORMS}
data sets (--set NAME or NAME=FOLDER, may be repeated; by default fixations and talk of --data):
{chr(10).join(f"  {name:12} {layout.summary}" for name, layout in LAYOUTS.items())}

external ONNX models (--onnx FILE[,KEY=VALUE]..., may be repeated), with the keys
  name, size=WxH, mean=R:G:B, std=R:G:B, range (1 or 255: value of white before mean and std),
  layout (such as NCHW, NHWC; with T for a stack of frames: NTCHW, NCTHW), color=rgb|bgr, frames,
  output=map|log|logit, output_name
"""
    examples = """examples:
  uvanet eval --data DATA
  uvanet eval --data DATA --split test -o test.json
  uvanet eval --set talk=clips/talk --model uvanet-64 --model uvanet-64+motion
  uvanet eval --set dhf1k=DHF1K --every 30 --onnx tased.onnx,layout=NCTHW,frames=32,mean=0.5,std=0.5
  uvanet eval --model uvanet-64 --model uvanet-64:spatial --against uvanet-64:spatial
  uvanet eval --data /shared/data --scheduler tcp://10.0.0.1:8786
"""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--data", metavar="FOLDER", help="the data (else UVANET_DATA)")
        parser.add_argument(
            "--set", action="append", metavar="NAME[=FOLDER]", dest="sets", help="a data set"
        )
        parser.add_argument(
            "--split",
            choices=("train", "val", "test"),
            default="val",
            help="split of sets that have splits (%(default)s); do not choose models by test",
        )
        parser.add_argument("--model", action="append", metavar="ROW", dest="models", help="a row")
        parser.add_argument(
            "--onnx", action="append", metavar="FILE[,KEY=VALUE]", default=[], help="a row"
        )
        parser.add_argument(
            "--metric",
            action="append",
            choices=METRICS,
            metavar="NAME",
            dest="metrics",
            help=f"one of {', '.join(METRICS)}; may be repeated (all)",
        )
        parser.add_argument(
            "--against",
            metavar="ROW",
            help="also show the differences to this row (*: the interval excludes 0)",
        )
        parser.add_argument(
            "--every",
            type=integer(1, 1_000_000),
            default=15,
            metavar="N",
            help="measure every N-th frame of published clips (%(default)s); 1 for all",
        )
        parser.add_argument(
            "--seed", type=integer(0, 2**32 - 1), default=0, metavar="N", help="random seed"
        )
        parser.add_argument(
            "--draws",
            type=integer(10, 1_000_000),
            default=DRAWS,
            metavar="N",
            help="resamples of the bootstrap (%(default)s)",
        )
        parser.add_argument(
            "--flicker",
            action="store_true",
            help="also compare maps 100 ms apart on the steady clips in pool and pool2 of --data",
        )
        add_report(parser)
        add_workers(parser.add_argument_group("several processes or machines"))
        parser.add_argument("--quiet", action="store_true", help="no progress bars")

    def run(self, arguments: argparse.Namespace) -> int:
        check_report(arguments.out)
        progress: Progress = silent if arguments.quiet else progress_bar
        with contextlib.nullcontext() if arguments.quiet else logging_redirect_tqdm():
            specs = _sets(arguments)
            sets = [spec.read() for spec in specs]
            clips = _steady(arguments)
            rows = _rows(arguments, progress)
            if arguments.against and arguments.against not in {HUMAN, *(row.name for row in rows)}:
                raise UsageError(
                    tr("There is no row {against!r} to compare with.").format(
                        against=arguments.against
                    ),
                    tr("Name it with --model too."),
                )
            names = [name for name in METRICS if name in (arguments.metrics or METRICS)]
            baseline = next((row for row in rows if row.name == PRIOR), None)

            def measure(spec: SetSpec, data: GazeSet) -> Scores:
                if arguments.workers or arguments.scheduler:
                    return _measure_parts(spec, [row.name for row in rows], names, arguments)
                return evaluate_predictors(
                    data,
                    rows,
                    names,
                    baseline=baseline,
                    human=True,
                    seed=arguments.seed,
                    progress=progress,
                )

            scores = [measure(spec, data) for spec, data in zip(specs, sets, strict=True)]
        result = report(
            scores, seed=arguments.seed, draws=arguments.draws, against=arguments.against
        )
        result["split"] = arguments.split
        if clips:
            result["flicker"] = flicker_report(measure_flicker(clips, rows, progress))
        print_report(result, as_table(result), arguments)
        return 0


def _measure_parts(
    spec: SetSpec, rows: Sequence[str], names: Sequence[str], arguments: argparse.Namespace
) -> Scores:
    setup = EvaluationSetup(
        SetSpec(spec.name, spec.root.absolute(), spec.split, spec.every),
        tuple(rows),
        tuple(arguments.onnx),
        arguments.data and str(expand_user(arguments.data).absolute()),
        tuple(names),
        arguments.seed,
    )
    return evaluate_parts(
        setup,
        workers=arguments.workers,
        scheduler=arguments.scheduler,
        progress=silent if arguments.quiet else progress_bar,
    )


def _sets(arguments: argparse.Namespace) -> list[SetSpec]:
    wanted: list[str] = arguments.sets or []
    if not wanted:
        root = find_root(arguments.data)
        wanted = [name for name in OF_ROOT if (root / name).is_dir()]
    for text in wanted:
        if wanted.count(text) > 1:
            raise UsageError(
                tr("The data set {name!r} is named twice.").format(name=text), tr("Name it once.")
            )
    return [_spec(text, arguments) for text in wanted]


def _steady(arguments: argparse.Namespace) -> list[VideoClip]:
    if not arguments.flicker:
        return []
    root = find_root(arguments.data)
    clips = pool_clips(root)
    if not clips:
        raise UsageError(
            tr("There are no steady clips in {root}.").format(root=root), tr("Leave out --flicker.")
        )
    return clips


def _spec(text: str, arguments: argparse.Namespace) -> SetSpec:
    name, _, folder = text.partition("=")
    if folder:
        root = expand_user(folder)
    elif name in OF_ROOT:
        root = find_root(arguments.data) / OF_ROOT[name]
    elif name in LAYOUTS:
        raise UsageError(
            tr("The data set {name!r} needs its folder.").format(name=name),
            tr("Give --set {name}=FOLDER.").format(name=name),
        )
    else:
        root = Path()  # `read_set` refuses the name
    return SetSpec(name, root, arguments.split, arguments.every)


def _rows(arguments: argparse.Namespace, progress: Progress) -> list[Predictor]:
    external = [ExternalOnnx.parse(text) for text in arguments.onnx]
    names = arguments.models or [PRIOR, *BASELINES, *(card.name for card in list_models())]

    def prior() -> Predictor:
        return center_prior(read_split(find_root(arguments.data), "train"), progress)

    return build_predictors(names, external, prior)


COMMAND = _Eval()
