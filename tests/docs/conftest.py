"""Files that the pages and examples speak of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from command_kit import run_command

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that the pages speak of, as the current one."""
    picture = np.full((120, 160, 3), 40, np.uint8)
    cv2.circle(picture, (100, 50), 20, (240, 240, 240), -1)
    (tmp_path / "films").mkdir()
    (tmp_path / "pictures").mkdir()
    (tmp_path / "maps").mkdir()
    (tmp_path / "tables").mkdir()
    for name in ("photo.jpg", "pictures/one.jpg", "pictures/two.jpg"):
        cv2.imwrite(str(tmp_path / name), picture)
    command = ["predict", "demo", "--layers", "original", "--seconds", "0.5", "--quiet"]
    talk = tmp_path / "talk.mp4"
    assert run_command(*command, "-o", talk).returncode == 0
    for name in ("one.mp4", "two.mp4"):
        (tmp_path / "films" / name).write_bytes(talk.read_bytes())
    assert run_command("export", "uvanet-64", cwd=tmp_path).returncode == 0
    table = "time,x,y,duration,person\n0,60,40,0.3,ann\n0.1,80,50,0.3,ben\n"
    (tmp_path / "fixations.csv").write_text(table)
    monkeypatch.chdir(tmp_path)
    return tmp_path
