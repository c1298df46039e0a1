"""Deletion for good, where the system has no trash."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from app.ui.trash import Trashed
from uvanet.errors import OutputError


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_a_file_that_cannot_be_deleted_is_named() -> None:
    with pytest.raises(OutputError, match=r"version cannot be deleted: .+\."):
        Trashed(Path("/proc/version")).destroy()


def test_files_and_folders_are_deleted_for_good(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    file = folder / "file"
    file.touch()
    Trashed(file).destroy()
    assert not file.exists()
    file.touch()
    Trashed(folder).destroy()
    assert not folder.exists()
