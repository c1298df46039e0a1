"""Every write fails once, one after the other: a file is the old or the new one, and no other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest
import torch
from failing_writes import failing_at

import uvanet
from app.features.analyse.region_store import RegionStore
from app.features.training.run_folders import REQUEST, RunRequest, read_request, write_request
from app.runtime.settings import SettingsStore
from app.session.settings import SessionSettings
from uvanet.analysis import Region, Shape
from uvanet.analysis.regions import load_regions, save_regions
from uvanet.errors import UvanetError
from uvanet.model_card import read_card
from uvanet.paths import resource
from uvanet.training import checkpoint
from uvanet.training.control import CONTROL, send_order
from uvanet.training.data.array_file import read_arrays, write_arrays
from uvanet.video.exporter import export
from uvanet.video.job import Job

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

REGIONS = [
    [Region(name, Shape.RECTANGLE, ((0.1, 0.1), (0.5, 0.5)))] for name in ("old", "new", "newer")
]
MAX_CALLS = 200


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


@pytest.mark.parametrize("name", ["a.csv", "a.json", "a.npz"])
def test_a_table_of_an_export(tmp_path: Path, name: str) -> None:
    """Where any write fails, the export says so and leaves no file, or the file is whole."""
    folder = tmp_path / "out"
    folder.mkdir()
    path = folder / name
    job = Job("demo", (path,), model=uvanet.load("uvanet-32"), end=0.1, overwrite=True)
    export(job)
    whole = path.stat().st_size
    for number in range(1, MAX_CALLS):
        path.unlink(missing_ok=True)
        with failing_at(number) as counter:
            try:
                export(job)
            except UvanetError:
                assert not path.exists()
        assert [entry.name for entry in folder.iterdir()] in ([], [name]), f"call {number}"
        if path.exists():
            assert abs(path.stat().st_size - whole) < 0.2 * whole
        if counter.count < number:
            assert path.exists()
            return
    raise AssertionError("the writing never came to an end")
