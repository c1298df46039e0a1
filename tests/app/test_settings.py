"""Settings survive damage, field by field."""

import json
import os
import stat

import pytest

from app.runtime.settings import RECENT_MOST, Settings, load, save, settings_path


@pytest.fixture
def path(tmp_path):
    return tmp_path / "config" / "settings.json"


def test_round_trip(path):
    settings = Settings(colormap="cividis", opacity=0.25, theme="light", loop=False)
    settings.add_recent("/films/a.mp4")
    assert save(settings, path)
    assert load(path) == settings


def test_first_start(path):
    assert load(path) == Settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("colormap", "jet"),
        ("colormap", ["turbo"]),
        ("opacity", 7),
        ("opacity", "0.5"),
        ("opacity", True),
        ("opacity", float("nan")),
        ("threshold", None),
        ("smoothing", -1),
        ("theme", "pink"),
        ("theme", {}),
        ("panel", "yes"),
        ("loop", 1),
        ("geometry", 4),
        ("recent", "film.mp4"),
        ("recent", ["film.mp4", 3]),
    ],
)
def test_one_bad_field_loses_only_itself(path, name, value):
    path.parent.mkdir()
    good = {"version": 1, "opacity": 0.3, "colormap": "viridis", "folder": "/films"}
    path.write_text(json.dumps({**good, name: value}))
    settings = load(path)
    assert getattr(settings, name) == getattr(Settings(), name)
    assert settings.folder == "/films"
    if name != "opacity":
        assert settings.opacity == 0.3


def test_the_removed_engine_openvino_is_read_as_onnx(path):
    path.parent.mkdir()
    path.write_text(json.dumps({"version": 1, "model_engine": "openvino"}))
    assert load(path).model_engine == "onnx"


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"opacity": ', "\0\0", "[" * 100_000])
def test_a_broken_file_is_kept_aside(path, text):
    path.parent.mkdir()
    path.write_text(text)
    assert load(path) == Settings()
    assert path.with_name("settings.json.damaged").read_text() == text
    assert save(Settings(), path)


def test_what_a_newer_version_knows_is_kept(path):
    path.parent.mkdir()
    path.write_text(json.dumps({"version": 9, "opacity": 0.4, "sparkle": [1, 2]}))
    settings = load(path)
    assert settings.opacity == 0.4
    save(settings, path)
    assert json.loads(path.read_text())["sparkle"] == [1, 2]


def test_a_failed_write_keeps_the_old_file(path, monkeypatch):
    save(Settings(opacity=0.1), path)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert not save(Settings(opacity=0.9), path)
    assert load(path).opacity == 0.1
    assert [entry.name for entry in path.parent.iterdir()] == ["settings.json"]


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_only_the_owner_can_read_addresses(path):
    save(Settings(recent=["rtsp://me:secret@cam"]), path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_recent_sources_have_a_bound_and_no_doubles():
    settings = Settings()
    for number in range(30):
        settings.add_recent(f"{number % 15}.mp4")
    assert len(settings.recent) == RECENT_MOST
    assert len(set(settings.recent)) == RECENT_MOST
    assert settings.recent[0] == "14.mp4"


def test_a_home_that_cannot_be_written_does_not_stop_the_program(launch, clip, home):
    (home / ".config").rmdir()
    (home / ".config").write_text("in the way")
    (home / ".local" / "state").rmdir()
    (home / ".local" / "state").write_text("in the way")
    bench = launch(clip)
    bench.until(lambda: bench.display.overlay_seen)
    bench.window.close()
    assert bench.program.clean
    assert str(settings_path()).startswith(str(home))


def test_damaged_settings_do_not_stop_the_program(launch, clip):
    path = settings_path()
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"geometry": "no base64 é!", "recent": [], "opacity": 0.5}))
    bench = launch(clip)
    bench.until(lambda: bench.display.overlay_seen)
    assert bench.overlay_panel.opacity.value == 0.5
