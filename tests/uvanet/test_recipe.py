"""The whole way from data to a distilled student, on pictures made for it."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from uvanet.data.fixations import density_map, read_rgb, read_split
from uvanet.evaluation.calibration import best_logit_scale
from uvanet.model import load
from uvanet.models.teacher import HEIGHT, WIDTH, Backbone, SpatialTeacher
from uvanet.stream import Stream
from uvanet.training.config import step1_config
from uvanet.training.data.crops import CorpusConfig, View, random_view
from uvanet.training.data.features import DeepFeatures, see_views
from uvanet.training.data.pseudo_labels import build, picture_example, pool_examples
from uvanet.training.pipeline import distill, first_material, two_steps
from uvanet.training.publish import publish_teachers
from uvanet.training.teachers.build import make_teachers
from uvanet.training.teachers.inference import load_spatial
from uvanet.training.teachers.spatial import TeacherConfig
from uvanet.training.teachers.temporal import MotionTeacherConfig
from uvanet.video.writer import VideoWriter

if TYPE_CHECKING:
    from pathlib import Path

TEACHER = TeacherConfig(scale=0, width=16, views=3, epochs=3, batch=4, threads=1)
MOTION = MotionTeacherConfig(sequences=4, held_out=2, width=8, epochs=2, batch=2)
CORPUS = CorpusConfig(gaze_views=3, pool_views=2, clip_every=0.5, clip_views=1)
STUDENT = dataclasses.replace(step1_config("uvanet-32"), epochs=2, batch=8, cache_resolution=64)


@pytest.fixture
def pool(tmp_path: Path) -> Path:
    """Two pictures, one in a folder of its own, a clip of one second, and a file of none."""
    rng = np.random.default_rng(8)
    folder = tmp_path / "pool"
    (folder / "more").mkdir(parents=True)
    for path in (folder / "a.jpg", folder / "more" / "b.png"):
        cv2.imwrite(str(path), rng.integers(0, 255, (60, 80, 3), np.uint8))
    with VideoWriter(folder / "clip.mp4", (64, 48), 10) as writer:
        for shade in range(10):
            writer.write(np.full((48, 64, 3), 20 * shade, np.uint8))
    (folder / "sources.csv").write_text(
        "file,source,licence,credit\na.jpg,made,CC0,us\nmore/b.png,made,CC0,us\nclip.mp4,film,MIT,us\n"
    )
    return folder


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
    assert (looked[1] < 60) == flip


def test_random_views_stay_inside() -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        view = random_view(rng, 0.4)
        assert 0 <= view.x <= view.x + view.width <= 1 + 1e-9
        assert 0 <= view.y <= view.y + view.height <= 1 + 1e-9
        assert min(view.width, view.height) >= 0.4


def test_the_backbone_gives_a_pyramid_and_knows_its_weights() -> None:
    backbone = Backbone(0).eval()
    with torch.no_grad():
        dark = backbone(torch.zeros(1, 3, HEIGHT, WIDTH))
        light = backbone(torch.ones(1, 3, HEIGHT, WIDTH))
    for level, stride, channels in zip(dark, (8, 16, 32), backbone.channels, strict=True):
        assert level.shape == (1, channels, HEIGHT // stride, WIDTH // stride)
    # Trained weights tell light from dark; the scale of the features is theirs.
    assert (dark.s32 - light.s32).abs().mean() > 0.01
    assert len(list(backbone.upper())) > 50


def test_teachers_learn_where_the_backbone_stays(gaze_tree: Path, tmp_path: Path) -> None:
    before = SpatialTeacher(0, 16).backbone.state_dict()
    teachers = make_teachers(gaze_tree, tmp_path, TEACHER, MOTION)
    after = load_file(tmp_path / "teacher-spatial.safetensors")
    for name, value in before.items():
        assert torch.equal(after[f"backbone.{name}"], value), name
    (picture, *_) = read_split(gaze_tree, "train")
    image = read_rgb(picture.path)
    density = teachers.spatial(image)
    assert density.sum() == pytest.approx(1, abs=1e-3)
    # Files in between: the ONNX file says the same, and a second call trains nothing anew.
    assert np.allclose(load_spatial(tmp_path / "teacher-spatial.onnx", 1)(image), density)
    files = [tmp_path / f"teacher-{kind}.safetensors" for kind in ("spatial", "temporal")]
    stamps = [path.stat().st_mtime_ns for path in files]
    again = make_teachers(gaze_tree, tmp_path, TEACHER, MOTION)
    assert (again.key, again.both) == (teachers.key, teachers.both)
    assert [path.stat().st_mtime_ns for path in files] == stamps


def test_teachers_stream_like_any_model_and_keep_proportions(
    gaze_tree: Path, tmp_path: Path
) -> None:
    make_teachers(gaze_tree, tmp_path, TEACHER, MOTION)
    cards = publish_teachers(gaze_tree, tmp_path, TEACHER, MOTION)
    assert cards["teacher-temporal"].metrics["synthetic motion"]["rule"]["kld"] > 0
    assert {"val", "test"} <= set(cards["teacher-spatial"].metrics)
    picture = np.full((90, 160, 3), 90, np.uint8)
    picture[30:60, 20:50] = 230
    shifted = np.roll(picture, 60, 1)
    spatial, temporal = (
        Stream(load(tmp_path / f"teacher-{kind}.onnx")) for kind in ("spatial", "temporal")
    )
    still = spatial.step(picture, 0.0)
    assert still.shape[1] > 1.5 * still.shape[0]
    # A first frame has nothing that moves.
    assert np.allclose(temporal.step(picture, 0.0), still, atol=1e-4)
    moved = temporal.step(shifted, 0.1)
    gain = moved / np.maximum(spatial.step(shifted, 0.1), 1e-6)
    columns = gain.mean(0)
    assert columns[len(columns) // 2 - 3 : len(columns) // 2 + 3].mean() > columns[-4:].mean()


def test_sharpness_is_what_helps_where_it_is_measured(gaze_tree: Path) -> None:
    pictures = read_split(gaze_tree, "val")
    truth = {}
    for picture in pictures:
        image = read_rgb(picture.path)
        size = (image.shape[1], image.shape[0])
        truth[image.tobytes()] = density_map(picture.fixations, size, (36, 48))

    def flat(image: np.ndarray) -> np.ndarray:
        density = truth[image.tobytes()] ** 0.5
        return np.asarray(density / density.sum(), np.float32)

    assert best_logit_scale(flat, pictures) > 1


def test_labels_are_cached_by_content_teacher_and_settings(pool: Path, tmp_path: Path) -> None:
    asked: list[tuple[int, ...]] = []

    def teacher(image: np.ndarray) -> np.ndarray:
        asked.append(image.shape)
        return density_map(np.array([[5, 5]], np.float32), (10, 10), (36, 48))

    examples = list(pool_examples(pool, CORPUS))
    # Two pictures of two views each and two frames of the clip.
    assert [example.views for example in examples] == [2, 1, 1, 2]
    cache = tmp_path / "cache"
    images, labels, _ = build(examples, teacher, "one", CORPUS, cache, 64)
    assert images.shape == (6, 64, 64, 3)
    assert labels.shape == (6, 48, 48)
    assert labels.dtype == torch.float16
    assert len(asked) == 6
    again = build(examples, teacher, "one", CORPUS, cache, 64)
    assert len(asked) == 6
    assert torch.equal(again[0], images)
    assert torch.equal(again[1], labels)
    # A file cut off by a full disk or a kill is made anew; another teacher labels anew.
    victim = next(cache.rglob("*.npy"))
    victim.write_bytes(victim.read_bytes()[:100])
    build(examples, teacher, "one", CORPUS, cache, 64)
    assert len(asked) in (7, 8)
    build(examples, teacher, "two", CORPUS, cache, 64)
    assert len(asked) in (13, 14)


def test_gaze_and_teacher_are_blended(gaze_tree: Path, tmp_path: Path) -> None:
    (picture, *_) = read_split(gaze_tree, "train")
    image = read_rgb(picture.path)
    size = (image.shape[1], image.shape[0])
    corner = density_map(np.array([[2, 2]], np.float32), size, (36, 48))
    example = picture_example(picture.path, 1, picture.fixations)
    _, labels, _ = build([example], lambda _: corner, "corner", CORPUS, tmp_path, 64)
    label = labels[0].float().numpy()
    label /= label.sum()
    gaze = density_map(picture.fixations, size, (48, 48))
    assert label[:8, :8].sum() == pytest.approx(0.5, abs=0.1)
    assert label[gaze > gaze.max() / 20].sum() == pytest.approx(0.5, abs=0.1)


def test_features_are_of_the_views_and_seen_once(pool: Path, tmp_path: Path) -> None:
    examples = list(pool_examples(pool, CORPUS))
    features = DeepFeatures(0, 1)
    found = see_views(examples, features, "lite0", CORPUS, tmp_path)
    assert found.shape == (6, 320)
    (whole, *_) = examples
    seen = features(View().cut(whole.load(), (192, 144)))
    assert np.allclose(found[0], seen, atol=0.02)
    # Noise and a grey frame are told apart.
    assert torch.nn.functional.cosine_similarity(found[0], found[2], dim=0) < 0.95

    def fails(_: np.ndarray) -> np.ndarray:
        raise AssertionError("seen twice")

    assert torch.equal(see_views(examples, fails, "lite0", CORPUS, tmp_path), found)


def test_a_soft_second_step_learns_what_the_teacher_says(
    gaze_tree: Path, pool: Path, tmp_path: Path
) -> None:
    teachers = make_teachers(gaze_tree, tmp_path, TEACHER, MOTION)
    hinted = dataclasses.replace(STUDENT, feature_hint=0.3)
    first = first_material(hinted, teachers, CORPUS, gaze_tree, tmp_path / "labels", pool)
    assert first.features is not None
    assert len(first.features) == len(first.images)
    pictures, wholes = read_split(gaze_tree, "train"), first.whole_pictures()
    assert len(wholes.images) == len(pictures)
    for picture, image, label in zip(pictures, wholes.images, wholes.labels, strict=True):
        pixels = read_rgb(picture.path)
        seen = cv2.resize(pixels, (64, 64), interpolation=cv2.INTER_AREA)
        assert np.abs(image.numpy().astype(int) - seen).mean() < 2
        size = (pixels.shape[1], pixels.shape[0])
        gaze = torch.from_numpy(density_map(picture.fixations, size, (48, 48)))
        # Blended: gaze is in it, and is not all of it.
        assert 0.2 < torch.minimum(label.float() / label.sum(), gaze / gaze.sum()).sum() < 0.98
    runs = {}
    for second in ("hard", "soft"):
        run = dataclasses.replace(STUDENT, epochs=1, second=second)
        result = two_steps(run, first, gaze_tree, tmp_path / second)
        runs[second] = result.history[0]["spatial"]
    assert runs["hard"] != runs["soft"]


def test_a_student_is_distilled_and_its_card_says_from_what(
    gaze_tree: Path, pool: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    card = distill(STUDENT, TEACHER, CORPUS, gaze_tree, out, motion=MOTION, pool=pool)
    model = load(out / "uvanet-32" / "uvanet-32.onnx")
    assert model.predict(np.zeros((20, 30, 3), np.uint8)).shape == (20, 30)
    told = {row.name: row for row in card.data}
    assert told["made"].license == "CC0"
    assert told["film"].count == 1
    assert told["made, train split"].license == "unknown"
    assert not any("OSIE" in name for name in told)
    assert card.license.startswith("restricted by the terms of made")
    assert any("EfficientNet" in name for name in told)
    assert "--pool" in card.recipe["command"]
    assert card.recipe["corpus"]["pool_views"] == 2
    history = json.loads((out / "uvanet-32" / "history.json").read_text())
    assert len(history) == 2
