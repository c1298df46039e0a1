"""Ablation: trains students without one part each, and writes `resources/weights/ABLATION.md`.

Every student is trained in both steps, for fewer epochs than the shipped ones, from several seeds,
and measured on `test` and on talk: NSS, and the difference to the first row with the 95 %
interval of paired differences. A run that was stopped resumes; `--there` measures existing students
without training. The shipped teachers label the data.
"""

import argparse
import dataclasses
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

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
from uvanet.training.trainer import BEST

BASE = "the whole recipe"
NO_TEACHER = "no distillation: gaze alone"
NO_SPATIAL = "no spatial teacher: gaze, and clips as the temporal one labels them"
NO_TEMPORAL = "no temporal teacher: clips labelled as stills"
DRAWS, SEED = 2000, 0
WORDS = """\
# What each part is worth
Made by {made}:
students of the size of `{preset}`, {epochs} epochs of step 1 and {step2} of step 2; the shipped
students have more. All are measured on human gaze that none of them was trained on. NSS is the mean
over {seeds} seeds; then the least and the greatest of one seed; then the difference of the means to
the first row with the 95 % interval of paired differences (2,000 bootstrap draws of pictures; on
talk over its five clips, which say little). A difference whose interval holds 0, or that is smaller
than the distance of the seeds, may be chance. Runs this short show what learns fast, not where it
ends. The shipped teachers label. The students are shown pictures of the size of their training,
which is smaller than the size at which they ship and costs them accuracy.

"No step 2" is the network after step 1, which has no memory of motion. The paper's branches are of
that kind: each is taught by its teacher, and then replaced by the network that fuses them.
"""
KEPT = """\
CA-Res and the three branches are parts of the paper's network. Where their rows show no loss, they
are kept for fidelity to it and buy no accuracy that runs of this length show."""
PARTS = (
    ("spatiotemporal", "the mixed features"),
    ("spatial", "the spatial branch"),
    ("temporal", "the temporal branch"),
)


class Measured(NamedTuple):
    """NSS of a row on one set.

    Attributes:
        seeds: Mean of each seed.
        value: Mean over the seeds, with its interval over the pictures.
        less: The same of the difference to the first row.
    """

    seeds: tuple[float, ...]
    value: Interval
    less: Interval


Means = dict[str, dict[str, Measured]]


class Square(TorchEngine):
    """A student whose input is stretched to a square, as in the paper."""

    dynamic_input_size = False


def variants(preset: str, epochs: int) -> Iterator[tuple[str, TrainConfig]]:
    """Yields the variants: a description of the part that is left out, and settings of step 1."""
    base = dataclasses.replace(
        step1_config(preset), epochs=epochs, step2_epochs=epochs // 2, eval_every=epochs
    )
    yield BASE, base
    yield NO_TEACHER, without(base, base.pool_share + base.clip_share)
    yield NO_SPATIAL, without(base, base.pool_share)
    yield NO_TEMPORAL, base
    yield "no clips", dataclasses.replace(without(base, base.clip_share), clip_share=0.0)
    yield "no face head", dataclasses.replace(base, face_weight=0.0)
    yield "KL alone as the loss", dataclasses.replace(base, loss="kl")
    yield "gaze alone in step 2, as in the paper", dataclasses.replace(base, step2_targets="gaze")
    yield "AdamW for all weights", dataclasses.replace(base, muon_lr=0.0, peak_lr=5e-3)
    for words, changed in (
        ("squeeze-and-excitation in place of CA-Res", {"attention": "se"}),
        ("plain MobileNetV2 in place of CA-Res", {"attention": "none"}),
        ("CA-Res in every block, as in the paper", {"attention_from": 4}),
    ):
        name = "-".join((preset, *(str(part) for item in changed.items() for part in item)))
        PRESETS[name] = dataclasses.replace(PRESETS[preset], **changed)
        yield words, dataclasses.replace(base, preset=name)
    yield "no memory of motion", dataclasses.replace(base, step2_memory=False)


def without(config: TrainConfig, share: float) -> TrainConfig:
    """Adds epochs where a share of the batches has no data, so that a run keeps its steps."""
    gaze = 1.0 - config.pool_share - config.clip_share
    times = (gaze + share) / gaze
    return dataclasses.replace(
        config,
        epochs=round(times * config.epochs),
        step2_epochs=round(times * config.step2_epochs),
    )


def data_of(words: str, whole: TrainingData, config: TrainConfig, root: Path) -> TrainingData:
    """The training data of a variant."""
    if words in (NO_TEACHER, NO_SPATIAL):
        gaze = gaze_pictures(root, config.cache_resolution)
        return gaze._replace(clips=whole.clips if words == NO_SPATIAL else None)
    if words == NO_TEMPORAL and whole.clips is not None:
        return whole._replace(clips=dataclasses.replace(whole.clips, temporal=None))
    return whole


def rows_of(
    preset: str, students: dict[str, list[SpatioTemporal]], firsts: list[SpatioTemporal]
) -> dict[str, list[Predictor]]:
    """The rows of the table: for each, a predictor of each seed.

    Args:
        preset: Size of the students. They are shown pictures of the size of their training.
        students: Description of the variant to its students, one for each seed.
        firsts: Students of the first row after step 1.
    """
    card = read_card(WEIGHTS / f"{preset}.json")
    found: dict[str, list[Predictor]] = {}

    def add(name: str, engines: Iterable[TorchEngine]) -> None:
        models = [Model(card, engine) for engine in engines]
        found[name] = [StreamPredictor(f"{name} {n}", one) for n, one in enumerate(models)]

    base = students[BASE]
    for name, group in students.items():
        add(name, map(TorchEngine, group))
    for name, words in PARTS:
        add(f"{words} alone", (TorchEngine(one, output=name) for one in base))
    add("no step 2", map(TorchEngine, firsts))
    for name, words in PARTS:
        add(f"{words} alone, no step 2", (TorchEngine(one, output=name) for one in firsts))
    add("pictures stretched to squares", map(Square, base))
    return found


