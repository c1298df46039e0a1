"""Small data sets on disk, in the layouts of published sets."""

from __future__ import annotations

import csv
import gzip
from typing import TYPE_CHECKING

import cv2
import numpy as np
from scipy.io import savemat

if TYPE_CHECKING:
    from pathlib import Path

SIZE = (96, 64)
"""Width and height of all pictures here."""


def picture(x: float, y: float) -> np.ndarray:
    """A bright disc on dim noise, BGR."""
    image = np.random.default_rng(3).integers(0, 80, (SIZE[1], SIZE[0], 3), np.uint8)
    return cv2.circle(image, (round(x), round(y)), 7, (230, 240, 250), -1)


def density(x: float, y: float) -> np.ndarray:
    """A density map with one blob, uint8, as in published sets."""
    marks = np.zeros((SIZE[1], SIZE[0]), np.float32)
    marks[round(y), round(x)] = 1
    blurred = cv2.GaussianBlur(marks, (0, 0), 4)
    return np.asarray(blurred / blurred.max() * 255, np.uint8)


def marks(x: float, y: float, size: int = 1) -> np.ndarray:
    """A fixation map of one block of fixated pixels, 0 and 255."""
    found = np.zeros((SIZE[1], SIZE[0]), np.uint8)
    found[round(y) : round(y) + size, round(x) : round(x) + size] = 255
    return found


def write(path: Path, image: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), image)
    return path


def write_mat(path: Path, **held: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    savemat(path, held)


def write_video(path: Path, places: list[tuple[float, float]], fps: float = 30) -> None:
    """Writes a video of a disc that has one position in each frame."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # OpenCV recognizes endings in lower case only.
    plain = path.with_suffix(path.suffix.lower())
    code = cv2.VideoWriter.fourcc(*("MJPG" if plain.suffix == ".avi" else "mp4v"))
    writer = cv2.VideoWriter(str(plain), code, fps, SIZE)
    assert writer.isOpened()
    for x, y in places:
        writer.write(picture(x, y))
    writer.release()
    plain.rename(path)


def path_of(count: int) -> list[tuple[float, float]]:
    """Positions of a disc that moves to the right, one for each frame."""
    return [(20 + 56 * i / max(1, count - 1), 30.0) for i in range(count)]


def talk_tree(root: Path, clips: int = 2, frames: int = 70) -> Path:
    """Clips in which gaze follows the disc; coordinates are those of 1280 x 720."""
    rows = []
    for number in range(clips):
        places = path_of(frames)
        write_video(root / f"{number:03d}.mp4", places, fps=25)
        for k, (x, y) in enumerate(places):
            for observer in range(3):
                dx, dy = np.random.default_rng([number, k, observer]).normal(0, 15, 2)
                at = [round(x * 1280 / SIZE[0] + dx, 1), round(y * 720 / SIZE[1] + dy, 1)]
                rows.append([f"{number:03d}", observer, k * 40, 30, *at])
    with gzip.open(root / "fixations.csv.gz", "wt", newline="") as file:
        table = csv.writer(file)
        table.writerow(["clip", "observer", "onset_ms", "duration_ms", "x", "y"])
        table.writerows(rows)
    return root


def avs1k_tree(root: Path) -> Path:
    for split, video in (("trainSet", "Human_00001"), ("validSet", "Building_00012")):
        for i, (x, y) in enumerate(path_of(5), 1):
            name = f"{video}/{video}_{i:05d}.png"
            write(root / split / "Frame" / name, picture(x, y))
            write(root / split / "Ground" / name, density(x, y))
    return root


def acl_clip(folder: Path, stems: list[str], *, as_mat: bool) -> None:
    """A clip in the format of UCF-Sports and Hollywood-2 by the authors of DHF1K."""
    for stem, (x, y) in zip(stems, path_of(len(stems)), strict=True):
        write(folder / "images" / f"{stem}.png", picture(x, y))
        write(folder / "maps" / f"{stem}.png", density(x, y))
        if as_mat:
            write_mat(folder / "fixation" / "maps" / f"{stem}.mat", I=marks(x, y) // 255)
        else:
            write(folder / "fixation" / f"{stem}.png", marks(x, y))


def ucf_tree(root: Path) -> Path:
    stems = [f"Diving-Side_001_{i:03d}" for i in range(1, 6)]
    for half in ("training", "testing"):
        acl_clip(root / half / "Diving-Side-001", stems, as_mat=True)
    return root


def hollywood_tree(root: Path) -> Path:
    for half, name in (("training", "actioncliptrain00001"), ("testing", "actioncliptest00001")):
        # Frame numbers of the second shot follow those of the first.
        for shot, first in ((1, 1), (2, 48)):
            stems = [f"{name}_{i:05d}" for i in range(first, first + 4)]
            acl_clip(root / half / f"{name}_{shot}", stems, as_mat=False)
    return root


def dhf1k_tree(root: Path) -> Path:
    """Videos 1 and 601 as files, video 602 as a folder of frames."""
    for number in (1, 601, 602):
        folder = root / "annotation" / f"{number:04d}"
        acl_clip(folder, [f"{i:04d}" for i in range(1, 7)], as_mat=False)
        if number == 602:
            continue
        for path in (folder / "images").iterdir():
            path.unlink()
        (folder / "images").rmdir()
        write_video(root / "video" / f"{number:03d}.AVI", path_of(6))
    return root


def salicon_tree(root: Path) -> Path:
    for split in ("train", "val"):
        for number, (x, y) in enumerate([(30, 20), (70, 40)]):
            stem = f"COCO_{split}2014_{number:012d}"
            write(root / "images" / split / f"{stem}.jpg", picture(x, y))
            write(root / "maps" / split / f"{stem}.png", density(x, y))
            kind = [(name, object) for name in ("location", "timestamp", "fixations")]
            gaze = np.zeros((2, 1), kind)
            for i in range(2):
                # Pixels are counted from 1, in an unsigned type.
                at = np.array([[x + 1, y + 1], [x + 2 + i, y + 1]], np.uint8)
                gaze[i, 0] = (at, np.zeros((2, 1)), at)
            write_mat(
                root / "fixations" / split / f"{stem}.mat",
                image=stem,
                resolution=np.array([[SIZE[1], SIZE[0]]], np.uint16),
                gaze=gaze,
            )
    return root


def mit1003_tree(root: Path) -> Path:
    for number, (x, y) in enumerate([(30, 20), (70, 40), (50, 30)]):
        name = f"i{number}"
        write(root / "ALLSTIMULI" / f"{name}.jpeg", picture(x, y))
        write(root / "ALLFIXATIONMAPS" / f"{name}_fixMap.jpg", density(x, y))
        write(root / "ALLFIXATIONMAPS" / f"{name}_fixPts.jpg", marks(x, y))
    return root
