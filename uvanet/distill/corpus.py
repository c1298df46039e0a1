"""What students learn from: many views of many pictures, each labelled by the teacher.

Human gaze exists for a thousand pictures only; the teacher labels any picture. Each view is
labelled anew, at the teacher's resolution, so that a crop's label is what the teacher sees in the
crop and not a warped piece of a larger map. Where people looked at the picture, their gaze and
the teacher's map are blended.

Labels lie in a cache, a file a picture, named by the hash of the teacher, the settings and the
picture's bytes: a build that was stopped goes on, and nothing is labelled twice.
"""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch
from tqdm import tqdm

from uvanet.data.fixations import read_rgb
from uvanet.distill.views import View, random_view

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from torch import Tensor


LABEL_SIDE = 48


@dataclass(frozen=True, slots=True)
class Example:
    """A picture to learn from.

    Attributes:
        key: Its name in the cache: a hash of its bytes.
        load: Reads it, RGB uint8 (h, w, 3).
        fixations: Where people looked, (n, 2) in its pixels; None where nobody was asked.
        views: How many views to take.
    """

    key: str
    load: Callable[[], NDArray[np.uint8]]
    fixations: NDArray[np.float32] | None
    views: int


@dataclass(frozen=True, slots=True)
class CorpusConfig:
    """How views are taken and labelled.

    Attributes:
        gaze_views: Views of a picture with gaze.
        pool_views: Views of a picture without.
        clip_every: Seconds between the frames taken from a clip.
        clip_views: Views of such a frame.
        min_zoom: Least part of a side that a view shows.
        side: Side at which views are kept, pixels.
        gaze_share: Share of human gaze in a blended label.
    """

    gaze_views: int = 10
    pool_views: int = 5
    clip_every: float = 1.0
    clip_views: int = 2
    min_zoom: float = 0.4
    side: int = 128
    gaze_share: float = 0.5


def picture_example(
    path: Path, views: int, fixations: NDArray[np.float32] | None = None
) -> Example:
    """A picture file as an example."""
    key = hashlib.sha256(path.read_bytes()).hexdigest()[:24]
    return Example(key, lambda: read_rgb(path), fixations, views)


def clip_examples(path: Path, config: CorpusConfig) -> list[Example]:
    """Frames of a clip as examples, `config.clip_every` seconds apart."""
    content = hashlib.sha256(path.read_bytes()).hexdigest()[:24]
    video = cv2.VideoCapture(str(path))
    fps, count = video.get(cv2.CAP_PROP_FPS), int(video.get(cv2.CAP_PROP_FRAME_COUNT))
    video.release()
    step = max(1, round(fps * config.clip_every))
    return [
        Example(f"{content}-{i}", _frame_loader(path, i), None, config.clip_views)
        for i in range(step // 2, count, step)
    ]


def _frame_loader(path: Path, index: int) -> Callable[[], NDArray[np.uint8]]:
    def load() -> NDArray[np.uint8]:
        video = cv2.VideoCapture(str(path))
        video.set(cv2.CAP_PROP_POS_FRAMES, index)
        done, image = video.read()
        video.release()
        if not done:
            raise ValueError(f"{path} has no frame {index}")
        return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)

    return load


def build(
    examples: Sequence[Example],
    teacher: Callable[[NDArray[np.uint8]], NDArray[np.float32]],
    teacher_hash: str,
    config: CorpusConfig,
    cache: Path,
) -> tuple[Tensor, Tensor]:
    """Labels what is not labelled yet and loads all of it.

    Args:
        examples: The pictures.
        teacher: Labels a view.
        teacher_hash: Says which teacher; another one labels anew.
        config: How.
        cache: Folder of the labels; made where missing.

    Returns:
        uint8 RGB (n, side, side, 3) and float16 labels (n, 48, 48), the largest value of each 1.
    """
    settings = hashlib.sha256(f"{teacher_hash} {config}".encode()).hexdigest()[:16]
    folder = cache / settings
    folder.mkdir(parents=True, exist_ok=True)
    images, labels = [], []
    for example in tqdm(examples, desc="labels", unit="picture"):
        path = folder / f"{example.key}-{example.views}.npz"
        found = _read(path)
        if found is None:
            found = _label(example, teacher, config)
            part = path.with_suffix(".part")
            with part.open("wb") as file:
                np.savez(file, images=found[0], labels=found[1])
            part.replace(path)
        images.append(found[0])
        labels.append(found[1])
    return torch.from_numpy(np.concatenate(images)), torch.from_numpy(np.concatenate(labels))


def _read(path: Path) -> tuple[NDArray[np.uint8], NDArray[np.float16]] | None:
    try:
        # Opened here, since np.load leaves the file of a broken archive open.
        with path.open("rb") as file, np.load(file) as stored:
            return stored["images"], stored["labels"]
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return None


def _label(
    example: Example,
    teacher: Callable[[NDArray[np.uint8]], NDArray[np.float32]],
    config: CorpusConfig,
) -> tuple[NDArray[np.uint8], NDArray[np.float16]]:
    image = example.load()
    size = (image.shape[1], image.shape[0])
    # Seeded by the picture, so that a build gives the same whatever was cached before.
    rng = np.random.default_rng(int(hashlib.sha256(example.key.encode()).hexdigest()[:12], 16))
    views = [View(), *(random_view(rng, config.min_zoom) for _ in range(example.views - 1))]
    small, labels = [], []
    for view in views:
        rows, columns = image.shape[:2]
        native = (round(view.width * columns), round(view.height * rows))
        part = view.cut(image, (max(8, native[0]), max(8, native[1])))
        label = _square(teacher(part))
        if example.fixations is not None:
            gaze = view.density(example.fixations, size, (LABEL_SIDE, LABEL_SIDE))
            if gaze.sum() > 0:
                label = (1 - config.gaze_share) * label + config.gaze_share * gaze
        small.append(view.cut(image, (config.side, config.side)))
        labels.append((label / label.max()).astype(np.float16))
    return np.stack(small), np.stack(labels)


def _square(density: NDArray[np.float32]) -> NDArray[np.float32]:
    resized = cv2.resize(density, (LABEL_SIDE, LABEL_SIDE), interpolation=cv2.INTER_CUBIC)
    resized = np.maximum(resized, 0)
    return np.asarray(resized / resized.sum(), np.float32)


def pool_examples(pool: Path, config: CorpusConfig) -> Iterable[Example]:
    """All pictures and clips below a folder, in the order of their names."""
    for path in sorted(pool.rglob("*")):
        if path.suffix.lower() in (".jpg", ".jpeg", ".png"):
            yield picture_example(path, config.pool_views)
        elif path.suffix.lower() in (".mp4", ".avi", ".mov", ".mkv", ".webm"):
            yield from clip_examples(path, config)
