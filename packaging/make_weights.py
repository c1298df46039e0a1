"""Makes all shipped weights: both teachers, then the students; `make weights` runs this.

Results in the run's folder are reused, so that a run that was stopped resumes. The gaze data is
that of UVANET_DATA; unlabelled pictures and clips are in its folders `pool` and `pool2`.
"""

import argparse
import dataclasses
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from msgspec.structs import replace
from safetensors.torch import load_file, save_file
from torch import Tensor

from uvanet.cli.training_options import ProgressBar
from uvanet.data.fixations import find_root
from uvanet.deploy.quantize import SUFFIX, export_int8
from uvanet.model_card import read_card
from uvanet.training.config import SpatialTeacherConfig, TemporalTeacherConfig, step1_config
from uvanet.training.distillation import STEP2, distill_student
from uvanet.training.pipeline import DistillConfig, provenance, training_data
from uvanet.training.provenance import Provenance, weights_license
from uvanet.training.publish import publish_spatial, publish_student, publish_temporal
from uvanet.training.teachers.build import make_spatial, make_teachers
from uvanet.training.teachers.inference import SPATIAL, TEMPORAL, chosen_teachers
from uvanet.training.trainer import BEST

ROOT = Path(__file__).resolve().parents[1]
WEIGHTS = ROOT / "resources" / "weights"
SPATIAL_CONFIG, TEMPORAL_CONFIG = SpatialTeacherConfig(), TemporalTeacherConfig()


@dataclasses.dataclass(frozen=True)
class Run:
    """A student's run of both steps.

    Attributes:
        start: Name of the student to start from; empty for random weights.
        step1: Passes over the pictures with gaze in step 1, on crops; 0 to leave out step 1.
        step2: Passes over the pictures with gaze in step 2, on nearly whole pictures.
        more: Changed settings of further runs of step 2; the mean of the weights of all runs ships.
    """

    start: str
    step1: int
    step2: int
    more: tuple[dict[str, Any], ...] = ()


RUNS = {
    "uvanet-64": Run("", 300, 45, ({"face_weight": 0.0}, {"step2_targets": "gaze"})),
    "uvanet-32": Run("uvanet-64", 0, 20, ({"seed": 8}, {"seed": 9})),
    "uvanet-128": Run("uvanet-64", 0, 12, ({"seed": 8}, {"seed": 9, "face_weight": 0.0})),
    "uvanet-256": Run("uvanet-128", 0, 6, ({"seed": 8, "face_weight": 0.0},)),
}
"""Students in the order of their training. All have one architecture, and a pair of frames at twice
the side takes 4 times as long, so larger students start from smaller ones.

More passes of step 2 overfit: `uvanet-32`, shown at 56 pixels, has NSS 1.920, 1.923 and 1.925 on
`val` after 5, 10 and 20 passes, and 1.865 at the end of 90, while its loss falls by a quarter. The
same of `uvanet-64` trained at 80 pixels and shown at 96: 2.132 after 6 passes, 2.131 after 12.
Eight further passes at 88 pixels, from the `uvanet-64` that ships, end at 2.127 instead of its
2.140, both shown at 88 and without the stronger center bias.

`uvanet-128` had its best NSS on `val`, 2.393, after 8 of 40 passes.

The mean of the weights of three runs of step 2 of `uvanet-64` has NSS 2.125 on `val`, the runs have
2.107, 2.109 and 2.101 (shown at 80 pixels); that of `uvanet-128` has 2.408, the runs have 2.396,
2.388 and 2.406. Source: Wortsman et al., *Model soups*, ICML 2022.
"""


def ship(folder: Path, name: str, endings: tuple[str, ...]) -> None:
    """Copies a model's files into the program's resources."""
    for ending in endings:
        shutil.copyfile(folder / f"{name}{ending}", WEIGHTS / f"{name}{ending}")
    print(f"shipped {name}")


