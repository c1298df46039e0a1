"""One training run a folder: an operating-system lock, which ends with its process.

Apart from `checkpoint` because the window asks `holder` and must not import torch.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from uvanet.atomic_io import remove_all_stale_parts
from uvanet.errors import UsageError
from uvanet.i18n import tr

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOCK, PID = "run.lock", "run.pid"
"""The lock, and a file beside it that names the process; the lock alone decides."""

_PATIENCE = 1.0  # seconds; `holder` takes the lock for a moment, too


def holder(folder: Path) -> int | None:
    """Returns the process that runs in a folder, 0 where its number is unknown, None for none."""
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
    """Holds a folder for this process and removes what killed runs left half written in it.

    Raises:
        UsageError: Another process holds it.
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
        # While the lock is held: a run that opens the file now finds it unlinked and opens anew.
        with contextlib.suppress(OSError):
            (folder / LOCK).unlink(missing_ok=True)
        lock.release()
