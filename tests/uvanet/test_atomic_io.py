"""Atomic writes: a target is replaced whole or not at all; files of killed writers are removed."""

from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from uvanet.atomic_io import (
    Part,
    atomic_write,
    remove_all_stale_parts,
    remove_stale_parts,
    write_text,
)
from uvanet.paths import resource
from uvanet.registry import list_user_models
from uvanet.user_models import models_folder, save_user_model

WRITES = """
import pathlib, sys
from uvanet.atomic_io import atomic_write
with atomic_write(pathlib.Path(sys.argv[1])) as part:
    part.write_text("half")
    print("written", flush=True)
    sys.stdin.read()
"""


def start_writer(path: Path) -> subprocess.Popen[bytes]:
    """A process that has written half of a file and waits."""
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITES, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert writer.stdout is not None
    assert writer.stdout.readline() == b"written\n"
    return writer


def kill(writer: subprocess.Popen[bytes]) -> None:
    writer.send_signal(signal.SIGKILL)
    writer.communicate()


def kill_a_writer_of(path: Path) -> None:
    kill(start_writer(path))


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_an_error_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_text(path, "one")
    with pytest.raises(UnicodeEncodeError):
        write_text(path, "two \ud800")
    with pytest.raises(FileNotFoundError), atomic_write(path) as part:
        part.with_name("missing").rename(part)
    assert path.read_text() == "one"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_or_device_is_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    link = tmp_path / "link"
    link.symlink_to(pipe)
    for target in (pipe, link):
        with pytest.raises(OSError, match="The pipe has no reader"):
            write_text(target, "new")
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        write_text(target, "new")
        assert os.read(reader, 100) == b"new"
        os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert sorted(tmp_path.iterdir()) == [link, pipe]


@pytest.mark.skipif(not os.path.exists("/dev/stdout"), reason="needs /dev/stdout")
@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "link"])
def test_an_open_descriptor_is_written_where_it_stands(tmp_path: Path, name: str) -> None:
    (tmp_path / "link").symlink_to("/dev/stdout")
    script = (
        "import os, sys; from pathlib import Path; from uvanet.atomic_io import write_text\n"
        "os.write(1, b'first '); write_text(Path(sys.argv[1]), 'second '); os.write(1, b'third')"
    )
    with (tmp_path / "out").open("wb") as out:
        command = [sys.executable, "-c", script, name]
        subprocess.run(command, stdout=out, check=True, cwd=tmp_path)
    assert (tmp_path / "out").read_text() == "first second third"
    assert (tmp_path / "link").is_symlink()
    assert Path("/dev/stdout").is_symlink()


@pytest.mark.skipif(os.name != "posix", reason="links of POSIX")
@pytest.mark.parametrize("exists", [True, False])
def test_a_link_stays_and_what_it_leads_to_is_replaced(tmp_path: Path, exists: bool) -> None:
    (tmp_path / "data").mkdir()
    real, link = tmp_path / "data" / "real.csv", tmp_path / "link.csv"
    link.symlink_to(real)
    if exists:
        real.write_text("old")
    write_text(link, "new")
    assert link.is_symlink()
    assert real.read_text() == "new"
    assert sorted(tmp_path.rglob("*")) == [tmp_path / "data", real, link]


def test_a_missing_folder_is_not_created(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_text(tmp_path / "missing" / "a.json", "one")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_replaced_whole_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    with atomic_write(tmp_path / "model") as part:
        part.mkdir()
        (part / "card.json").write_text("{}")
    assert [path.name for path in tmp_path.rglob("*")] == ["model", "card.json"]


def test_the_mode_follows_the_umask_and_private_files_are_private(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        write_text(tmp_path / "open", "x")
        write_text(tmp_path / "secret", "x", private=True)
    finally:
        os.umask(before)
    assert mode(tmp_path / "open") == 0o644
    assert mode(tmp_path / "secret") == 0o600


@pytest.mark.parametrize("name", ["\N{LATIN SMALL LETTER E WITH ACUTE}" * 127, "a" * 255, "[x]*?"])
def test_any_name_that_the_system_allows_can_be_written(tmp_path: Path, name: str) -> None:
    write_text(tmp_path / name, "x")
    kill_a_writer_of(tmp_path / name)
    remove_stale_parts(tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_parts_of_running_writers_stay_whatever_their_process_id(tmp_path: Path) -> None:
    """The process id of a writer on another machine or in another container is not compared."""
    living = start_writer(tmp_path / "labels")
    mine = Part(tmp_path / "mine")
    mine.path.write_text("still being written")
    strangers = [tmp_path / "film.part", tmp_path / ".film.part"]
    for path in strangers:
        path.write_text("not ours")
    kill_a_writer_of(tmp_path / "checkpoint.pt")
    (tmp_path / "deep").mkdir()
    kill_a_writer_of(tmp_path / "deep" / "a.npy")
    # A part of 0.1.0, whose process is gone.
    (tmp_path / f".old.pt.{2**22 + 1}-0123abcd.part").write_text("half")
    assert len(list(tmp_path.rglob("*.part"))) == 7
    remove_all_stale_parts(tmp_path)
    left = {path.name.split(".")[1] for path in tmp_path.rglob(".*.part")} - {"film"}
    assert left == {"labels", "mine"}
    assert all(path.exists() for path in strangers)
    kill(living)
    mine.discard()
    remove_all_stale_parts(tmp_path)
    assert sorted(tmp_path.rglob("*")) == sorted([tmp_path / "deep", *strangers])


def test_a_half_copied_model_is_not_listed_and_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))

    shipped = resource("weights")
    models_folder().mkdir(parents=True, exist_ok=True)
    kill_a_writer_of(models_folder() / "mine")
    path = save_user_model(shipped, "uvanet-32", "whole-one")
    assert path.stem in [card.name for card in list_user_models()]
    assert sorted(entry.name for entry in path.parent.iterdir()) == [
        f"whole-one.{ending}" for ending in ("json", "onnx", "safetensors")
    ]
    remove_all_stale_parts(models_folder())
    assert not list(models_folder().glob(".*"))


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="a folder of Linux")
def test_a_folder_that_takes_no_files_is_named() -> None:
    with pytest.raises(PermissionError) as caught:
        write_text(Path("/proc/a.txt"), "a")
    assert caught.value.filename == "/proc"


def test_a_new_file_replaces_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "no hard links here")

    noted: list[Path] = []
    for number in (1, 2, 3):
        if number == 3:  # as on FAT
            monkeypatch.setattr(os, "link", refuse)
        part = Part(tmp_path / "a.txt")
        part.path.write_text(str(number))
        taken = part.commit_new(noted.append)
        assert noted[-1] == taken
        assert taken.read_text() == str(number)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a-2.txt", "a-3.txt", "a.txt"]
