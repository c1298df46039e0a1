"""Reads small files whose content cannot be trusted."""

from __future__ import annotations

import errno
import logging
import os
import stat
from pathlib import Path
from typing import Any

from uvanet.i18n import tr

_log = logging.getLogger(__name__)

_MAX_DEPTH = 100


class NotReadableError(ValueError):
    """A file is not regular, or larger than any file of its kind."""


def read_bounded(path: Path, limit: int) -> bytes:
    """Reads a regular file of a bounded size.

    A pipe or a device is refused before it is opened, since opening or reading it may never end.

    Args:
        path: The file; a link is followed.
        limit: Largest size, bytes.

    Raises:
        OSError: The file is missing or cannot be read.
        NotReadableError: It is not a regular file, is larger than `limit`, or grew while read.
    """
    entry = path.stat()
    if stat.S_ISDIR(entry.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(entry.st_mode):
        raise NotReadableError(tr("it is not a regular file"))
    if entry.st_size > limit:
        raise NotReadableError(tr("it is larger than {most:,} bytes").format(most=limit))
    with path.open("rb") as file:
        data = file.read(entry.st_size + 1)
    if len(data) > entry.st_size:
        raise NotReadableError(tr("it grew while it was read"))
    return data


def pruned(value: Any, depth: int = _MAX_DEPTH) -> Any:
    """Gives a JSON value with null in place of all that is nested too deeply.

    What Python can just decode could not be encoded again by calls that stand a little deeper.
    """
    if isinstance(value, dict):
        return {key: pruned(part, depth - 1) for key, part in value.items()} if depth else None
    if isinstance(value, list):
        return [pruned(part, depth - 1) for part in value] if depth else None
    return value


def set_aside(path: Path) -> None:
    """Renames a damaged file to `<name>.damaged`, so that the next save does not overwrite it.

    A failure is only logged, since the program works without the file.
    """
    try:
        os.replace(path, path.with_name(f"{path.name}.damaged"))
    except OSError as error:
        _log.warning("%s cannot be renamed: %s", path, error)
