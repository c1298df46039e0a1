"""What students learn from: many views of many pictures, each labelled by the teacher.

Human gaze exists for a thousand pictures only; the teacher labels any picture. Each view is
labelled anew, at the teacher's resolution, so that a crop's label is what the teacher sees in the
crop and not a warped piece of a larger map. Where people looked at the picture, their gaze and
the teacher's map are blended.

Labels lie in a cache, a file a picture, named by the hash of the teacher, the settings and the
picture's bytes: a build that was stopped goes on, and nothing is labelled twice. Pictures do not:
cutting a view is quick, and students of different sizes want it at different sizes.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch

from uvanet.atomic_io import atomic_write
from uvanet.data.fixations import read_rgb
from uvanet.training.control import Callback, track
from uvanet.training.data.crops import CorpusConfig, View, random_view

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
    side: int,
    watch: Callback | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """Labels what is not labelled yet and loads all of it.

    Args:
        examples: The pictures.
        teacher: Labels a view: from RGB uint8 (h, w, 3) of any size to a density of sum 1.
        teacher_hash: Says which teacher; another one labels anew.
        config: How.
        cache: Folder of the labels; made where missing.
        side: Side at which the views are wanted, pixels.
        watch: Told how far it is; may end it.

    Returns:
        uint8 RGB (n, side, side, 3), float16 labels (n, 48, 48), the largest value of each 1, and
        the views' own width over height, (n,).
    """
    settings = hashlib.sha256(f"{teacher_hash} {config}".encode()).hexdigest()[:16]
    folder = cache / settings
    folder.mkdir(parents=True, exist_ok=True)
    total = sum(example.views for example in examples)
    # One block: views of many pictures fill most of the memory, so they must not lie there twice.
    images = torch.empty(total, side, side, 3, dtype=torch.uint8)
    labels = torch.empty(total, LABEL_SIDE, LABEL_SIDE, dtype=torch.float16)
    ratios: list[float] = []
    for example in track(examples, "label", watch or Callback()):
        image = example.load()
        views = views_of(example, config)
        path = folder / f"{example.key}-{example.views}.npy"
        found = read_labels(path)
        if found is None or found.shape != (len(views), LABEL_SIDE, LABEL_SIDE):
            found = np.stack([_label(image, view, example, teacher, config) for view in views])
            atomic_save(path, found)
        place = slice(len(ratios), len(ratios) + len(views))
        labels[place] = torch.from_numpy(found)
        for i, view in enumerate(views, len(ratios)):
            images[i] = torch.from_numpy(view.cut(image, (side, side)))
        rows, columns = image.shape[:2]
        ratios += [view.width * columns / (view.height * rows) for view in views]
    return images, labels, torch.tensor(ratios)


def views_of(example: Example, config: CorpusConfig) -> list[View]:
    """The views that are taken of a picture, the whole first; always the same."""
    # Seeded by the picture, so that a build gives the same whatever was cached before.
    seed = int(hashlib.sha256(example.key.encode()).hexdigest()[:12], 16)
    rng = np.random.default_rng(seed)
    return [View(), *(random_view(rng, config.min_zoom) for _ in range(example.views - 1))]


def read_labels(path: Path) -> NDArray[np.float16] | None:
    """An array from the cache; None where there is none, or no whole one."""
    try:
        with path.open("rb") as file:
            found: NDArray[np.float16] = np.load(file)
    except (OSError, ValueError, EOFError):
        return None
    return found


def atomic_save(path: Path, array: NDArray[np.generic]) -> None:
    """Writes an array into the cache, whole or not at all."""
    with atomic_write(path) as part, part.open("wb") as file:
        np.save(file, array)


def _label(
    image: NDArray[np.uint8],
    view: View,
    example: Example,
    teacher: Callable[[NDArray[np.uint8]], NDArray[np.float32]],
    config: CorpusConfig,
) -> NDArray[np.float16]:
    rows, columns = image.shape[:2]
    native = (max(8, round(view.width * columns)), max(8, round(view.height * rows)))
    label = square_label(teacher(view.cut(image, native)))
    if example.fixations is not None:
        gaze = view.density(example.fixations, (columns, rows), (LABEL_SIDE, LABEL_SIDE))
        if gaze.sum() > 0:
            label = (1 - config.gaze_share) * label + config.gaze_share * gaze
    return np.asarray(label / label.max(), np.float16)


def square_label(density: NDArray[np.float32]) -> NDArray[np.float32]:
    """A density of any shape as labels are kept: (48, 48), of sum 1."""
    resized = cv2.resize(density, (LABEL_SIDE, LABEL_SIDE), interpolation=cv2.INTER_CUBIC)
    resized = np.maximum(resized, 0)
    return np.asarray(resized / resized.sum(), np.float32)


def is_clip(path: Path) -> bool:
    """Whether a file's name is that of a video."""
    return path.suffix.lower() in (".mp4", ".avi", ".mov", ".mkv", ".webm")


def pool_files(pool: Path) -> list[Path]:
    """Pictures and clips below a folder, ordered by path."""
    return [
        path
        for path in sorted(pool.rglob("*"))
        if path.suffix.lower() in (".jpg", ".jpeg", ".png") or is_clip(path)
    ]


def pool_examples(pool: Path, config: CorpusConfig) -> Iterable[Example]:
    """All pictures and clips below a folder, ordered by path."""
    for path in pool_files(pool):
        if is_clip(path):
            yield from clip_examples(path, config)
        else:
            yield picture_example(path, config.pool_views)
