"""`uvanet label` on a cluster: the labels are those of one process, also after a death."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import cv2
import pytest
from cluster_kit import PATIENCE, until
from command_kit import refused, run_command
from training_kit import scene, write_scene, write_teacher

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("onnx", reason="the extra cluster is not installed")

PICTURES, CLIPS = 3, int(os.environ.get("UVANET_LABEL_CLIPS", "12"))
FILES = PICTURES + CLIPS


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three pictures, and clips each of which begins elsewhere; a hundred in the workflows."""
    folder = tmp_path_factory.mktemp("pool")
    for number in range(PICTURES):
        cv2.imwrite(str(folder / f"picture-{number}.png"), scene(20 * number))
    for number in range(CLIPS):
        write_scene(folder / f"clip-{number}.mp4", frames=45, start=number)
    return folder


@pytest.fixture(scope="module")
def teachers(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Options that name two small teachers; those that ship take seconds for a clip."""
    folder = tmp_path_factory.mktemp("teachers")
    spatial = write_teacher(folder / "spatial.onnx")
    temporal = write_teacher(folder / "temporal.onnx", streams=True)
    return ["--spatial", str(spatial), "--temporal", str(temporal)]


@pytest.fixture(scope="module")
def expected(
    pool: Path, teachers: list[str], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, bytes]:
    """The labels of one process without Dask."""
    out = tmp_path_factory.mktemp("expected")
    done = run_command("label", pool, "--out", out, "--quiet", *teachers)
    assert f"{FILES} files: {FILES} labelled, 0 failed" in done.stdout, done.stderr
    found = labels(out)
    # A picture has a label and faces; a clip has those of its frames, and of its pairs.
    assert len(found) >= 2 * PICTURES + 3 * CLIPS
    return found


def labels(out: Path) -> dict[str, bytes]:
    return {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*.npz")}


def test_clips_are_labelled_by_two_workers_of_which_one_dies(
    pool, teachers, expected, tmp_path, dask
):
    out = tmp_path / "run"
    words = ["label", str(pool), "--out", str(out), "--quiet", *teachers]
    # Stopped, it is given files and finishes none.
    dask.stop(dask.workers[0])
    run = subprocess.Popen(
        [sys.executable, "-m", "uvanet", *words, "--scheduler", dask.address],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    until(lambda: labels(out))
    dask.workers[0].kill()
    text, err = run.communicate(timeout=PATIENCE * max(1, CLIPS // 10))
    assert run.returncode == 0, err
    assert f"{FILES} labelled, 0 failed" in text
    assert labels(out) == expected
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.npz")}
    again = run_command(*words)
    assert f"{FILES} labelled, 0 failed" in again.stdout
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*.npz")} == before


def test_labelling_with_the_teachers_that_ship_needs_no_torch(tmp_path):
    folder = tmp_path / "pool"
    folder.mkdir()
    cv2.imwrite(str(folder / "picture.png"), scene(0))
    write_scene(folder / "clip.mp4", frames=20)
    # A module that is None in sys.modules cannot be imported.
    absent = ("torch", "lightning_fabric", "efficientnet_lite_pytorch", "matplotlib")
    words = ["label", str(folder), "--out", str(tmp_path / "run"), "--quiet"]
    script = (
        f"import sys; sys.modules.update(dict.fromkeys({absent}));"
        f"from uvanet.cli import main; sys.exit(main({words}))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert "2 labelled, 0 failed" in done.stdout, done.stderr
    words = ["label", folder / "clip.mp4", "--out", tmp_path / "one", "--quiet"]
    assert "1 labelled, 0 failed" in run_command(*words).stdout
    assert "picture.png is not a video" in refused(
        "label", folder / "picture.png", "--out", tmp_path / "none", cwd=tmp_path
    )


def test_what_reads_the_teachers_is_named_where_it_is_missing(pool, tmp_path, monkeypatch):
    monkeypatch.setattr("uvanet.extras.find_spec", lambda _: None)
    line = refused("label", pool, "--out", tmp_path / "run", cwd=tmp_path)
    assert "onnx is not installed. Install it with: pip install 'uvanet[cluster]'." in line


def test_a_damaged_file_is_named_and_the_others_are_labelled(pool, tmp_path):
    folder = tmp_path / "pool"
    folder.mkdir()
    (folder / "good.png").write_bytes((pool / "picture-0.png").read_bytes())
    (folder / "bad.png").write_bytes(b"no picture")
    done = run_command("label", folder, "--out", tmp_path / "run", "--quiet")
    assert done.returncode == 1
    assert "2 files: 1 labelled, 1 failed" in done.stdout
    assert "bad.png: " in done.stderr


def test_an_empty_pool_is_refused(tmp_path):
    assert "no picture" in refused("label", tmp_path, "--out", "run", cwd=tmp_path)
