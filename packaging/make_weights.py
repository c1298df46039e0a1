"""Makes all weights that ship: both teachers, then the students; `make weights` runs this.

Results in the run's folder are used again, so that a run that was stopped resumes. The gaze data is
taken from UVANET_DATA, unlabelled pictures and clips from its folder `pool`.
"""

import argparse
import dataclasses
import shutil
from pathlib import Path

from uvanet.cli.training_options import ProgressBar
from uvanet.data.fixations import find_root
from uvanet.deploy.quantize import SUFFIX, export_int8
from uvanet.training.config import SpatialTeacherConfig, TemporalTeacherConfig, step1_config
from uvanet.training.data.crops import ViewConfig
from uvanet.training.pipeline import DistillConfig, distill
from uvanet.training.publish import publish_spatial, publish_temporal
from uvanet.training.teachers.build import make_spatial, make_teachers
from uvanet.training.teachers.inference import SPATIAL, TEMPORAL

ROOT = Path(__file__).resolve().parents[1]
WEIGHTS = ROOT / "resources" / "weights"
SPATIAL_CONFIG, TEMPORAL_CONFIG = SpatialTeacherConfig(), TemporalTeacherConfig()


@dataclasses.dataclass(frozen=True)
class Run:
    """A run of both steps: passes over the views, and learning rates relative to the usual ones."""

    epochs: int
    rates: float = 1.0


FIRST = "uvanet-64"
RUNS = {
    FIRST: [Run(9)],
    "uvanet-32": [Run(4), Run(3), Run(2, 0.6)],
    "uvanet-128": [Run(2), Run(2), Run(2, 0.6)],
}
"""Each run starts from the one before; the first run of the other students from FIRST, whose
network is the same. NSS on `val` after each in 0.1.0: uvanet-32 1.707, 1.721 and, by smaller steps,
1.738; uvanet-128 2.179, 2.196 and 2.231.
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
    for name, runs in RUNS.items():
        if name not in wanted:
            continue
        start = "" if name == FIRST else str(made(out, FIRST, len(RUNS[FIRST]) - 1))
        for place, run in enumerate(runs):
            if not made(out, name, place).exists():
                train(root, out, name, start, run)
                (out / name).rename(made(out, name, place).parent)
            start = str(made(out, name, place))
        folder = Path(start).parent
        ship(folder, name, (".onnx", ".safetensors", ".json"))
        export_int8(folder / f"{name}.onnx", root)
        ship(folder, f"{name}{SUFFIX}", (".onnx", ".json"))


def made(out: Path, name: str, place: int) -> Path:
    """The weights of a student's run."""
    return out / f"{name}-run{place + 1}" / f"{name}.safetensors"


def train(root: Path, out: Path, name: str, start: str, run: Run) -> None:
    """One run of both steps; its results lie in `out / name`."""
    usual = step1_config(name, start)
    config = dataclasses.replace(
        usual,
        epochs=run.epochs,
        eval_every=min(2, run.epochs),
        peak_lr=run.rates * usual.peak_lr,
        muon_lr=run.rates * usual.muon_lr,
    )
    progress = ProgressBar()
    run = DistillConfig(
        student=config,
        spatial=SPATIAL_CONFIG,
        temporal=TEMPORAL_CONFIG,
        views=ViewConfig(),
        root=root,
        pool=root / "pool",
    )
    distill(run, out, callback=progress)
    progress.close()


if __name__ == "__main__":
    main()
