"""What a run learns from, in memory, and its batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np
import torch

from uvanet.data.fixations import density_map, read_rgb, read_split
from uvanet.data.synthetic import Pairs, crop_pairs, make_pairs
from uvanet.models import PRESETS
from uvanet.training.data.bucketing import AspectRatioBuckets, mixed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from torch import Generator, Tensor

    from uvanet.data.fixations import GazePicture
    from uvanet.training.config import TrainConfig
    from uvanet.training.data.labelled_clips import LabelledClips


class TrainingData(NamedTuple):
    """What a run learns from and is measured on.

    Attributes:
        images: uint8 RGB, (n, h, w, 3).
        labels: Densities over the images, float of any width, (n, h', w'), of any scale.
        ratios: The pictures' own width over height, (n,): `images` may be stretched.
        held_out: Pictures with gaze that choose the best weights.
        clips: Pairs of frames of real video: `TrainConfig.clip_share` of the batches.
        wholes: Which of the images are whole pictures with gaze.
        features: What the teacher sees in each of the images, float16 (n, k), for feature hints.
    """

    images: Tensor
    labels: Tensor
    ratios: Tensor
    held_out: Sequence[GazePicture]
    clips: LabelledClips | None = None
    wholes: slice = slice(None)
    features: Tensor | None = None

    def whole_pictures(self) -> TrainingData:
        """The whole pictures with gaze alone, and the clips; for a second step, without hints."""
        images, labels, ratios = (
            values[self.wholes] for values in (self.images, self.labels, self.ratios)
        )
        return TrainingData(images, labels, ratios, self.held_out, self.clips)


def gaze_material(root: Path, side: int) -> TrainingData:
    """The train split as it is, kept at `side` pixels; held out is `val`.

    Raises:
        UsageError: The data is incomplete.
    """
    pictures = read_split(root, "train")
    images = np.empty((len(pictures), side, side, 3), np.uint8)
    densities = np.empty((len(pictures), side // 2, side // 2), np.float32)
    ratios = torch.empty(len(pictures))
    for i, picture in enumerate(pictures):
        image = read_rgb(picture.path)
        height, width = image.shape[:2]
        ratios[i] = width / height
        images[i] = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)
        densities[i] = density_map(picture.fixations, (width, height), (side // 2, side // 2))
    return TrainingData(
        torch.from_numpy(images), torch.from_numpy(densities), ratios, read_split(root, "val")
    )


def _placed(material: TrainingData, device: torch.device) -> TrainingData:
    """The material in a GPU's memory where it takes half of the room at most; else as it is."""
    clips = material.clips
    tensors = [material.images, material.labels, *(clips.pairs if clips else ())]
    size = sum(values.numel() * values.element_size() for values in tensors)
    if device.type != "cuda" or 2 * size > torch.cuda.mem_get_info(device)[0]:
        return material
    if clips:
        clips = clips._replace(pairs=Pairs(*(column.to(device) for column in clips.pairs)))
    images, labels = material.images.to(device), material.labels.to(device)
    return material._replace(images=images, labels=labels, clips=clips)


class Batch(NamedTuple):
    """What a step learns from.

    Attributes:
        pairs: Pairs of frames.
        features: What the teacher sees in their pictures, (n, k), where hints are asked for.
    """

    pairs: Pairs
    features: Tensor | None = None


class DataLoader:
    """The batches of an epoch: pictures, and films between them.

    Args:
        material: What they are drawn from.
        config: The run.
        device: Where pairs are made.
    """

    def __init__(self, material: TrainingData, config: TrainConfig, device: torch.device) -> None:
        side = PRESETS[config.preset].input_size
        self._material, self._motion = _placed(material, device), config.motion
        self._device = device
        self._features = material.features if config.feature_hint else None
        self._pictures = AspectRatioBuckets(material.ratios, side, config.batch)
        self._films, self._filmed = None, 0
        if material.clips is not None and config.clip_share:
            self._films = AspectRatioBuckets(material.clips.ratios, side, config.batch)
            share = config.clip_share / (1 - config.clip_share)
            self._filmed = max(1, round(self._pictures.batches * share))

    def __len__(self) -> int:
        return self._pictures.batches + self._filmed

    def epoch(self, rng: Generator) -> Iterator[Batch]:
        """One epoch's batches in random order."""
        chosen = [(False, *batch) for batch in self._pictures.shuffled(rng)]
        if self._films is not None:
            chosen += [(True, *batch) for batch in self._films.draw(self._filmed, rng)]
        for film, shape, those in mixed(chosen, rng):
            if film and self._material.clips is not None:
                pairs = Pairs(*(self._take(kept, those) for kept in self._material.clips.pairs))
                yield Batch(crop_pairs(pairs, shape, self._motion.min_zoom, rng))
            else:
                images = self._take(self._material.images, those)
                labels = self._take(self._material.labels, those)
                pairs = make_pairs(images, labels, shape, self._motion, rng)
                known = self._features
                yield Batch(pairs, None if known is None else self._take(known, those))

    def _take(self, values: Tensor, those: Tensor) -> Tensor:
        return values[those.to(values.device)].to(self._device)
