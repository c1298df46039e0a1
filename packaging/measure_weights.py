"""Measures the shipped models anew and writes the numbers into their cards.

The gaze data is that of UVANET_DATA. On one core, a student takes about three minutes and the
teachers fifteen; `--only NAME` measures one model. `packaging/readme_table.py` then writes README's
table.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from msgspec.structs import replace

from uvanet.data.fixations import find_root, read_split
from uvanet.evaluation.baselines import center_prior
from uvanet.evaluation.branches import branch_predictors
from uvanet.evaluation.card_metrics import card_metrics
from uvanet.evaluation.predictors import Predictor, StreamPredictor
from uvanet.model import load
from uvanet.model_card import Card, Metrics, read_card
from uvanet.models import load_student
from uvanet.training.publish import spatial_metrics, temporal_metrics
from uvanet.training.teachers.inference import TEMPORAL

WEIGHTS = Path(__file__).resolve().parents[1] / "resources" / "weights"


def rows_of(path: Path, card: Card, prior: Predictor) -> list[Predictor]:
    """The rows of a student's card: prior and predictions; of an int8 student its ensemble."""
    if card.quantized_from is not None:
        return [StreamPredictor("ensemble", load(path))]
    student = load_student(card.architecture, path.with_suffix(".safetensors"))
    return [prior, *branch_predictors(student, card)]


def measured(path: Path, card: Card, root: Path) -> Metrics:
    """Measures the metrics of a card; a teacher's metrics on other sets are kept."""
    if card.role == "teacher":
        measure = temporal_metrics if card.name == TEMPORAL else spatial_metrics
        return {**card.metrics, **measure(root, WEIGHTS)}
    prior = center_prior(read_split(root, "train"))
    return card_metrics(rows_of(path, card, prior), root)


def main() -> None:
    """Measures the chosen models."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", action="append", help="a model's name; may be repeated")
    arguments = parser.parse_args()
    root = find_root(None)
    for path in sorted(WEIGHTS.glob("*.onnx")):
        if arguments.only and path.stem not in arguments.only:
            continue
        card = read_card(path.with_suffix(".json"))
        notes = [note for note in card.notes if "KLD" not in note]
        card = replace(card, metrics=measured(path, card, root), notes=notes)
        card.write(path.with_suffix(".json"))
        print(f"{card.name}: NSS on test {card.measured('test').get('nss')}", flush=True)


if __name__ == "__main__":
    main()
