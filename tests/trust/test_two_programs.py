"""Two programs share one home: nothing of either is lost."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.features.analyse.region_store import RegionStore
from app.features.overlay.settings import OverlaySettings
from app.features.sources.settings import SourcesSettings
from app.features.view.settings import ViewSettings
from app.runtime.logs import Logs
from app.runtime.settings import SettingsStore
from app.session.settings import SessionSettings
from uvanet.analysis import Region, Shape
from uvanet.atomic_io import exclusive
from uvanet.cli.problem_report import LOG

if TYPE_CHECKING:
    from app.runtime.settings import Section

ROOT = Path(__file__).resolve().parents[2]
WRITERS, ROUNDS = 3, 20

WRITES = """
import sys
from pathlib import Path
from app.features.analyse.region_store import RegionStore
from app.runtime.settings import SettingsStore
from app.features.sources.settings import SourcesSettings
from app.features.view.settings import ViewSettings
from uvanet.analysis import Region, Shape
folder, name, rounds = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
settings, regions = SettingsStore(folder / "settings.json"), RegionStore(folder / "regions.json")
print("begun", flush=True)
sys.stdin.readline()
for number in range(rounds):
    spec = f"{name}-{number}"
    settings.section(ViewSettings).orientations[spec] = (1, 2)
    assert settings.write(settings.text())
    regions.put(spec, [Region(spec, Shape.RECTANGLE, ((0, 0), (1, 1)))])
    regions.write()
settings.section(SourcesSettings).add_recent(name)
assert settings.write(settings.text())
"""


def write(store: SettingsStore) -> None:
    assert store.write(store.text())


def test_several_programs_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    names = [f"program-{number}" for number in range(WRITERS)]
    children = [
        subprocess.Popen(
            [sys.executable, "-c", WRITES, str(tmp_path), name, str(ROUNDS)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in names
    ]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "begun\n"
    for child in children:
        child.communicate("go\n")
        assert child.returncode == 0
    settings, regions = (
        SettingsStore(tmp_path / "settings.json"),
        RegionStore(tmp_path / "regions.json"),
    )
    wanted = {f"{name}-{number}" for name in names for number in range(ROUNDS)}
    assert set(settings.section(ViewSettings).orientations) == wanted
    assert set(settings.section(SourcesSettings).recent) == set(names)
    assert {spec for spec in wanted if regions.get(spec)} == wanted


def change(section: Section, **values: object) -> None:
    for name, value in values.items():
        setattr(section, name, value)


@pytest.mark.parametrize("flat", [False, True])
def test_each_program_writes_only_what_it_changed(tmp_path: Path, flat: bool) -> None:
    path = tmp_path / "settings.json"
    if flat:  # of 0.1.0
        path.write_text(json.dumps({"version": 1, "opacity": 0.5, "recent": ["old.mp4"]}))
    else:
        first = SettingsStore(path)
        change(first.section(OverlaySettings), opacity=0.5)
        change(first.section(SourcesSettings), recent=["old.mp4"])
        write(first)
    one, other = SettingsStore(path), SettingsStore(path)
    for store in (one, other):
        assert store.section(OverlaySettings).opacity == 0.5
        store.section(SessionSettings)
    one.section(SourcesSettings).add_recent("one.mp4")
    change(one.section(OverlaySettings), threshold=0.75)
    change(one.section(SessionSettings), model="uvanet-32", teacher="one")
    write(one)
    other.section(SourcesSettings).add_recent("other.mp4")
    change(other.section(OverlaySettings), opacity=0.25)
    change(other.section(SessionSettings), teacher="other")
    write(other)
    write(one)  # with no change since: as the window does when it closes
    again = SettingsStore(path)
    assert again.section(OverlaySettings).threshold == 0.75
    assert again.section(OverlaySettings).opacity == 0.25
    assert again.section(SessionSettings).model == "uvanet-32"
    assert again.section(SessionSettings).teacher == "other"
    assert again.section(SourcesSettings).recent == ["one.mp4", "other.mp4", "old.mp4"]
    assert "recent" not in json.loads(path.read_text())


def test_what_one_program_removes_stays_removed(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    first = SettingsStore(path)
    change(first.section(SessionSettings), model_files=["a.onnx", "b.onnx"])
    first.section(ViewSettings).orientations.update({"a": (1, 0), "b": (1, 0)})
    write(first)
    one, other = SettingsStore(path), SettingsStore(path)
    other.section(SessionSettings).model_files.append("c.onnx")
    other.section(ViewSettings).orientations["c"] = (1, 0)
    one.section(SessionSettings).model_files.remove("a.onnx")
    del one.section(ViewSettings).orientations["a"]
    write(one)
    write(other)
    again = SettingsStore(path)
    assert again.section(SessionSettings).model_files == ["b.onnx", "c.onnx"]
    assert set(again.section(ViewSettings).orientations) == {"b", "c"}


def test_regions_of_another_program_are_seen_and_kept(tmp_path: Path) -> None:
    one, other = (RegionStore(tmp_path / "regions.json") for _ in range(2))
    region = Region("a", Shape.RECTANGLE, ((0, 0), (1, 1)))
    one.put("one", [region])
    one.write()
    other.put("other", [region])
    other.write()
    assert other.get("one") == [region]
    one.put("one", [])
    one.write()
    assert one.get("other") == [region]
    again = RegionStore(tmp_path / "regions.json")
    assert again.get("one") == []
    assert again.get("other") == [region]


def test_a_file_that_another_program_does_not_let_go_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("uvanet.atomic_io._LOCK_TIMEOUT_S", 0.05)
    store = SettingsStore(tmp_path / "settings.json")
    change(store.section(SessionSettings), model="a")
    with exclusive(tmp_path / "settings.json"):
        assert not store.write(store.text())
    assert "Another program is writing it" in caplog.text
    write(store)
    assert SettingsStore(tmp_path / "settings.json").section(SessionSettings).model == "a"


def test_both_programs_log_into_the_file_that_is_there(tmp_path: Path) -> None:
    """One of them fills the file, which gets another name; the other one must not go on there."""
    logger, logs = logging.getLogger("uvanet.test"), Logs(tmp_path)
    try:
        logger.info("before")
        (tmp_path / LOG).rename(tmp_path / f"{LOG}.1")  # by the other program
        logger.info("after")
        assert "before" in (tmp_path / f"{LOG}.1").read_text()
        assert "after" in (tmp_path / LOG).read_text()
        assert "after" not in (tmp_path / f"{LOG}.1").read_text()
    finally:
        logs.close()
