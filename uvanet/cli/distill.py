"""`uvanet distill`: a student from a teacher, gaze and a pool of pictures."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from uvanet.cli.options import number
from uvanet.cli.train import need_torch, preset_named
from uvanet.errors import UsageError

if TYPE_CHECKING:
    import argparse


class _Distill:
    description = """\
Trains the spatial teacher on human gaze and lets it label many views of the gaze pictures and of a
pool of others; trains a student on both; then, the second step, on gaze alone. What a run's folder
already holds is used; a run that was stopped goes on where it was. The student and its card lie in
OUT/PRESET.
"""
    examples = """examples:
  uvanet distill --data ../shared/data --pool ../shared/data/pool --out runs/distilled
  uvanet distill --data ../shared/data --pool ~/Pictures --out runs/mine --epochs 5
"""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--data", metavar="FOLDER", help="the data (else UVANET_DATA)")
        parser.add_argument(
            "--pool", type=Path, metavar="FOLDER", help="more pictures and clips, without gaze"
        )
        parser.add_argument(
            "--out", type=Path, required=True, metavar="FOLDER", help="the run's folder"
        )
        parser.add_argument(
            "--preset", default="uvanet-64", metavar="NAME", help="the student (%(default)s)"
        )
        parser.add_argument(
            "--start", default="", metavar="NAME", help="a model to start from, of any input size"
        )
        parser.add_argument(
            "--epochs", type=number(1, 100_000), metavar="N", help="passes over the views"
        )
        parser.add_argument(
            "--threads", type=number(1, 256), metavar="N", help="of the processor (all)"
        )

    def run(self, arguments: argparse.Namespace) -> int:
        need_torch()
        import torch

        from uvanet.data.fixations import find_root
        from uvanet.distill.config import distilled
        from uvanet.distill.corpus import CorpusConfig
        from uvanet.distill.recipe import distill
        from uvanet.distill.teach import TeacherConfig

        config = distilled(preset_named(arguments.preset), arguments.start)
        if arguments.epochs:
            config = dataclasses.replace(config, epochs=int(arguments.epochs))
        if arguments.pool and not arguments.pool.is_dir():
            raise UsageError(f"There is no folder {arguments.pool}.", "Check --pool.")
        if arguments.threads:
            torch.set_num_threads(int(arguments.threads))
        root = find_root(arguments.data)
        card = distill(
            config, TeacherConfig(), CorpusConfig(), root, arguments.out, pool=arguments.pool
        )
        fused, prior = card.metrics["val"]["fused"], card.metrics["val"]["centre prior"]
        print(
            f"{arguments.out / card.name / card.name}.onnx: NSS {fused['nss']:.3f} on val "
            f"(centre prior {prior['nss']:.3f}), {card.parameters} parameters"
        )
        return 0


COMMAND = _Distill()
