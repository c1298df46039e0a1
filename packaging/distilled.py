"""Compares the shipped students with training on gaze alone; writes DISTILLED.md beside them.

Each shipped student and its branches are compared with the same network trained on gaze alone, in
the chain of `make_weights.RUNS`: as many passes over the pictures with gaze, from the same size,
with the best weights on `val`. A run that was stopped resumes; `--there` starts no training.
"""

import argparse
import dataclasses
from pathlib import Path

import numpy as np
from ablate import measured, table
from make_weights import ROOT, RUNS, WEIGHTS

from uvanet.data.fixations import find_root
from uvanet.evaluation.predictors import Predictor, StreamPredictor
from uvanet.model import Model
from uvanet.model_card import read_card
from uvanet.models import SpatioTemporal, load_student
from uvanet.runtime.torch_engine import TorchEngine
from uvanet.training.config import step1_config
from uvanet.training.distillation import distill_student
from uvanet.training.pipeline import gaze_pictures
from uvanet.training.publish import calibrate

WORDS = """\
# What distillation is worth to what ships
Made by `packaging/distilled.py`. NSS on human gaze that no student saw, and in brackets the
difference to the student that ships with the 95 % interval of paired differences (2,000 bootstrap
draws; on talk over its five clips). All students see pictures at the size at which they ship.

"Gaze alone" is the same network without any teacher, trained as `make weights` trains the one that
ships: as many passes over the pictures with gaze, from the same smaller student (that of gaze
alone), with the best weights on `val`, calibrated on `val`. It is one run of one seed; the
uvanet-64 that ships is the mean of three runs.
"""
ALONE = "gaze alone, no teacher"


def train_on_gaze(preset: str, root: Path, out: Path) -> Path:
    """Trains a student on gaze alone, and those that it starts from, and returns its weights."""
    run = RUNS[preset]
    start = str(train_on_gaze(run.start, root, out)) if run.start else ""
    config = dataclasses.replace(
        step1_config(preset, start), epochs=run.step1, step2_epochs=run.step2, eval_every=10
    )
    data = gaze_pictures(root, config.cache_resolution)
    weights = distill_student(config, data, out / preset).weights
    assert weights is not None  # `val` is measured at the end at the latest
    return weights


def undistilled(preset: str, root: Path, out: Path) -> SpatioTemporal:
    """A student trained on gaze alone, calibrated as those that ship."""
    student = load_student(preset, train_on_gaze(preset, root, out))
    height, _ = read_card(WEIGHTS / f"{preset}.json").inference_size
    calibrate(student, height, root)
    return student


def rows_of(preset: str, alone: SpatioTemporal | None) -> list[Predictor]:
    """Rows of the shipped student, its branches, and the student without a teacher, if given."""
    card = read_card(WEIGHTS / f"{preset}.json")
    shipped = load_student(preset, WEIGHTS / f"{preset}.safetensors")
    engines = {
        preset: TorchEngine(shipped, card=card),
        **{
            f"its {words} alone": TorchEngine(shipped, output=name, card=card)
            for name, words in (
                ("spatiotemporal", "mixed features"),
                ("spatial", "spatial branch"),
                ("temporal", "temporal branch"),
            )
        },
    }
    if alone is not None:
        engines[ALONE] = TorchEngine(alone, card=card)
    return [StreamPredictor(name, Model(card, engine)) for name, engine in engines.items()]


def main() -> None:
    """Trains, measures and writes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "runs" / "undistilled", help="the runs")
    parser.add_argument("--only", action="append", help="a student's name; may be repeated")
    parser.add_argument("--there", action="store_true", help="begin no training")
    arguments = parser.parse_args()
    root = find_root(None)
    parts = [WORDS.rstrip()]
    for preset in arguments.only or RUNS:
        begun = (arguments.out / preset).exists()
        alone = undistilled(preset, root, arguments.out) if begun or not arguments.there else None
        groups = {row.name: [row] for row in rows_of(preset, alone)}
        parts += ["", *table(measured(groups, root, preset), preset)]
        if alone is None:
            parts += ["", f"`{preset}` was not trained on gaze alone in this run."]
    text = "\n".join(parts) + "\n"
    (WEIGHTS / "DISTILLED.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    np.seterr(invalid="ignore")
    main()
