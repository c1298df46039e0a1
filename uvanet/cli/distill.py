"""`uvanet distill`: trains a student by distillation from two teachers and human gaze."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from uvanet.cli.options import integer
from uvanet.cli.training_options import (
    accuracy,
    add_machine,
    add_result,
    add_student,
    add_training,
    is_other_process,
    need_torch,
    preset_named,
    running,
)
from uvanet.registry import is_available

if TYPE_CHECKING:
    import argparse

    from uvanet.evaluation.compare import Comparison
    from uvanet.training.control import Callback


class _Distill:
    description = """\
Trains both teachers on human gaze, or uses those of --spatial and --temporal. They label the gaze
pictures and a pool of others. Step 1 trains a student on crops of all of them, step 2 on nearly
whole pictures. The better of the two on val is exported with its card into OUT/PRESET. Results in
OUT that were made from the same settings and data are reused; a run that was stopped resumes.
"""
    examples = """examples:
  uvanet distill --data DATA --pool POOL --out runs/distilled
  uvanet distill --data DATA --pool ~/Pictures --out runs/mine --epochs 5
  uvanet distill --data DATA --spatial teacher-spatial --out runs/sooner
  torchrun --nproc-per-node 2 -m uvanet distill --data DATA --out runs/two
"""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        add_student(parser, min_epochs=0)
        parser.add_argument(
            "--pool",
            type=Path,
            action="append",
            default=[],
            metavar="FOLDER",
            help="more pictures and clips, without gaze, or one clip; may be repeated",
        )
        parser.add_argument(
            "--start", default="", metavar="NAME", help="the student to start from (none)"
        )
        parser.add_argument(
            "--step2-targets",
            choices=("blended", "gaze"),
            default="blended",
            help="targets of step 2: the same as in step 1, or gaze alone (%(default)s)",
        )
        parser.add_argument(
            "--step2-epochs",
            type=integer(1, 100_000),
            default=45,
            metavar="N",
            help="passes over the pictures in step 2, with blended targets (%(default)s)",
        )
        for kind in ("spatial", "temporal"):
            parser.add_argument(
                f"--{kind}",
                default="",
                metavar="NAME",
                help=f"the {kind} teacher, a model's name or an .onnx file; if neither teacher is "
                "given, both are trained on the gaze data; if one is, the other is the shipped one",
            )
        add_result(parser)
        add_machine(parser)
        add_training(parser)

    def run(self, arguments: argparse.Namespace) -> int:
        need_torch()
        from uvanet.training.data.user_media import check_media

        title = ", ".join(folder.name for folder in arguments.pool) or "gaze"
        with running(arguments, title) as (callback, threads):
            for folder in arguments.pool:
                check_media(folder)
            return _distill(arguments, callback, threads)


def _distill(arguments: argparse.Namespace, callback: Callback, threads: int) -> int:
    import torch

    from uvanet.data.fixations import find_root
    from uvanet.training.config import SpatialTeacherConfig, step1_config
    from uvanet.training.control import StoppedError
    from uvanet.training.pipeline import DistillConfig, distill
    from uvanet.training.progress import DoneEvent, LogEvent
    from uvanet.training.teachers.inference import chosen_teachers
    from uvanet.user_models import free_name, save_user_model

    torch.set_num_threads(threads)
    student = dataclasses.replace(
        step1_config(preset_named(arguments.preset), arguments.start),
        precision=arguments.precision,
        step2_targets=arguments.step2_targets,
        step2_epochs=arguments.step2_epochs,
    )
    if arguments.epochs is not None:
        student = dataclasses.replace(student, epochs=arguments.epochs)
    chosen = arguments.spatial, arguments.temporal
    config = DistillConfig(
        student=student,
        spatial=SpatialTeacherConfig(),
        root=find_root(arguments.data),
        pools=tuple(arguments.pool),
        teachers=chosen_teachers(*chosen, threads) if any(chosen) else None,
    )
    card, finished = distill(config, arguments.out, callback=callback, device=arguments.device)
    if is_other_process():  # the first process reports
        return 0
    if not finished:
        callback.emit(LogEvent(text=str(StoppedError())))
    if card is None:
        callback.emit(DoneEvent(stopped=True))
        return 0
    path, name = config.folder(arguments.out) / f"{card.name}.onnx", card.name
    report = _against(student.start or card.name, path, config.root, callback)
    if arguments.install:
        name = arguments.name or free_name(card.name)
        path = save_user_model(path.parent, card.name, name)
    text = accuracy(card)
    callback.emit(LogEvent(text=text))
    numbers = report.as_dict() if report else {}
    callback.emit(DoneEvent(model=str(path), name=name, stopped=not finished, report=numbers))
    if not arguments.events:
        print(f"{path}: {text}")
        if report:
            print(report.text())
    return 0


def _against(before: str, after: Path, root: Path, callback: Callback) -> Comparison | None:
    """Compares the new student with its start, or with the shipped one of its name."""
    from uvanet.evaluation.compare import compare_on_val
    from uvanet.training.progress import StepEvent

    if not is_available(before):
        return None
    callback.emit(StepEvent(phase="measure", done=0, total=1))
    return compare_on_val(before, after, root)


COMMAND = _Distill()
