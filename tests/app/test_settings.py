"""Settings: sections, bounds, damage, newer versions, and the flat file of 0.1.0."""

import json
import os
import stat
import threading
from pathlib import Path
from typing import get_args

import pytest
from window_bench import SECTIONS

from app.features.cameras.settings import CameraSettings
from app.features.compare.settings import CompareSettings
from app.features.export.settings import ExportSettings, Quality
from app.features.overlay.settings import Colormap, OverlaySettings
from app.features.playback.settings import PlaybackSettings
from app.features.sources.settings import MAX_RECENT, SourcesSettings
from app.features.training.settings import TrainingSettings
from app.features.view.settings import ViewSettings
from app.runtime.settings import SettingsStore, settings_path
from app.session.settings import SessionSettings
from app.shell.settings import WindowSettings
from uvanet.colormaps import COLORMAPS
from uvanet.video.codecs import QUALITIES

FLAT = Path(__file__).parent / "data" / "settings-0.1.0.json"


@pytest.fixture
def path(tmp_path):
    folder = tmp_path / "config"
    folder.mkdir()
    return folder / "settings.json"


def save(path):
    """Reads all sections and writes them back; returns what the file holds then."""
    store = SettingsStore(path)
    for kind in SECTIONS:
        store.section(kind)
    assert store.write(store.text())
    return json.loads(path.read_text())


def test_sections_survive_a_round_trip(path):
    store = SettingsStore(path)
    overlay, sources = store.section(OverlaySettings), store.section(SourcesSettings)
    overlay.colormap, overlay.opacity = "cividis", 0.25
    sources.add_recent("/films/a.mp4")
    store.section(ViewSettings).orientations["a.mp4"] = (1, 3)
    assert store.write(store.text())
    again = SettingsStore(path)
    assert again.section(OverlaySettings) == overlay
    assert again.section(SourcesSettings) == sources
    assert again.section(ViewSettings).orientations == {"a.mp4": (1, 3)}


@pytest.mark.parametrize("kind", SECTIONS)
def test_the_first_start_has_defaults(path, kind):
    assert SettingsStore(path).section(kind) == kind()
    assert not path.exists()


def test_no_two_sections_or_fields_share_a_name():
    assert len({kind.SECTION for kind in SECTIONS}) == len(SECTIONS)
    flat = [kind.V1.get(name, name) for kind in SECTIONS for name in kind.__struct_fields__]
    assert len(set(flat)) == len(flat)


def test_choices_are_those_of_the_library():
    assert get_args(Colormap) == COLORMAPS
    assert get_args(Quality) == QUALITIES


def test_the_flat_file_of_0_1_0_is_read(path):
    path.write_text(FLAT.read_text())
    store = SettingsStore(path)
    flat = json.loads(FLAT.read_text())
    assert flat["version"] == 1
    read = {"version", "sparkle"}
    for kind in SECTIONS:
        section = store.section(kind)
        for name in kind.__struct_fields__:
            key = kind.V1.get(name, name)
            if key not in flat:  # added since
                continue
            read.add(key)
            expected, value = flat[key], getattr(section, name)
            assert json.loads(json.dumps(value)) == expected, (kind, name)
            default = kind.V1_DEFAULTS.get(name, getattr(kind(), name))
            assert value != default, f"{name} has its default in the fixture"
    assert read == set(flat)
    written = save(path)
    assert written["version"] == 2
    assert set(written) == {"version", "sparkle", *(kind.SECTION for kind in SECTIONS)}
    assert written["sparkle"] == flat["sparkle"]


@pytest.mark.parametrize(
    ("model", "pinned"), [("", ""), ("uvanet-64", ""), ("uvanet-128", "uvanet-128")]
)
def test_the_default_of_0_1_0_becomes_the_automatic_choice(path, model, pinned):
    path.write_text(json.dumps({"version": 1, "model": model}))
    assert SettingsStore(path).section(SessionSettings).model == pinned
    assert save(path)["session"]["model"] == pinned
    # What this version writes is a pinned model, whatever it is called.
    path.write_text(json.dumps({"version": 2, "session": {"model": model}}))
    assert SettingsStore(path).section(SessionSettings).model == model


def test_step_times_that_are_no_times_are_lost_alone(path):
    times = {"here": {"a": 1.5, "b": -1.0, "c": "x"}, "there": 5}
    path.write_text(json.dumps({"version": 2, "session": {"step_times": times}}))
    assert SettingsStore(path).section(SessionSettings).step_times == {}
    times = {"here": {"a": 1.5}, "there": 5}
    path.write_text(json.dumps({"version": 2, "session": {"step_times": times}}))
    assert SettingsStore(path).section(SessionSettings).step_times == {"here": {"a": 1.5}}


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        (OverlaySettings, "colormap", "jet"),
        (OverlaySettings, "colormap", ["turbo"]),
        (OverlaySettings, "opacity", 7),
        (OverlaySettings, "opacity", "0.5"),
        (OverlaySettings, "opacity", True),
        (OverlaySettings, "opacity", float("nan")),
        (OverlaySettings, "threshold", None),
        (OverlaySettings, "smoothing", -1),
        (WindowSettings, "theme", "pink"),
        (WindowSettings, "theme", {}),
        (WindowSettings, "panel", "yes"),
        (WindowSettings, "geometry", 4),
        (PlaybackSettings, "loop", 1),
        (SourcesSettings, "recent", "film.mp4"),
        (CameraSettings, "size", [640]),
        (CameraSettings, "fps", -3),
        (CompareSettings, "wipe", 2),
        (ExportSettings, "height", 10_000),
        (TrainingSettings, "steps", 1),
        (SessionSettings, "engine", "openvino"),
    ],
)
@pytest.mark.parametrize("flat", [True, False])
def test_a_bad_field_loses_only_itself(path, kind, name, value, flat):
    good = {"folder": "/films", "threshold": 0.3}
    if flat:
        stored = {"version": 1, **good, kind.V1.get(name, name): value}
    else:
        stored = {"version": 2, "window": {"folder": "/films"}, "overlay": {"threshold": 0.3}}
        stored.setdefault(kind.SECTION, {})[name] = value
    path.write_text(json.dumps(stored))
    store = SettingsStore(path)
    assert getattr(store.section(kind), name) == getattr(kind(), name)
    assert store.section(WindowSettings).folder == "/films"
    if name != "threshold":
        assert store.section(OverlaySettings).threshold == 0.3


