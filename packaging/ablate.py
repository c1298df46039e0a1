"""Ablation: trains students without one part each, and writes `resources/weights/ABLATION.md`.

Every student is trained in both steps, for fewer epochs than the shipped ones, and measured on
`test` and on talk: NSS, and the difference to the whole recipe with the 95 % interval of paired
differences. A run that was stopped resumes; `--there` measures existing students and trains none.
The shipped teachers label.
"""

import argparse
import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from make_weights import ROOT, WEIGHTS

from uvanet.data import find_who_to_look_at as talk
from uvanet.data.fixations import find_root, read_split
from uvanet.data.gaze import GazeSet
from uvanet.evaluation.bootstrap import Interval, draw_weights, interval
from uvanet.evaluation.evaluator import evaluate_predictors
from uvanet.evaluation.predictors import Predictor, StreamPredictor
from uvanet.model import Model
from uvanet.model_card import read_card
from uvanet.models import PRESETS, SpatioTemporal, load_student
from uvanet.runtime.torch_engine import TorchEngine
from uvanet.training.config import SpatialTeacherConfig, TrainConfig, step1_config
from uvanet.training.control import Callback
from uvanet.training.distillation import STEP2, TrainingData, distill_student
from uvanet.training.pipeline import DistillConfig, gaze_pictures, training_data
from uvanet.training.teachers.inference import chosen_teachers

BASE = "the whole recipe"
NO_TEACHER = "no distillation: gaze alone"
NO_SPATIAL = "no spatial teacher: gaze, and clips as the temporal one labels them"
NO_TEMPORAL = "no temporal teacher: clips labelled as stills"
DRAWS, SEED = 2000, 0
WORDS = """\
# What each part is worth
Made by {made}:
students of the size of `{preset}`, {epochs} epochs each and then step 2; the shipped
students have more. All are measured on human gaze that none of them was trained on. NSS, and in
brackets the difference to the first row with the 95 % interval of paired differences (2,000
bootstrap draws; on talk over its five clips, which say little). A difference whose interval holds 0
may be chance. One seed each: the effect of another seed is unknown. Runs this short show what
learns fast, not where it ends: the shipped students take several times as many steps, on twice as
many views. The shipped teachers label.

"No step 2" is the network after step 1. The paper's branches are of that kind: each is taught by
its teacher, and then replaced by the network that fuses them.
"""
PARTS = (
    ("spatiotemporal", "the mixed features"),
    ("spatial", "the spatial branch"),
    ("temporal", "the temporal branch"),
)
Means = dict[str, dict[str, tuple[Interval, Interval]]]


class Square(TorchEngine):
    """A student that sees all pictures stretched to squares, as the paper's does."""

    dynamic_input_size = False


def variants(preset: str, epochs: int) -> Iterator[tuple[str, TrainConfig]]:
    """The students that are trained: what is left out, and the settings of step 1."""
    base = dataclasses.replace(step1_config(preset), epochs=epochs, eval_every=epochs)
    yield BASE, base
    yield NO_TEACHER, base
    yield NO_SPATIAL, base
    yield NO_TEMPORAL, base
    yield "no clips", dataclasses.replace(base, clip_share=0.0)
    yield "KL alone as the loss", dataclasses.replace(base, loss="kl")
    yield "gaze alone in step 2, as in the paper", dataclasses.replace(base, step2_targets="gaze")
    yield "AdamW for all weights", dataclasses.replace(base, muon_lr=0.0, peak_lr=5e-3)
    for words, changed in (
        ("squeeze-and-excitation in place of CA-Res", {"attention": "se"}),
        ("plain MobileNetV2 in place of CA-Res", {"attention": "none"}),
        ("CA-Res in every block, as in the paper", {"attention_from": 4}),
        ("a stem of half the channels", {"stem": (8, 16)}),
    ):
        name = f"{preset}-{'-'.join(changed)}-{len(PRESETS)}"
        PRESETS[name] = dataclasses.replace(PRESETS[preset], **changed)
        yield words, dataclasses.replace(base, preset=name)


