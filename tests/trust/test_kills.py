"""Programs killed at random moments: what is there is whole, and the next start cleans up.

A few kills in each run; UVANET_KILLS=100, or `make kill`, for a hundred of each. A test that kills
writes their number into the report that `packaging/trust_table.py` reads.
"""

from __future__ import annotations

import json
import math
import os
import random
import signal
import time
from typing import TYPE_CHECKING

import pytest
from fork_kit import ForkedProcess, run_uvanet, save_often
from kill_targets import record, write_files
from training_kit import write_scene, write_teacher

from app.features.analyse.region_store import RegionStore
from app.features.training.run_folders import read_request
from app.runtime.settings import SettingsStore
from app.session.settings import SessionSettings
from uvanet.atomic_io import remove_all_stale_parts
from uvanet.sources import make_source
from uvanet.video.replay_recovery import recover_recordings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
KILLS = int(os.environ.get("UVANET_KILLS", "3"))
KILLS_A_TRAINING = 10


def end(process: ForkedProcess) -> float:
    """Waits for the end of a process, which must be a success; gives the seconds that it took."""
    began = time.monotonic()
    errors = process.communicate()[1].decode()
    assert process.returncode == 0, errors
    assert "Traceback" not in errors
    return time.monotonic() - began


def kill(process: ForkedProcess, seconds: float, *, begun: bool = False) -> bool:
    """Kills a process.

    Args:
        process: It.
        seconds: From its start, or from the line that it prints.
        begun: Whether to wait for that line.

    Returns:
        Whether it was killed; False where it had ended before, without an error.
    """
    if begun:
        assert process.stdout.readline() == b"begun\n"
    time.sleep(seconds)
    process.kill()
    errors = process.communicate()[1].decode()
    assert process.returncode in (0, -signal.SIGKILL), errors
    assert "Traceback" not in errors
    return process.returncode != 0


@pytest.mark.parametrize("seed", range(KILLS))
def test_settings_regions_and_requests_survive_a_kill(
    tmp_path: Path,
    record_property: Callable[[str, object], None],
    seed: int,
) -> None:
    writer = ForkedProcess(write_files, tmp_path)
    assert kill(writer, random.Random(seed).uniform(0, 0.3), begun=True)
    record_property("kills", 1)
    model = SettingsStore(tmp_path / "settings.json").section(SessionSettings).model
    assert model.endswith("x" * 20_000)
    assert len(RegionStore(tmp_path / "regions.json").get("demo")) == 300
    request = read_request(tmp_path)
    assert request is not None
    assert request.title.endswith("x" * 20_000)
    remove_all_stale_parts(tmp_path)
    names = {"settings.json", "regions.json", "run.json"}
    locks = {f".{name}.lock" for name in names}  # of `exclusive`: they stay
    assert {path.name for path in tmp_path.iterdir()} - locks == names


@pytest.fixture(scope="module")
def export_seconds(tmp_path_factory: pytest.TempPathFactory) -> float:
    """How long the export below takes, on this machine and now."""
    end(export(tmp_path_factory.mktemp("first")))  # with the start of the fork server
    return end(export(tmp_path_factory.mktemp("export")))


def export(folder: Path, seconds: float = 2) -> ForkedProcess:
    """Starts an export of the demo into a video and a table."""
    words = ["predict", "demo", "--quiet", "--overwrite", "--model", "uvanet-32"]
    outputs = ["-o", str(folder / "a.mp4"), "-o", str(folder / "a.csv")]
    return ForkedProcess(run_uvanet, [*words, *outputs, "--end", str(seconds)])


@pytest.mark.parametrize("seed", range(KILLS))
def test_an_export_that_is_killed_leaves_whole_files_or_none(
    tmp_path: Path,
    export_seconds: float,
    record_property: Callable[[str, object], None],
    seed: int,
) -> None:
    chance, killed = random.Random(seed), False
    while not killed:  # it may end before its kill
        killed = kill(export(tmp_path), chance.uniform(0, export_seconds))
    record_property("kills", 1)
    video, table = tmp_path / "a.mp4", tmp_path / "a.csv"
    if video.exists():  # it was complete before the kill
        with make_source(str(video)) as source:
            assert len(list(iter(source.read, None))) >= 40
    if table.exists():
        assert len(table.read_text().splitlines()) > 40
    end(export(tmp_path, 0.1))
    assert {entry.name for entry in tmp_path.iterdir()} == {"a.mp4", "a.csv"}


@pytest.mark.parametrize("seed", range(KILLS))
def test_a_recording_that_is_killed_is_saved_at_the_next_start(
    tmp_path: Path,
    record_property: Callable[[str, object], None],
    seed: int,
) -> None:
    live = tmp_path / "live"
    assert kill(ForkedProcess(record, live), random.Random(seed).uniform(0, 1), begun=True)
    record_property("kills", 1)
    films = recover_recordings(live, lambda title: tmp_path / f"{title}.mkv")
    assert [film.name for film in films] == ["take.mkv"]
    with make_source(str(films[0])) as source:
        frames = list(iter(source.read, None))
    assert len(frames) >= 5
    assert [round(float(frame.image.mean())) for frame in frames[:5]] == [0, 1, 2, 3, 4]
    assert list(live.iterdir()) == []  # no picture of a screen or a camera stays


@pytest.mark.skipif(KILLS < 10, reason="minutes: `make kill`; tests/app kills one run")
@pytest.mark.parametrize("seed", range(math.ceil(KILLS / KILLS_A_TRAINING)))
def test_a_training_that_is_killed_again_and_again_is_resumed_to_its_end(
    tmp_path: Path,
    record_property: Callable[[str, object], None],
    seed: int,
) -> None:
    clip, teacher = write_scene(tmp_path / "scene.mp4"), write_teacher(tmp_path / "green.onnx")
    chance = random.Random(seed)

    def start(out: Path) -> ForkedProcess:
        command = ["finetune", str(clip), "--out", str(out), "--teacher", str(teacher)]
        small = ["--start", "uvanet-32", "--steps", "6"]
        return ForkedProcess(run_uvanet, [*command, *small], save_often)

    def whole(out: Path) -> None:
        for path in out.rglob("*.json"):
            json.loads(path.read_text())

    seconds = end(start(tmp_path / "run-0"))
    number, kills = 1, min(KILLS - KILLS_A_TRAINING * seed, KILLS_A_TRAINING)
    for _ in range(kills):
        out = tmp_path / f"run-{number}"
        while not kill(start(out), chance.uniform(0, seconds)):  # it had come to its end
            whole(out)
            number += 1
            out = tmp_path / f"run-{number}"
        whole(out)
    record_property("kills", kills)
    end(start(out))
    whole(out)
    assert (out / "report.json").exists()
    assert [path.name for path in tmp_path.rglob("*") if ".part" in path.name] == []
