"""Trains the spatial teacher: a readout on frozen ImageNet features, on human gaze.

The backbone is frozen, so its features are computed once for several views of each picture, by
ONNX Runtime (four times as fast on a CPU as torch), kept as float16, and only the readout is
trained.
"""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from uvanet.data.gaze_files import read_rgb
from uvanet.deploy.onnx_export import export_onnx
from uvanet.errors import UsageError
from uvanet.models.teacher import HEIGHT, WIDTH, Pyramid, SpatialTeacher
from uvanet.runtime.session import OnnxSession
from uvanet.training import losses
from uvanet.training.control import track
from uvanet.training.data.crops import View, random_view
from uvanet.training.data.loader import TensorBatches
from uvanet.training.trainer import Trainer, TrainingTask

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from uvanet.data.fixations import GazePicture
    from uvanet.training.config import SpatialTeacherConfig
    from uvanet.training.control import Callback

_LOG = logging.getLogger(__name__)

LABEL_SHAPE = (HEIGHT // 8, WIDTH // 8)


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
        """Returns features (c, h, w) at strides 8, 16, 32 of RGB uint8 (HEIGHT, WIDTH, 3)."""
        frame = image.transpose(2, 0, 1)[None].astype(np.float32) / 255
        found = self._session.run(None, {"frame": frame})
        return tuple(level[0].astype(np.float16) for level in found)


def extract(
    pictures: Sequence[GazePicture],
    extractor: Extractor,
    config: SpatialTeacherConfig,
    callback: Callback,
) -> tuple[list[NDArray[np.float16]], NDArray[np.float32]]:
    """Computes features and densities of several views of each picture.

    Damaged pictures are left out and named in the log.

    Args:
        pictures: With gaze.
        extractor: Computes features.
        config: How many views.
        callback: Receives progress; may stop it.

    Returns:
        One array a level, (views, c, h, w); densities (views, h / 8, w / 8), of sum 1.

    Raises:
        UsageError: No picture could be read.
    """
    rng = np.random.default_rng(config.seed)
    levels: list[list[NDArray[np.float16]]] = [[], [], []]
    densities = []
    for picture in track(pictures, "features", callback):
        views = [View(), View(flip=True)]
        views += [random_view(rng, config.min_zoom) for _ in range(config.views - 2)]
        try:
            image = read_rgb(picture.path)
        except UsageError as error:
            _LOG.warning("left out: %s", error)
            continue
        size = (image.shape[1], image.shape[0])
        for view in views:
            density = view.density(picture.fixations, size, LABEL_SHAPE)
            if density.sum() <= 0:
                continue  # nobody looked into this part
            found = extractor(view.cut(image, (WIDTH, HEIGHT)))
            for level, values in zip(levels, found, strict=True):
                level.append(values)
            densities.append(density)
    if not densities:
        raise UsageError("No picture with gaze could be read.", "Check the data.")
    return [np.stack(level) for level in levels], np.stack(densities)


class ReadoutTask(TrainingTask):
    """The readout of a spatial teacher and its loss."""

    def __init__(self, teacher: SpatialTeacher) -> None:
        super().__init__()
        # Channels-last more than halves the time of a step on a CPU.
        self.model = teacher.readout.to(
            memory_format=torch.channels_last  # type: ignore[call-overload]  # missing in the stubs
        )

    def forward(self, batch: Sequence[Tensor]) -> dict[str, Tensor]:
        """Returns `loss` of features at three strides and densities (n, 1, h / 8, w / 8)."""
        *levels, densities = batch
        features = Pyramid(
            *(level.contiguous(memory_format=torch.channels_last) for level in levels)
        )
        return {"loss": losses.mixture(self.model(features), densities)}


def train_readout(
    teacher: SpatialTeacher,
    levels: Sequence[NDArray[np.float16]],
    densities: NDArray[np.float32],
    config: SpatialTeacherConfig,
    callback: Callback,
) -> None:
    """Trains the readout in place; it ends with the averaged weights, in evaluation mode.

    Args:
        teacher: Whose readout.
        levels: Its features, as `extract` returns them.
        densities: Likewise.
        config: The settings.
        callback: Receives progress; may stop it.

    Raises:
        StoppedError: It was told to stop.
    """
    columns = [*map(torch.from_numpy, levels), torch.from_numpy(densities)[:, None]]
    batches = TensorBatches(columns, config)
    steps = batches.steps * config.epochs
    trainer = Trainer(
        ReadoutTask(teacher), batches, config, steps, phase="readout", callback=callback
    )
    teacher.readout.load_state_dict(trainer.run().model.state_dict())
    teacher.eval()
