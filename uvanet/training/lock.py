"""One run a folder: who works in it, and whether that process still lives."""

from __future__ import annotations

import contextlib
import json
import os
from typing import TYPE_CHECKING

import psutil

from uvanet.atomic_io import remove_all_stale_parts, temporary_name
from uvanet.errors import UsageError
from uvanet.system_info import process_start_time

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOCK = "lock"


def holder(folder: Path) -> int | None:
    """The process that works in a folder; None where none does, or it died."""
    try:
        held = json.loads((folder / LOCK).read_text(encoding="utf-8"))
        pid, began = int(held["pid"]), float(held["born"])
        process = psutil.Process(pid)
        # Numbers of processes are used again; the time of birth tells them apart.
        alive = abs(process_start_time(pid) - began) < 1 and (
            process.status() != psutil.STATUS_ZOMBIE
        )
    except (OSError, ValueError, TypeError, KeyError, psutil.Error):
        return None
    return pid if alive else None


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Holds a folder, for this process alone; what killed runs left half written there goes.

    Raises:
        UsageError: Another process works in it.
    """
    path = folder / LOCK
    part = temporary_name(path)
    words = {"pid": os.getpid(), "born": process_start_time(os.getpid())}
    part.write_text(json.dumps(words), encoding="utf-8")
    try:
        _take(part, path, folder)
    finally:
        part.unlink()
    remove_all_stale_parts(folder)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            path.unlink()


def _take(part: Path, path: Path, folder: Path) -> None:
    while True:
        try:
            # Whole from its first moment, or not there at all.
            os.link(part, path)
        except FileExistsError:
            if (pid := holder(folder)) is not None:
                raise UsageError(
                    f"Another run (process {pid}) works in {folder}.",
                    "Wait for its end, or choose another folder.",
                ) from None
            with contextlib.suppress(FileNotFoundError):
                path.unlink()
        else:
            return
