"""What a user lives through, from the command to the end."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import cv2
import numpy as np
from home_kit import home_variables
from program_child import ROOT
from x11 import CONTROL, SHIFT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from program_child import Child

# The stage of the usual window, well inside the picture of a wide film.
STAGE = np.s_[140:560, 40:780]


def colorful(screen: np.ndarray) -> float:
    """The share of the stage in colors that heat has and the demo's photographs hardly have."""
    hue, saturation, value = cv2.split(cv2.cvtColor(screen[STAGE], cv2.COLOR_BGR2HSV))
    return float(((saturation > 120) & (value > 120) & (hue > 30) & (hue < 95)).mean())


def test_a_missing_file_and_then_the_demo_with_a_moving_overlay(
    start: Callable[..., Child],
) -> None:
    # *Automatic* may take another model over while the picture is paused; its heat differs.
    words = ("--model", "uvanet-64", "--theme", "dark", "--size", "1100x720")
    child = start("/no/such/holiday.mp4", *words)
    child.until_titled("UVA-Net Live")
    red = np.array([0x72, 0x7B, 0xFF])  # the edge of an error's banner in the dark theme

    def edge() -> int:
        return int((np.abs(child.user.look().astype(int) - red).max(axis=2) < 12).sum())

    child.until(lambda: edge() > 300)
    child.keep("missing-file")
    child.press("d", CONTROL)
    child.until_titled("Demo")
    child.until(lambda: colorful(child.user.look()) > 0.03)
    assert edge() < 300
    child.keep("demo-1")
    child.press("space")
    child.until_still(lambda: child.user.look()[STAGE])
    paused = child.user.look()
    # The heat is there, and goes and comes with its key while the picture stands still.
    child.press("u")
    child.until(lambda: colorful(child.user.look()) < colorful(paused) / 2)
    bare = child.user.look()
    child.keep("demo-bare")
    heat = np.abs(paused[STAGE].astype(int) - bare[STAGE]).max(axis=2) > 30
    assert 0.01 < heat.mean() < 0.9
    child.press("u")
    child.until(lambda: np.abs(child.user.look()[STAGE].astype(int) - paused[STAGE]).mean() < 1)
    # It moves: later it is elsewhere.
    child.press("space")
    child.until(
        lambda: (
            (np.abs(child.user.look()[STAGE].astype(int) - paused[STAGE]).max(axis=2) > 30)[
                heat
            ].mean()
            > 0.3
        )
    )
    child.keep("demo-2")
    child.press("q", CONTROL)
    assert child.end() == 0


def test_the_question_mark_opens_the_sheet(start: Callable[..., Child]) -> None:
    child = start("demo")
    child.until_titled("Demo")
    child.press("question", SHIFT)
    child.until_titled("Keyboard shortcuts")
    child.keep("shortcuts")
    child.press("Escape", title="Keyboard shortcuts")
    child.press("q", CONTROL)
    assert child.end() == 0


def test_a_measurement_of_nothing_fails_with_a_line(start: Callable[..., Child]) -> None:
    child = start("/no/such/film.mp4", "--measure", "5")
    assert child.end() == 1
    assert "film.mp4" in child.err
    assert child.out == ""


def test_a_screenshot_shows_the_window(start: Callable[..., Child], tmp_path: Path) -> None:
    path = tmp_path / "window.png"
    child = start("demo", "--screenshot", str(path), "--size", "1000x640", "--theme", "light")
    assert child.end() == 0
    picture = cv2.imread(str(path))
    assert picture.shape == (640, 1000, 3)
    assert picture[2, 500].min() > 230


def test_leaving_while_a_stream_hangs(start: Callable[..., Child]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        child = start(f"http://127.0.0.1:{port}/never.mp4")
        child.until_titled("UVA-Net Live")
        server.settimeout(60)
        connection, _ = server.accept()
        with connection:
            assert child.interrupt() in (0, 130)  # a hang would never end


ASKED_AT_THE_END = """
import linecache, os, sys
from uvanet.cli import main
end = os._exit  # how the program ends its process
def asked(code):
    import pyqtgraph  # on a busy machine the window may not have come to it
    print(sorted({'torch', 'scipy', 'onnx', 'pandas', 'matplotlib'} & set(sys.modules)))
    lines = sum(len(entry[2]) for entry in linecache.cache.values() if len(entry) == 4)
    print(lines < 5000)
    sys.stdout.flush()
    end(code)
os._exit = asked
main(["run", "demo", "--measure", "2"])
"""


def test_a_measurement_is_one_line_and_loads_no_training_libraries(
    x_display: str, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ASKED_AT_THE_END],
        env={
            **os.environ,
            "DISPLAY": x_display,
            "QT_QPA_PLATFORM": "xcb",
            **home_variables(tmp_path),
        },
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    line, libraries, few_lines = done.stdout.splitlines()
    numbers = json.loads(line)
    assert numbers["source"] == "demo"
    assert numbers["platform"] == "xcb"
    assert numbers["seconds"] >= 1.5
    assert 0 < numbers["start_to_first_overlay_s"] < 60
    assert 0 < numbers["latency_p50_ms"] <= numbers["latency_p95_ms"]
    assert numbers["fps_painted"] > 0
    assert numbers["rss_bytes"] > 20e6
    lost = sum(numbers["overwritten"].values()) + numbers["in_flight"] + numbers["failed"]
    assert numbers["captured"] == numbers["painted"] + lost
    assert libraries == "[]"
    # The source lines that imports read are not kept, also behind the late import of the charts.
    assert few_lines == "True"


def test_the_window_imports_no_dialog_and_no_charts() -> None:
    late = {"app.features.export.dialog", "app.features.models.dialog", "pyqtgraph", "tqdm"}
    late |= {"app.features.training.run_dialog", "app.features.diagnostics.about"}
    late |= {"app.features.training.training_form", "app.features.models.model_table"}
    late |= {"app.features.gaze.mapping_dialog", "uvanet.evaluation.evaluate_gaze", "ssl"}
    code = f"import sys, app.main; print(sorted({late!r} & set(sys.modules)))"
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.strip() == "[]"


def test_arguments_that_make_no_sense(start: Callable[..., Child]) -> None:
    for arguments in (["--size", "big"], ["--measure", "-1"], ["--theme", "pink"]):
        child = start(*arguments)
        assert child.end() == 2
        assert arguments[1] in child.err
