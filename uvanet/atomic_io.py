"""Atomic file writes: temporary name in the target's folder, fsync, rename.

A temporary file is called `.<target>.<id>.part`. Its writer holds a lock on `<part>.lock` until the
file is renamed or discarded; the system releases the lock when the process ends, however it ends.
A part whose lock can be taken is therefore stale, also on a folder that several machines share.

A symbolic link is followed: the file that it names is replaced, and the link stays. A target that
is a stream (a device, a pipe, or an open descriptor such as /dev/stdout) is written to and never
replaced; its part is in the system's temporary folder.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import re
import shutil
import stat
import tempfile
import uuid
from collections.abc import Callable, Iterable, Iterator
from glob import escape
from pathlib import Path
from typing import BinaryIO

from filelock import FileLock, Timeout

from uvanet.errors import output_errors
from uvanet.i18n import tr

_DEPTH = 3  # levels of folders that remove_all_stale_parts searches
_PRIVATE = 0o600
_NAME_BYTES = 200  # of the target's name; with id and endings it stays below the usual limit of 255
_MAX_LINKS = 16
_LOCK_TIMEOUT_S = 5.0  # another program holds the lock for milliseconds
_DESCRIPTOR = re.compile(r"/(?:dev|proc/(?:self|thread-self|(\d+)))/fd/(\d+)")
_PART = re.compile(r"\.([0-9a-f]{32}|\d+-[0-9a-f]{8})\.part(\.lock)?$")  # the second form: 0.1.0


class Part:
    """A temporary file or folder for a target, locked while it is being written.

    Args:
        target: The path that the finished file or folder takes.
        private: Create the file now, readable by its owner alone (mode 0600). Otherwise the writer
            creates it and its mode follows the umask.

    Attributes:
        target: The path that is replaced or written to; of a symbolic link, the path that it names.
        path: The temporary path, in the target's folder.

    Raises:
        OSError: The folder cannot be written.
    """

    def __init__(self, target: Path, *, private: bool = False) -> None:
        self._streams = is_stream(target)
        self.target = target if self._streams else _followed(target)
        folder = Path(tempfile.gettempdir()) if self._streams else self.target.parent
        self.path = folder / f"{_prefix(self.target)}{uuid.uuid4().hex}.part"
        self._lock = _lock(self.path)
        os.stat(folder)  # filelock would create a missing folder
        try:
            self._lock.acquire(timeout=0)
        # The name is unique and the folder exists, so it is a folder without files of users, such
        # as /proc. Which error filelock raises then depends on its version.
        except (Timeout, FileNotFoundError):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder)) from None
        if private:
            try:
                os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _PRIVATE))
            except OSError:
                self.discard()
                raise

    def commit(self) -> None:
        """Syncs the part to the disk and renames it to the target, which it replaces.

        A target that is a stream receives the content instead.

        Raises:
            OSError: The part cannot be renamed or written. It still exists; discard it.
        """
        if self._streams:
            with self.path.open("rb") as part, _open_stream(self.target) as stream:
                shutil.copyfileobj(part, stream)
            self.discard()
            return
        _sync(self.path)
        self.path.replace(self.target)
        _sync_folder(self.target.parent)
        self._release()

    def commit_new(self, note: Callable[[Path], None] = lambda _: None) -> Path:
        """Like `commit`, but replaces no file: if the target exists, a number is added.

        Args:
            note: Called with each name before the part is renamed to it.

        Returns:
            The final path.

        Raises:
            OSError: As of `commit`.
        """
        _sync(self.path)
        for target in numbered(self.target):
            if os.path.lexists(target):
                continue
            note(target)
            with contextlib.suppress(FileExistsError):  # created since the check above
                _rename_new(self.path, target)
                break
        _sync_folder(target.parent)
        self._release()
        return target

    def discard(self) -> None:
        """Removes the part and leaves the target unchanged. Does nothing after `commit`."""
        _remove(self.path)
        self._release()

    def _release(self) -> None:
        _remove_lock(self._lock)


@contextlib.contextmanager
def atomic_write(target: Path, *, private: bool = False) -> Iterator[Path]:
    """Yields a temporary path, which replaces `target` at the end of the block.

    Where the block raises, the temporary file or folder is removed and `target` is unchanged.

    Args:
        target: The file, or a folder that does not exist yet.
        private: See `Part`.

    Raises:
        OSError: The file cannot be written or renamed.
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
        OSError: The file cannot be written.
        UnicodeEncodeError: The text contains a lone surrogate.
    """
    write_bytes(target, text.encode(), private=private)


def write_bytes(target: Path, data: bytes, *, private: bool = False) -> None:
    """Writes a file atomically.

    Raises:
        OSError: The file cannot be written.
    """
    with atomic_write(target, private=private) as part:
        part.write_bytes(data)


def write_output(target: Path, content: str | bytes) -> None:
    """Writes a file that the user named, atomically; text as UTF-8.

    Raises:
        OutputError: The file cannot be written; the message names it.
        UnicodeEncodeError: The text contains a lone surrogate.
    """
    message, hint = tr("{path} cannot be written: {reason}."), tr("Choose another folder.")
    with output_errors(message, hint, path=target):
        write_bytes(target, content.encode() if isinstance(content, str) else content)


@contextlib.contextmanager
def exclusive(target: Path) -> Iterator[None]:
    """Locks a file against all other callers of this function, threads and programs.

    Hold the lock from reading the file until the changed file is written. The lock is a hidden
    file beside the target, which is not removed.

    Args:
        target: The file, in a folder that exists.

    Raises:
        OSError: The folder cannot be written.
        TimeoutError: Another caller held the lock for five seconds.
    """
    lock = FileLock(target.with_name(f".{target.name}.lock"))
    try:
        lock.acquire(timeout=_LOCK_TIMEOUT_S)
    except Timeout:
        message = "Another program is writing it"
        raise TimeoutError(errno.ETIMEDOUT, message, str(target)) from None
    try:
        yield
    finally:
        lock.release()


def is_stream(target: Path) -> bool:
    """Whether a path names a stream to write to rather than a file to replace.

    Streams are devices, pipes, sockets, and open descriptors of a process such as /dev/stdout. A
    descriptor of a file counts too, since other processes hold that file open.
    """
    try:
        mode = target.stat().st_mode
    except (OSError, ValueError):
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)) or _descriptor(target) is not None


def remove_stale_parts(target: Path) -> None:
    """Removes parts of one target that a killed process left."""
    target = _followed(target)
    _remove_stale(target.parent.glob(f"{escape(_prefix(target))}*.part*"))


def remove_all_stale_parts(folder: Path) -> None:
    """Removes parts that a killed process left in a folder and two levels below it."""
    for depth in range(_DEPTH):
        _remove_stale(folder.glob("*/" * depth + ".*.part*"))


def _prefix(target: Path) -> str:
    return f".{os.fsdecode(os.fsencode(target.name)[:_NAME_BYTES])}."


def _remove_stale(paths: Iterable[Path]) -> None:
    # A process killed between taking the lock and writing leaves a lock without a part.
    parts = {path.with_name(path.name.removesuffix(".lock")) for path in paths if _is_part(path)}
    for part in parts:
        lock = _lock(part)
        # Timeout: the writer still runs. OSError: the part of another user, or no locks here.
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
        # Removed first: otherwise another process could lock it between release and removal.
        path.unlink(missing_ok=True)
        lock.release()
    else:
        lock.release()
        path.unlink(missing_ok=True)


def numbered(target: Path, ending: str | None = None) -> Iterator[Path]:
    """Yields a path, then the same path with -2, -3 and so on before its ending.

    Args:
        target: The path.
        ending: The ending of its name, such as ".regions.csv"; None for its suffix.
    """
    yield target
    ending = target.suffix if ending is None else ending
    stem = target.name.removesuffix(ending)
    for number in itertools.count(2):
        yield target.with_name(f"{stem}-{number}{ending}")


def _rename_new(part: Path, target: Path) -> None:
    """Renames a file; raises FileExistsError where the target exists."""
    try:
        os.link(part, target)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        try:
            part.replace(target)
        except OSError:
            target.unlink(missing_ok=True)
            raise
    else:
        part.unlink()


def _followed(target: Path) -> Path:
    """Resolves a symbolic link, whose target may be missing; returns other paths unchanged."""
    return Path(os.path.realpath(target)) if target.is_symlink() else target


def _descriptor(target: Path) -> re.Match[str] | None:
    """Matches a path that names a descriptor, directly or through links; None for others."""
    path = os.path.abspath(target)
    for _ in range(_MAX_LINKS):
        if match := _DESCRIPTOR.fullmatch(path):
            return match
        try:
            path = os.path.join(os.path.dirname(path), os.readlink(path))
        except (OSError, ValueError):
            break
    return None


def _open_stream(target: Path) -> BinaryIO:
    """Opens a stream for writing; a pipe without a reader is an error instead of a wait."""
    descriptor = _descriptor(target)
    if descriptor and descriptor[1] in (None, str(os.getpid())):
        # Opening the path again would write a redirected file from its start.
        return os.fdopen(os.dup(int(descriptor[2])), "wb")
    try:
        handle = os.open(target, os.O_WRONLY | getattr(os, "O_NONBLOCK", 0))
    except OSError as error:
        if error.errno == errno.ENXIO:
            raise OSError(errno.ENXIO, "The pipe has no reader", str(target)) from None
        raise
    if os.name == "posix":
        os.set_blocking(handle, True)
    return os.fdopen(handle, "wb")


def _sync(path: Path) -> None:
    if path.is_dir():
        for entry in path.iterdir():
            _sync(entry)
        _sync_folder(path)
    else:
        _fsync(path, os.O_RDWR)


def _sync_folder(folder: Path) -> None:
    """Syncs the names in a folder; Windows and some network file systems cannot."""
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
