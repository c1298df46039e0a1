"""`uvanet train`: a student from human gaze."""

from __future__ import annotations

import dataclasses
import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

from uvanet.cli.options import number
from uvanet.cli.training_options import add_machine
from uvanet.errors import MissingExtraError, UsageError

if TYPE_CHECKING:
    import argparse


TRAINING = ("torch", "onnx", "lightning_fabric", "efficientnet_lite_pytorch")
"""Modules of the extra `train`: whatever one of them lacks fails in the middle of a run."""


class _Train:
    description = """\
Trains a student on the train split of the gaze data and exports the weights that are best on val:
NAME.onnx, NAME.safetensors and the card NAME.json, in the run's folder. A run that was stopped
goes on where it was when the same command is given again.
"""
    examples = """examples:
  uvanet train --data ../shared/data --out runs/uvanet-64
  uvanet train --data ../shared/data --out runs/quick --epochs 20
  torchrun --nproc-per-node 2 -m uvanet train --data ../shared/data --out runs/two
"""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--data", metavar="FOLDER", help="the data (else UVANET_DATA)")
        parser.add_argument(
            "--out", type=Path, required=True, metavar="FOLDER", help="the run's folder"
        )
        parser.add_argument(
            "--preset", default="uvanet-64", metavar="NAME", help="the student (%(default)s)"
        )
        parser.add_argument(
            "--epochs", type=number(1, 100_000), metavar="N", help="passes over the data"
        )
        parser.add_argument("--seed", type=int, metavar="N", help="of all chance in the run")
        add_machine(parser)
        parser.add_argument(
            "--threads", type=number(1, 256), metavar="N", help="of the processor (all)"
        )

    def run(self, arguments: argparse.Namespace) -> int:
        need_torch()
        import torch

        from uvanet.data.fixations import find_root
        from uvanet.training.config import TrainConfig
        from uvanet.training.data.loader import gaze_material
        from uvanet.training.distributed import make_fabric
        from uvanet.training.provenance import Provenance, gaze_sources
        from uvanet.training.publish import publish_student
        from uvanet.training.trainer import train

        preset = preset_named(arguments.preset)
        if arguments.threads:
            torch.set_num_threads(int(arguments.threads))
        chosen = {"epochs": arguments.epochs and int(arguments.epochs), "seed": arguments.seed}
        config = dataclasses.replace(
            TrainConfig(preset=preset, precision=arguments.precision),
            **{name: value for name, value in chosen.items() if value is not None},
        )
        root = find_root(arguments.data)
        fabric = make_fabric(config.precision, arguments.device)
        material = gaze_material(root, config.cache_resolution)
        result = train(config, material, arguments.out, fabric=fabric)
        if not fabric.is_global_zero:
            return 0
        changed = "".join(f" --{name} {value}" for name, value in chosen.items() if value)
        command = f"uvanet train --preset {config.preset}{changed} --data DATA --out RUN"
        origin = Provenance(
            "UVA-Net student trained on human gaze over still pictures, without a teacher.",
            gaze_sources(root),
            {"command": command, "config": dataclasses.asdict(config)},
        )
        card = publish_student(config, result.weights, root, arguments.out, origin)
        found, prior = card.measured("val"), card.metrics["val"]["center-prior"]
        print(
            f"{arguments.out / card.name}.onnx: NSS {found['nss']:.3f} on val "
            f"(centre prior {prior['nss']:.3f}), {card.parameters} parameters"
        )
        return 0


def need_torch() -> None:
    """Refuses to go on without torch.

    Raises:
        MissingExtraError: It is not installed.
    """
    missing = [name for name in TRAINING if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingExtraError(
            f"Training needs {missing[0]}, which is not installed.",
            "Install it with: pip install 'uvanet[train]'.",
        )


def preset_named(name: str) -> str:
    """Gives the name back where there is such a student; needs torch.

    Raises:
        UsageError: There is none.
    """
    from uvanet.models import PRESETS

    if name not in PRESETS:
        raise UsageError(f"There is no student {name!r}.", f"Choose {', '.join(PRESETS)}.")
    return name


COMMAND = _Train()
