"""Programs killed at random moments: what is there is whole, and the next start cleans up.

A few kills in each run; UVANET_KILLS=100, or `make kill`, for a hundred of each.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from training_kit import write_scene, write_teacher

from app.features.analyse.region_store import RegionStore
from app.features.training.run_folders import read_request
from app.runtime.settings import SettingsStore
from app.session.settings import SessionSettings
from uvanet.atomic_io import remove_all_stale_parts
from uvanet.sources import make_source
from uvanet.video.replay_recovery import recover_recordings

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
ROOT = Path(__file__).resolve().parents[2]
KILLS = int(os.environ.get("UVANET_KILLS", "3"))

WRITES = """
import itertools, sys
from pathlib import Path
from app.features.analyse.region_store import RegionStore
from app.features.training.run_folders import RunRequest, write_request
from app.runtime.settings import SettingsStore
from app.session.settings import SessionSettings
from uvanet.analysis import Region, Shape
folder = Path(sys.argv[1])
settings, regions = SettingsStore(folder / "settings.json"), RegionStore(folder / "regions.json")
for number in itertools.count():
    text = f"{number}-" + "x" * 20_000
    settings.section(SessionSettings).model = text
    settings.write(settings.text())
    regions.put("demo", [Region(str(number), Shape.RECTANGLE, ((0, 0), (1, 1)))] * 300)
    regions.write()
    write_request(folder, RunRequest("adapt", text))
    if number == 0:
        print("begun", flush=True)
"""


def killed(command: list[str], seconds: float, *, wait: bool = False) -> None:
    """Starts a command and kills it after so many seconds.

    Args:
        command: The program and its arguments.
        seconds: From the start, or from the first line that it prints.
        wait: Wait for that line.
    """
    output = subprocess.PIPE if wait else subprocess.DEVNULL
    child = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=subprocess.DEVNULL)
    try:
        if child.stdout is not None:
            assert child.stdout.readline().strip() == b"begun"
        time.sleep(seconds)
    finally:
        child.kill()
        child.wait()
        if child.stdout is not None:
            child.stdout.close()


@pytest.mark.parametrize("seed", range(KILLS))
def test_settings_regions_and_requests_survive_a_kill(tmp_path: Path, seed: int) -> None:
    command = [sys.executable, "-c", WRITES, str(tmp_path)]
    killed(command, random.Random(seed).uniform(0, 0.3), wait=True)
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


@pytest.mark.parametrize("seed", range(KILLS))
def test_an_export_that_is_killed_leaves_a_whole_file_or_none(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "a.mp4"
    command = [sys.executable, "-m", "uvanet", "predict", "demo", "--quiet", "--overwrite"]
    command += ["-o", str(path), "--end"]
    killed([*command, "2"], random.Random(seed).uniform(0.5, 8))
    if path.exists():  # it was complete before the kill
        with make_source(str(path)) as source:
            assert len(list(iter(source.read, None))) >= 40
    subprocess.run([*command, "0.1"], cwd=ROOT, check=True)
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.mp4"]


RECORDS = """
import itertools, sys, time
from pathlib import Path
import numpy as np
from uvanet.video.replay_buffer import ReplayBuffer
buffer = ReplayBuffer(Path(sys.argv[1]), 5.0)
buffer.hold(0.0, "take")
for number in itertools.count():
    buffer.put(np.full((48, 64, 3), number % 256, np.uint8), number / 30)
    if number == 5:
        print("begun", flush=True)
    time.sleep(0.001)
"""


@pytest.mark.parametrize("seed", range(KILLS))
def test_a_recording_that_is_killed_is_saved_at_the_next_start(tmp_path: Path, seed: int) -> None:
    live = tmp_path / "live"
    command = [sys.executable, "-c", RECORDS, str(live)]
    killed(command, random.Random(seed).uniform(0, 1), wait=True)
    films = recover_recordings(live, lambda title: tmp_path / f"{title}.mkv")
    assert [film.name for film in films] == ["take.mkv"]
    with make_source(str(films[0])) as source:
        frames = list(iter(source.read, None))
    assert len(frames) >= 5
    assert [round(float(frame.image.mean())) for frame in frames[:5]] == [0, 1, 2, 3, 4]
    assert list(live.iterdir()) == []  # no picture of a screen or a camera stays


@pytest.mark.skipif(KILLS < 10, reason="minutes a kill: `make kill`; tests/app kills one run")
@pytest.mark.parametrize("seed", range(KILLS // 10 or 1))
def test_a_training_that_is_killed_is_resumed_to_its_end(tmp_path: Path, seed: int) -> None:
    clip, teacher = write_scene(tmp_path / "scene.mp4"), write_teacher(tmp_path / "green.onnx")
    out = tmp_path / "run"
    command = [sys.executable, "-m", "uvanet", "finetune", str(clip), "--out", str(out)]
    command += ["--teacher", str(teacher), "--steps", "20"]
    killed(command, random.Random(seed).uniform(2, 25))
    for path in out.rglob("*.json") if out.exists() else ():
        json.loads(path.read_text())
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    parts = [path.name for path in out.rglob("*") if ".part" in path.name]
    assert parts == []
