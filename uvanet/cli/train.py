"""`uvanet train`: trains a student on human gaze alone."""

from __future__ import annotations

import argparse
import dataclasses

from uvanet.cli.options import integer
from uvanet.cli.training_options import (
    accuracy,
    add_machine,
    add_student,
    add_training,
    need_torch,
    preset_named,
    running,
)


class _Train:
    description = """\
Trains a student on the train split of the gaze data and exports the weights that are best on val:
NAME.onnx, NAME.safetensors and the card NAME.json, in the run's folder. The same command resumes a
run that was stopped.
"""
    examples = """examples:
  uvanet train --data DATA --out runs/uvanet-64
  uvanet train --data DATA --out runs/quick --epochs 20
  torchrun --nproc-per-node 2 -m uvanet train --data DATA --out runs/two
"""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        add_student(parser)
        parser.add_argument(
            "--seed", type=integer(0, 2**32 - 1), metavar="N", help="seed of the run"
        )
        add_machine(parser)
        add_training(parser)

    def run(self, arguments: argparse.Namespace) -> int:
        need_torch()
        import torch

        from uvanet.data.fixations import find_root
        from uvanet.training.config import TrainConfig
        from uvanet.training.control import StoppedError
        from uvanet.training.distillation import train_student
        from uvanet.training.distributed import make_fabric, rank_zero_first
        from uvanet.training.pipeline import gaze_pictures
        from uvanet.training.progress import DoneEvent
        from uvanet.training.provenance import Provenance, gaze_sources
        from uvanet.training.publish import publish_student

        preset = preset_named(arguments.preset)
        chosen = {"epochs": arguments.epochs, "seed": arguments.seed}
        given = {name: value for name, value in chosen.items() if value is not None}
        config = dataclasses.replace(
            TrainConfig(preset=preset, precision=arguments.precision), **given
        )
        root = find_root(arguments.data)
        with running(arguments, preset) as (callback, threads):
            torch.set_num_threads(threads)
            fabric = make_fabric(config.precision, arguments.device)
            try:
                with rank_zero_first(fabric):
                    data = gaze_pictures(root, config.cache_resolution, callback)
                result = train_student(
                    config, data, arguments.out, callback=callback, fabric=fabric
                )
            except StoppedError as stopped:
                callback.emit(DoneEvent(stopped=True))
                if fabric.is_global_zero and not arguments.events:
                    print(stopped)
                return 0
            if not fabric.is_global_zero:
                return 0
            assert result.weights is not None
            changed = "".join(f" --{name} {value}" for name, value in given.items())
            command = f"uvanet train --preset {config.preset}{changed} --data DATA --out RUN"
            origin = Provenance(
                "UVA-Net student trained on human gaze over still pictures, without a teacher.",
                gaze_sources(root),
                {"command": command, "config": dataclasses.asdict(config)},
            )
            card = publish_student(config, result.weights, root, arguments.out, origin)
            path = arguments.out / f"{card.name}.onnx"
            callback.emit(DoneEvent(model=str(path), name=card.name))
        if not arguments.events:
            print(f"{path}: {accuracy(card)}")
        return 0


COMMAND = _Train()
