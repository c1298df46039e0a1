"""Trains a readout of the spatial teacher, on frozen features and human gaze.

The backbone and the face detector are frozen. Their features of several views of each picture are
computed once, by ONNX Runtime (four times as fast on a CPU as torch), and stored as float16. Only
the readout is trained.
"""

from __future__ import annotations

import json
import logging
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from uvanet.atomic_io import write_text
from uvanet.data.gaze_files import read_rgb
from uvanet.deploy.onnx_export import export_onnx
from uvanet.errors import UsageError
from uvanet.i18n import tr
from uvanet.models.teacher import BIAS_SHAPE, Pyramid
from uvanet.runtime.session import OnnxSession
from uvanet.teacher_input import HEIGHT, WIDTH
from uvanet.training import losses
from uvanet.training.control import track
from uvanet.training.data.crops import View, random_view
from uvanet.training.data.loader import TensorBatches
from uvanet.training.trainer import Trainer, TrainingTask

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from uvanet.data.fixations import GazePicture
    from uvanet.models.blazeface import FaceCues
    from uvanet.models.teacher import Readout
    from uvanet.training.config import SpatialTeacherConfig
    from uvanet.training.control import Callback
    from uvanet.training.fingerprint import Record

_LOG = logging.getLogger(__name__)

LABEL_SHAPE = (HEIGHT // 8, WIDTH // 8)

FEATURES = ("s8", "s16", "s32", "faces")

MIN_DENSITY = 0.01
"""Share of its maximum that is added to the mean density of gaze, which is zero at the edges."""


class ReadoutData(NamedTuple):
    """Inputs of a readout for views of pictures, and the gaze on these.

    Attributes:
        levels: Features at strides 8, 16 and 32, float16, (n, c, h, w) each.
        faces: Cues of faces, float16, (n, c, h / 8, w / 8).
        density: Density of gaze, float32, (n, 1, h / 8, w / 8), of sum 1.
        dataset: Number of the data set of each view, (n, 1, 1, 1).
    """

    levels: tuple[Tensor, Tensor, Tensor]
    faces: Tensor
    density: Tensor
    dataset: Tensor


class FrozenFeatures(nn.Module):
    """The frozen networks whose outputs are the inputs of a readout.

    Args:
        backbone: Network from RGB to a `Pyramid`.
        faces: The face detector of the teacher.
    """

    def __init__(self, backbone: nn.Module, faces: FaceCues) -> None:
        super().__init__()
        self.backbone, self.faces = backbone, faces

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Returns the pyramid of RGB in 0..1, (n, 3, h, w), and the cues of faces."""
        return (*self.backbone(x), self.faces(x))


class Extractor:
    """Frozen features on ONNX Runtime.

    Args:
        features: The networks.
        threads: Threads of one call.
    """

    def __init__(self, features: FrozenFeatures, threads: int) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "features.onnx")
            export_onnx(
                features.eval(),
                (torch.zeros(2, 3, HEIGHT, WIDTH),),
                path,
                inputs=("frame",),
                outputs=FEATURES,
            )
            self._session = OnnxSession(path, threads)

    def __call__(self, image: NDArray[np.uint8]) -> list[NDArray[np.float16]]:
        """Returns features at strides 8, 16, 32 and cues of RGB uint8 (HEIGHT, WIDTH, 3)."""
        frame = image.transpose(2, 0, 1)[None].astype(np.float32) / 255
        outputs = self._session.run(None, {"frame": frame})
        return [output[0].astype(np.float16) for output in outputs]


def extract(
    pictures: Sequence[GazePicture],
    extractor: Callable[[], Extractor],
    config: SpatialTeacherConfig,
    folder: Path,
    made_from: Record,
    callback: Callback,
) -> ReadoutData:
    """Computes features and densities of several views of each picture, or reads them.

    Damaged pictures are left out and named in the log.

    Args:
        pictures: Pictures with gaze.
        extractor: Makes the extractor, which is needed only if features are computed.
        config: The settings, among them the number of views.
        folder: Folder of the features, about 400 kB a view. A complete one of the same record is
            read, any other replaced.
        made_from: Record of settings and data, to recognize the features of another run.
        callback: Receives progress; may stop the computation.

    Returns:
        The data; features are mapped from the files.

    Raises:
        UsageError: No picture could be read.
    """
    complete = folder / "complete.json"
    if not complete.exists() or json.loads(complete.read_text()) != made_from:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        _extract(pictures, extractor(), config, folder, callback)
        write_text(complete, json.dumps(made_from, indent=1))
    density = np.load(folder / "density.npy")
    # Mapped as copy-on-write, since torch warns of read-only memory.
    levels = [np.load(folder / f"{name}.npy", mmap_mode="c")[: len(density)] for name in FEATURES]
    s8, s16, s32, faces = map(torch.from_numpy, levels)
    dataset = torch.from_numpy(np.load(folder / "dataset.npy"))[:, None, None, None]
    return ReadoutData((s8, s16, s32), faces, torch.from_numpy(density), dataset)


def _extract(
    pictures: Sequence[GazePicture],
    extractor: Extractor,
    config: SpatialTeacherConfig,
    folder: Path,
    callback: Callback,
) -> None:
    """Writes the files that `extract` reads; rows after the last view stay unused."""
    sets = sorted({picture.dataset for picture in pictures})
    rng = np.random.default_rng(config.seed)
    files: list[NDArray[np.float16]] = []
    densities: list[NDArray[np.float32]] = []
    numbers = []
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
                continue  # there is no gaze in this view
            found = extractor(view.cut(image, (WIDTH, HEIGHT)))
            files = files or [
                np.lib.format.open_memmap(
                    folder / f"{name}.npy",
                    "w+",
                    np.float16,
                    (len(pictures) * config.views, *values.shape),
                )
                for name, values in zip(FEATURES, found, strict=True)
            ]
            for file, values in zip(files, found, strict=True):
                file[len(densities)] = values
            densities.append(density)
            numbers.append(sets.index(picture.dataset))
    if not densities:
        raise UsageError(tr("No picture with gaze could be read."), tr("Check the data."))
    np.save(folder / "density.npy", np.stack(densities)[:, None])
    np.save(folder / "dataset.npy", np.array(numbers))


class PerSetReadout(nn.Module):
    """A readout with a logit scale and a strength of the center bias for each data set.

    Tasks, distances and screens differ between the sets. Without these two parameters the readout
    would have to recognize the set of each picture. (Idea: Kuemmerer et al., *Modeling Saliency
    Dataset Bias*, 2025.)

    Args:
        readout: The readout to train.
        sets: Number of data sets.
    """

    def __init__(self, readout: Readout, sets: int) -> None:
        super().__init__()
        self.readout = readout
        self.log_scale = nn.Parameter(torch.zeros(sets, 1, 1, 1))
        self.log_bias = nn.Parameter(torch.zeros(sets, 1, 1, 1))

    def forward(self, pyramid: Pyramid, faces: Tensor, dataset: Tensor) -> Tensor:
        """Returns logits, (n, 1, h / 8, w / 8); `dataset` as in `ReadoutData`."""
        rows = dataset.flatten().long()
        logits = self.readout.without_bias(pyramid, faces)
        bias = self.log_bias[rows].exp() * self.readout.bias_like(logits)
        scaled: Tensor = self.log_scale[rows].exp() * (logits + bias)
        return scaled

    @torch.no_grad()
    def merge(self) -> Readout:
        """Returns the readout with the mean center bias; `val` decides its logit scale later."""
        self.readout.centre_bias.mul_(self.log_bias.mean().exp())
        return self.readout


class ReadoutTask(TrainingTask):
    """A readout and its loss.

    Args:
        model: The readout.
    """

    def __init__(self, model: PerSetReadout) -> None:
        super().__init__()
        # Channels-last more than halves the time of a step on a CPU.
        self.model = model.to(
            memory_format=torch.channels_last  # type: ignore[call-overload]  # missing in the stubs
        )

    def forward(self, batch: Sequence[Tensor]) -> dict[str, Tensor]:
        """Returns `loss` of features at three strides, cues, densities and data sets."""
        *features, density, dataset = batch
        *levels, faces = (
            values.contiguous(memory_format=torch.channels_last) for values in features
        )
        return {"loss": losses.mixture(self.model(Pyramid(*levels), faces, dataset), density)}


def train_readout(
    readout: Readout, data: ReadoutData, config: SpatialTeacherConfig, callback: Callback
) -> None:
    """Trains a readout in place; it ends with the averaged weights, in evaluation mode.

    Args:
        readout: Its center bias starts as the logarithm of the mean density of gaze.
        data: Data of the train split.
        config: The settings.
        callback: Receives progress; may stop the training.

    Raises:
        StoppedError: The training was told to stop.
    """
    mean = F.adaptive_avg_pool2d(data.density.mean(0, keepdim=True), BIAS_SHAPE)
    bias = torch.log(mean + MIN_DENSITY * mean.max())
    readout.centre_bias.data.copy_(bias - bias.mean())
    model = PerSetReadout(readout, int(data.dataset.max()) + 1)
    columns = [*data.levels, data.faces, data.density, data.dataset]
    batches = TensorBatches(columns, config, mirror=True)
    steps = batches.steps * config.epochs
    trainer = Trainer(
        ReadoutTask(model), batches, config, steps, phase="readout", callback=callback
    )
    trained = trainer.run().model
    assert isinstance(trained, PerSetReadout)
    readout.load_state_dict(trained.merge().state_dict())
    readout.eval()
