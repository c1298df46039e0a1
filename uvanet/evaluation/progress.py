"""Progress reports of long computations, independent of how they are shown."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Protocol


class Progress(Protocol):
    """Shows the progress of a computation, for example as a bar."""

    def __call__(self, title: str, total: int) -> AbstractContextManager[Callable[[], object]]:
        """Starts a computation.

        Args:
            title: Its name.
            total: Its number of steps.

        Returns:
            A context manager for its duration, which gives a function to call after each step.
        """
        ...


@contextlib.contextmanager
def silent(title: str, total: int) -> Iterator[Callable[[], object]]:
    """A `Progress` that shows nothing."""
    yield lambda: None
