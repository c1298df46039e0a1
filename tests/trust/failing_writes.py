"""A file layer that fails on its n-th call, as SQLite's tests have one."""

from __future__ import annotations

import errno
import os
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CALLS: tuple[tuple[Any, str], ...] = (
    (os, "fsync"),
    (os, "replace"),
    (Path, "replace"),
    (Path, "mkdir"),
    (Path, "touch"),
    (shutil, "copyfile"),
)
"""What writes, by its owner and name; `Path.open` and `os.open` count where they write."""


class Counter:
    """Counts the calls of the file layer.

    Attributes:
        failures: Calls that failed, of all counters.
        count: Calls so far.
        fail_at: The call that fails; 0 for none.
    """

    failures = 0

    def __init__(self, fail_at: int) -> None:
        self.count, self.fail_at = 0, fail_at

    def step(self) -> None:
        self.count += 1
        if self.count == self.fail_at:
            Counter.failures += 1
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@contextmanager
def failing_at(number: int) -> Iterator[Counter]:
    """Lets the n-th call of the file layer fail with a full disk; 0 only counts."""
    counter = Counter(number)
    with pytest.MonkeyPatch.context() as patch:
        for owner, name in CALLS:
            patch.setattr(owner, name, _counted(getattr(owner, name), counter))
        open_path, open_os = Path.open, os.open
        for name in ("write_bytes", "write_text"):
            patch.setattr(Path, name, _torn(getattr(Path, name), counter))

        def path_open(self: Path, mode: str = "r", *rest: Any, **options: Any) -> Any:
            if set(mode) & set("wax+"):
                counter.step()
            return open_path(self, mode, *rest, **options)

        def os_open(path: Any, flags: int, *rest: Any, **options: Any) -> int:
            if flags & (os.O_WRONLY | os.O_RDWR):
                counter.step()
            return open_os(path, flags, *rest, **options)

        patch.setattr(Path, "open", path_open)
        patch.setattr(os, "open", os_open)
        yield counter


def _torn(original: Callable[..., Any], counter: Counter) -> Callable[..., Any]:
    """A write that fails in the middle: half of the data is in the file."""

    def call(path: Path, data: Any, *arguments: Any, **options: Any) -> Any:
        inner, counter.fail_at = counter.fail_at, 0  # of its own opening
        try:
            if counter.count + 1 == inner:
                original(path, data[: len(data) // 2], *arguments, **options)
        finally:
            counter.fail_at = inner
        counter.step()
        inner, counter.fail_at = counter.fail_at, 0
        try:
            return original(path, data, *arguments, **options)
        finally:
            counter.fail_at = inner

    return call


def _counted(original: Callable[..., Any], counter: Counter) -> Callable[..., Any]:
    def call(*arguments: Any, **options: Any) -> Any:
        counter.step()
        return original(*arguments, **options)

    return call
