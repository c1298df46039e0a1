"""Reads and annotates frames ahead, each on a thread of its own."""

from __future__ import annotations

import queue
import threading
import time
from typing import TYPE_CHECKING, Generic, TypeVar

from uvanet.decoded_picture import YuvPicture, as_bgr
from uvanet.errors import SourceError
from uvanet.i18n import tr

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

    from uvanet.sources import Frame, Source
    from uvanet.video.annotated_frame import AnnotatedFrame
    from uvanet.video.control import Control

EARLY = 1e-3
"""Seconds by which a frame may be earlier than a limit: containers round times to milliseconds."""

_AHEAD = 2  # 4 are no faster, and frames of 8K are large
# A live source without a frame for this long has failed; cameras report a stall sooner.
_SILENT_S = 5.0
_POLL_S = 0.2
_READ_S = 5.0  # longest wait for a `read` of a closed source, since a driver may not return

T = TypeVar("T")


def annotate_ahead(
    source: Source,
    end: float | None,
    control: Control,
    annotate: Callable[[Frame], AnnotatedFrame | None],
) -> Generator[tuple[float, AnnotatedFrame], None, None]:
    """Yields (arrival time, annotated frame) of an open source, then closes the source.

    One thread reads, a second one annotates, and the caller uses what they made: the three overlap.
    Arrival times are seconds of `time.perf_counter`.

    Args:
        source: An open source that no other thread reads.
        end: Time in the source at which to stop, seconds, exclusive; None for its end. The time of
            a live source also passes while it sends no frames.
        control: Ends the iteration, also while the source sends no frames.
        annotate: Called with each frame in order, always by the same thread; None where the frame
            is not wanted. Its exceptions are raised here.

    Raises:
        SourceError: The source failed, or is live and sent no frames up to `end`. Earlier frames
            have been yielded.
    """
    closing = threading.Event()
    reader = _Reader(source, end)
    frames = _Ahead(reader.frames(), closing, "read-ahead")

    def annotated() -> Iterator[tuple[float, AnnotatedFrame | None]]:
        for arrived, frame in frames.items(closing.is_set):
            yield arrived, annotate(frame)

    results = _Ahead(annotated(), closing, "annotate-ahead")
    received = 0

    def waiting() -> None:
        if received == reader.count:  # no frame is being annotated
            reader.check_silence()

    try:
        for arrived, item in results.items(lambda: control.ended, waiting):
            received += 1
            if item is not None:
                yield arrived, item
    finally:
        closing.set()
        # Closing ends a `read` that waits for a device or a sender.
        source.close()
        frames.join(_READ_S)
        results.join()


class _Ahead(Generic[T]):
    """Takes the items of an iterable on a thread of its own, a few before they are used.

    Args:
        items: The items.
        closing: Ends the thread when it is set.
        name: Name of the thread.
    """

    def __init__(self, items: Iterable[T], closing: threading.Event, name: str) -> None:
        self._items, self._closing = items, closing
        self._queue: queue.Queue[T | BaseException | None] = queue.Queue(_AHEAD)
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def items(
        self, ended: Callable[[], bool], waiting: Callable[[], None] = lambda: None
    ) -> Iterator[T]:
        """Yields the items in order, and raises what the iterable raised.

        Args:
            ended: Whether to end before the next item.
            waiting: Called again and again while there is no item.
        """
        while not ended():
            try:
                item = self._queue.get(timeout=_POLL_S)
            except queue.Empty:
                waiting()
                continue
            if item is None:
                return
            if isinstance(item, BaseException):
                raise item
            yield item

    def join(self, timeout: float | None = None) -> None:
        """Waits for the thread, which ends when `closing` is set.

        Args:
            timeout: Longest wait in seconds; None for no limit.
        """
        self._thread.join(timeout)

    def _run(self) -> None:
        try:
            for item in self._items:
                if not self._put(item):
                    return
        except BaseException as error:  # noqa: BLE001 - raised again by `items`
            self._put(error)
        else:
            self._put(None)

    def _put(self, item: T | BaseException | None) -> bool:
        while not self._closing.is_set():
            try:
                self._queue.put(item, timeout=_POLL_S)
            except queue.Full:
                continue
            return True
        return False


class _Reader:
    """Reads a source up to a time, and tells of a live source that sends nothing.

    Args:
        source: The open source.
        end: Time in the source at which to stop, seconds, exclusive; None for its end.

    Attributes:
        count: Number of frames read.
    """

    def __init__(self, source: Source, end: float | None) -> None:
        self._source, self._end = source, end
        self._asked: float | None = None  # when the source was asked for the frame to come
        self._position = 0.0
        self.count = 0

    def frames(self) -> Iterator[tuple[float, Frame]]:
        """Yields (arrival time, frame)."""
        while True:
            self._asked = time.monotonic()
            frame = self._source.read()
            self._asked = None
            if frame is None or (self._end is not None and frame.pts >= self._end - EARLY):
                return
            self._position = frame.pts
            self.count += 1
            arrived = time.perf_counter()
            if not isinstance(frame.picture, YuvPicture):
                as_bgr(frame.picture)  # here, beside the network and the encoder
            yield arrived, frame

    def check_silence(self) -> None:
        """Raises an error if the time up to the end has passed without a frame.

        Raises:
            SourceError: A live source failed to send frames up to the end.
        """
        asked, source = self._asked, self._source
        if asked is None or self._end is None or not source.info.live:
            return
        silent = time.monotonic() - asked
        failed = silent >= _SILENT_S or source.status.condition.is_silent
        if failed and self._position + silent >= self._end:
            raise SourceError(
                tr("{title} sent no frame in the last {silent:.1f} seconds.").format(
                    title=source.info.title, silent=silent
                ),
                source.status.hint,
            )
