"""A slot for one item that a newer item replaces."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

T = TypeVar("T")


class LatestSlot(Generic[T]):
    """Holds the newest item only: `put` never waits, `take` does.

    A queue adds the age of the items that wait in it; here an item is at most as old as the
    newest one. All methods may be called from any thread.
    """

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._item: T | None = None
        self._closed = False

    def put(self, item: T) -> T | None:
        """Stores an item, replacing the one that waits.

        Returns:
            The item that is dropped: the replaced one, or `item` where the slot is closed; None
            where nothing is dropped.
        """
        with self._condition:
            if self._closed:
                return item
            replaced, self._item = self._item, item
            self._condition.notify()
            return replaced

    def take(self, timeout: float | None = None) -> T | None:
        """Takes the item out, waiting for one.

        Args:
            timeout: Longest wait in seconds; None waits until an item comes or the slot closes.

        Returns:
            The item; None after the timeout or when the slot is closed.
        """
        with self._condition:
            self._condition.wait_for(lambda: self._item is not None or self._closed, timeout)
            item, self._item = self._item, None
            return item

    def clear(self) -> T | None:
        """Takes the item out without waiting."""
        return self.take(0)

    def close(self) -> T | None:
        """Wakes all threads in `take`; later items are not accepted.

        Returns:
            The item that waited, or None.
        """
        with self._condition:
            self._closed = True
            item, self._item = self._item, None
            self._condition.notify_all()
            return item
