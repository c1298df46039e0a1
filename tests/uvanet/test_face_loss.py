"""The auxiliary loss of faces, and its head, which is not exported."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from uvanet.data.synthetic import MotionConfig, Pairs, make_pairs
from uvanet.models import create_student
from uvanet.training.config import TrainConfig
from uvanet.training.distillation import DistillationModule
from uvanet.training.losses import face_loss

CONFIG = TrainConfig(preset="uvanet-32", face_weight=2.0)


def pairs_of(faces: torch.Tensor | None) -> Pairs:
    rng = torch.Generator().manual_seed(1)
    pictures = torch.randint(0, 256, (4, 40, 40, 3), dtype=torch.uint8, generator=rng)
    labels = torch.rand(4, 16, 16, generator=rng)
    return make_pairs(pictures, labels, (32, 32), MotionConfig(objects=0.0), rng, faces)


def test_the_loss_is_the_cross_entropy_of_known_pictures() -> None:
    logits = torch.tensor([2.0, -1.0])[:, None, None, None].expand(2, 1, 8, 8)
    faces = torch.full((2, 1, 16, 16), 0.25)
    each = [
        -(0.25 * torch.sigmoid(x).log() + 0.75 * torch.sigmoid(-x).log())
        for x in torch.tensor([2.0, -1.0])
    ]
    assert float(face_loss(logits, faces)) == pytest.approx(float(sum(each)) / 2, abs=1e-5)
    faces[1] = -1.0
    assert float(face_loss(logits, faces)) == pytest.approx(float(each[0]), abs=1e-5)
    faces[0] = -1.0
    assert float(face_loss(logits, faces)) == 0.0


def test_face_maps_are_cropped_like_the_pictures() -> None:
    """A picture that is bright at its faces is bright there in every view."""
    rng = torch.Generator().manual_seed(2)
    faces = torch.zeros(8, 64, 64)
    faces[:, 20:40, 8:30] = 1.0
    pictures = (faces * 255).to(torch.uint8)[..., None].repeat(1, 1, 1, 3)
    still = MotionConfig(min_zoom=0.5, still=1.0, objects=0.0, parts=0.0)
    pairs = make_pairs(pictures, faces + 0.1, (32, 32), still, rng, faces)
    bright = torch.nn.functional.avg_pool2d(pairs.frame.mean(1, keepdim=True), 2)
    for picture, face in zip(bright, pairs.faces, strict=True):
        if face.std() > 0:
            assert torch.corrcoef(torch.stack([picture.flatten(), face.flatten()]))[0, 1] > 0.95


def test_the_head_learns_and_is_not_part_of_the_student() -> None:
    torch.manual_seed(0)
    task = DistillationModule(create_student("uvanet-32"), CONFIG)
    faces = torch.zeros(4, 16, 16)
    faces[:, :8, :8] = 1.0
    optimizer = torch.optim.Adam(task.parameters(), 1e-2)
    values = []
    for _ in range(12):
        parts = task(pairs_of(faces))
        values.append(float(parts["faces"]))
        optimizer.zero_grad()
        parts["loss"].backward()
        optimizer.step()
    assert min(values[-3:]) < 0.8 * values[0]
    assert not any("face" in name for name in task.model.state_dict())
    without = DistillationModule(
        create_student("uvanet-32"), dataclasses.replace(CONFIG, face_weight=0.0)
    )
    assert "faces" not in without(pairs_of(None))
    assert float(task(pairs_of(None))["faces"]) == 0.0
