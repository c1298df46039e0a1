"""Receivers of the student's results: the painter's slot, or a teacher before it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from app.pipeline.frame_router import FrameRouter
from app.pipeline.packets import SaliencyPacket


class ResultSink(Protocol):
    """Receives each result of the student. Called from the inference and teacher threads."""

    def accept(self, result: SaliencyPacket) -> None:
        """Receives a result; returns at once."""
        ...


class Direct:
    """Passes results to the painter's slot.

    Args:
        router: Holds the slot.
        notify: Called after each new result; must not raise.
    """

    def __init__(self, router: FrameRouter, notify: Callable[[], None]) -> None:
        self._router = router
        self._notify = notify

    def accept(self, result: SaliencyPacket) -> None:
        """See `ResultSink.accept`."""
        if self._router.publish_result(result):
            self._notify()


class Paired:
    """Offers results to a teacher first.

    Args:
        offer: `Teacher.offer`, which returns whether the teacher holds a result back.
        sink: Receives the results that the teacher does not hold back.
    """

    def __init__(self, offer: Callable[[SaliencyPacket], bool], sink: ResultSink) -> None:
        self._offer = offer
        self._sink = sink

    def accept(self, result: SaliencyPacket) -> None:
        """See `ResultSink.accept`."""
        if not self._offer(result):
            self._sink.accept(result)
