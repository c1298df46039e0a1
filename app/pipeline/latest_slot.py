"""A mailbox for one item in which the newest wins."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

T = TypeVar("T")


class LatestSlot(Generic[T]):
    """Holds the newest item only: `put` never waits, `take` does.

    A queue would keep the age of what waits in it; here an item is at most as old as the
    newest one. All methods may be called from any thread.
    """

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._item: T | None = None
        self._closed = False
        self._overwritten = 0

    @property
    def overwritten(self) -> int:
        """How many items lost against a newer one."""
        return self._overwritten

    def put(self, item: T) -> T | None:
        """Leaves an item, in place of the one that waits.

        Returns:
            The item that nobody will take: the one replaced, or the given one where the slot
            is closed; None where there is none.
        """
        with self._condition:
            if self._closed:
                return item
            loser, self._item = self._item, item
            if loser is not None:
                self._overwritten += 1
            self._condition.notify()
            return loser

    def take(self, timeout: float | None = None) -> T | None:
        """Takes the item, waiting for one.

        Args:
            timeout: Seconds to wait at most; None waits until an item comes or the slot
                closes.

        Returns:
            The item, or None after the timeout or when the slot is closed.
        """
        with self._condition:
            self._condition.wait_for(lambda: self._item is not None or self._closed, timeout)
            item, self._item = self._item, None
            return item

    def clear(self) -> T | None:
        """Takes the item away without waiting; not counted as overwritten."""
        return self.take(0)

    def close(self) -> T | None:
        """Wakes all who wait; nothing is accepted any more.

        Returns:
            The item that was still waiting.
        """
        with self._condition:
            self._closed = True
            item, self._item = self._item, None
            self._condition.notify_all()
            return item
