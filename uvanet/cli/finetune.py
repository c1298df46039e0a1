"""`uvanet finetune`: fine-tunes a student on a scene, a folder or a data set with gaze."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from uvanet.atomic_io import write_text
from uvanet.cli.options import integer, number
from uvanet.cli.training_options import add_result, add_training, need_torch, running
from uvanet.errors import UsageError
from uvanet.i18n import tr
from uvanet.paths import expand_user

if TYPE_CHECKING:
    import argparse

    from uvanet.training.adapt import AdaptConfig, FinetuneResult
    from uvanet.training.control import Callback


class _Finetune:
    description = """\
Fine-tunes a student on one of: a scene (SOURCE, watched for --seconds), a folder of videos and
pictures (--pool), both labelled by a teacher; or a published data set with gaze (--set). The
student is measured before and after on later frames of the scene, or on held-out files: CC with
the teacher or the gaze, with 95 % intervals. It is kept only if it is better: NAME.onnx,
NAME.safetensors and the card NAME.json, in OUT/NAME. Nothing is sent anywhere; stored frames are
deleted from OUT at the end. A run that was killed resumes when the command is given again.
"""
    examples = """examples:
  uvanet finetune camera:0 --seconds 60 --out runs/desk
  uvanet finetune talk.mp4 --out runs/talk --teacher teacher-spatial.onnx --json
  uvanet finetune demo --out runs/demo --replay ~/Pictures --data DATA
  uvanet finetune --pool ~/Videos --start uvanet-64 --out runs/mine
  uvanet finetune --set salicon=~/SALICON --start uvanet-64 --out runs/salicon
"""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "source",
            metavar="SOURCE",
            nargs="?",
            help="camera, video, folder of pictures, URL or screen:",
        )
        parser.add_argument(
            "--pool",
            type=Path,
            metavar="FOLDER",
            help="train on its videos and pictures; or one video",
        )
        parser.add_argument(
            "--set",
            metavar="NAME=FOLDER",
            dest="published",
            help="train on the gaze of a published data set; NAME as for `uvanet eval`, but "
            "not talk or videos",
        )
        parser.add_argument(
            "--recording",
            action="store_true",
            help="SOURCE is a folder that the window recorded; it is deleted once it is labelled",
        )
        parser.add_argument(
            "--keep-frames", action="store_true", help="do not delete the recording"
        )
        parser.add_argument(
            "--seconds",
            type=number(1, 3600),
            default=60.0,
            metavar="S",
            help="how long the scene is recorded (%(default)g)",
        )
        parser.add_argument(
            "--begin",
            type=number(0, 1e9),
            default=0.0,
            metavar="S",
            help="where in a file the scene begins, seconds (%(default)g)",
        )
        parser.add_argument(
            "--teacher",
            default="",
            metavar="NAME",
            help="the teacher that labels: a name that `uvanet info` lists, or an .onnx file",
        )
        parser.add_argument(
            "--start",
            default="uvanet-64",
            metavar="NAME",
            help="the student to start from (%(default)s)",
        )
        parser.add_argument(
            "--steps", type=integer(1, 1_000_000), metavar="N", help="training steps (600)"
        )
        parser.add_argument(
            "--rate", type=number(1e-6, 1e6), metavar="R", help="largest learning rate (0.0015)"
        )
        parser.add_argument(
            "--replay",
            type=Path,
            metavar="FOLDER",
            help="general pictures that are mixed into training, to reduce forgetting",
        )
        parser.add_argument(
            "--data",
            type=Path,
            metavar="FOLDER",
            help="gaze data on which forgetting is measured",
        )
        add_result(parser)
        parser.add_argument("--json", action="store_true", help="print the report as JSON")
        add_training(parser)

    def run(self, arguments: argparse.Namespace) -> int:
        need_torch()
        from uvanet.training.data.user_media import check_media

        data = (arguments.source, arguments.pool, arguments.published)
        chosen = [choice for choice in data if choice]
        if len(chosen) != 1:
            raise UsageError(
                tr("A student is fine-tuned on one thing at a time."),
                tr("Give one of SOURCE, --pool FOLDER and --set NAME=FOLDER."),
            )
        name, _, place = (arguments.published or "").partition("=")
        if name and not place:
            raise UsageError(
                tr("The data set {name!r} needs its folder.").format(name=name),
                tr("Give --set {name}=FOLDER.").format(name=name),
            )
        title = Path(chosen[0]).stem if arguments.recording or arguments.pool else str(chosen[0])
        with running(arguments, title) as (callback, threads):
            for material in (arguments.pool, arguments.replay):
                if material:
                    check_media(material)
            return _finetune(arguments, _config(arguments, threads), callback)


def _config(arguments: argparse.Namespace, threads: int) -> AdaptConfig:
    import torch

    from uvanet.data.fixations import find_root
    from uvanet.training.adapt import AdaptConfig
    from uvanet.training.config import FinetuneConfig

    torch.set_num_threads(threads)
    tune = FinetuneConfig()
    if arguments.steps:
        tune = dataclasses.replace(tune, steps=arguments.steps)
    if arguments.rate:
        tune = dataclasses.replace(tune, peak_lr=arguments.rate)
    layout, _, folder = (arguments.published or "").partition("=")
    return AdaptConfig(
        source="" if arguments.recording else arguments.source or "",
        recording=Path(arguments.source) if arguments.recording else None,
        keep_recording=arguments.keep_frames,
        own=expand_user(folder) if layout else arguments.pool,
        layout=layout,
        seconds=arguments.seconds,
        begin=arguments.begin,
        teacher=arguments.teacher,
        start=arguments.start,
        replay=arguments.replay,
        data=find_root(arguments.data) if arguments.data else None,
        threads=threads,
        tune=tune,
    )


def _finetune(arguments: argparse.Namespace, config: AdaptConfig, callback: Callback) -> int:
    from uvanet.training.adapt import adapt, clear
    from uvanet.training.progress import DoneEvent

    out: Path = arguments.out
    result = adapt(config, out, callback)
    if result is None:
        clear(out)
        callback.emit(DoneEvent(stopped=True))
        return 0
    report = result.report
    model, name = _keep(result, config, arguments) if report.better else ("", "")
    text = json.dumps(report.as_dict(), indent=1)
    write_text(out / "report.json", text)
    clear(out)
    callback.emit(
        DoneEvent(model=model, name=name, stopped=not result.finished, report=report.as_dict())
    )
    if not arguments.events:
        print(text if arguments.json else _summary(report.text(), model, report.forgotten))
    return 0


def _keep(
    result: FinetuneResult, config: AdaptConfig, arguments: argparse.Namespace
) -> tuple[str, str]:
    """Exports the student; returns its file and name."""
    from uvanet.training.publish import publish_finetuned
    from uvanet.user_models import free_name, save_user_model

    stem = config.source or (config.own.name if config.own else "scene")
    name = arguments.name or free_name(Path(stem).stem)
    folder = arguments.out / name
    folder.mkdir(exist_ok=True)
    publish_finetuned(result, config, name, folder)
    if not arguments.install:
        return str(folder / f"{name}.onnx"), name
    model = save_user_model(folder, name, name)
    shutil.rmtree(folder, ignore_errors=True)
    return str(model), name


def _summary(verdict: str, model: str, forgotten: dict[str, list[float]]) -> str:
    lines = [verdict]
    lines += [
        f"{metric.upper()} on the general test split: {before:.3f} before, {after:.3f} after"
        for metric, (before, after) in forgotten.items()
    ]
    lines.append(model or "The new weights are not kept.")
    return "\n".join(lines)


COMMAND = _Finetune()
