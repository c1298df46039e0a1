"""The spatial teacher: faces, several backbones, and parameters a data set."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from small_configs import SPATIAL_CONFIG

from uvanet.data.fixations import read_split
from uvanet.models.blazeface import BlazeFace, FaceCues
from uvanet.models.teacher import Pyramid, Readout, SpatialTeacher
from uvanet.paths import resource
from uvanet.runtime.session import OnnxSession
from uvanet.teacher_input import FACE_DETECTOR
from uvanet.training.control import Callback
from uvanet.training.teachers.spatial import (
    Extractor,
    FrozenFeatures,
    PerSetReadout,
    ReadoutData,
    extract,
    train_readout,
)

if TYPE_CHECKING:
    from pathlib import Path


def test_the_detector_is_that_of_the_file() -> None:
    frame = torch.rand(1, 3, 96, 128, generator=torch.Generator().manual_seed(2)) * 2 - 1
    scores, boxes = OnnxSession(resource(FACE_DETECTOR)).run(
        ["scores", "boxes"], {"frame": frame.numpy()}
    )
    detector = BlazeFace()
    found = detector(frame)
    assert np.allclose(found[0], scores, atol=1e-3)
    assert np.allclose(found[1], boxes, atol=1e-3)
    assert not any(weight.requires_grad for weight in detector.parameters())


def test_cues_show_a_face_where_it_is() -> None:
    data = pytest.importorskip("skimage.data")
    portrait = torch.from_numpy(np.asarray(data.astronaut())).permute(2, 0, 1)[None].float() / 255
    # Also where half of a side is no multiple of 32.
    for image in (portrait[..., :384, :384], portrait[..., :352, :416]):
        cues = FaceCues()(image)
        assert cues.shape == (1, 3, image.shape[2] // 8, image.shape[3] // 8)
        row, column = divmod(int(cues[0, 1].argmax()), cues.shape[3])
        assert cues[0, 1].max() > 0.5
        assert 60 < row * 8 < 200
        assert 160 < column * 8 < 290


def test_logits_of_several_readouts_are_averaged() -> None:
    torch.manual_seed(1)
    teacher = SpatialTeacher((0, 1, 0), 8).eval()
    assert len(teacher.backbones) == 2  # readouts of one scale share it
    image = torch.rand(1, 3, 64, 96)
    faces = teacher.faces(image)
    members = [
        readout(teacher.backbone_of(number)(image), faces)
        for number, readout in enumerate(teacher.readouts)
    ]
    assert torch.allclose(teacher(image), sum(members) / 3, atol=1e-5)
    assert not torch.allclose(members[0], members[1], atol=1e-2)
    assert not torch.allclose(members[0], members[2], atol=1e-2)


def made(counts: tuple[int, int], contrasts: tuple[float, float]) -> ReadoutData:
    """Two sets with the same center bias, but different contrasts of gaze on bright places."""
    rng = np.random.default_rng(6)
    total = sum(counts)
    bright = torch.from_numpy(rng.normal(size=(total, 1, 4, 6)).astype(np.float32))
    bright = torch.nn.functional.interpolate(bright, (36, 48), mode="bilinear")
    dataset = torch.repeat_interleave(torch.arange(2), torch.tensor(counts))[:, None, None, None]
    line = torch.linspace(-1, 1, 48)
    middle = -3 * (line**2 + torch.linspace(-1, 1, 36)[:, None] ** 2)
    logits = middle + torch.tensor(contrasts)[dataset] * bright
    density = torch.softmax(logits.flatten(1), 1).view_as(logits)
    levels = (
        bright.half(),
        torch.nn.functional.avg_pool2d(bright, 2).half(),
        torch.nn.functional.avg_pool2d(bright, 4).half(),
    )
    return ReadoutData(levels, torch.zeros(total, 3, 36, 48).half(), density, dataset)


def test_sets_differ_in_sharpness_while_one_readout_is_trained() -> None:
    torch.manual_seed(0)
    readout = Readout((1, 1, 1), 8, dropout=0.0)
    config = replace(SPATIAL_CONFIG, epochs=12, batch=8, peak_lr=1e-2, ema_decay=0.9)
    data = made((24, 24), (0.5, 2.0))
    kept: list[PerSetReadout] = []
    merge = PerSetReadout.merge
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PerSetReadout, "merge", lambda self: kept.append(self) or merge(self))
        train_readout(readout, data, config, Callback())
    (low, high) = kept[0].log_scale.detach().flatten().tolist()
    assert high > low + 0.1
    assert not readout.training
    # The center bias is that of the gaze: highest in the middle.
    bias = readout.centre_bias.detach()[0, 0]
    assert bias[4, 5] > bias[0, 0] + 1


def test_merging_keeps_the_answer_where_the_sets_are_alike() -> None:
    torch.manual_seed(0)
    model = PerSetReadout(Readout((1, 1, 1), 8), 2).eval()
    model.readout.centre_bias.data.normal_()
    model.log_bias.data.fill_(0.4)
    levels = Pyramid(torch.randn(1, 1, 8, 8), torch.randn(1, 1, 4, 4), torch.randn(1, 1, 2, 2))
    faces = torch.zeros(1, 3, 8, 8)
    expected = model(levels, faces, torch.zeros(1, 1, 1, 1))
    assert torch.allclose(model.merge()(levels, faces), expected, atol=1e-5)


class Pooled(torch.nn.Module):
    """A backbone without weights: the means of the colors at three strides."""

    def forward(self, x: torch.Tensor) -> Pyramid:
        return Pyramid(*(torch.nn.functional.avg_pool2d(x, stride) for stride in (8, 16, 32)))


def test_features_are_computed_once(gaze_data_root: Path, tmp_path: Path) -> None:
    pictures = read_split(gaze_data_root, "val")
    shared = Extractor(FrozenFeatures(Pooled(), FaceCues()), 1)
    made_extractors = []

    def extractor() -> Extractor:
        made_extractors.append(1)
        return shared

    def run(views: str) -> ReadoutData:
        record = {"views": views}
        return extract(pictures, extractor, SPATIAL_CONFIG, tmp_path / "kept", record, Callback())

    first, again = run("2"), run("2")
    assert len(made_extractors) == 1
    assert all(map(torch.equal, first.levels, again.levels))
    assert first.density.shape == (2 * len(pictures), 1, 36, 48)
    assert first.levels[0].shape[0] == first.faces.shape[0] == len(first.density)
    (tmp_path / "kept" / "complete.json").unlink()  # a run that was stopped
    run("2")
    run("3")
    assert len(made_extractors) == 3
