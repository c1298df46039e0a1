"""Files that the pages and examples speak of."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from command_kit import run_command

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files that the pages speak of: read only."""
    made = tmp_path_factory.mktemp("docs")
    picture = np.full((120, 160, 3), 40, np.uint8)
    cv2.circle(picture, (100, 50), 20, (240, 240, 240), -1)
    for name in ("films", "pictures", "maps", "tables"):
        (made / name).mkdir()
    for name in ("photo.jpg", "pictures/one.jpg", "pictures/two.jpg"):
        cv2.imwrite(str(made / name), picture)
    command = ["predict", "demo", "--layers", "original", "--seconds", "0.5", "--quiet"]
    talk = made / "talk.mp4"
    assert run_command(*command, "-o", talk).returncode == 0
    for name in ("one.mp4", "two.mp4"):
        (made / "films" / name).write_bytes(talk.read_bytes())
    assert run_command("export", "uvanet-64", cwd=made).returncode == 0
    table = "time,x,y,duration,person\n0,60,40,0.3,ann\n0.1,80,50,0.3,ben\n"
    (made / "fixations.csv").write_text(table)
    return made


@pytest.fixture
def folder(files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of these files, as the current folder."""
    shutil.copytree(files, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path
