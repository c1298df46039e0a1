"""`uvanet distill`: a student from a teacher, gaze and a pool of pictures."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from uvanet.cli.finetune import add_tuning, run_tuning, tuning
from uvanet.cli.options import number
from uvanet.cli.train import need_torch, preset_named
from uvanet.cli.training_options import add_machine
from uvanet.errors import UsageError
from uvanet.registry import list_models

if TYPE_CHECKING:
    import argparse

    from uvanet.evaluation.compare import Comparison
    from uvanet.training.control import Callback


SPATIAL, TEMPORAL = "spatial", "temporal"


class _Distill:
    description = """\
Makes both teachers from human gaze, or takes those of --spatial and --temporal, and lets them label
many views of the gaze pictures and of a pool of others; trains a student on both; then, the second
step, on gaze alone. What a run's folder already holds is used; a run that was stopped goes on where
it was. The student and its card lie in OUT/PRESET.

With --quick there are no two steps: a teacher that is there labels the pool, or the gaze of a
published data set takes its place; the student --start is fine-tuned on it, and both are measured
on files held out, as `uvanet adapt` does on later frames; it is kept only where it is better.
"""
    examples = """examples:
  uvanet distill --data ../shared/data --pool ../shared/data/pool --out runs/distilled
  uvanet distill --data ../shared/data --pool ~/Pictures --out runs/mine --epochs 5
  uvanet distill --data ../shared/data --spatial teacher-spatial --out runs/sooner
  torchrun --nproc-per-node 2 -m uvanet distill --data ../shared/data --out runs/two
  uvanet distill --quick --pool ~/Videos --start uvanet-64 --out runs/quick
  uvanet distill --quick --set salicon=~/SALICON --start uvanet-64 --out runs/salicon
"""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "--pool", type=Path, metavar="FOLDER", help="more pictures and clips, without gaze"
        )
        parser.add_argument(
            "--set",
            metavar="NAME=FOLDER",
            dest="published",
            help="with --quick: a published set whose gaze is learned; NAME is one of "
            "those of `uvanet eval`, but for talk and videos",
        )
        parser.add_argument(
            "--quick",
            action="store_true",
            help="fine-tune on what --teacher says of --pool, or on the gaze of --set",
        )
        parser.add_argument(
            "--preset", default="uvanet-64", metavar="NAME", help="the student (%(default)s)"
        )
        parser.add_argument(
            "--epochs", type=number(1, 100_000), metavar="N", help="passes over the views"
        )
        parser.add_argument(
            "--second",
            choices=("hard", "soft"),
            default="hard",
            help="labels of the second step: gaze alone, or blended with what the teacher says",
        )
        for kind in (SPATIAL, TEMPORAL):
            parser.add_argument(
                f"--{kind}",
                default="",
                metavar="NAME",
                help=f"the {kind} teacher, a model's name or an .onnx file; with neither, both "
                "are made from the gaze data; with one, the other is the one that ships",
            )
        add_tuning(parser, start="")
        add_machine(parser)

    def run(self, arguments: argparse.Namespace) -> int:
        need_torch()
        from uvanet.cli.training_options import running

        if arguments.pool and not arguments.pool.is_dir():
            raise UsageError(f"There is no folder {arguments.pool}.", "Check --pool.")
        if arguments.published and not arguments.quick:
            raise UsageError("--set is learned by --quick only.", "Give --quick, or --pool.")
        if arguments.quick and (arguments.spatial or arguments.temporal):
            raise UsageError("A quick fine-tune has one teacher.", "Give --teacher instead.")
        if arguments.quick and bool(arguments.pool) == bool(arguments.published):
            raise UsageError(
                "--quick learns from a folder or a published set.",
                "Give --pool FOLDER or --set NAME=FOLDER.",
            )
        title = arguments.published or (arguments.pool.name if arguments.pool else "gaze")
        with running(arguments, title, arguments.out) as (watch, threads):
            if arguments.quick:
                return _quick(arguments, watch, threads)
            return _distil(arguments, watch, threads)


def _quick(arguments: argparse.Namespace, watch: Callback, threads: int) -> int:
    arguments.start = arguments.start or arguments.preset
    layout, _, folder = (arguments.published or "").partition("=")
    own = Path(folder).expanduser() if layout else arguments.pool
    config = dataclasses.replace(tuning(arguments, threads), own=own, layout=layout)
    return run_tuning(arguments, config, watch)


def _distil(arguments: argparse.Namespace, watch: Callback, threads: int) -> int:
    import torch

    from uvanet.data.fixations import find_root
    from uvanet.training.config import step1_config
    from uvanet.training.control import StoppedError
    from uvanet.training.data.crops import CorpusConfig
    from uvanet.training.pipeline import best_so_far, distill
    from uvanet.training.progress import DoneEvent, LogEvent
    from uvanet.training.teachers.inference import chosen_teachers
    from uvanet.training.teachers.spatial import TeacherConfig
    from uvanet.user_models import free_name, save_user_model

    config = step1_config(preset_named(arguments.preset), arguments.start)
    config = dataclasses.replace(config, precision=arguments.precision, second=arguments.second)
    if arguments.epochs:
        config = dataclasses.replace(config, epochs=int(arguments.epochs))
    torch.set_num_threads(threads)
    root, out = find_root(arguments.data), arguments.out
    parts = (config, TeacherConfig(), CorpusConfig(), root, out)
    chosen = arguments.spatial, arguments.temporal
    given = chosen_teachers(*chosen, threads) if any(chosen) else None
    pool, stopped = arguments.pool, False
    try:
        card = distill(*parts, pool=pool, given=given, watch=watch, device=arguments.device)
        if card is None:  # another process of several tells
            return 0
    except StoppedError as told:
        stopped = True
        watch.emit(LogEvent(text=str(told)))
        card = best_so_far(*parts, pool=pool, given=given)
        if card is None:
            watch.emit(DoneEvent(model="", name="", stopped=True, report={}))
            return 0
    path, name = out / card.name / f"{card.name}.onnx", card.name
    report = _against(config.start or card.name, path, root, watch)
    if arguments.install:
        name = arguments.name or free_name(card.name)
        path = save_user_model(path.parent, card.name, name)
    found, prior = card.measured("val"), card.metrics["val"]["center-prior"]
    words = (
        f"NSS {found['nss']:.3f} on val (centre prior {prior['nss']:.3f}), "
        f"{card.parameters} parameters"
    )
    watch.emit(LogEvent(text=words))
    numbers = report.as_dict() if report else {}
    watch.emit(DoneEvent(model=str(path), name=name, stopped=stopped, report=numbers))
    if not arguments.events:
        print(f"{path}: {words}")
        if report:
            print(report.text())
    return 0


def _against(before: str, after: Path, root: Path, watch: Callback) -> Comparison | None:
    """The new student against the one it started from, or the one of its name that ships."""
    from uvanet.evaluation.compare import compare_on_val
    from uvanet.training.progress import StepEvent

    known = {card.name for card in list_models()}
    if before not in known and not (before.endswith(".onnx") and Path(before).is_file()):
        return None
    watch.emit(StepEvent(phase="measure", done=0, total=1, left=0))
    return compare_on_val(before, after, root)


COMMAND = _Distill()
