"""`--split`: a long video in ranges gives the files of an undivided run, byte for byte."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from command_kit import run_command

if TYPE_CHECKING:
    from pathlib import Path

FRAMES = 210  # seven seconds: two ranges of 3.5 s or seven of one


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip with a key frame every few seconds, so that ranges begin within its groups."""
    folder = tmp_path_factory.mktemp("long")
    words = ["predict", "demo", "--layers", "original", "--seconds", "7", "--height", "120"]
    assert run_command(*words, "--quiet", "-o", folder / "film.mp4").returncode == 0
    return folder


def predict(folder: Path, out: Path, *options: str) -> str:
    outs = ("-o", f"{out}/{{name}}.csv", "-o", f"{out}/{{name}}.npz")
    done = run_command("predict", folder, "--each", "--quiet", *outs, *options)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("seconds", ["1", "3"])
@pytest.mark.parametrize("range_", [(), ("--start", "1.5", "--end", "6.2")], ids=["all", "part"])
def test_ranges_give_the_files_of_an_undivided_run(folder, tmp_path, seconds, range_):
    divided, whole = tmp_path / "divided", tmp_path / "whole"
    out = predict(folder, divided, "--split", seconds, *range_)
    assert "1 written, 0 finished before, 0 failed" in out
    whole.mkdir()
    predict(folder, whole, *range_)
    table = (divided / "film.csv").read_text()
    assert table == (whole / "film.csv").read_text()
    assert len(table.splitlines()) > 100
    with np.load(divided / "film.npz") as found, np.load(whole / "film.npz") as expected:
        assert found.files == expected.files
        for name in expected.files:
            np.testing.assert_array_equal(found[name], expected[name])
    assert sorted(path.name for path in divided.iterdir()) == [
        ".uvanet-batch",
        "film.csv",
        "film.npz",
    ]
    assert not list((divided / ".uvanet-batch").glob("*.parts"))
    again = predict(folder, divided, "--split", seconds, *range_)
    assert "0 written, 1 finished before, 0 failed" in again


def test_ranges_that_are_done_are_not_done_again(folder, tmp_path):
    from uvanet.video import batch

    batch_export, calls = batch.export, []

    def export(job):
        calls.append(job.start)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return batch_export(job)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batch, "export", export)
        outs = ("-o", f"{tmp_path}/{{name}}.csv")
        command = ("predict", folder, "--each", "--quiet", *outs, "--split", "1")
        assert run_command(*command).returncode == 130
        assert not (tmp_path / "film.csv").exists()
        assert run_command(*command).returncode == 0
    assert calls[:2] == [0.0, 1.0]
    assert calls[2:4] == [2.0, 2.0]  # interrupted, and the first one of the second run
    assert len(calls) == 8


def test_a_video_output_is_not_divided(folder, tmp_path):
    done = run_command(
        "predict", folder, "--each", "--quiet", "-o", f"{tmp_path}/{{name}}.webm", "--split", "1"
    )
    assert "1 written" in done.stdout, done.stderr
    assert (tmp_path / "film.webm").exists()