def main() -> None:
    """Makes the chosen models."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "runs" / "weights", help="the run")
    parser.add_argument("--only", action="append", help="a model's name; may be repeated")
    parser.add_argument(
        "--shipped", action="store_true", help="teachers and starts are those that ship"
    )
    parser.add_argument(
        "--calibrate", action="store_true", help="train nothing: calibrate what ships anew on val"
    )
    arguments = parser.parse_args()
    wanted = arguments.only or ([] if arguments.calibrate else [SPATIAL, TEMPORAL]) + list(RUNS)
    out: Path = arguments.out
    out.mkdir(parents=True, exist_ok=True)
    root = find_root(None)
    progress = ProgressBar()
    if SPATIAL in wanted or TEMPORAL in wanted:
        make_spatial(root, out, SPATIAL_CONFIG, progress)
        spatial = publish_spatial(root, out, SPATIAL_CONFIG)
        ship(out, SPATIAL, (".onnx", ".json"))
    if TEMPORAL in wanted:
        make_teachers(root, out, SPATIAL_CONFIG, TEMPORAL_CONFIG, progress)
        publish_temporal(root, out, TEMPORAL_CONFIG, spatial)
        ship(out, TEMPORAL, (".onnx", ".json"))
    progress.close()
    for name, run in RUNS.items():
        if name not in wanted:
            continue
        if arguments.calibrate:
            calibrate_shipped(root, out / name, name)
        elif not weights_of(out, name).exists():
            train(root, out, name, run, shipped=arguments.shipped)
        folder = out / name
        require_permissive(folder / f"{name}.json")
        ship(folder, name, (".onnx", ".safetensors", ".json"))
        export_int8(folder / f"{name}.onnx", root)
        ship(folder, f"{name}{SUFFIX}", (".onnx", ".json"))


def weights_of(out: Path, name: str) -> Path:
    """File of the weights of a student's run; it exists when the run has ended."""
    return out / name / f"{name}.safetensors"


def require_permissive(path: Path) -> None:
    """Ends the program if a source of the weights does not allow to ship them."""
    card = read_card(path)
    if weights_license(card.data) != "Apache-2.0":
        raise SystemExit(f"{card.name} may not ship: {weights_license(card.data)}.")


def train(root: Path, out: Path, name: str, run: Run, *, shipped: bool) -> None:
    """Trains a student in both steps; its results are in `out / name`.

    Args:
        root: The gaze data.
        out: The run's folder.
        name: Name of the student.
        run: Its settings.
        shipped: Whether the teachers and the student to start from are those that ship.
    """
    start = ""
    if run.start:
        start = run.start if shipped else str(weights_of(out, run.start))
    student = dataclasses.replace(
        step1_config(name, start), epochs=run.step1, step2_epochs=run.step2, eval_every=10
    )
    config = DistillConfig(
        student=student,
        spatial=SPATIAL_CONFIG,
        temporal=TEMPORAL_CONFIG,
        root=root,
        pools=(root / "pool", root / "pool2"),
        teachers=chosen_teachers() if shipped else None,
    )
    folder = config.folder(out)
    folder.mkdir(parents=True, exist_ok=True)
    progress = ProgressBar()
    teachers = config.teachers or make_teachers(
        root, out, SPATIAL_CONFIG, TEMPORAL_CONFIG, progress
    )
    data = training_data(config, teachers, out / "labels", progress)
    origin = provenance(config, out)
    weights = distill_student(student, data, folder, callback=progress).weights
    assert weights is not None  # `val` is measured at the end at the latest
    if run.more:
        files = [folder / STEP2 / BEST]
        start = str(folder / BEST) if run.step1 else start
        for number, changed in enumerate(run.more, start=2):
            again = dataclasses.replace(student, start=start, epochs=0, **changed)
            distill_student(again, data, folder / str(number), callback=progress)
            files.append(folder / str(number) / STEP2 / BEST)
        weights = folder / "mean.safetensors"
        save_file(mean_weights([load_file(file) for file in files]), weights)
        recipe = {**origin.recipe, "mean of": [{}, *run.more]}
        origin = dataclasses.replace(origin, recipe=recipe)
    publish_student(student, weights, root, folder, origin)
    progress.close()


def calibrate_shipped(root: Path, folder: Path, name: str) -> None:
    """Publishes a student that ships anew, after another calibration.

    The recipe of its card gets the calibration of the trained weights that gives the same student.

    Args:
        root: The gaze data.
        folder: For the results; made where missing.
        name: Name of the student.
    """
    folder.mkdir(parents=True, exist_ok=True)
    card = read_card(WEIGHTS / f"{name}.json")
    origin = Provenance(card.description, card.data, card.recipe)
    weights = WEIGHTS / f"{name}.safetensors"
    again = publish_student(step1_config(name), weights, root, folder, origin)
    gain, scale = again.recipe["center gain"], again.recipe["logit scale"]
    before = card.recipe["logit scale"]
    recipe = {
        **again.recipe,
        "center gain": round(card.recipe.get("center gain", 0.0) + gain / before, 3),
        "logit scale": round(before * scale, 3),
    }
    replace(again, recipe=recipe).write(folder / f"{name}.json")


def mean_weights(models: Sequence[dict[str, Tensor]]) -> dict[str, Tensor]:
    """The mean of each tensor of some models of one architecture."""
    return {
        key: torch.stack([model[key].double() for model in models]).mean(0).to(value.dtype)
        for key, value in models[0].items()
    }


if __name__ == "__main__":
    main()
