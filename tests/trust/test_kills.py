"""Programs killed at random moments: what is there is whole, and the next start cleans up.

A few kills in each run; UVANET_KILLS=100, or `make kill`, for a hundred of each. A test that kills
writes their number into the report that `packaging/trust_table.py` reads.
"""

from __future__ import annotations

import json
import os
import random
import time
from typing import TYPE_CHECKING

import pytest
from forker import COMMANDS, Forker
from training_kit import write_scene, write_teacher

from app.features.analyse.region_store import RegionStore
from app.features.training.run_folders import read_request
from app.runtime.settings import SettingsStore
from app.session.settings import SessionSettings
from uvanet.atomic_io import remove_all_stale_parts
from uvanet.sources import make_source
from uvanet.video.replay_recovery import recover_recordings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
KILLS = int(os.environ.get("UVANET_KILLS", "3"))
KILLS_A_TRAINING = 10


@pytest.fixture(scope="module")
def forkers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Forker]]:
    """One for each code, until the end of the module."""
    made: dict[str, Forker] = {}

    def forker(code: str) -> Forker:
        if code not in made:
            made[code] = Forker(code, tmp_path_factory.mktemp("forker") / "errors")
        return made[code]

    yield forker
    for one in made.values():
        one.close()


def timed(run: Callable[[], int]) -> float:
    """Seconds of a program that does what it shall."""
    began = time.monotonic()
    assert run() == 0
    return time.monotonic() - began


WRITES = """
import itertools
from pathlib import Path
from app.features.analyse.region_store import RegionStore
from app.features.training.run_folders import RunRequest, write_request
from app.runtime.settings import SettingsStore
from app.session.settings import SessionSettings
from uvanet.analysis import Region, Shape
def run(words):
    folder = Path(words[0])
    settings = SettingsStore(folder / "settings.json")
    regions = RegionStore(folder / "regions.json")
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


@pytest.mark.parametrize("seed", range(KILLS))
def test_settings_regions_and_requests_survive_a_kill(
    tmp_path: Path,
    forkers: Callable[[str], Forker],
    record_property: Callable[[str, object], None],
    seed: int,
) -> None:
    assert forkers(WRITES).kill(random.Random(seed).uniform(0, 0.3), str(tmp_path), wait=True)
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


EXPORTS = COMMANDS.format(imports="import uvanet.cli.predict, uvanet.video.exporter")


@pytest.fixture(scope="module")
def export_seconds(
    forkers: Callable[[str], Forker], tmp_path_factory: pytest.TempPathFactory
) -> float:
    """How long the export below takes, on this machine and now."""
    folder = tmp_path_factory.mktemp("export")
    return timed(lambda: forkers(EXPORTS).run(*export_words(folder)))


def export_words(folder: Path, end: float = 2) -> list[str]:
    """Arguments of an export of the demo into a video and a table."""
    words = ["predict", "demo", "--quiet", "--overwrite", "--model", "uvanet-32"]
    outputs = ["-o", str(folder / "a.mp4"), "-o", str(folder / "a.csv")]
    return [*words, *outputs, "--end", str(end)]


@pytest.mark.parametrize("seed", range(KILLS))
def test_an_export_that_is_killed_leaves_whole_files_or_none(
    tmp_path: Path,
    forkers: Callable[[str], Forker],
    export_seconds: float,
    record_property: Callable[[str, object], None],
    seed: int,
) -> None:
    forker = forkers(EXPORTS)
    seconds = random.Random(seed).uniform(0, export_seconds)
    record_property("kills", int(forker.kill(seconds, *export_words(tmp_path))))
    video, table = tmp_path / "a.mp4", tmp_path / "a.csv"
    if video.exists():  # it was complete before the kill
        with make_source(str(video)) as source:
            assert len(list(iter(source.read, None))) >= 40
    if table.exists():
        assert len(table.read_text().splitlines()) > 40
    assert forker.run(*export_words(tmp_path, 0.1)) == 0
    assert {entry.name for entry in tmp_path.iterdir()} == {"a.mp4", "a.csv"}
    assert "Traceback" not in forker.errors()


RECORDS = """
import itertools, time
from pathlib import Path
import numpy as np
from uvanet.video.replay_buffer import ReplayBuffer
def run(words):
    buffer = ReplayBuffer(Path(words[0]), 5.0)
    buffer.hold(0.0, "take")
    for number in itertools.count():
        buffer.put(np.full((48, 64, 3), number % 256, np.uint8), number / 30)
        if number == 5:
            print("begun", flush=True)
        time.sleep(0.001)
"""


@pytest.mark.parametrize("seed", range(KILLS))
def test_a_recording_that_is_killed_is_saved_at_the_next_start(
    tmp_path: Path,
    forkers: Callable[[str], Forker],
    record_property: Callable[[str, object], None],
    seed: int,
) -> None:
    live = tmp_path / "live"
    assert forkers(RECORDS).kill(random.Random(seed).uniform(0, 1), str(live), wait=True)
    record_property("kills", 1)
    films = recover_recordings(live, lambda title: tmp_path / f"{title}.mkv")
    assert [film.name for film in films] == ["take.mkv"]
    with make_source(str(films[0])) as source:
        frames = list(iter(source.read, None))
    assert len(frames) >= 5
    assert [round(float(frame.image.mean())) for frame in frames[:5]] == [0, 1, 2, 3, 4]
    assert list(live.iterdir()) == []  # no picture of a screen or a camera stays


TRAININGS = COMMANDS.format(
    imports="import torch, uvanet.cli.finetune, uvanet.training.adapt, uvanet.training.publish"
)


@pytest.mark.skipif(KILLS < 10, reason="minutes a training: `make kill`; tests/app kills one run")
@pytest.mark.parametrize("seed", range(KILLS // KILLS_A_TRAINING or 1))
def test_a_training_that_is_killed_again_and_again_is_resumed_to_its_end(
    tmp_path: Path,
    forkers: Callable[[str], Forker],
    record_property: Callable[[str, object], None],
    seed: int,
) -> None:
    clip, teacher = write_scene(tmp_path / "scene.mp4"), write_teacher(tmp_path / "green.onnx")
    forker, chance = forkers(TRAININGS), random.Random(seed)

    def words(out: Path) -> list[str]:
        command = ["finetune", str(clip), "--out", str(out), "--teacher", str(teacher)]
        return [*command, "--steps", "20"]

    def whole(out: Path) -> None:
        for path in out.rglob("*.json"):
            json.loads(path.read_text())

    seconds = timed(lambda: forker.run(*words(tmp_path / "run-0")))
    kills, number = 0, 1
    while kills < KILLS_A_TRAINING:
        out = tmp_path / f"run-{number}"
        if forker.kill(chance.uniform(0, seconds), *words(out)):
            kills += 1
        else:  # it had come to its end
            number += 1
        whole(out)
    record_property("kills", kills)
    assert forker.run(*words(out)) == 0, forker.errors()
    whole(out)
    assert "Traceback" not in forker.errors()
    assert (out / "report.json").exists()
    assert [path.name for path in tmp_path.rglob("*") if ".part" in path.name] == []
