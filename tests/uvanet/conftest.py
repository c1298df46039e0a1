"""A small tree of pictures with gaze, in the shared layout."""

from __future__ import annotations

import csv
import gzip
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

if TYPE_CHECKING:
    from pathlib import Path

SPLITS = {"train": 8, "val": 2, "test": 2}


@pytest.fixture
def gaze_tree(tmp_path: Path) -> Path:
    """Twelve pictures of a bright disc on noise; every observer looks at the disc."""
    rng = np.random.default_rng(4)
    folder = tmp_path / "data" / "fixations"
    (folder / "made").mkdir(parents=True)
    fixations, splits = [], []
    for split, count in SPLITS.items():
        for i in range(count):
            name = f"{split}{i}.jpg"
            image = rng.integers(0, 90, (90, 120, 3), np.uint8)
            x, y = int(rng.integers(20, 100)), int(rng.integers(20, 70))
            cv2.circle(image, (x, y), 12, (240, 240, 240), -1)
            cv2.imwrite(str(folder / "made" / name), image)
            splits.append({"image": f"made/{name}", "split": split})
            for observer in range(5):
                dx, dy = rng.normal(0, 3, 2)
                row = ["made", name, observer, round(x + dx, 1), round(y + dy, 1), 0.2]
                fixations.append(row)
    with gzip.open(folder / "fixations.csv.gz", "wt", newline="") as table:
        writer = csv.writer(table)
        writer.writerow(["dataset", "image", "observer", "x", "y", "duration_s"])
        writer.writerows(fixations)
    with (folder / "split.csv").open("w", newline="") as table:
        rows = csv.DictWriter(table, ["image", "split"])
        rows.writeheader()
        rows.writerows(splits)
    return tmp_path / "data"


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """Tests share a small machine: torch's threads would wait for each other's cores."""
    import torch

    torch.set_num_threads(1)
