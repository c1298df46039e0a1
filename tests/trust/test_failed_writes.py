"""Every write fails once, one after the other: a file is the old or the new one, and no other.

The number of failures is written into the report that `packaging/trust_table.py` reads.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import cv2
import msgspec
import numpy as np
import pytest
import torch
from failing_writes import Counter, failing_at

import uvanet
from app.features.analyse.region_store import RegionStore
from app.features.training.run_folders import REQUEST, RunRequest, read_request, write_request
from app.runtime.settings import SettingsStore
from app.session.settings import SessionSettings
from app.shell.project import Project, read_project
from app.ui.images import write_png
from uvanet.analysis import Region, Shape
from uvanet.analysis.regions import load_regions, save_regions
from uvanet.errors import UvanetError
from uvanet.model_card import read_card
from uvanet.paths import resource
from uvanet.training import checkpoint
from uvanet.training.control import CONTROL, send_order
from uvanet.training.data.array_file import read_arrays, write_arrays
from uvanet.user_models import models_folder, save_user_model
from uvanet.video.exporter import export
from uvanet.video.job import Job
from uvanet.video.replay_buffer import ReplayBuffer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

REGIONS = [
    [Region(name, Shape.RECTANGLE, ((0.1, 0.1), (0.5, 0.5)))] for name in ("old", "new", "newer")
]
MAX_CALLS = 200


@pytest.fixture(autouse=True)
def _failures(record_property: Callable[[str, object], None]) -> Iterator[None]:
    before = Counter.failures
    yield
    record_property("failed writes", Counter.failures - before)


def every_failure(folder: Path, write: Callable[[int], object], read: Callable[[], int]) -> int:
    """Writes versions of a file, each time with another call of the file layer failing.

    Args:
        folder: Holds the file, and nothing else in the end.
        write: Writes a version; may raise OSError or a UvanetError.
        read: Gives the version that is there.

    Returns:
        How many calls failed in turn.
    """
    write(0)
    names = {path.name for path in folder.iterdir()}
    for number in range(1, MAX_CALLS):
        before, wanted = read(), number % 2
        with failing_at(number) as counter:
            try:
                write(wanted)
            except (OSError, UvanetError):
                told = True
            else:
                told = False
        assert read() in (before, wanted), f"call {number}"
        assert {path.name for path in folder.iterdir()} == names, f"call {number}"
        if counter.count < number:  # nothing failed any more
            assert not told
            assert read() == wanted
            return number - 1
    raise AssertionError("the writing never came to an end")


def test_settings(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"

    def write(version: int) -> None:
        store = SettingsStore(path)
        store.section(SessionSettings).model = f"model-{version}"
        store.write(store.text())

    def read() -> int:
        return int(SettingsStore(path).section(SessionSettings).model[-1])

    assert every_failure(tmp_path, write, read) >= 4


def test_stored_regions(tmp_path: Path) -> None:
    path = tmp_path / "regions.json"
    names = [regions[0].name for regions in REGIONS]

    def write(version: int) -> None:
        store = RegionStore(path)
        store.put("demo", REGIONS[version])
        store.write()

    assert every_failure(
        tmp_path, write, lambda: names.index(RegionStore(path).get("demo")[0].name)
    )


def test_a_region_file(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    assert every_failure(
        tmp_path,
        lambda version: save_regions(path, REGIONS[version]),
        lambda: REGIONS.index(load_regions(path)),
    )


def test_a_card(tmp_path: Path) -> None:
    card, path = read_card(resource("weights/uvanet-32.json")), tmp_path / "a.json"
    assert every_failure(
        tmp_path,
        lambda version: msgspec.structs.replace(card, parameters=version).write(path),
        lambda: read_card(path).parameters,
    )


def test_a_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    assert every_failure(
        tmp_path,
        lambda version: checkpoint.save(path, {"step": version, "w": torch.zeros(9)}),
        lambda: checkpoint.read(path)["step"],
    )


def test_arrays(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"

    def read() -> int:
        arrays = read_arrays(path)
        assert arrays is not None
        return int(arrays["a"])

    assert every_failure(tmp_path, lambda version: write_arrays(path, a=version), read)


def test_a_request_of_a_run(tmp_path: Path) -> None:
    def read() -> int:
        request = read_request(tmp_path)
        assert request is not None, (tmp_path / REQUEST).read_bytes()
        return int(request.title)

    assert every_failure(
        tmp_path, lambda version: write_request(tmp_path, RunRequest("adapt", str(version))), read
    )


def test_an_order_to_a_run(tmp_path: Path) -> None:
    words = ["pause", "resume"]
    assert every_failure(
        tmp_path,
        lambda version: send_order(tmp_path, words[version], 1),
        lambda: words.index((tmp_path / CONTROL).read_text().split()[0]),
    )


def test_a_project(tmp_path: Path) -> None:
    path = tmp_path / "a.uvanet"
    assert every_failure(
        tmp_path,
        lambda version: Project(source="demo", start=version).write(path),
        lambda: int(read_project(path).start or 0),
    )


def test_a_picture(tmp_path: Path) -> None:
    path = tmp_path / "a.png"

    assert every_failure(
        tmp_path,
        lambda version: write_png(path, np.full((9, 9, 3), version, np.uint8)),
        lambda: int(cv2.imread(str(path))[0, 0, 0]),
    )


def all_or_nothing(path: Path, write: Callable[[], object]) -> list[int]:
    """Writes a new file again and again, each time with another call of the file layer failing.

    Args:
        path: What is written, in a folder of its own.
        write: Writes it; raises OSError or a UvanetError where it is not there afterwards.

    Returns:
        The sizes of the files that were written; the last one without a failure.
    """
    sizes = []
    for number in range(1, MAX_CALLS):
        with failing_at(number) as counter:
            try:
                write()
            except (OSError, UvanetError):
                assert not path.exists(), f"call {number}"
        there = [entry.name for entry in path.parent.iterdir()]
        assert there in ([], [path.name]), f"call {number}"
        if there:
            sizes.append(sum(one.stat().st_size for one in (path, *path.rglob("*"))))
        if counter.count < number:
            assert there
            return sizes
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    raise AssertionError("the writing never came to an end")


@pytest.mark.parametrize("name", ["a.csv", "a.json", "a.npz", "a.mp4", "a.html"])
def test_an_output_of_an_export(tmp_path: Path, name: str) -> None:
    """Where any write fails, the export says so and leaves no file, or the file is whole."""
    folder = tmp_path / "out"
    folder.mkdir()
    job = Job("demo", (folder / name,), model=uvanet.load("uvanet-32"), end=0.1, overwrite=True)
    sizes = all_or_nothing(folder / name, lambda: export(job))
    assert all(abs(size - sizes[-1]) < 0.2 * sizes[-1] for size in sizes)


def test_a_recording(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    buffer = ReplayBuffer(tmp_path / "live", 5.0)
    for number in range(10):
        buffer.put(np.full((48, 64, 3), number, np.uint8), number / 30)
    sizes = all_or_nothing(folder / "a.mkv", lambda: buffer.save(folder / "a.mkv", 0.0))
    assert set(sizes) == {sizes[-1]}
    buffer.close()


def test_a_model_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    folder = resource("weights")
    path = models_folder() / "mine"
    path.parent.mkdir(parents=True)
    sizes = all_or_nothing(path, lambda: save_user_model(folder, "uvanet-32", "mine"))
    assert set(sizes) == {sizes[-1]}
