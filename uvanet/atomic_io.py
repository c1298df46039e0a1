"""Files that stand there whole, or not at all: written beside their place, then put there."""

from __future__ import annotations

import contextlib
import os
import shutil
import uuid
from glob import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_DEEP = 3  # folders below a run's own in which it writes


def temporary_name(path: Path) -> Path:
    """A hidden name beside a target, for what is not whole yet; it says whose work it is."""
    return path.with_name(f".{path.name}.{os.getpid()}-{uuid.uuid4().hex[:8]}.part")


@contextlib.contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Lends a place to write to; what stands there at the end takes `path`, at once.

    Where the writing ends in an error, nothing is left and `path` is as it was.

    Raises:
        OSError: It cannot be put there.
    """
    part = temporary_name(path)
    try:
        yield part
        part.replace(path)
    except BaseException:
        _remove(part)
        raise


def remove_stale_parts(path: Path) -> None:
    """Removes what programs that were killed left of their work on a target."""
    _remove_dead(path.parent.glob(f".{escape(path.name)}.*-*.part"))


def remove_all_stale_parts(folder: Path) -> None:
    """Removes what programs that were killed left of their work in a folder, and below it."""
    for depth in range(_DEEP):
        _remove_dead(folder.glob("*/" * depth + ".*-????????.part"))


def _remove_dead(parts: Iterator[Path]) -> None:
    import psutil

    for part in parts:
        number = part.name.removesuffix(".part").rpartition(".")[2].partition("-")[0]
        if number.isdecimal() and not psutil.pid_exists(int(number)):
            _remove(part)


def _remove(part: Path) -> None:
    with contextlib.suppress(OSError):
        if part.is_dir():
            shutil.rmtree(part)
        else:
            part.unlink(missing_ok=True)
