"""Crops, teacher labels and their cache, gaze kept apart, damaged files, held-out frames."""

from __future__ import annotations

import dataclasses
import logging
import shutil
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
import skimage.data
import torch
from lightning_fabric import Fabric
from training_kit import write_cut, write_film, write_pool, write_scene

from uvanet.data.fixations import read_split
from uvanet.data.gaze import density_map
from uvanet.data.gaze_files import read_rgb
from uvanet.errors import UsageError
from uvanet.runtime.preprocess import resize_to_input
from uvanet.training.config import TrainConfig
from uvanet.training.control import Callback
from uvanet.training.data.array_file import read_arrays, write_arrays
from uvanet.training.data.crops import View, random_view
from uvanet.training.data.frame_pairs import (
    LABEL_SIDE,
    FramePair,
    LabelledPairs,
    PairCollector,
    gap_of,
    split_groups,
    split_later,
)
from uvanet.training.data.loader import DataLoader, Part
from uvanet.training.data.pseudo_labels import (
    frames_every,
    label_clips,
    label_pairs,
    label_pictures,
    picture_example,
    pool_examples,
    pool_files,
)
from uvanet.training.teachers.inference import Teachers

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from uvanet.training.data.pseudo_labels import Example

QUIET = Callback()


EVERY = 0.5
"""Seconds between the frames of a clip."""


