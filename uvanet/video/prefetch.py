"""Frames read ahead on a thread of their own."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

    from uvanet.sources import Frame, Source
    from uvanet.video.control import Control

AHEAD = 4
"""Frames read ahead: enough to hide a slow one, few enough for 8K."""

_EARLY = 1e-3  # containers round times to a millisecond


def read_ahead(
    source: Source, end: float | None, control: Control
) -> Generator[tuple[float, Frame], None, None]:
    """Yields (arrival on the performance counter, frame); a thread reads a few frames ahead.

    Args:
        source: Open; nobody else reads it.
        end: Seconds of the source at which to stop, itself left out; None for its end.
        control: Ends it, also while a source that sends nothing is waited for.

    Raises:
        SourceError: The source broke; the frames before were given.
    """
    frames: queue.Queue[tuple[float, Frame] | Exception | None] = queue.Queue(AHEAD)
    closing = threading.Event()

    def hand_over(item: tuple[float, Frame] | Exception | None) -> None:
        while not closing.is_set():
            with contextlib.suppress(queue.Full):
                frames.put(item, timeout=0.1)
                return

    def read() -> None:
        try:
            while not closing.is_set():
                frame = source.read()
                if frame is None or (end is not None and frame.pts >= end - _EARLY):
                    break
                hand_over((time.perf_counter(), frame))
        except Exception as error:  # noqa: BLE001 - raised again by the thread that waits
            hand_over(error)
        else:
            hand_over(None)

    reader = threading.Thread(target=read, name="read-ahead", daemon=True)
    reader.start()
    try:
        while not control.ended:
            with contextlib.suppress(queue.Empty):
                item = frames.get(timeout=0.2)
                if item is None:
                    break
                if isinstance(item, Exception):
                    raise item
                yield item
    finally:
        closing.set()
        reader.join(5)
