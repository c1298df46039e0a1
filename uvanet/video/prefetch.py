"""Reads frames ahead on another thread."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from typing import TYPE_CHECKING

from uvanet.decoded_picture import YuvPicture, as_bgr
from uvanet.errors import SourceError
from uvanet.i18n import tr

if TYPE_CHECKING:
    from collections.abc import Generator

    from uvanet.sources import Frame, Source
    from uvanet.video.control import Control

AHEAD = 4
"""Length of the queue: enough to hide a slow frame, small enough for frames of 8K."""

EARLY = 1e-3
"""Seconds by which a frame may be earlier than a limit: containers round times to milliseconds."""

# A live source without a frame for this long has failed; cameras report a stall sooner.
_SILENT_S = 5.0


def read_ahead(
    source: Source, end: float | None, control: Control
) -> Generator[tuple[float, Frame], None, None]:
    """Yields (arrival time, frame) of an open source, then closes the source.

    Arrival times are seconds of `time.perf_counter`.

    Args:
        source: An open source that no other thread reads.
        end: Time in the source at which to stop, seconds, exclusive; None for its end. The time of
            a live source also passes while it sends no frames.
        control: Ends the iteration, also while the source sends no frames.

    Raises:
        SourceError: The source failed, or is live and sent no frames up to `end`. Earlier frames
            have been yielded.
    """
    live_end = end if source.info.live else None
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
                if frame is None or (end is not None and frame.pts >= end - EARLY):
                    break
                arrived = time.perf_counter()
                if not isinstance(frame.picture, YuvPicture):
                    as_bgr(frame.picture)  # here, beside the network and the encoder
                hand_over((arrived, frame))
        except Exception as error:  # noqa: BLE001 - raised again in the calling thread
            hand_over(error)
        else:
            hand_over(None)

    reader = threading.Thread(target=read, name="read-ahead", daemon=True)
    reader.start()
    latest, position = time.monotonic(), 0.0
    try:
        while not control.ended:
            try:
                item = frames.get(timeout=0.2)
            except queue.Empty:
                silent = time.monotonic() - latest
                failed = silent >= _SILENT_S or source.status.condition.is_silent
                if live_end is None or position + silent < live_end or not failed:
                    continue
                raise SourceError(
                    tr("{title} sent no frame in the last {silent:.1f} seconds.").format(
                        title=source.info.title, silent=silent
                    ),
                    source.status.hint,
                ) from None
            if item is None:
                break
            if isinstance(item, Exception):
                raise item
            yield item
            latest, position = time.monotonic(), item[1].pts
    finally:
        closing.set()
        # Closing ends a `read` that waits for a device or a sender.
        source.close()
        reader.join(5)