def test_a_bad_entry_of_a_list_loses_only_itself(path):
    stored = {
        "version": 2,
        "sources": {"recent": ["a.mp4", 3, None, "b.mp4"]},
        "export": {"extras": ["csv", "hologram"]},
        "view": {"orientations": {"a": [0, 9], "b": [1, 2], "c": 5}},
    }
    path.write_text(json.dumps(stored))
    store = SettingsStore(path)
    assert store.section(SourcesSettings).recent == ["a.mp4", "b.mp4"]
    assert store.section(ExportSettings).extras == ["csv"]
    assert store.section(ViewSettings).orientations == {"b": (1, 2)}


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"opacity": ', "\0\0", "[" * 100_000])
def test_a_broken_file_is_renamed(path, text):
    path.write_text(text)
    assert SettingsStore(path).section(OverlaySettings) == OverlaySettings()
    assert path.with_name("settings.json.damaged").read_text() == text
    assert save(path)


def test_what_a_newer_version_knows_is_written_back(path):
    newer = {
        "version": 9,
        "sparkle": [1, 2],
        "hologram": {"depth": 3},
        "overlay": {"opacity": 0.4, "colormap": "magma", "glow": True},
        "window": 7,
    }
    path.write_text(json.dumps(newer))
    written = save(path)
    assert written["version"] == 9
    assert written["sparkle"] == [1, 2]
    assert written["hologram"] == {"depth": 3}
    assert written["overlay"]["colormap"] == "magma"
    assert written["overlay"]["glow"] is True
    assert written["overlay"]["opacity"] == 0.4
    store = SettingsStore(path)
    assert store.section(OverlaySettings).colormap == "turbo"
    store.section(OverlaySettings).colormap = "viridis"
    assert json.loads(store.text())["overlay"]["colormap"] == "viridis"


def test_settings_of_a_deleted_feature_are_written_back(path):
    path.write_text(json.dumps({"version": 1, "export_height": 720, "opacity": 0.4}))
    store = SettingsStore(path)
    store.section(OverlaySettings)
    assert store.write(store.text())
    assert SettingsStore(path).section(ExportSettings).height == 720


def test_a_name_that_utf_8_cannot_hold_is_saved(path):
    name = os.fsdecode(b"/films/\xff.mp4")
    store = SettingsStore(path)
    store.section(SourcesSettings).add_recent(name)
    assert store.write(store.text())
    assert SettingsStore(path).section(SourcesSettings).recent == [name]
    assert not list(path.parent.glob("*.part*"))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="POSIX alone has named pipes")
def test_a_fifo_in_place_of_the_file_does_not_block(path):
    os.mkfifo(path)
    read = threading.Thread(target=SettingsStore, args=(path,), daemon=True)
    read.start()
    read.join(30)
    assert not read.is_alive()
    assert save(path)


def test_a_failed_write_keeps_the_old_file(path, monkeypatch):
    before = save(path)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    store = SettingsStore(path)
    store.section(OverlaySettings).opacity = 0.9
    assert not store.write(store.text())
    assert json.loads(path.read_text()) == before
    assert not list(path.parent.glob("*.part*"))


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_only_the_owner_can_read_the_file(path):
    save(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_recent_sources_have_a_bound_and_no_doubles():
    settings = SourcesSettings()
    for number in range(30):
        settings.add_recent(f"{number % 15}.mp4")
    assert len(settings.recent) == MAX_RECENT
    assert len(set(settings.recent)) == MAX_RECENT
    assert settings.recent[0] == "14.mp4"


def test_a_home_that_cannot_be_written_does_not_stop_the_program(launch, clip, home):
    (home / ".config").rmdir()
    (home / ".config").write_text("in the way")
    (home / ".local" / "state").rmdir()
    (home / ".local" / "state").write_text("in the way")
    bench = launch(clip)
    bench.until(lambda: bench.presenter.overlay_seen)
    bench.window.close()
    assert bench.program.clean
    assert str(settings_path()).startswith(str(home))


@pytest.mark.parametrize("geometry", ["abc", "no base64 é!", "AAAA", "\udc80"])
def test_damaged_geometry_does_not_stop_the_program(launch, clip, geometry):
    path = settings_path()
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"geometry": geometry, "recent": [], "opacity": 0.5}))
    bench = launch(clip)
    bench.until(lambda: bench.presenter.overlay_seen)
    assert bench.overlay_panel.opacity.value == 0.5
    bench.window.close()
    assert SettingsStore(path).section(WindowSettings).geometry not in ("", geometry)


def test_changed_settings_are_written_while_the_program_runs(launch, clip):
    bench = launch(clip)
    bench.until(lambda: bench.presenter.overlay_seen)
    bench.settings.opacity = 0.25
    bench.program._autosave.check()
    bench.until(settings_path().exists)
    bench.until(lambda: SettingsStore(settings_path()).section(OverlaySettings).opacity == 0.25)
    written = settings_path().stat().st_mtime_ns
    bench.program._autosave.check()
    bench.until(lambda: not bench.context.jobs.busy())
    assert settings_path().stat().st_mtime_ns == written
