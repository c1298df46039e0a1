"""Data of a fine-tuning: published gaze, recordings, labels of a temporal teacher."""

from __future__ import annotations

import dataclasses
import os
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from gaze_trees import density, mit1003_tree, picture, salicon_tree, write
from training_kit import Command, scene, write_scene, write_teacher

from uvanet.errors import UsageError
from uvanet.evaluation.compare import compare_on_val
from uvanet.paths import resource
from uvanet.registry import list_models
from uvanet.training.data.frame_pairs import LABEL_SIDE, gap_of, split_groups
from uvanet.training.data.gaze_datasets import NAMES, open_published, read_published
from uvanet.training.data.inspect import survey
from uvanet.training.data.pseudo_labels import label_pairs, pool_files
from uvanet.training.data.user_media import read_collection
from uvanet.training.provenance import pool_sources
from uvanet.training.teachers.inference import load_teacher

if TYPE_CHECKING:
    from pathlib import Path

TEMPORAL = [card.name for card in list_models() if card.name == "teacher-temporal"]


def avs1k(root: Path, clips: int = 6, frames: int = 24) -> Path:
    """Videos from drones in which everybody looks at the disc, which moves."""
    for number in range(clips):
        video = f"Human_{number:05d}"
        for i in range(1, frames + 1):
            x, y = 15 + 12 * number, 12 + 1.5 * i
            write(root / "trainSet" / "Frame" / video / f"{video}_{i:05d}.png", picture(x, y))
            write(root / "trainSet" / "Ground" / video / f"{video}_{i:05d}.png", density(x, y))
    return root


def test_talk_is_no_material() -> None:
    assert "talk" not in NAMES
    assert {"avs1k", "dhf1k", "salicon", "fixations"} <= set(NAMES)


def test_the_gaze_of_a_published_set_takes_the_teachers_place(tmp_path: Path) -> None:
    root = avs1k(tmp_path / "AVS1K")
    pairs = [pair for pair, _ in read_published("avs1k", root)]
    assert len(pairs) == 6 * 4
    for pair in pairs:
        # The label lies where the disc is, and the earlier frame is another one.
        assert pair.gaze is not None
        row, column = np.unravel_index(pair.gaze.argmax(), pair.gaze.shape)
        height, width = pair.frame.shape[:2]
        at = pair.frame[int(row / LABEL_SIDE * height), int(column / LABEL_SIDE * width)]
        assert at.min() > 200
        assert (pair.earlier != pair.frame).any()
    assert len({pair.source for pair in pairs}) == 6

    found = survey(root, tmp_path, layout="avs1k")
    assert (found.videos, found.pictures, found.broken) == (6, 0, [])
    assert found.pairs > 0

    done = Command(
        *("finetune", "--set", f"avs1k={root}", "--start", "uvanet-64"),
        *("--steps", 40, "--out", tmp_path / "run", "--name", "drones"),
    )
    assert done.code == 0, done.err
    report = done.last.report
    assert report["metric"] == "CC with the gaze of avs1k"
    assert report["after"]["mean"] > report["before"]["mean"]
    assert done.last.model, report
    card = (tmp_path / "run" / "drones" / "drones.json").read_text()
    assert "--set avs1k=FOLDER" in card
    assert "what the teacher" not in card


@pytest.mark.parametrize(("name", "tree"), [("salicon", salicon_tree), ("mit1003", mit1003_tree)])
def test_pictures_with_gaze_are_stills(name: str, tree: object, tmp_path: Path) -> None:
    root = tree(tmp_path / name)  # type: ignore[operator]
    pairs = [pair for pair, _ in read_published(name, root)]
    assert len(pairs) == len(open_published(name, root).pictures)
    assert all(pair.earlier is pair.frame and pair.gaze is not None for pair in pairs)


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="trainSet"):
        survey(tmp_path / "empty", tmp_path, layout="avs1k")
    with pytest.raises(UsageError, match="talk"):
        open_published("talk", tmp_path)
    for words, expected in (
        (("--set", f"avs1k={tmp_path / 'empty'}"), "trainSet"),
        ((), "--set NAME=FOLDER"),
        (("demo", "--set", "avs1k=x"), "one thing at a time"),
    ):
        done = Command("finetune", *words, "--out", tmp_path / "run")
        assert done.code == 2
        assert expected in done.err


