"""Fine-tuning of a student on a scene with a tiny teacher, in real processes."""

from __future__ import annotations

import dataclasses
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from training_kit import (
    Command,
    Stopper,
    adapt,
    adapted,
    left_in,
    phase_of,
    scene,
    training,
    write_cut,
    write_scene,
    write_teacher,
)

import uvanet
from uvanet.cli import main
from uvanet.errors import ModelError
from uvanet.registry import list_user_models
from uvanet.training.adapt import TEMPORARY, AdaptConfig
from uvanet.training.adapt import adapt as adapt_in_process
from uvanet.training.config import FinetuneConfig
from uvanet.training.control import send_order
from uvanet.training.data.inspect import survey
from uvanet.training.data.user_media import watch_source
from uvanet.user_models import models_folder, user_model

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")


@pytest.fixture
def no_models() -> Iterator[None]:
    """An empty folder of own models."""
    shutil.rmtree(models_folder(), ignore_errors=True)
    yield
    shutil.rmtree(models_folder(), ignore_errors=True)


def test_a_scene_is_learned_kept_and_listed(
    clip: Path, teacher: Path, tmp_path: Path, no_models: None
) -> None:
    out = tmp_path / "run"
    done = adapted(clip, out, teacher, "--steps", 30, "--install", "--start", "uvanet-32")
    assert done.code == 0, done.err
    kinds = [kind for kind in dict.fromkeys(done.kinds()) if kind != "checkpoint"]
    assert kinds == ["start", "step", "eval", "preview", "done"]
    report = done.last.report
    assert report["verdict"] == "better"
    assert report["after"]["mean"] > report["before"]["mean"] + 0.1
    assert report["gain"]["low"] > 0
    assert report["before"]["low"] <= report["before"]["mean"] <= report["before"]["high"]
    # The model and its card, which names the recipe, are there, and nothing else.
    (card,) = list_user_models()
    assert str(user_model(card.name)) == done.last.model
    assert card.metrics["later frames of the scene"]["after"]["cc"] == report["after"]["mean"]
    assert card.recipe["teacher"]["name"] == "green"
    assert card.name in [one.name for one in uvanet.available()]
    assert left_in(out) == {"report.json"}
    assert out.stat().st_mode & 0o077 == 0
    # Its map is near that of the teacher.
    image = cv2.cvtColor(scene(50), cv2.COLOR_BGR2RGB)
    y, x = np.unravel_index(uvanet.load(card.name).predict(image).argmax(), image.shape[:2])
    assert image[y, x, 1] > 150 > image[y, x, 0]
    # An own student can be fine-tuned again.
    again = adapted(clip, tmp_path / "b", teacher, "--steps", 1, "--start", card.name)
    assert again.code == 0
    assert again.last.report["before"]["mean"] == pytest.approx(report["after"]["mean"], abs=0.02)


def test_watching_begins_where_it_is_told(clip: Path) -> None:
    video = cv2.VideoCapture(str(clip))
    length = video.get(cv2.CAP_PROP_FRAME_COUNT) / video.get(cv2.CAP_PROP_FPS)
    video.release()
    whole = {pair.t: pair.frame for pair, _ in watch_source(str(clip), length, 400)}
    later = [pair for pair, _ in watch_source(str(clip), 0.5, 400, begin=1.0)]
    expected = min(whole, key=lambda t: abs(t - (1.0 + later[0].t)))
    assert np.abs(later[0].frame.astype(int) - whole[expected]).mean() < 2
    assert later[-1].t == pytest.approx(0.5, abs=0.1)
    # Where less is left than asked for, the end of the file is read.
    last = [pair for pair, _ in watch_source(str(clip), 0.5, 400, begin=length - 0.1)]
    assert last[-1].t == pytest.approx(0.5, abs=0.1)


