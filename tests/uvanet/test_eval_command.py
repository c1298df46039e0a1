"""`uvanet eval`: tables, files, refused arguments."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import command_kit
import gaze_trees as trees
import pytest
from command_kit import run_command
from training_kit import write_film

from uvanet.evaluation.evaluator import METRICS

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _no_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("UVANET_DATA", raising=False)


def run(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    return run_command("eval", *arguments, cwd=cwd)


def refused(*arguments: object, cwd: Path) -> str:
    return command_kit.refused("eval", "--quiet", *arguments, cwd=cwd)


FAST = ("--model", "center-surround", "--draws", 50)


def test_all_models_are_measured_on_all_sets_by_default(gaze_tree: Path, tmp_path: Path) -> None:
    trees.talk_tree(gaze_tree / "talk", clips=2, frames=50)
    done = run("--data", gaze_tree, "-o", "result.json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    result = json.loads((tmp_path / "result.json").read_text())
    assert result["split"] == "val"
    assert list(result["sets"]) == ["fixations, val", "talk"]
    stills, clips = result["sets"].values()
    assert (stills["items"], stills["clips"]) == (2, 0)
    assert (clips["items"], clips["clips"]) == (4, 2)
    for one in (stills, clips):
        rows = one["groups"]["all"]["rows"]
        assert list(rows)[:4] == ["human", "center-prior", "spectral-residual", "center-surround"]
        assert "uvanet-64" in rows
        assert rows["human"]["human_share"]["mean"] == 1
        assert rows["human"]["cc"]["mean"] is None
        for name, values in rows.items():
            assert list(values) == [*METRICS, "human_share"]
            share = values["nss"]["mean"] / rows["human"]["nss"]["mean"]
            assert values["human_share"]["mean"] == pytest.approx(share, abs=1e-4)
            for metric, entry in values.items():
                if name != "human" or metric in ("nss", "auc_judd", "auc_shuffled", "human_share"):
                    assert entry["low"] <= entry["mean"] <= entry["high"]
    assert "uvanet-64" in done.stdout
    assert "of human" in done.stdout
    assert "100.0 % ±0.0" in done.stdout
    assert "talk: 4 frames of 2 clips" in done.stdout
    # Progress goes to stderr, and only there.
    assert "100%" in done.stderr
    assert "%|" not in done.stdout


def test_parts_on_two_processes_give_the_same_numbers(gaze_tree: Path, tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="the extra cluster is not installed")
    trees.talk_tree(gaze_tree / "talk", clips=3, frames=50)
    rows = (
        "--model",
        "center-prior",
        "--model",
        "uvanet-64",
        "--model",
        "uvanet-64+motion+smoothed",
    )
    call = ("eval", "--data", gaze_tree, *rows, "--draws", 50, "--quiet", "--json")
    one = run_command(*call, cwd=tmp_path)
    assert one.returncode == 0, one.stderr
    words = [sys.executable, "-m", "uvanet", *map(str, call), "--workers", "2"]
    two = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert two.returncode == 0, two.stderr
    sets = [json.loads(done.stdout)["sets"] for done in (one, two)]
    for name in ("fixations, val", "talk"):
        assert sets[0][name]["groups"] == sets[1][name]["groups"]
        assert sets[0][name]["skipped"] == sets[1][name]["skipped"]


def test_the_test_split_is_read_only_when_named(gaze_tree: Path, tmp_path: Path) -> None:
    test = gaze_tree / "fixations" / "made" / "test0.jpg"
    test.unlink()
    call = ("--data", gaze_tree, "--set", "fixations", *FAST)
    assert run(*call, cwd=tmp_path).returncode == 0
    assert "test0.jpg" in refused(*call, "--split", "test", cwd=tmp_path)


def test_json_output_is_deterministic(gaze_tree: Path, tmp_path: Path) -> None:
    call = ("--data", gaze_tree, "--set", "fixations", *FAST, "--json", "--quiet")
    first, second = run(*call, cwd=tmp_path), run(*call, cwd=tmp_path)
    assert first.stderr == ""
    results = [json.loads(done.stdout)["sets"]["fixations, val"] for done in (first, second)]
    assert results[0]["groups"] == results[1]["groups"]


def test_differences_to_a_named_row_are_shown(gaze_tree: Path, tmp_path: Path) -> None:
    call = ("--data", gaze_tree, "--set", "fixations", "--model", "center-prior", *FAST)
    done = run(*call, "--metric", "nss", "--against", "center-prior", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "less center-prior" in done.stdout
    assert "sAUC" not in done.stdout


def test_the_human_row_can_be_compared_with(gaze_tree: Path, tmp_path: Path) -> None:
    root = trees.mit1003_tree(tmp_path / "MIT1003")  # does not tell its observers apart
    call = ("--data", gaze_tree, "--set", "fixations", "--set", f"mit1003={root}", *FAST)
    done = run(*call, "--metric", "nss", "--against", "human", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    known, unknown = json.loads(done.stdout)["sets"].values()
    assert list(known["groups"]["all"]["differences"]) == ["center-surround"]
    assert "human" not in unknown["groups"]["all"]["rows"]
    assert "differences" not in unknown["groups"]["all"]


def test_groups_of_a_set_are_reported_separately(gaze_tree: Path, tmp_path: Path) -> None:
    folder = gaze_tree / "fixations"
    (folder / "other").mkdir()
    (folder / "made" / "val1.jpg").rename(folder / "other" / "val1.jpg")
    split = (folder / "split.csv").read_text().replace("made/val1", "other/val1")
    (folder / "split.csv").write_text(split)
    done = run("--data", gaze_tree, "--set", "fixations", *FAST, "--json", cwd=tmp_path)
    groups = json.loads(done.stdout)["sets"]["fixations, val"]["groups"]
    assert {name: group["items"] for name, group in groups.items()} == {
        "all": 2,
        "made": 1,
        "other": 1,
    }


def test_a_published_set_needs_no_own_data(tmp_path: Path) -> None:
    root = trees.mit1003_tree(tmp_path / "MIT1003")
    damaged = root / "ALLSTIMULI" / "i1.jpeg"
    damaged.write_bytes(damaged.read_bytes()[:300])
    done = run("--set", f"mit1003={root}", *FAST, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "2 pictures, 1 left out" in done.stdout
    assert "left out: i1.jpeg" in done.stderr


def test_each_wrong_argument_gives_one_line_of_error(gaze_tree: Path, tmp_path: Path) -> None:
    data = ("--data", gaze_tree, "--set", "fixations")
    videos = tmp_path / "videos"
    trees.write_video(videos / "a.mp4", trees.path_of(3))
    assert "UVANET_DATA" in refused(cwd=tmp_path)
    assert "nowhere" in refused("--data", "nowhere", cwd=tmp_path)
    assert "talk" in refused("--data", gaze_tree, "--set", "talk", cwd=tmp_path)
    assert "--set dhf1k=FOLDER" in refused("--set", "dhf1k", cwd=tmp_path)
    assert "nowhere" in refused("--set", "dhf1k=nowhere", *FAST, cwd=tmp_path)
    assert "'coco'" in refused("--set", "coco", cwd=tmp_path)
    assert "twice" in refused(*data, "--set", "fixations", cwd=tmp_path)
    assert "no gaze" in refused("--set", f"videos={videos}", *FAST, cwd=tmp_path)
    parts = ("--set", f"videos={videos}", "--workers", 2)
    assert "no gaze" in refused(*parts, *FAST, cwd=tmp_path)
    assert "uvanet-65" in refused(*data, "--model", "uvanet-65", cwd=tmp_path)
    assert "nowhere.onnx" in refused(*data, *FAST, "--onnx", "nowhere.onnx", cwd=tmp_path)
    assert "'side'" in refused(*data, *FAST, "--onnx", "a.onnx,side=3", cwd=tmp_path)
    assert "'other'" in refused(*data, *FAST, "--against", "other", cwd=tmp_path)
    assert "folder missing" in refused(*data, *FAST, "-o", "missing/a.json", cwd=tmp_path)
    assert "emd" in refused(*data, "--metric", "emd", cwd=tmp_path)
    assert os.listdir(tmp_path / "videos") == ["a.mp4"]


def test_help_lists_rows_sets_and_examples(tmp_path: Path) -> None:
    text = run("--help", cwd=tmp_path).stdout
    for words in ("examples:\n  uvanet eval", "mit1003", "--onnx", "center-prior", "bootstrap"):
        assert words in text


def test_flicker_is_measured_on_steady_clips(gaze_tree: Path, tmp_path: Path) -> None:
    call = ("--data", gaze_tree, "--set", "fixations", *FAST, "--metric", "nss", "--flicker")
    assert "no steady clips" in refused(*call, cwd=tmp_path)
    clips = gaze_tree / "pool" / "clips"
    clips.mkdir(parents=True)
    write_film(clips / "still.mp4", 0)
    write_film(clips / "fast.mp4", 4)
    done = run(*call, "-o", "result.json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (values,) = json.loads((tmp_path / "result.json").read_text())["flicker"].values()
    assert values["cc"]["n"] == 57  # of the steady clip alone: two seconds at 30 frames a second
    assert values["cc"]["mean"] == pytest.approx(1, abs=0.05)
    assert values["peak_jumps"]["mean"] == 0
    assert "peak jumps" in done.stdout
