"""`uvanet run` without a display: how that is noticed, and the file that is written."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import PySide6
import pytest
from command_kit import run_command

from app.runtime.headless import display_problem, output_path


@pytest.fixture
def no_display(monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have a display")
@pytest.mark.parametrize("plugins", ["", "xcb", "wayland;xcb", "xcb:gl=egl"])
def test_a_missing_display_is_noticed_whatever_plugins_qt_tries(no_display, monkeypatch, plugins):
    monkeypatch.setenv("QT_QPA_PLATFORM", plugins)
    assert "no display" in display_problem()


@pytest.mark.parametrize("plugins", ["offscreen", "wayland;offscreen"])
def test_a_plugin_without_a_display_opens_the_window(no_display, monkeypatch, plugins):
    monkeypatch.setenv("QT_QPA_PLATFORM", plugins)
    assert display_problem() is None


@pytest.fixture
def incomplete(tmp_path):
    """Gives what `display_problem` says where the plugin of X11 lacks libraries."""
    # A copy of the plugin does not find the libraries beside the original.
    plugin = "Qt/plugins/platforms/libqxcb.so"
    copy = tmp_path / "PySide6" / plugin
    copy.parent.mkdir(parents=True)
    shutil.copy(Path(PySide6.__file__).parent / plugin, copy)
    (tmp_path / "PySide6" / "__init__.py").touch()
    code = "from app.runtime.headless import display_problem; print(display_problem())"
    variables = {"PYTHONPATH": str(tmp_path), "DISPLAY": ":1", "QT_QPA_PLATFORM": ""}

    def ask(**more):
        return subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, **variables, **more},
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    return ask


@pytest.mark.skipif(sys.platform != "linux", reason="the plugin of X11")
def test_a_missing_system_library_is_named(incomplete):
    words = "The window needs libQt6XcbQpa.so.6, which is missing"
    assert incomplete(WAYLAND_DISPLAY="").startswith(words)


@pytest.mark.skipif(sys.platform != "linux", reason="the plugin of X11")
def test_wayland_needs_no_library_of_x11(incomplete, tmp_path):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "wayland-9"))
        server.listen()
        found = incomplete(WAYLAND_DISPLAY="wayland-9", XDG_RUNTIME_DIR=str(tmp_path))
    assert found == "None\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--compare", "b.png"], "--compare needs a second file"),
        (["demo", "--drag"], "need --measure"),
        (["demo", "--train-in", "run"], "need --measure"),
        (["demo", "--measure", "1"], "need a window"),
        (["a.png", "--compare", "b.png"], "need a window"),
        (["demo", "--device", "cuda"], "--device"),
    ],
)
def test_options_that_would_be_ignored_are_refused(no_display, tmp_path, arguments, words):
    done = run_command("run", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert words in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_error_of_the_module_is_one_line(no_display, tmp_path):
    command = [sys.executable, "-m", "app", str(tmp_path / "missing.mp4")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        f"uvanet: {tmp_path / 'missing.mp4'} does not exist. Check the spelling of the path."
    ]


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("demo", "uvanet-demo.mp4"),
        ("holiday/my film.mkv", "uvanet-my-film.mp4"),
        ("camera:0", "uvanet-camera-0.mp4"),
        ("screen:", "uvanet-screen.mp4"),
        ("rtsp://user:s3cret@host/live?token=abc", "uvanet-stream.mp4"),
        ("x" * 400 + ".mp4", f"uvanet-{'x' * 60}.mp4"),
        ("..", "uvanet-clip.mp4"),
    ],
)
def test_the_name_is_taken_from_the_source_but_not_from_a_url(tmp_path, source, name):
    assert output_path(source, tmp_path) == tmp_path / name


def test_an_existing_file_is_not_replaced(tmp_path):
    for name in ("uvanet-demo.mp4", "uvanet-demo-2.mp4"):
        (tmp_path / name).write_text("")
    assert output_path("demo", tmp_path) == tmp_path / "uvanet-demo-3.mp4"
