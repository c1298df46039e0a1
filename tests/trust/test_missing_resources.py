"""An installation that lacks files: the program works without them, or names what is missing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from home_kit import home_variables

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]


def link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another disk
        shutil.copy2(source, target)


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the program."""
    folder = tmp_path_factory.mktemp("program")
    ignored = shutil.ignore_patterns("__pycache__", "*.pt", "pictures")
    for name in ("uvanet", "app", "resources"):
        shutil.copytree(ROOT / name, folder / name, copy_function=link, ignore=ignored)
    return folder


@pytest.fixture
def run(installation: Path, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs `uvanet` from the copy, without some of its resources."""

    def start(missing: str, *words: str) -> subprocess.CompletedProcess[str]:
        paths = [installation / "resources" / name for name in missing.split()]
        kept = [tmp_path / str(number) for number in range(len(paths))]
        # Settings of its own: the window starts with the model that ran last.
        for path, place in zip(paths, kept, strict=True):
            path.rename(place)
        try:
            return subprocess.run(
                [sys.executable, "-m", "uvanet", *words],
                cwd=installation,
                env={**os.environ, **home_variables(tmp_path)},
                capture_output=True,
                text=True,
                check=False,
            )
        finally:
            for path, place in zip(paths, kept, strict=True):
                place.rename(path)

    return start


@pytest.mark.parametrize(
    "missing",
    # Several at once, as each start takes more than what it shows. The style sheet names icons.
    ["icons theme.qss i18n faces weights/uvanet-128.onnx", "icons/app.svg icons/check.svg"],
)
def test_the_window_works_without(
    run: Callable[..., subprocess.CompletedProcess[str]], missing: str
) -> None:
    done = run(missing, "run", "demo", "--measure", "0.2")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["source"] == "demo"
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("missing", "named"),
    [
        ("weights", "models of the program are missing"),
        ("weights/uvanet-64.json", "uvanet-64.json is missing"),
        ("demo.mp4", "demo"),
    ],
)
@pytest.mark.parametrize("command", ["run demo --measure 1", "predict demo --quiet -o a.csv"])
def test_what_is_missing_is_named_in_one_line(
    run: Callable[..., subprocess.CompletedProcess[str]], missing: str, named: str, command: str
) -> None:
    done = run(missing, *command.split())
    assert done.returncode in (1, 2)
    assert named in done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr


def test_all_models_of_a_damaged_installation_but_the_missing_one_are_listed(
    run: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    done = run("weights/uvanet-64.json", "info", "--json")
    names = [model["name"] for model in json.loads(done.stdout)["models"]]
    assert "uvanet-128" in names
    assert "uvanet-64" not in names
    assert run("weights", "info").returncode == 0