@pytest.mark.skipif(os.name != "posix", reason="made by the window's recorder, tested there")
def test_a_recording_is_learned_by_its_pairs(tmp_path: Path) -> None:
    folder = tmp_path / "recording"
    folder.mkdir()
    for number in range(40):
        for name, back in (("now", 0), ("before", 3)):
            cv2.imwrite(str(folder / f"{number * 400:09d}-{name}.jpg"), scene(number + 3 - back))
    cv2.imwrite(str(folder / "alone.png"), scene(50))
    found = survey(folder, tmp_path)
    assert found.pictures == 41
    teacher = load_teacher(write_teacher(tmp_path / "green.onnx"), 1)
    pairs = label_pairs(read_collection(folder), teacher, 64, lambda _: True)
    assert len(pairs) == 41
    moved = (pairs.frames != pairs.earlier).any(axis=(1, 2, 3))
    assert moved.sum() == 40
    # Pairs near in time are held out together.
    learned, held_out = split_groups(pairs)
    assert not set(learned.groups) & set(held_out.groups)
    assert len(set(pairs.groups)) == 11


@pytest.mark.skipif(not TEMPORAL, reason="no temporal teacher is shipped")
def test_a_temporal_teacher_labels_by_both_frames() -> None:
    label = load_teacher(resource("weights/teacher-temporal.onnx"), 1)
    rng = np.random.default_rng(0)
    now = np.repeat(np.repeat(rng.integers(90, 140, (24, 32, 3), np.uint8), 20, 0), 20, 1)
    before = now.copy()
    before[300:380, 440:540] = 255 - before[300:380, 440:540]
    still, moving = label(now, now), label(now, before)
    still, moving = still / still.sum(), moving / moving.sum()
    rows, columns = still.shape
    there = np.s_[
        rows * 300 // 480 : rows * 380 // 480, columns * 440 // 640 : columns * 540 // 640
    ]
    assert moving[there].sum() > 1.5 * still[there].sum()


def test_a_distilled_student_is_compared_on_val(gaze_tree: Path) -> None:
    student = resource("weights/uvanet-64.onnx")
    report = compare_on_val("uvanet-64", student, gaze_tree)
    assert report.verdict == "no clear difference"
    assert report.n == 2
    assert report.metric == "NSS of human gaze"
    assert dataclasses.asdict(report)["gain"]["mean"] == 0


def test_one_clip_is_enough(tmp_path: Path) -> None:
    """Parts of the file are held out; 0.1.0 asked for four files, after the labelling."""
    folder = tmp_path / "one"
    folder.mkdir()
    write_scene(folder / "ten seconds.mp4", 300)
    assert survey(folder, tmp_path).enough
    teacher = load_teacher(write_teacher(tmp_path / "green.onnx"), 1)
    pairs = label_pairs(read_collection(folder), teacher, 64, lambda _: True)
    learned, held_out = split_groups(pairs)
    assert len(held_out) >= 16
    assert len(learned) >= 4 * 16
    assert not set(learned.groups) & set(held_out.groups)
    near = np.abs(learned.times[:, None] - held_out.times[None]).min()
    assert near >= gap_of(float(np.ptp(pairs.times))) > 0.4
    assert set(pairs.sources.tolist()) == {"ten seconds.mp4"}


def test_what_is_too_little_is_said_by_the_survey(tmp_path: Path) -> None:
    folder = tmp_path / "few"
    folder.mkdir()
    for number in range(15):
        cv2.imwrite(str(folder / f"{number}.png"), scene(number))
    assert not survey(folder, tmp_path).enough
    cv2.imwrite(str(folder / "15.png"), scene(15))
    assert survey(folder, tmp_path).enough
    for path in folder.iterdir():
        path.unlink()
    write_scene(folder / "blink.mp4", 10)
    assert not survey(folder, tmp_path).enough


def test_one_video_is_material_as_its_folder_is(tmp_path: Path) -> None:
    folder = tmp_path / "films"
    folder.mkdir()
    film = folder / "film.mp4"
    write_scene(film, 60)
    (folder / "sources.csv").write_text("file,source,license\nfilm.mp4,mine,CC0\n")
    alone, among = (dataclasses.replace(survey(root, film), room=0) for root in (film, folder))
    assert alone == among
    assert alone.videos == 1
    assert alone.enough
    of_film, of_folder = (list(read_collection(root)) for root in (film, folder))
    assert [(pair.source, pair.group) for pair, _ in of_film] == [
        (pair.source, pair.group) for pair, _ in of_folder
    ]
    assert pool_files(film) == pool_files(folder) == [film]
    assert pool_sources(film, [film]) == pool_sources(folder, [film])
    with pytest.raises(UsageError, match=r"sources\.csv is not a video"):
        survey(folder / "sources.csv", tmp_path)
