"""`uvanet label`: teachers label a pool of pictures and clips for a distillation."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from uvanet.cli.batch import add_workers
from uvanet.cli.options import file_name, integer
from uvanet.errors import UsageError, UvanetError
from uvanet.extras import require
from uvanet.i18n import tr
from uvanet.redaction import printable, visible

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from uvanet.training.data.label_tasks import LabelTask

FAILED_EXIT = 1


class _Label:
    description = """\
Labels the pictures and clips of POOL with both teachers and stores the labels in OUT/labels, where
`uvanet distill --pool POOL --out OUT` with the same teachers finds them. The same command continues
after an interruption: a file with labels is not labelled again. Needs the extra cluster, not torch.
"""
    examples = """examples:
  uvanet label POOL --out runs/mine --workers 8
  uvanet label /data/POOL --out /data/run --scheduler tcp://10.0.0.1:8786
  uvanet distill --data DATA --pool POOL --out runs/mine --spatial teacher-spatial
"""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "pools",
            type=Path,
            nargs="+",
            metavar="POOL",
            help="folders of pictures and clips, or single clips",
        )
        parser.add_argument(
            "--out", type=file_name, required=True, metavar="FOLDER", help="the run's folder"
        )
        for kind in ("spatial", "temporal"):
            parser.add_argument(
                f"--{kind}",
                default="",
                metavar="NAME",
                help=f"the {kind} teacher, a model's name or an .onnx file (the shipped one)",
            )
        parser.add_argument(
            "--threads",
            type=integer(1, 256),
            default=1,
            metavar="N",
            help="threads of a process (%(default)s)",
        )
        add_workers(parser.add_argument_group("several processes or machines"))
        parser.add_argument("--quiet", action="store_true", help="no progress bar")

    def run(self, arguments: argparse.Namespace) -> int:
        require("onnx", "cluster")  # which reads the teachers; checked before the first file
        tasks = _tasks(arguments)
        failed = 0
        options = {"unit": "file", "file": sys.stderr, "disable": arguments.quiet}
        with tqdm(total=len(tasks), **options) as progress:
            for task, error in _run(tasks, arguments):
                if error:
                    failed += 1
                    progress.write(
                        f"uvanet: {printable(task.path)}: {visible(error)}", file=sys.stderr
                    )
                progress.update()
        print(f"{len(tasks)} files: {len(tasks) - failed} labelled, {failed} failed")
        return FAILED_EXIT if failed else 0


def _tasks(arguments: argparse.Namespace) -> list[LabelTask]:
    from uvanet.training.data.label_tasks import LabelTask
    from uvanet.training.data.pseudo_labels import CLIP_EVERY, PAIR_EVERY, pool_files
    from uvanet.training.data.user_media import check_media
    from uvanet.training.teachers.inference import SPATIAL, TEMPORAL, find_teacher

    for pool in arguments.pools:
        check_media(pool)
    files = [path for folder in arguments.pools for path in pool_files(folder.absolute())]
    if not files:
        raise UsageError(tr("POOL holds no picture and no clip."), tr("Choose another folder."))
    spatial = find_teacher(arguments.spatial or SPATIAL).absolute()
    temporal = find_teacher(arguments.temporal or TEMPORAL).absolute()
    labels = arguments.out.absolute() / "labels"
    return [
        LabelTask(path, (spatial, temporal), labels, CLIP_EVERY, PAIR_EVERY, arguments.threads)
        for path in files
    ]


def _run(
    tasks: Sequence[LabelTask], arguments: argparse.Namespace
) -> Iterator[tuple[LabelTask, str]]:
    from uvanet.cluster import run_tasks
    from uvanet.training.data.label_tasks import label_file

    for task, error in run_tasks(
        label_file, tasks, workers=arguments.workers, scheduler=arguments.scheduler
    ):
        yield task, str(error) if isinstance(error, UvanetError) else error


COMMAND = _Label()
