"""Frames of a group of pictures in memory, to show them in reverse order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from uvanet.errors import SourceError
from uvanet.sources.base import Frame, Source

_MAX_BYTES = 256 << 20  # of one group of pictures, counted as BGR


class Rewind:
    """Goes back in a source frame by frame.

    Decoders only run forwards, from one key frame to the next. So a whole group of pictures is
    decoded once, and its frames are given from memory.

    Args:
        source: Open and seekable; read by nobody else between `back_to` and `clear`.
        read: Reads its next frame; None at the end.
        is_given_up: Whether nobody waits for the frame any more; called for each frame.
        max_bytes: Memory for the frames; of a longer group only the newest are kept.
    """

    def __init__(
        self,
        source: Source,
        read: Callable[[], Frame | None],
        is_given_up: Callable[[], bool],
        max_bytes: int = _MAX_BYTES,
    ) -> None:
        self._source = source
        self._read = read
        self._is_given_up = is_given_up
        self._max_bytes = max_bytes
        self._behind: deque[Frame] = deque()  # up to the frame given last
        self._ahead: deque[Frame] = deque()  # between that frame and the next one of the source

    def back_to(self, seconds: float) -> Frame | None:
        """Returns the frame shown at a time before that of the frame given last.

        Returns:
            The last frame that is not later than `seconds`, or the first one of the source; None
            where no frame can be read, or it was given up.

        Raises:
            SourceError: The source cannot be read at `seconds`.
        """
        while self._behind and self._behind[-1].pts > seconds:
            self._ahead.appendleft(self._behind.pop())
        if not self._behind:
            self._decode_group(seconds)
        return self._behind[-1] if self._behind else None

    def next(self) -> Frame | None:
        """Takes the frame after the one given last; None where the source has to be read on."""
        self._behind.clear()
        return self._ahead.popleft() if self._ahead else None

    def clear(self) -> None:
        """Drops all frames, as before a seek of the source."""
        self._behind.clear()
        self._ahead.clear()

    def _decode_group(self, seconds: float) -> None:
        self._ahead.clear()
        # A seek that is abandoned at once ends at the key frame.
        self._source.abandon_seek = lambda: True
        try:
            self._source.seek(seconds)
        finally:
            self._source.abandon_seek = None
        while (frame := self._read_in_group()) is not None:
            if self._is_given_up():
                self.clear()
                return
            if frame.pts > seconds and self._behind:
                self._ahead.append(frame)
                return
            self._behind.append(frame)
            height, width, channels = frame.picture.shape
            if len(self._behind) > max(1, self._max_bytes // (height * width * channels)):
                self._behind.popleft()

    def _read_in_group(self) -> Frame | None:
        """Reads the next frame; damage behind the frames that are wanted ends them."""
        try:
            return self._read()
        except SourceError:
            if not self._behind:
                raise
            return None
