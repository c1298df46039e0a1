"""`uvanet distill`: a student from a teacher, gaze and a pool of pictures."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from uvanet.cli.adapt import add_tuning, run_tuning, tuning
from uvanet.cli.options import number
from uvanet.cli.train import need_torch, preset_named
from uvanet.cli.training import add_machine
from uvanet.errors import UsageError

if TYPE_CHECKING:
    import argparse

    from uvanet.distill.control import Watch


class _Distill:
    description = """\
Trains the spatial teacher on human gaze and lets it label many views of the gaze pictures and of a
pool of others; trains a student on both; then, the second step, on gaze alone. What a run's folder
already holds is used; a run that was stopped goes on where it was. The student and its card lie in
OUT/PRESET.

With --quick there is no gaze and there are no two steps: a teacher that is there labels the pool,
the student --start is fine-tuned on it, and both are measured on files held out, as `uvanet adapt`
does on later frames; it is kept only where it is better.
"""
    examples = """examples:
  uvanet distill --data ../shared/data --pool ../shared/data/pool --out runs/distilled
  uvanet distill --data ../shared/data --pool ~/Pictures --out runs/mine --epochs 5
  torchrun --nproc-per-node 2 -m uvanet distill --data ../shared/data --out runs/two
  uvanet distill --quick --pool ~/Videos --start uvanet-64 --out runs/quick
"""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        from pathlib import Path

        parser.add_argument(
            "--pool", type=Path, metavar="FOLDER", help="more pictures and clips, without gaze"
        )
        parser.add_argument(
            "--quick",
            action="store_true",
            help="fine-tune on what --teacher says of --pool",
        )
        parser.add_argument(
            "--preset", default="uvanet-64", metavar="NAME", help="the student (%(default)s)"
        )
        parser.add_argument(
            "--epochs", type=number(1, 100_000), metavar="N", help="passes over the views"
        )
        add_tuning(parser, start="")
        add_machine(parser)

    def run(self, arguments: argparse.Namespace) -> int:
        need_torch()
        from uvanet.cli.training import running

        if arguments.pool and not arguments.pool.is_dir():
            raise UsageError(f"There is no folder {arguments.pool}.", "Check --pool.")
        if arguments.quick and not arguments.pool:
            raise UsageError("--quick learns from a folder.", "Give --pool FOLDER.")
        title = arguments.pool.name if arguments.pool else "gaze"
        with running(arguments, title, arguments.out) as (watch, threads):
            if arguments.quick:
                return _quick(arguments, watch, threads)
            return _distil(arguments, watch, threads)


def _quick(arguments: argparse.Namespace, watch: Watch, threads: int) -> int:
    arguments.start = arguments.start or arguments.preset
    config = dataclasses.replace(tuning(arguments, threads), own=arguments.pool)
    return run_tuning(arguments, config, watch)


def _distil(arguments: argparse.Namespace, watch: Watch, threads: int) -> int:
    import torch

    from uvanet.data.fixations import find_root
    from uvanet.distill.config import distilled
    from uvanet.distill.control import StoppedError
    from uvanet.distill.corpus import CorpusConfig
    from uvanet.distill.events import event
    from uvanet.distill.recipe import distill
    from uvanet.distill.teach import TeacherConfig
    from uvanet.store import free_name, keep_model

    config = distilled(preset_named(arguments.preset), arguments.start)
    config = dataclasses.replace(config, precision=arguments.precision)
    if arguments.epochs:
        config = dataclasses.replace(config, epochs=int(arguments.epochs))
    torch.set_num_threads(threads)
    root, out = find_root(arguments.data), arguments.out
    parts = (config, TeacherConfig(), CorpusConfig(), root, out)
    try:
        card = distill(*parts, pool=arguments.pool, watch=watch, device=arguments.device)
    except StoppedError as stopped:
        watch.tell(event("log", words=str(stopped)))
        watch.tell(event("done", model="", name="", stopped=True, report={}))
        return 0
    if card is None:
        return 0
    path, name = out / card.name / f"{card.name}.onnx", card.name
    if arguments.install:
        name = arguments.name or free_name(card.name)
        path = keep_model(path.parent, card.name, name)
    fused, prior = card.metrics["val"]["fused"], card.metrics["val"]["centre-prior"]
    words = (
        f"NSS {fused['nss']:.3f} on val (centre prior {prior['nss']:.3f}), "
        f"{card.parameters} parameters"
    )
    watch.tell(event("log", words=words))
    watch.tell(event("done", model=str(path), name=name, stopped=False, report={}))
    if not arguments.events:
        print(f"{path}: {words}")
    return 0


COMMAND = _Distill()
