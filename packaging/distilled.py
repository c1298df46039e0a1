"""Compares the shipped students with training on gaze alone; writes DISTILLED.md beside them.

Each shipped student and its branches are compared with the same network trained on gaze alone, for
240 passes over the pictures, with the best weights on `val`. A run that was stopped resumes;
`--there` starts no training.
"""

import argparse
from pathlib import Path

import numpy as np
from ablate import measured, table
from make_weights import ROOT, RUNS, WEIGHTS

from uvanet.data.fixations import find_root, read_split
from uvanet.evaluation.branches import student_predictor
from uvanet.evaluation.calibration import best_logit_scale
from uvanet.evaluation.predictors import Predictor, StreamPredictor
from uvanet.model import Model
from uvanet.model_card import read_card
from uvanet.models import PRESETS, SpatioTemporal, load_student
from uvanet.runtime.torch_engine import TorchEngine
from uvanet.training.config import TrainConfig
from uvanet.training.data.frame_pairs import cache_side
from uvanet.training.distillation import train_student
from uvanet.training.pipeline import gaze_pictures

WORDS = """\
# What distillation is worth to what ships
Made by `packaging/distilled.py`. NSS on human gaze that no student saw, and in brackets the
difference to the student that ships with the 95 % interval of paired differences (2,000 bootstrap
draws; on talk over its five clips). "Gaze alone" is the same network, trained on the gaze pictures
without any teacher for 240 passes, the best of which `val` chose; it is sharpened on `val` as the
shipped one is. One seed each.
"""
ALONE = "gaze alone, no teacher"


def undistilled(preset: str, root: Path, out: Path) -> SpatioTemporal:
    """Trains a student on gaze alone."""
    side = cache_side(PRESETS[preset].input_size)
    config = TrainConfig(preset=preset, cache_resolution=max(160, side))
    result = train_student(config, gaze_pictures(root, config.cache_resolution), out)
    assert result.weights is not None
    student = load_student(preset, result.weights)
    student.scale_logits(best_logit_scale(student_predictor(student), read_split(root, "val")))
    return student


def rows_of(preset: str, alone: SpatioTemporal | None) -> list[Predictor]:
    """Rows of the shipped student, its branches, and the student without a teacher, if given."""
    card = read_card(WEIGHTS / f"{preset}.json")
    shipped = load_student(preset, WEIGHTS / f"{preset}.safetensors")
    engines = {
        preset: TorchEngine(shipped),
        **{
            f"its {words} alone": TorchEngine(shipped, output=name)
            for name, words in (
                ("spatiotemporal", "mixed features"),
                ("spatial", "spatial branch"),
                ("temporal", "temporal branch"),
            )
        },
    }
    if alone is not None:
        engines[ALONE] = TorchEngine(alone)
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
        out = arguments.out / preset
        begun = (out / "best.safetensors").exists()
        alone = undistilled(preset, root, out) if begun or not arguments.there else None
        groups = {row.name: [row] for row in rows_of(preset, alone)}
        parts += ["", *table(measured(groups, root, preset), preset)]
    text = "\n".join(parts) + "\n"
    (WEIGHTS / "DISTILLED.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    np.seterr(invalid="ignore")
    main()
