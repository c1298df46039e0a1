"""Trains the spatial teacher: a readout on frozen ImageNet features, on human gaze.

The backbone is frozen, so its features are computed once for several views of each picture, by
ONNX Runtime (four times as fast here as torch), kept as fp16, and only the readout is trained.
"""

from __future__ import annotations

import copy
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from uvanet.data.fixations import read_rgb
from uvanet.deploy.onnx_export import export_onnx
from uvanet.models.teacher import HEIGHT, WIDTH, Pyramid, SpatialTeacher
from uvanet.runtime.session import OnnxSession
from uvanet.training import losses
from uvanet.training.control import Callback, track
from uvanet.training.data.crops import View, random_view
from uvanet.training.distillation import move_average
from uvanet.training.schedule import learning_rate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from uvanet.data.fixations import GazePicture

LABEL_SHAPE = (HEIGHT // 8, WIDTH // 8)


@dataclass(frozen=True, slots=True)
class TeacherConfig:
    """A run.

    Attributes:
        scale: Of the backbone.
        width: Channels of the readout.
        views: Views a picture: the whole, its mirror image, then crops.
        min_zoom: Least part of a side that a crop shows.
        epochs: Passes over all views.
        batch: Views a step.
        peak_lr: Largest learning rate.
        weight_decay: AdamW's.
        average: Decay a step of the averaged weights.
        seed: Of all chance.
        threads: Of the feature extraction.
    """

    scale: int = 2
    width: int = 64
    views: int = 5
    min_zoom: float = 0.55
    epochs: int = 7
    batch: int = 16
    peak_lr: float = 2e-3
    weight_decay: float = 5e-3
    average: float = 0.998
    seed: int = 11
    threads: int = 2


class Extractor:
    """The frozen backbone on ONNX Runtime.

    Args:
        teacher: Whose backbone.
        threads: Of one call.
    """

    def __init__(self, teacher: SpatialTeacher, threads: int) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "backbone.onnx")
            export_onnx(
                teacher.backbone.eval(),
                (torch.zeros(2, 3, HEIGHT, WIDTH),),
                path,
                inputs=("frame",),
                outputs=("s8", "s16", "s32"),
            )
            self._session = OnnxSession(path, threads)

    def __call__(self, image: NDArray[np.uint8]) -> tuple[NDArray[np.float16], ...]:
        """Features of one RGB uint8 picture (HEIGHT, WIDTH, 3), (c, h, w) each."""
        frame = image.transpose(2, 0, 1)[None].astype(np.float32) / 255
        found = self._session.run(None, {"frame": frame})
        return tuple(level[0].astype(np.float16) for level in found)


def extract(
    pictures: Sequence[GazePicture],
    extractor: Extractor,
    config: TeacherConfig,
    watch: Callback | None = None,
) -> tuple[list[NDArray[np.float16]], NDArray[np.float32]]:
    """Features and densities of several views of each picture.

    Args:
        pictures: With gaze.
        extractor: Gives features.
        config: How many views.
        watch: Told how far it is; may end it.

    Returns:
        One array a level, (views, c, h, w); densities (views, h / 8, w / 8).
    """
    rng = np.random.default_rng(config.seed)
    levels: list[list[NDArray[np.float16]]] = [[], [], []]
    densities = []
    for picture in track(pictures, "features", watch or Callback()):
        image = read_rgb(picture.path)
        size = (image.shape[1], image.shape[0])
        views = [View(), View(flip=True)]
        views += [random_view(rng, config.min_zoom) for _ in range(config.views - 2)]
        for view in views:
            density = view.density(picture.fixations, size, LABEL_SHAPE)
            if density.sum() <= 0:
                continue  # nobody looked into this part
            for level, found in zip(
                levels, extractor(view.cut(image, (WIDTH, HEIGHT))), strict=True
            ):
                level.append(found)
            densities.append(density)
    return [np.stack(level) for level in levels], np.stack(densities)


def train_readout(
    teacher: SpatialTeacher,
    levels: Sequence[NDArray[np.float16]],
    densities: NDArray[np.float32],
    config: TeacherConfig,
    watch: Callback | None = None,
) -> None:
    """Trains the readout in place; it ends with the averaged weights, in evaluation mode.

    Args:
        teacher: Whose readout.
        levels: Its features, as `extract` gives them; likewise the next.
        densities: See above.
        config: How.
        watch: Told how far it is; may end it.

    Raises:
        StoppedError: The run was told to stop.
    """
    torch.manual_seed(config.seed)
    rng = torch.Generator().manual_seed(config.seed)
    # Channels-last more than halves the time of a step on a CPU.
    layout = torch.channels_last
    readout = teacher.readout.train().to(memory_format=layout)  # type: ignore[call-overload]
    features = [torch.from_numpy(level) for level in levels]
    labels = torch.from_numpy(densities)[:, None]
    optimizer = torch.optim.AdamW(
        readout.parameters(), config.peak_lr, weight_decay=config.weight_decay
    )
    averaged = copy.deepcopy(readout).requires_grad_(False)
    steps = len(labels) // config.batch
    total = steps * config.epochs
    order = torch.empty(0, dtype=torch.long)
    for step in track(range(total), "readout", watch or Callback()):
        place = step % steps
        if not place:
            order = torch.randperm(len(labels), generator=rng)
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, total, config.peak_lr, 0.1)
        chosen = order[place * config.batch : (place + 1) * config.batch]
        logits: Tensor = readout(
            Pyramid(*(level[chosen].float().contiguous(memory_format=layout) for level in features))
        )
        loss = losses.mixture(logits, labels[chosen])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        move_average(averaged, readout, config.average, step)
    readout.load_state_dict(averaged.state_dict())
    teacher.eval()
