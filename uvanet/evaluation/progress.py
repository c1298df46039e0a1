"""How the core tells of its progress without knowing who listens."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager


class Progress(Protocol):
    """Shows how far a piece of work is."""

    def __call__(self, title: str, total: int) -> AbstractContextManager[Callable[[], object]]:
        """Begins a piece of work.

        Args:
            title: What is being done.
            total: Of how many steps.

        Returns:
            What is entered for the time of the work, and gives a function to call at each step.
        """
        ...


@contextlib.contextmanager
def silent(title: str, total: int) -> Iterator[Callable[[], object]]:
    """Shows nothing."""
    yield lambda: None