def measured(groups: dict[str, list[Predictor]], root: Path, first: str = BASE) -> Means:
    """NSS of each row on each set, and its difference to that of the row `first`."""
    sets = [GazeSet("test", pictures=read_split(root, "test"))]
    if (root / "talk").is_dir():
        sets.append(talk.read(root / "talk"))
    found: Means = {}
    rows = [row for group in groups.values() for row in group]
    for data in sets:
        scores = evaluate_predictors(data, rows, ("nss",))
        weights = draw_weights([item.clip for item in scores.items], DRAWS, SEED)
        values = {
            name: np.stack([scores.values[row.name][:, 0] for row in group])
            for name, group in groups.items()
        }
        base = values[first].mean(0)
        found[data.name] = {
            name: Measured(
                tuple(interval(seed, weights).mean for seed in seeds),
                interval(seeds.mean(0), weights),
                interval(seeds.mean(0) - base, weights),
            )
            for name, seeds in values.items()
        }
    return found


def table(found: Means, first: str = BASE) -> list[str]:
    """Lines of a row each, with differences to the row `first`."""
    lines = ["| | " + " | ".join(found) + " |", "|---|" + "---|" * len(found)]
    for name in next(iter(found.values())):
        cells = []
        for values in found.values():
            seeds, value, less = values[name]
            told = f"{value.mean:.3f}"
            if len(seeds) > 1:
                told += f", {min(seeds):.3f} to {max(seeds):.3f}"
            if name != first:
                told += f" ({less.mean:+.3f} [{less.low:+.3f}, {less.high:+.3f}])"
            cells.append(told)
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return lines


def summary(data: str, rows: dict[str, Measured]) -> Iterator[str]:
    """Sentences about the rows of a set, by the rule that `WORDS` states."""
    base = rows[BASE].seeds
    spread = max(base) - min(base)
    groups: dict[str, list[str]] = {"Worse": [], "Better": [], "No difference shown": []}
    for name, one in rows.items():
        if name == BASE:
            continue
        if one.less.low <= 0 <= one.less.high or abs(one.less.mean) <= spread:
            groups["No difference shown"].append(name)
        else:
            groups["Better" if one.less.mean > 0 else "Worse"].append(name)
    for words, names in groups.items():
        yield f"- {words} on {data}: {'; '.join(names) or 'none'}."


def seeds_of(preset: str, epochs: int, seeds: int) -> Iterator[tuple[int, int, str, TrainConfig]]:
    """Yields seed, number, description and settings of every run; seed by seed."""
    for seed in range(seeds):
        for number, (words, config) in enumerate(variants(preset, epochs)):
            yield seed, number, words, dataclasses.replace(config, seed=config.seed + seed)


def train(preset: str, epochs: int, seeds: int, root: Path, out: Path) -> None:
    """Trains every variant in a folder named after its seed and number."""
    run = DistillConfig(
        student=step1_config(preset),
        spatial=SpatialTeacherConfig(),
        root=root,
        pools=(root / "pool", root / "pool2"),
    )
    whole = training_data(run, chosen_teachers(), out / "labels", Callback())
    for seed, number, words, config in seeds_of(preset, epochs, seeds):
        print(f"\nseed {seed}: {words}", flush=True)
        data = data_of(words, whole, config, root)
        distill_student(config, data, out / f"{seed}-{number}")


def report(found: Means, preset: str, epochs: int, seeds: int) -> str:
    """The table."""
    made = f"`packaging/ablate.py --preset {preset} --epochs {epochs} --seeds {seeds}`"
    words = WORDS.format(made=made, preset=preset, epochs=epochs, step2=epochs // 2, seeds=seeds)
    lines = [words, *table(found), ""]
    lines += [line for data, rows in found.items() for line in summary(data, rows)]
    lines += ["", KEPT]
    lines += ["", *(f"![Differences on {data}](ablation-{data}.svg)" for data in found)]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Trains, measures and writes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "runs" / "ablation", help="the run")
    parser.add_argument("--preset", default="uvanet-32")
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--there", action="store_true", help="train nothing")
    arguments = parser.parse_args()
    root, out, preset = find_root(None), arguments.out, arguments.preset
    epochs, seeds = arguments.epochs, arguments.seeds
    if not arguments.there:
        train(preset, epochs, seeds, root, out)
    students: dict[str, list[SpatioTemporal]] = {}
    for seed, number, words, config in seeds_of(preset, epochs, seeds):
        weights = out / f"{seed}-{number}" / STEP2 / BEST
        if weights.exists():
            students.setdefault(words, []).append(load_student(config.preset, weights))
    students = {words: group for words, group in students.items() if len(group) == seeds}
    firsts = [load_student(preset, out / f"{seed}-0" / BEST) for seed in range(seeds)]
    found = measured(rows_of(preset, students, firsts), root)
    text = report(found, preset, epochs, seeds)
    (WEIGHTS / "ABLATION.md").write_text(text, encoding="utf-8")
    for data, rows in found.items():
        less = {name: one.less for name, one in rows.items() if name != BASE}
        write_plot(WEIGHTS / f"ablation-{data}.svg", f"NSS on {data}, less that of {BASE}", less)
    print(text)


def write_plot(path: Path, title: str, rows: dict[str, Interval]) -> None:
    """Plots means with their 95 % intervals, one row each, as SVG."""
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
    # Without the date, so that equal numbers give equal files.
    figure.savefig(path, metadata={"Date": None})


if __name__ == "__main__":
    np.seterr(invalid="ignore")
    main()
