"""Atomic file writes: temporary name in the target's folder, fsync, rename.

A temporary file is called `.<target>.<id>.part`. Its writer holds a lock on `<part>.lock` until the
file is renamed or discarded; the system releases the lock when the process ends, however it ends.
A part whose lock can be taken is therefore stale, also on a folder that several machines share.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
import stat
import uuid
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_DEPTH = 3  # levels of folders that remove_all_stale_parts searches
_PRIVATE = 0o600
_NAME_BYTES = 200  # of the target's name; with id and endings it stays below the usual limit of 255
_PART = re.compile(r"\.([0-9a-f]{32}|\d+-[0-9a-f]{8})\.part(\.lock)?$")  # the second form: 0.1.0


class Part:
    """A temporary file or folder for a target, locked while it is being written.

    Args:
        target: The path that the finished file or folder takes.
        private: Create the file now, readable by its owner alone (mode 0600). Otherwise the writer
            creates it and its mode follows the umask.

    Attributes:
        target: As given.
        path: The temporary path, in the target's folder.

    Raises:
        OSError: The folder cannot be written, or the target is a device, a pipe or a socket.
    """

    def __init__(self, target: Path, *, private: bool = False) -> None:
        _refuse_special(target)
        self.target = target
        self.path = target.with_name(f"{_prefix(target)}{uuid.uuid4().hex}.part")
        self._lock = _lock(self.path)
        os.stat(target.parent)  # filelock would create a missing folder
        self._lock.acquire(timeout=0)
        if private:
            try:
                os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _PRIVATE))
            except OSError:
                self.discard()
                raise

    def commit(self) -> None:
        """Syncs the part to the disk and renames it to the target, which it replaces.

        Raises:
            OSError: It cannot be renamed. The part is still there; discard it.
        """
        _sync(self.path)
        self.path.replace(self.target)
        _sync_folder(self.target.parent)
        self._release()

    def discard(self) -> None:
        """Removes the part; the target stays as it was. Harmless after `commit`."""
        _remove(self.path)
        self._release()

    def _release(self) -> None:
        _remove_lock(self._lock)


@contextlib.contextmanager
def atomic_write(target: Path, *, private: bool = False) -> Iterator[Path]:
    """Lends a temporary path; what was written there replaces `target` at the end of the block.

    Where the block raises, the temporary file or folder is removed and `target` is unchanged.

    Args:
        target: The file, or a folder that does not exist yet.
        private: See `Part`.

    Raises:
        OSError: It cannot be written or renamed.
    """
    part = Part(target, private=private)
    try:
        yield part.path
        part.commit()
    except BaseException:
        part.discard()
        raise


def write_text(target: Path, text: str, *, private: bool = False) -> None:
    """Writes a UTF-8 text file atomically.

    Raises:
        OSError: It cannot be written.
        UnicodeEncodeError: The text holds a lone surrogate.
    """
    write_bytes(target, text.encode(), private=private)


def write_bytes(target: Path, data: bytes, *, private: bool = False) -> None:
    """Writes a file atomically.

    Raises:
        OSError: It cannot be written.
    """
    with atomic_write(target, private=private) as part:
        part.write_bytes(data)


def remove_stale_parts(target: Path) -> None:
    """Removes parts of one target that a killed process left."""
    _remove_stale(target.parent.glob(f"{escape(_prefix(target))}*.part*"))


def remove_all_stale_parts(folder: Path) -> None:
    """Removes parts that a killed process left in a folder and two levels below it."""
    for depth in range(_DEPTH):
        _remove_stale(folder.glob("*/" * depth + ".*.part*"))


def _prefix(target: Path) -> str:
    return f".{os.fsdecode(os.fsencode(target.name)[:_NAME_BYTES])}."


def _remove_stale(found: Iterable[Path]) -> None:
    # A process killed between taking the lock and writing leaves the lock alone.
    parts = {path.with_name(path.name.removesuffix(".lock")) for path in found if _is_part(path)}
    for part in parts:
        lock = _lock(part)
        # Timeout: its writer lives. OSError: another user's, or a system without locks.
        with contextlib.suppress(Timeout, OSError):
            lock.acquire(timeout=0)
            _remove(part)
            _remove_lock(lock)


def _is_part(path: Path) -> bool:
    return _PART.search(path.name) is not None


def _lock(part: Path) -> FileLock:
    # A part may be committed by another thread than the one that opened it.
    return FileLock(f"{part}.lock", thread_local=False)


def _remove_lock(lock: FileLock) -> None:
    path = Path(lock.lock_file)
    if os.name == "posix":
        # Before it is released, so that nobody locks a name that is about to go.
        path.unlink(missing_ok=True)
        lock.release()
    else:
        lock.release()
        path.unlink(missing_ok=True)


def _refuse_special(target: Path) -> None:
    # As root, the rename would replace /dev/null by a file.
    try:
        mode = target.stat().st_mode  # also of what a link such as /dev/stdout leads to
    except OSError:
        return
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise OSError(errno.EINVAL, "Not a regular file", str(target))


def _sync(path: Path) -> None:
    if path.is_dir():
        for entry in path.iterdir():
            _sync(entry)
        _sync_folder(path)
    else:
        _fsync(path, os.O_RDWR)


def _sync_folder(folder: Path) -> None:
    """Syncs names; Windows and some network file systems cannot."""
    if os.name == "posix":
        with contextlib.suppress(OSError):
            _fsync(folder, os.O_RDONLY)


def _fsync(path: Path, flags: int) -> None:
    handle = os.open(path, flags)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
