"""The whole way from data to a student: teacher, labels, student. What is there already is used.

A run's folder holds `teacher-spatial.safetensors` and `.onnx`, `labels/` and the student's files
in a folder of its preset's name. A run that was stopped goes on where it was.
"""

from __future__ import annotations

import dataclasses
import logging
from typing import TYPE_CHECKING

import cv2
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from uvanet.data.fixations import read_split
from uvanet.distill.config import distilled, joint
from uvanet.distill.corpus import build, picture_example, pool_examples
from uvanet.distill.export import export, export_onnx
from uvanet.distill.loop import Material, gaze_material, train
from uvanet.distill.origin import Origin, backbone_data, gaze_data, pool_data
from uvanet.distill.teach import Extractor, extract, train_readout
from uvanet.models.teacher import HEIGHT, WIDTH, SpatialTeacher
from uvanet.runtime.session import open_session
from uvanet.weights import file_hash

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from uvanet.distill.config import TrainConfig
    from uvanet.distill.corpus import CorpusConfig
    from uvanet.distill.teach import TeacherConfig
    from uvanet.weights import Card

_LOG = logging.getLogger(__name__)


class Labeller(nn.Module):
    """The spatial teacher as engines run it: bytes in, a density of sum 1 out.

    Args:
        teacher: In evaluation mode.
    """

    def __init__(self, teacher: SpatialTeacher) -> None:
        super().__init__()
        self.teacher = teacher

    def forward(self, frame: Tensor) -> Tensor:
        """Maps RGB uint8 (n, h, w, 3) to densities (n, h / 8, w / 8)."""
        logits = self.teacher(frame.permute(0, 3, 1, 2).float() * (1 / 255))[:, 0]
        return torch.softmax(logits.flatten(1), 1).reshape(logits.shape)


def spatial_teacher(root: Path, out: Path, config: TeacherConfig) -> Path:
    """Trains the spatial teacher unless `out` has it; gives its ONNX file."""
    onnx, weights = out / "teacher-spatial.onnx", out / "teacher-spatial.safetensors"
    if onnx.exists():
        return onnx
    teacher = SpatialTeacher(config.scale, config.width)
    if weights.exists():
        teacher.load_state_dict(load_file(weights))
    else:
        levels, densities = extract(
            read_split(root, "train"), Extractor(teacher, config.threads), config
        )
        train_readout(teacher, levels, densities, config)
        state = {name: value.contiguous() for name, value in teacher.state_dict().items()}
        save_file(state, out / "teacher.part")
        (out / "teacher.part").replace(weights)
    frame = torch.zeros(2, HEIGHT, WIDTH, 3, dtype=torch.uint8)
    export_onnx(Labeller(teacher), (frame,), onnx, inputs=("frame",), outputs=("density",))
    return onnx


def load_labeller(path: Path, threads: int) -> Callable[[NDArray[np.uint8]], NDArray[np.float32]]:
    """A teacher's ONNX file as a function from an RGB picture of any size to a density."""
    session = open_session(path, threads)

    def label(image: NDArray[np.uint8]) -> NDArray[np.float32]:
        shrinks = image.shape[0] > HEIGHT and image.shape[1] > WIDTH
        kernel = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        frame = cv2.resize(image, (WIDTH, HEIGHT), interpolation=kernel)
        density: NDArray[np.float32] = session.run(None, {"frame": frame[None]})[0][0]
        return density

    return label


def distill(
    student: TrainConfig,
    teacher: TeacherConfig,
    corpus: CorpusConfig,
    root: Path,
    out: Path,
    *,
    pool: Path | None = None,
) -> Card:
    """Trains a student in two steps, as the paper does.

    First on what the spatial teacher says of many views of gaze pictures and of a pool, blended
    with gaze where there is any; then on gaze alone.

    Args:
        student: The student's run.
        teacher: The teacher's run.
        corpus: How pictures are viewed and labelled.
        root: The data, as `find_root` gives it.
        out: The run's folder; made where missing.
        pool: A folder of more pictures and clips; None for gaze pictures only.

    Returns:
        The card of the student exported into `out / preset`.
    """
    folder = out / student.preset
    folder.mkdir(parents=True, exist_ok=True)
    onnx = spatial_teacher(root, out, teacher)
    examples = [
        picture_example(picture.path, corpus.gaze_views, picture.fixations)
        for picture in read_split(root, "train")
    ]
    if pool is not None:
        examples += pool_examples(pool, corpus)
    labeller = load_labeller(onnx, teacher.threads)
    images, labels = build(
        examples, labeller, file_hash(onnx), corpus, out / "labels", student.stored_size
    )
    _LOG.info("%d views of %d pictures", len(images), len(examples))
    result = train(student, Material(images, labels, read_split(root, "val")), folder)
    del images, labels
    second = joint(student, str(result.weights))
    result = train(second, gaze_material(root, second.stored_size), folder / "joint")
    return export(student, result.weights, root, folder, origin(student, teacher, corpus, pool))


def origin(
    student: TrainConfig, teacher: TeacherConfig, corpus: CorpusConfig, pool: Path | None
) -> Origin:
    """What the card of a student made by `distill` says of its making."""
    return Origin(
        "UVA-Net student, distilled from a spatial teacher on human gaze and unlabelled pictures.",
        [*gaze_data(), backbone_data(teacher.scale), *(pool_data(pool) if pool else [])],
        {
            "command": f"uvanet distill --preset {student.preset} --data DATA --out RUN"
            + (f" --start {student.start}" if student.start else "")
            + (
                f" --epochs {student.epochs}"
                if student != distilled(student.preset, student.start)
                else ""
            )
            + (" --pool POOL" if pool else ""),
            "config": dataclasses.asdict(student),
            "joint": dataclasses.asdict(joint(student, "the step before")),
            "teacher": dataclasses.asdict(teacher),
            "corpus": dataclasses.asdict(corpus),
        },
    )