class Teacher:
    """A teacher whose map peaks in the upper left corner; it counts its calls."""

    def __init__(self, key: str = "one") -> None:
        self.key, self.asked = key, 0

    def density(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        return self(image)

    def __call__(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        self.asked += 1
        return density_map(np.array([[5, 5]], np.float32), (100, 100), (36, 48))

    def stream(self, image: NDArray[np.uint8], state: object) -> tuple[object, object]:
        self.asked += 1
        return density_map(np.array([[95, 95]], np.float32), (100, 100), (36, 48)), state

    def both(self, key: str = "one") -> Teachers:
        return Teachers(self, self.stream, key, key)  # type: ignore[arg-type]


def labelled(
    examples: list[Example], teacher: Teacher, cache: Path, side: int = 64
) -> LabelledPairs:
    return label_pictures(examples, teacher, cache, side, QUIET)


def test_a_view_takes_its_gaze_along() -> None:
    image = np.zeros((100, 200, 3), np.uint8)
    image[30:34, 150:154] = 255
    fixations = np.array([[152, 32], [10, 90]], np.float32)
    for flip in (False, True):
        view = View(0.5, 0.1, 0.5, 0.6, flip)
        part = view.cut(image, (100, 60))
        density = view.density(fixations, (200, 100), (60, 100))
        bright = np.unravel_index(part[..., 0].argmax(), part.shape[:2])
        looked = np.unravel_index(density.argmax(), density.shape)
        assert np.hypot(*np.subtract(bright, looked)) < 4
        # The fixation outside the view is not in it.
        assert density.sum() == pytest.approx(1, abs=1e-3)
        assert (looked[1] < 50) == flip


def test_random_views_stay_inside() -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        view = random_view(rng, 0.4)
        assert 0 <= view.x <= view.x + view.width <= 1 + 1e-9
        assert 0 <= view.y <= view.y + view.height <= 1 + 1e-9
        assert min(view.width, view.height) >= 0.4


def test_labels_are_cached_by_all_they_depend_on(tmp_path: Path) -> None:
    teacher, other, cache = Teacher(), Teacher("two"), tmp_path / "cache"
    examples = pool_examples(pool_files(write_pool(tmp_path / "pool")), EVERY)
    # Two pictures and two frames of the clip.
    first = labelled(examples, teacher, cache)
    assert first.frames.shape == (4, 64, 64, 3)
    assert first.spatial.shape == (4, LABEL_SIDE, LABEL_SIDE)
    assert teacher.asked == 4
    again = labelled(examples, teacher, cache)
    assert teacher.asked == 4
    assert again.fingerprint() == first.fingerprint()
    # The student's size changes no label; the teacher does.
    labelled(examples, teacher, cache, side=80)
    assert teacher.asked == 4
    labelled(examples, other, cache)
    assert other.asked == 4
    # A file that is cut off by a full disk or a kill is made again.
    for victim in cache.rglob("*.npz"):
        victim.write_bytes(victim.read_bytes()[:100])
    for _ in range(2):
        found = labelled(examples, teacher, cache)
    assert teacher.asked == 8
    assert found.fingerprint() == first.fingerprint()


def test_faces_are_found_beside_the_labels(tmp_path: Path) -> None:
    path = tmp_path / "face.png"
    face = cv2.resize(skimage.data.astronaut()[0:200, 130:330], (96, 96))
    image = np.full((192, 288, 3), 90, np.uint8)
    image[80:176, 170:266] = face
    cv2.imwrite(str(path), image[..., ::-1])
    pairs = labelled([picture_example(path)], Teacher(), tmp_path / "cache")
    assert pairs.faces is not None
    row, column = np.unravel_index(pairs.faces[0].argmax(), pairs.faces[0].shape)
    assert row / LABEL_SIDE == pytest.approx(130 / 192, abs=0.12)
    assert column / LABEL_SIDE == pytest.approx(218 / 288, abs=0.12)
    assert pairs.faces[0].max() > 120
    assert pairs.faces[0, :16, :16].max() == 0


def test_labels_are_kept_on_the_teachers_own_grid(tmp_path: Path) -> None:
    examples = pool_examples(pool_files(write_pool(tmp_path / "pool")), EVERY)
    labelled(examples, Teacher(), tmp_path / "cache")
    kept = []
    for path in (tmp_path / "cache").rglob("*.npz"):
        with np.load(path) as held:
            kept += [(held[name].shape, held[name].dtype) for name in held.files]
    assert kept.count(((36, 48), np.dtype(np.float16))) == 4


def test_other_gaze_changes_the_targets_and_asks_no_teacher(
    gaze_data_root: Path, tmp_path: Path
) -> None:
    """In 0.1.0 the cache held labels blended with gaze, but its key did not depend on the gaze."""
    (picture, *_) = read_split(gaze_data_root, "train")
    teacher, pairs = Teacher(), []
    for fixations in (picture.fixations, picture.fixations[:, ::-1].copy()):
        example = picture_example(picture.path, fixations)
        pairs.append(labelled([example], teacher, tmp_path))
    assert teacher.asked == 1
    one, other = pairs
    assert np.array_equal(one.spatial, other.spatial)
    assert not np.array_equal(one.gaze, other.gaze)
    assert one.fingerprint() != other.fingerprint()


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_labels_and_gaze_are_mixed_by_a_setting(
    gaze_data_root: Path, tmp_path: Path, share: float
) -> None:
    (picture, *_) = read_split(gaze_data_root, "train")
    pairs = labelled([picture_example(picture.path, picture.fixations)], Teacher(), tmp_path)
    config = TrainConfig(preset="uvanet-32", batch=1)
    still = dataclasses.replace(config.motion, still=1.0, objects=0.0, parts=0.0, min_zoom=1.0)
    part = Part(pairs, gaze_share=share, motion=still)
    loader = DataLoader([part], config, 64, torch.device("cpu"))
    # Frames may be mirrored; the teacher's corner and the gaze are apart in both cases.
    target = loader.batch(0, Fabric(accelerator="cpu", devices=1)).spatial_target[0, 0].numpy()
    height, width = target.shape
    top = target[: height // 8]
    corner = max(top[:, : width // 8].sum(), top[:, -(width // 8) :].sum())
    assert corner == pytest.approx((1 - share) * corner_of(pairs), abs=0.1)
    assert target.sum() == pytest.approx(1, abs=1e-3)


def corner_of(pairs: LabelledPairs) -> float:
    """The share of the teacher's label that lies in its corner."""
    label = pairs.spatial[0].astype(float)
    return float(label[: LABEL_SIDE // 8, : LABEL_SIDE // 8].sum() / label.sum())


def test_pictures_are_kept_whole_with_their_gaze(gaze_data_root: Path, tmp_path: Path) -> None:
    pictures = read_split(gaze_data_root, "train")
    pairs = labelled(
        [picture_example(one.path, one.fixations) for one in pictures], Teacher(), tmp_path
    )
    assert len(pairs) == len(pictures)
    for picture, image, row in zip(pictures, pairs.frames, pairs.gaze_rows, strict=True):
        pixels = read_rgb(picture.path)
        seen = cv2.resize(pixels, (64, 64), interpolation=cv2.INTER_AREA)
        assert np.abs(image.astype(int) - seen).mean() < 2
        size = (pixels.shape[1], pixels.shape[0])
        gaze = density_map(picture.fixations, size, (LABEL_SIDE, LABEL_SIDE))
        assert np.allclose(pairs.gaze[row], gaze / gaze.max(), atol=1e-3)


def test_damaged_files_are_skipped_and_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """In 0.1.0 one damaged picture or video ended the run, although the check said it would not."""
    pool = write_pool(tmp_path / "pool")
    (pool / "cut.jpg").write_bytes((pool / "a.jpg").read_bytes()[:400])
    (pool / "words.mp4").write_text("no video")
    (pool / "words.png").write_text("no picture")
    (pool / "folder.mp4").mkdir()
    write_cut(pool / "cut.mp4", write_scene(tmp_path / "scene.mp4", 120))
    assert pool / "folder.mp4" not in pool_files(pool)
    with caplog.at_level(logging.WARNING):
        examples = pool_examples(pool_files(pool), EVERY)
        pairs = labelled(examples, Teacher(), tmp_path / "cache")
        videos = [path for path in pool_files(pool) if path.suffix == ".mp4"]
        clips = label_clips(videos, Teacher().both(), 0.2, tmp_path / "cache", 64, QUIET)
    assert len(pairs) > 4  # of the cut video, the frames before the cut
    assert clips is not None
    text = caplog.text
    assert all(name in text for name in ("cut.jpg", "words.mp4", "words.png", "could not be read"))
    with pytest.raises(UsageError, match="No picture could be read"):
        labelled([picture_example(pool / "words.png")], Teacher(), tmp_path / "cache")


def test_clips_are_labelled_once_for_students_of_all_sizes(tmp_path: Path) -> None:
    path, teacher = write_film(tmp_path / "film.mp4", 4), Teacher()
    first = label_clips([path], teacher.both(), 0.2, tmp_path / "cache", 64, QUIET)
    assert first is not None
    assert len(first) > 2
    asked = teacher.asked
    assert first.frames.shape[1:] == (64, 64, 3)
    assert first.earlier is not None
    assert (first.earlier != first.frames).any()
    assert first.ratios.tolist() == pytest.approx([4 / 3] * len(first))
    again = label_clips([path], teacher.both(), 0.2, tmp_path / "cache", 64, QUIET)
    other = label_clips([path], teacher.both(), 0.2, tmp_path / "cache", 96, QUIET)
    assert teacher.asked == asked
    assert again is not None
    assert other is not None
    assert again.fingerprint() == first.fingerprint()
    assert other.frames.shape[1] == 96
    assert np.array_equal(other.spatial, first.spatial)
    label_clips([path], teacher.both("two"), 0.2, tmp_path / "cache", 64, QUIET)
    assert teacher.asked == 2 * asked


def test_a_pair_of_a_clip_has_the_mean_change_of_eight_steps(tmp_path: Path) -> None:
    path = write_film(tmp_path / "film.mp4", 4)
    pairs = label_clips([path], Teacher().both(), 0.2, tmp_path / "cache", 64, QUIET)
    assert pairs is not None
    assert pairs.motion is not None
    small = [resize_to_input(frame, (64, 64)) for frame in frames_every(path, 0.1)]
    gray = [frame.mean(2) / 255 for frame in small]
    for motion, t in zip(pairs.motion, pairs.times, strict=True):
        step = round(float(t) / 0.1)
        changes = [abs(gray[i] - gray[i - 1]) for i in range(step - 7, step + 1)]
        np.testing.assert_allclose(motion, np.mean(changes, 0), atol=1e-4)
    assert pairs.motion.max() > 0.01


def test_any_damage_of_a_stored_file_is_found(tmp_path: Path) -> None:
    """Only five kinds of errors were caught; flipped bytes raise others, too."""
    path, rng = tmp_path / "maps.npz", np.random.default_rng(0)
    write_arrays(path, np.arange(6.0), np.eye(3))
    whole = path.read_bytes()
    found = read_arrays(path)
    assert found is not None
    assert [values.shape for values in found.values()] == [(6,), (3, 3)]
    for place in range(len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= int(rng.integers(1, 256))
        path.write_bytes(damaged)
        read_arrays(path)
    path.write_bytes(whole[:-30])
    assert read_arrays(path) is None


def test_labels_that_cannot_be_written_end_the_run(tmp_path: Path) -> None:
    """Each clip was reported as left out, though it was used, and the run went on."""
    film, cache = write_film(tmp_path / "film.mp4", 4), tmp_path / "cache"

    class Vandal(Teacher):
        def __call__(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
            shutil.rmtree(cache, ignore_errors=True)
            return super().__call__(image)

    with pytest.raises(OSError, match="cache"):
        label_clips([film], Vandal().both(), 0.2, cache, 64, QUIET)


def pair(t: float, source: str = "", group: str = "") -> FramePair:
    frame = np.full((12, 16, 3), int(t) % 250, np.uint8)
    return FramePair(frame, frame, t, source, group)


def test_later_frames_of_a_scene_are_apart_in_time() -> None:
    pairs = label_pairs(
        ((pair(t / 4), 1.0) for t in range(240)), lambda *_: np.ones((6, 8), np.float32), 16,
        lambda _: True,
    )  # fmt: skip
    learned, later = split_later(pairs)
    assert later.times.min() - learned.times.max() >= gap_of(60) == 2.0
    with pytest.raises(UsageError, match="16 are needed"):
        split_later(pairs.take(np.arange(15)))


def test_held_out_frames_of_a_recording_are_apart_in_time() -> None:
    """In 0.1.0 the last frame of a learned part was the neighbor of a held-out one."""
    collector, label = PairCollector(16), np.ones((6, 8), np.float32)
    for number in range(200):
        collector.add(pair(number / 5, "desk", f"desk, part {number // 20}"), label)
    collector.add(pair(0, "alone.png"), label)
    learned, out = split_groups(collector.build())
    desk = learned.times[learned.sources == "desk"]
    held = out.times[out.sources == "desk"]
    assert len(held) >= 20
    assert np.abs(desk[:, None] - held[None]).min() >= gap_of(39.8)
    assert not set(learned.groups) & set(out.groups)
