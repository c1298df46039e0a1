"""Allows one training run in a folder, by an operating-system lock that ends with its process.

This module is apart from `checkpoint`, since the window uses `holder` and must not import torch.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from uvanet.atomic_io import remove_all_stale_parts
from uvanet.errors import UsageError
from uvanet.i18n import tr

LOCK, PID = "run.lock", "run.pid"
"""The lock file, and a file with the number of the process; only the lock counts."""

_PATIENCE = 1.0  # seconds; `holder` takes the lock for a moment, too


def holder(folder: Path) -> int | None:
    """Returns the number of the process that runs in a folder; 0 where unknown, None for none."""
    if not (folder / LOCK).exists():
        return None
    lock = FileLock(folder / LOCK)
    try:
        with lock.acquire(blocking=False):
            return None
    except Timeout:
        pass
    except OSError:  # the folder has gone, or is not ours to open
        return None
    try:
        return int((folder / PID).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return 0


@contextlib.contextmanager
def run_lock(folder: Path) -> Iterator[None]:
    """Locks a folder for this process and removes the partly written files of killed runs in it.

    Raises:
        UsageError: Another process holds the lock.
        OSError: The folder cannot be written to.
    """
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=_PATIENCE)
    except Timeout:
        raise UsageError(
            tr("Another run (process {process}) works in {folder}.").format(
                process=holder(folder), folder=folder
            ),
            tr("Wait for its end, or choose another folder."),
        ) from None
    try:
        (folder / PID).write_text(str(os.getpid()), encoding="ascii")
        remove_all_stale_parts(folder)
        yield
    finally:
        with contextlib.suppress(OSError):
            (folder / PID).unlink(missing_ok=True)
        # Before the release, so that a run that has opened this file finds it unlinked, and opens a
        # new one.
        with contextlib.suppress(OSError):
            (folder / LOCK).unlink(missing_ok=True)
        lock.release()