def data_of(words: str, whole: TrainingData, config: TrainConfig, root: Path) -> TrainingData:
    """The training data of a variant."""
    if words in (NO_TEACHER, NO_SPATIAL):
        # As many steps, on the pictures with gaze alone.
        gaze = gaze_pictures(root, config.cache_resolution)
        times = max(1, len(whole.pictures) // len(gaze.pictures))
        rows = np.tile(np.arange(len(gaze.pictures)), times)
        clips = whole.clips if words == NO_SPATIAL else None
        return gaze._replace(pictures=gaze.pictures.take(rows), clips=clips)
    if words == NO_TEMPORAL and whole.clips is not None:
        return whole._replace(clips=dataclasses.replace(whole.clips, temporal=None))
    return whole


def rows_of(students: dict[str, SpatioTemporal], first: SpatioTemporal) -> list[Predictor]:
    """All that is measured.

    Args:
        students: By the variants' words.
        first: The whole one as the first step left it.
    """
    card = read_card(WEIGHTS / "uvanet-64.json")

    def row(name: str, engine: TorchEngine) -> Predictor:
        return StreamPredictor(name, Model(card, engine))

    base = students[BASE]
    found = [row(name, TorchEngine(student)) for name, student in students.items()]
    found += [row(f"{words} alone", TorchEngine(base, output=name)) for name, words in PARTS]
    found.append(row("no step 2", TorchEngine(first)))
    found += [
        row(f"{words} alone, no step 2", TorchEngine(first, output=name)) for name, words in PARTS
    ]
    found.append(row("pictures stretched to squares", Square(base)))
    for side in (32, 48, 64, 96, 128):
        if side != base.preset.input_size:
            engine = TorchEngine(base)
            engine.input_size = (side, side)
            found.append(row(f"shown {side} x {side} pixels, not trained for it", engine))
    return found


def measured(rows: list[Predictor], root: Path, first: str = BASE) -> Means:
    """NSS of each row on each set, and its difference to that of the row `first`."""
    sets = [GazeSet("test", pictures=read_split(root, "test"))]
    if (root / "talk").is_dir():
        sets.append(talk.read(root / "talk"))
    found: Means = {}
    for data in sets:
        scores = evaluate_predictors(data, rows, ("nss",))
        weights = draw_weights([item.clip for item in scores.items], DRAWS, SEED)
        base = scores.values[first][:, 0]
        found[data.name] = {
            name: (interval(values[:, 0], weights), interval(values[:, 0] - base, weights))
            for name, values in scores.values.items()
        }
    return found


def table(found: Means, first: str = BASE) -> list[str]:
    """Lines of a row each, with differences to the row `first`."""
    lines = ["| | " + " | ".join(found) + " |", "|---|" + "---|" * len(found)]
    for name in next(iter(found.values())):
        cells = []
        for values in found.values():
            value, less = values[name]
            told = f"{value.mean:.3f}"
            if name != first:
                told += f" ({less.mean:+.3f} [{less.low:+.3f}, {less.high:+.3f}])"
            cells.append(told)
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return lines


def train(preset: str, epochs: int, root: Path, out: Path) -> None:
    """Trains every variant in a folder of its number."""
    run = DistillConfig(
        student=step1_config(preset),
        spatial=SpatialTeacherConfig(),
        root=root,
        pools=(root / "pool", root / "pool2"),
    )
    whole = training_data(run, chosen_teachers(), out / "labels", Callback())
    for number, (words, config) in enumerate(variants(preset, epochs)):
        print(f"\n{words}", flush=True)
        distill_student(config, data_of(words, whole, config, root), out / str(number))


def report(found: Means, preset: str, epochs: int) -> str:
    """The table."""
    made = f"`packaging/ablate.py --preset {preset} --epochs {epochs}`"
    lines = [WORDS.format(made=made, preset=preset, epochs=epochs), *table(found)]
    lines += ["", *(f"![Differences on {data}](ablation-{data}.svg)" for data in found)]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Trains, measures and writes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "runs" / "ablation", help="the run")
    parser.add_argument("--preset", default="uvanet-32")
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--there", action="store_true", help="train nothing")
    arguments = parser.parse_args()
    root, out, preset = find_root(None), arguments.out, arguments.preset
    if not arguments.there:
        train(preset, arguments.epochs, root, out)
    students: dict[str, SpatioTemporal] = {}
    for number, (words, config) in enumerate(variants(preset, arguments.epochs)):
        weights = out / str(number) / STEP2 / "best.safetensors"
        if weights.exists():
            students[words] = load_student(config.preset, weights)
    first = load_student(preset, out / "0" / "best.safetensors")
    found = measured(rows_of(students, first), root)
    text = report(found, preset, arguments.epochs)
    (WEIGHTS / "ABLATION.md").write_text(text, encoding="utf-8")
    for data, rows in found.items():
        less = {name: one for name, (_, one) in rows.items() if name != BASE}
        write_plot(WEIGHTS / f"ablation-{data}.svg", f"NSS on {data}, less that of {BASE}", less)
    print(text)


def write_plot(path: Path, title: str, rows: dict[str, Interval]) -> None:
    """Means with their 95 % intervals below each other, as SVG."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 0.6 + 0.35 * len(rows)), layout="constrained")
    axes = figure.subplots()
    for place, one in enumerate(rows.values()):
        color = "tab:red" if one.high < 0 else "tab:green" if one.low > 0 else "tab:gray"
        axes.errorbar(
            one.mean,
            place,
            xerr=[[one.mean - one.low], [one.high - one.mean]],
            fmt="o",
            color=color,
        )
    axes.axvline(0, color="black", linewidth=0.8)
    axes.set_yticks(range(len(rows)), list(rows))
    axes.invert_yaxis()
    axes.set_title(title)
    # Without the date, so that the same numbers give the same file.
    figure.savefig(path, metadata={"Date": None})


if __name__ == "__main__":
    np.seterr(invalid="ignore")
    main()
