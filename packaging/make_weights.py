"""Makes every weight that ships: both teachers, then the students; `make weights` runs this.

What the run's folder already holds is used, so that a run that was stopped goes on. The gaze data
is taken from UVANET_DATA, unlabelled pictures and clips from its folder `pool`.
"""

import argparse
import dataclasses
import shutil
from pathlib import Path

from uvanet.cli.training import Bar
from uvanet.data.fixations import find_root
from uvanet.distill.config import distilled
from uvanet.distill.quantize import SUFFIX, export_int8
from uvanet.distill.recipe import distill
from uvanet.distill.teach import TeacherConfig
from uvanet.distill.teach_motion import MotionTeacherConfig
from uvanet.distill.teacher_cards import write_cards
from uvanet.distill.teaching import SPATIAL, TEMPORAL, make_teachers
from uvanet.distill.views import CorpusConfig

ROOT = Path(__file__).resolve().parents[1]
WEIGHTS = ROOT / "resources" / "weights"
TEACHER, MOTION, CORPUS = TeacherConfig(), MotionTeacherConfig(), CorpusConfig()

FIRST = "uvanet-64"
EPOCHS = {FIRST: 9, "uvanet-32": 4, "uvanet-128": 4}
"""Passes over the views. The others start from the first one's weights: the network is the same.

What ships as uvanet-128 had its four in two runs of two, each with its second step.
"""


def ship(folder: Path, name: str, endings: tuple[str, ...]) -> None:
    """Copies a model's files into the program's resources."""
    for ending in endings:
        shutil.copyfile(folder / f"{name}{ending}", WEIGHTS / f"{name}{ending}")
    print(f"shipped {name}")


def main() -> None:
    """Makes what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "runs" / "weights", help="the run")
    parser.add_argument("--only", action="append", help="a model's name; may be repeated")
    arguments = parser.parse_args()
    wanted = arguments.only or [SPATIAL, TEMPORAL, *EPOCHS]
    out: Path = arguments.out
    out.mkdir(parents=True, exist_ok=True)
    root = find_root(None)
    shown = Bar()
    make_teachers(root, out, TEACHER, MOTION, shown)
    shown.close()
    if {SPATIAL, TEMPORAL} & set(wanted):
        write_cards(root, out, TEACHER, MOTION)
        for name in (SPATIAL, TEMPORAL):
            ship(out, name, (".onnx", ".json"))
    for name, epochs in EPOCHS.items():
        if name not in wanted:
            continue
        start = "" if name == FIRST else str(out / FIRST / f"{FIRST}.safetensors")
        config = dataclasses.replace(
            distilled(name, start), epochs=epochs, eval_every=min(2, epochs)
        )
        bar = Bar()
        pool = root / "pool"
        distill(config, TEACHER, CORPUS, root, out, motion=MOTION, pool=pool, watch=bar)
        bar.close()
        ship(out / name, name, (".onnx", ".safetensors", ".json"))
        export_int8(out / name / f"{name}.onnx", root)
        ship(out / name, f"{name}{SUFFIX}", (".onnx", ".json"))


if __name__ == "__main__":
    main()
