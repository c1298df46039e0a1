"""`uvanet label` on a cluster: the labels are those of one process, also after a death."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import cv2
import pytest
from cluster_kit import PATIENCE, until
from command_kit import refused, run_command
from training_kit import scene, write_scene

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("torch", reason="the extra train is not installed")

FILES = 4


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three pictures and a clip."""
    folder = tmp_path_factory.mktemp("pool")
    for number in range(FILES - 1):
        cv2.imwrite(str(folder / f"picture-{number}.png"), scene(20 * number))
    write_scene(folder / "clip.mp4", frames=45)
    return folder


@pytest.fixture(scope="module")
def expected(pool: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The labels of one process without Dask."""
    out = tmp_path_factory.mktemp("expected")
    done = run_command("label", pool, "--out", out, "--quiet")
    assert f"{FILES} files: {FILES} labelled, 0 failed" in done.stdout, done.stderr
    found = labels(out)
    # A picture has a label and faces; the clip has those of its frames, and of its pairs.
    assert len(found) > 2 * FILES
    return found


def labels(out: Path) -> dict[str, bytes]:
    return {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*.npz")}


def test_labels_survive_the_death_of_a_worker(pool, expected, tmp_path, dask):
    out = tmp_path / "run"
    words = ["label", str(pool), "--out", str(out), "--quiet", "--scheduler", dask.address]
    # Stopped, it is given files and finishes none.
    dask.stop(dask.workers[0])
    run = subprocess.Popen(
        [sys.executable, "-m", "uvanet", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    until(lambda: labels(out))
    dask.workers[0].kill()
    text, err = run.communicate(timeout=PATIENCE)
    assert run.returncode == 0, err
    assert f"{FILES} labelled, 0 failed" in text
    assert labels(out) == expected
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.npz")}
    again = run_command(*words[:-2])
    assert f"{FILES} labelled, 0 failed" in again.stdout
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*.npz")} == before


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
