"""Makes all weights that ship: both teachers, then the students; `make weights` runs this.

Results in the run's folder are used again, so that a run that was stopped resumes. The gaze data is
taken from UVANET_DATA, unlabelled pictures and clips from its folders `pool` and `pool2`.
"""

import argparse
import dataclasses
import shutil
from pathlib import Path

from uvanet.cli.training_options import ProgressBar
from uvanet.data.fixations import find_root
from uvanet.deploy.quantize import SUFFIX, export_int8
from uvanet.model_card import read_card
from uvanet.training.config import SpatialTeacherConfig, TemporalTeacherConfig, step1_config
from uvanet.training.pipeline import DistillConfig, distill
from uvanet.training.provenance import weights_license
from uvanet.training.publish import publish_spatial, publish_temporal
from uvanet.training.teachers.build import make_spatial, make_teachers
from uvanet.training.teachers.inference import SPATIAL, TEMPORAL

ROOT = Path(__file__).resolve().parents[1]
WEIGHTS = ROOT / "resources" / "weights"
SPATIAL_CONFIG, TEMPORAL_CONFIG = SpatialTeacherConfig(), TemporalTeacherConfig()


@dataclasses.dataclass(frozen=True)
class Run:
    """A student's run of both steps.

    Attributes:
        start: The student it starts from; empty for random weights.
        step1: Passes over the pictures with gaze in step 1, of crops; 0 where its start had them.
        step2: The same in step 2, of nearly whole pictures.
    """

    start: str
    step1: int
    step2: int


RUNS = {
    "uvanet-64": Run("", 300, 45),
    "uvanet-32": Run("uvanet-64", 0, 90),
    "uvanet-128": Run("uvanet-64", 0, 40),
    "uvanet-256": Run("uvanet-64", 0, 14),
}
"""From small to large: a pair costs 4 times as much at twice the side, and the network is the same.
"""


def ship(folder: Path, name: str, endings: tuple[str, ...]) -> None:
    """Copies a model's files into the program's resources."""
    for ending in endings:
        shutil.copyfile(folder / f"{name}{ending}", WEIGHTS / f"{name}{ending}")
    print(f"shipped {name}")


def main() -> None:
    """Makes the models that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "runs" / "weights", help="the run")
    parser.add_argument("--only", action="append", help="a model's name; may be repeated")
    arguments = parser.parse_args()
    wanted = arguments.only or [SPATIAL, TEMPORAL, *RUNS]
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
        if not weights_of(out, name).exists():
            train(root, out, name, run)
        folder = out / name
        require_permissive(folder / f"{name}.json")
        ship(folder, name, (".onnx", ".safetensors", ".json"))
        export_int8(folder / f"{name}.onnx", root)
        ship(folder, f"{name}{SUFFIX}", (".onnx", ".json"))


def weights_of(out: Path, name: str) -> Path:
    """The weights of a student's run, which are there when it has ended."""
    return out / name / f"{name}.safetensors"


def require_permissive(path: Path) -> None:
    """Ends the program where a source of the weights does not allow to ship them."""
    card = read_card(path)
    if weights_license(card.data) != "Apache-2.0":
        raise SystemExit(f"{card.name} may not ship: {weights_license(card.data)}.")


def train(root: Path, out: Path, name: str, run: Run) -> None:
    """A run of both steps; its results lie in `out / name`."""
    start = str(weights_of(out, run.start)) if run.start else ""
    config = dataclasses.replace(
        step1_config(name, start), epochs=run.step1, step2_epochs=run.step2, eval_every=10
    )
    progress = ProgressBar()
    distill(
        DistillConfig(
            student=config,
            spatial=SPATIAL_CONFIG,
            temporal=TEMPORAL_CONFIG,
            root=root,
            pools=(root / "pool", root / "pool2"),
        ),
        out,
        callback=progress,
    )
    progress.close()


if __name__ == "__main__":
    main()