def test_what_does_not_improve_is_not_kept(
    clip: Path, teacher: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Even at a rate that changes no weight, batch norm adapts to the scene, so it adapts first.
    settling = ("--steps", 30, "--start", "uvanet-32")
    assert adapted(clip, tmp_path / "first", teacher, *settling).code == 0
    (start,) = (tmp_path / "first").rglob("*.onnx")
    words = ["finetune", clip, "--out", tmp_path / "run", "--teacher", teacher, "--threads", 1]
    words += ["--steps", 1, "--rate", "1e-6", "--start", start]
    assert main(list(map(str, words))) == 0
    told = capsys.readouterr().out
    assert "are not kept" in told
    assert told.startswith(("No clear difference", "Worse"))
    assert left_in(tmp_path / "run") == {"report.json"}


def test_stop_keeps_what_was_learned_so_far(clip: Path, teacher: Path, tmp_path: Path) -> None:
    # A fresh interpreter, whose shutdown the thread that waits for orders must not hold up.
    words = ("--steps", 100_000, "--start", "uvanet-32")
    child = adapt(clip, tmp_path / "run", teacher, *words, fresh=True)
    child.until(training(40))
    child.say("stop")
    code, err = child.end()
    assert code == 0, err
    assert child.last.stopped is True
    assert child.last.report["verdict"] == "better"
    assert not left_in(tmp_path / "run") & set(TEMPORARY)


def test_pause_holds_the_training_and_resume_lets_it_go(
    clip: Path, teacher: Path, tmp_path: Path
) -> None:
    words = ("--steps", 100_000, "--start", "uvanet-32")
    child = adapt(clip, tmp_path / "run", teacher, *words)
    child.until(training(2))
    child.say("pause")
    child.until(lambda told: getattr(told, "text", "") == "Paused.")
    held = max(told.done for told in child.events if phase_of(told) == "train")
    child.say("resume")
    child.until(lambda told: getattr(told, "text", "") == "Resumed.")
    child.until(training(held + 1))
    child.say("stop")
    assert child.end()[0] == 0
    assert child.kinds()[-1] == "done"


def test_a_video_that_breaks_off_is_told_before(clip: Path, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    shutil.copy(clip, folder / "whole-one.mp4")
    write_cut(folder / "cut.mp4", clip)
    found = survey(folder, tmp_path)
    assert found.videos == 2
    assert found.cut == ["cut.mp4"]
    assert not found.broken


def test_a_folder_of_ones_own_is_surveyed_and_learned(teacher: Path, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    (folder / "more").mkdir(parents=True)
    for number in range(4):
        write_scene(folder / f"clip{number}.mp4", 20, 17 * number)
    for number in range(4):
        cv2.imwrite(str(folder / "more" / f"{number}.png"), scene(20 * number + 5))
    (folder / "broken.mp4").write_text("words")
    (folder / "cut.jpg").write_bytes(b"\xff\xd8\xff\xe0 cut off")
    (folder / "notes.txt").write_text("none of the data")
    found = survey(folder, tmp_path)
    assert (found.videos, found.pictures, found.frames) == (4, 4, 84)
    assert {name for name, _ in found.broken} == {"broken.mp4", "cut.jpg"}
    assert found.seconds == pytest.approx(80 / 30, rel=0.1)
    assert found.run_seconds(64, 2000) > found.run_seconds(64, 100) > 0
    assert 0 < found.disk(64) < found.room
    done = Command(
        *("finetune", "--pool", folder, "--start", "uvanet-32", "--teacher", teacher),
        *("--steps", 30, "--out", tmp_path / "run", "--name", "mine-1"),
    )
    assert done.code == 0, done.err
    assert done.last.report["held_out"] == "files held out"
    assert done.last.report["after"]["mean"] > done.last.report["before"]["mean"]
    told = " ".join(getattr(told, "text", "") for told in done.events)
    assert "broken.mp4" in told
    assert "cut.jpg" in told
    if done.last.model:
        assert uvanet.load(done.last.model).card.name == "mine-1"


def test_a_recording_is_deleted_once_it_was_labelled(teacher: Path, tmp_path: Path) -> None:
    def record(folder: Path) -> Path:
        folder.mkdir()
        for number in range(0, 60, 2):
            for name, back in (("now", 0), ("before", 1)):
                path = folder / f"{number * 33:09d}-{name}.jpg"
                cv2.imwrite(str(path), scene(number - back))
        # A pair whose half is missing is left out.
        (folder / "000009999-now.jpg").write_bytes(b"\xff\xd8\xff cut")
        return folder

    gone, kept = record(tmp_path / "gone"), record(tmp_path / "kept")
    run, short = tmp_path / "run", ("--steps", 1, "--start", "uvanet-32")
    replay = tmp_path / "general"
    replay.mkdir()
    for number in range(6):
        cv2.imwrite(str(replay / f"{number}.png"), scene(7 * number))
    done = adapted(gone, run, teacher, "--recording", *short, "--replay", replay)
    assert done.code == 0
    assert not gone.exists()
    assert any(phase_of(told) == "label" for told in done.events)
    words = (kept, "--out", tmp_path / "b", "--recording", *short, "--teacher")
    assert Command("finetune", *words, teacher, "--keep-frames").code == 0
    assert len(list(kept.iterdir())) == 61
    # Nothing but labelled pairs is deleted. In 0.1.0 the report of an earlier run in the same
    # folder was enough to delete a recording that no teacher had seen, with all beside it.
    (kept / "diary.txt").write_text("not ours")
    assert (tmp_path / "b" / "report.json").exists()
    ended = Command("finetune", *words, tmp_path / "none.onnx")
    assert ended.code == 2
    assert "no teacher" in ended.last.message
    assert len(list(kept.iterdir())) == 62
    assert Command("finetune", *words, teacher).code == 0
    assert left_in(kept) == {"diary.txt"}


@pytest.mark.parametrize("name", ["..", "a/b", ".hidden", "x" * 200])
def test_a_name_that_is_no_file_name_is_refused_before_the_run(
    clip: Path, teacher: Path, tmp_path: Path, name: str
) -> None:
    """It failed after the training, or wrote beside the run's folder."""
    words = ("finetune", clip, "--out", tmp_path / "run", "--teacher", teacher, "--steps", 2)
    ended = Command(*words, f"--name={name}")
    assert ended.code == 2
    assert ended.events == []
    assert not (tmp_path / "run").exists()


def test_a_data_set_without_its_folder_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It was read from the working folder."""
    monkeypatch.chdir(tmp_path)
    assert main(["finetune", "--set", "salicon", "--out", "run"]) == 2
    assert "--set salicon=FOLDER" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_an_order_for_an_ended_run_does_not_stop_the_next_one(
    clip: Path, teacher: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    out.mkdir()
    earlier = subprocess.Popen([sys.executable, "-c", ""])
    earlier.wait()
    send_order(out, "stop", earlier.pid)
    ended = adapted(clip, out, teacher, "--steps", 2, "--start", "uvanet-32")
    assert ended.code == 0
    assert ended.last.report
    assert not ended.last.stopped


def test_forgetting_is_told_where_there_is_gaze(
    clip: Path, teacher: Path, tmp_path: Path, gaze_tree: Path
) -> None:
    words = ("--steps", 1, "--start", "uvanet-32", "--data", gaze_tree)
    done = adapted(clip, tmp_path / "run", teacher, *words)
    assert done.code == 0
    before, after = done.last.report["forgotten"]["nss"]
    assert np.isfinite([before, after]).all()


def test_a_run_of_another_source_teacher_or_student_is_not_resumed(
    clip: Path, teacher: Path, tmp_path: Path
) -> None:
    """In 0.1.0 a run of another source was resumed with the stored frames, without an error."""
    out, other = tmp_path / "run", write_scene(tmp_path / "other.mp4", start=30)
    out.mkdir()
    config = AdaptConfig(
        source=str(clip),
        teacher=str(teacher),
        start="uvanet-32",
        tune=FinetuneConfig(steps=100_000, batch=4),
    )
    assert adapt_in_process(config, out, Stopper(66)) is not None
    assert {"frames.npz", "checkpoint.pt"} <= left_in(out)
    green = write_teacher(tmp_path / "other.onnx", "map")
    for changed, told in (
        ({"source": str(other)}, "source"),
        ({"seconds": 1.0}, "seconds"),
        ({"teacher": str(green)}, "teacher"),
        ({"start": "uvanet-64"}, "side"),
        ({"tune": FinetuneConfig(steps=7, batch=4)}, "steps"),
    ):
        with pytest.raises(ModelError, match=rf"another run; it differs in .*{told}"):
            adapt_in_process(dataclasses.replace(config, **changed), out, Stopper())
    # The same command resumes.
    again = adapt_in_process(config, out, Stopper(3))
    assert again is not None
    assert not again.finished
