"""What is not whole never stands in a file's place, and goes where its writer was killed."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from uvanet.atomic_io import remove_all_stale_parts, temporary_name, whole
from uvanet.registry import list_user_models
from uvanet.training.lock import LOCK, locked
from uvanet.user_models import models_folder, save_user_model

if TYPE_CHECKING:
    from pathlib import Path

WRITES = """
import os, pathlib, signal, sys
from uvanet.atomic_io import whole
with whole(pathlib.Path(sys.argv[1])) as part:
    part.write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def killed(path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", WRITES, str(path)], check=False)
    assert done.returncode != 0


def test_an_error_leaves_what_stood_there(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    with whole(path) as part:
        part.write_text("one")
    with pytest.raises(UnicodeEncodeError), whole(path) as part:
        part.write_text("two \ud800", encoding="utf-8")
    assert path.read_text() == "one"
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_killed_writer_left_goes_with_the_next_run(tmp_path: Path) -> None:
    (tmp_path / "labels").mkdir()
    mine = temporary_name(tmp_path / "mine")
    mine.write_text("still being written")
    others = tmp_path / "film.part"
    others.write_text("not ours")
    killed(tmp_path / "tune.pt")
    killed(tmp_path / "labels" / "a.npy")
    assert len(list(tmp_path.rglob("*.part"))) == 4
    with locked(tmp_path):
        assert set(tmp_path.rglob("*.part")) == {mine, others}
    assert not (tmp_path / LOCK).exists()


def test_a_half_kept_model_is_no_model_and_goes(tmp_path: Path) -> None:
    import uvanet

    shipped = uvanet.paths.resource("weights")
    models_folder().mkdir(parents=True, exist_ok=True)
    killed(models_folder() / "mine")
    path = save_user_model(shipped, "uvanet-32", "whole-one")
    assert path.stem in [card.name for card in list_user_models()]
    assert sorted(entry.name for entry in path.parent.iterdir()) == [
        f"whole-one.{ending}" for ending in ("json", "onnx", "safetensors")
    ]
    remove_all_stale_parts(models_folder())
    assert not list(models_folder().glob(".*"))
