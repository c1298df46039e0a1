"""`uvanet adapt`: a student that learns one scene from the teacher."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from uvanet.cli.options import number
from uvanet.cli.train import need_torch
from uvanet.errors import UsageError

if TYPE_CHECKING:
    import argparse

    from uvanet.training.adapt import AdaptConfig
    from uvanet.training.control import Callback


class _Adapt:
    description = """\
Watches a scene for a while, lets the teacher label what was seen, fine-tunes a student on it, and
measures both on LATER frames of the same scene: agreement (CC) with the teacher before and after,
with 95 % intervals. Only where the interval of the gain lies above zero is the student kept:
NAME.onnx, NAME.safetensors and the card NAME.json, in OUT/NAME. Nothing is sent anywhere; what was
seen is deleted from OUT at the end. A run that was killed goes on when the command is given again.
"""
    examples = """examples:
  uvanet adapt camera:0 --seconds 60 --out runs/desk
  uvanet adapt talk.mp4 --out runs/talk --teacher teacher-spatial.onnx --json
  uvanet adapt demo --out runs/demo --replay ~/Pictures --data ../shared/data
"""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "source", metavar="SOURCE", help="camera, video, folder of pictures, URL or screen:"
        )
        parser.add_argument(
            "--recording",
            action="store_true",
            help="SOURCE is a folder that the window recorded; it is deleted once it was labelled",
        )
        parser.add_argument(
            "--keep-frames", action="store_true", help="do not delete the recording"
        )
        parser.add_argument(
            "--seconds",
            type=number(1, 3600),
            default=60.0,
            metavar="S",
            help="how long to watch (%(default)g)",
        )
        parser.add_argument(
            "--begin",
            type=number(0, 1e9),
            default=0.0,
            metavar="S",
            help="from where in a file to watch, seconds (%(default)g)",
        )
        add_tuning(parser)

    def run(self, arguments: argparse.Namespace) -> int:
        need_torch()
        from uvanet.cli.training_options import running

        title = Path(arguments.source).stem if arguments.recording else arguments.source
        with running(arguments, title, arguments.out) as (watch, threads):
            recording = Path(arguments.source) if arguments.recording else None
            config = dataclasses.replace(
                tuning(arguments, threads),
                source="" if recording else arguments.source,
                recording=recording,
                seconds=arguments.seconds,
                begin=arguments.begin,
            )
            try:
                return run_tuning(arguments, config, watch)
            finally:
                if recording and not arguments.keep_frames and _labelled(arguments.out):
                    shutil.rmtree(recording, ignore_errors=True)


def _labelled(out: Path) -> bool:
    from uvanet.training.adapt import MATERIAL

    # At the end of a whole run the labels are gone as well.
    return (out / MATERIAL).exists() or (out / "report.json").exists()


def add_tuning(parser: argparse.ArgumentParser, start: str = "uvanet-64") -> None:
    """Adds what every fine-tuning takes; `start` is the default of --start."""
    from uvanet.cli.training_options import add_training

    parser.add_argument(
        "--out", type=Path, required=True, metavar="FOLDER", help="the run's folder"
    )
    parser.add_argument("--name", default="", metavar="NAME", help="of the student that comes out")
    parser.add_argument(
        "--install", action="store_true", help="keep the student among your own models"
    )
    parser.add_argument(
        "--teacher",
        default="",
        metavar="NAME",
        help="who labels: a teacher that `uvanet info` lists, or an .onnx file",
    )
    parser.add_argument(
        "--start",
        default=start,
        metavar="NAME",
        help=f"the student to start from ({start or 'none'})",
    )
    parser.add_argument(
        "--steps", type=number(1, 1_000_000), metavar="N", help="batches to train for (600)"
    )
    parser.add_argument(
        "--rate", type=number(1e-6, 1e6), metavar="R", help="the largest learning rate (0.0015)"
    )
    parser.add_argument(
        "--replay",
        type=Path,
        metavar="FOLDER",
        help="general pictures to learn beside, so that little is forgotten",
    )
    parser.add_argument(
        "--data",
        type=Path,
        metavar="FOLDER",
        help="gaze data; forgetting is measured on it",
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    add_training(parser)


def tuning(arguments: argparse.Namespace, threads: int) -> AdaptConfig:
    """What `add_tuning` gave, without what to learn from.

    Raises:
        UsageError: A folder that was named is missing.
    """
    import torch

    from uvanet.data.fixations import find_root
    from uvanet.training.adapt import AdaptConfig
    from uvanet.training.finetune import TuneConfig

    torch.set_num_threads(threads)
    if arguments.replay and not arguments.replay.is_dir():
        raise UsageError(f"There is no folder {arguments.replay}.", "Check --replay.")
    tune = TuneConfig()
    if arguments.steps:
        tune = dataclasses.replace(tune, steps=int(arguments.steps))
    if arguments.rate:
        tune = dataclasses.replace(tune, peak_lr=float(arguments.rate))
    return AdaptConfig(
        teacher=arguments.teacher,
        start=arguments.start,
        replay=arguments.replay,
        data=find_root(arguments.data) if arguments.data else None,
        threads=threads,
        tune=tune,
    )


def run_tuning(arguments: argparse.Namespace, config: AdaptConfig, watch: Callback) -> int:
    """Fine-tunes, keeps the student where it is better, and tells how it ended."""
    from uvanet.training.adapt import adapt, clear
    from uvanet.training.progress import DoneEvent
    from uvanet.training.publish import publish_finetuned
    from uvanet.user_models import free_name, save_user_model

    out: Path = arguments.out
    adapted = adapt(config, out, watch)
    if adapted is None:
        clear(out)
        watch.emit(DoneEvent(model="", name="", stopped=True, report={}))
        return 0
    report, model = adapted.report, ""
    stem = config.source or (config.own.name if config.own else "scene")
    name = arguments.name or free_name(Path(stem).stem)
    if report.better:
        folder = out / name
        folder.mkdir(exist_ok=True)
        publish_finetuned(adapted, config, name, folder)
        model = str(folder / f"{name}.onnx")
        if arguments.install:
            model = str(save_user_model(folder, name, name))
            shutil.rmtree(folder, ignore_errors=True)
    text = json.dumps(report.as_dict(), indent=1)
    (out / "report.json").write_text(text, encoding="utf-8")
    clear(out)
    watch.emit(
        DoneEvent(
            model=model,
            name=name if model else "",
            stopped=not adapted.finished,
            report=report.as_dict(),
        )
    )
    if not arguments.events:
        print(text if arguments.json else _words(report.text(), model, report.forgotten))
    return 0


def _words(verdict: str, model: str, forgotten: dict[str, list[float]]) -> str:
    lines = [verdict]
    lines += [
        f"{metric.upper()} on the general test split: {before:.3f} before, {after:.3f} after"
        for metric, (before, after) in forgotten.items()
    ]
    lines.append(model or "The new weights are not kept.")
    return "\n".join(lines)


COMMAND = _Adapt()
