"""Deinterlacing with FFmpeg's bwdif filter (Bob Weaver, with the w3fdif and yadif kernels)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import av
import av.error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.video.frame import VideoFrame


_MIN_WIDTH, _MIN_HEIGHT = 3, 4  # of bwdif


class Deinterlacer:
    """Deinterlaces the interlaced frames of one track; progressive frames pass unchanged."""

    def __init__(self) -> None:
        self._graph: av.filter.Graph | None = None
        self._form: tuple[int, int, str] | None = None

    def push(self, frame: VideoFrame) -> Iterator[VideoFrame]:
        """Takes a frame and yields the finished ones; an interlaced track is one frame late."""
        tiny = frame.width < _MIN_WIDTH or frame.height < _MIN_HEIGHT
        if tiny or (self._graph is None and not frame.interlaced_frame):
            yield frame
            return
        form = (frame.width, frame.height, frame.format.name)
        if form != self._form:
            yield from self.flush()
            self._graph, self._form = self._make(frame), form
        assert self._graph is not None
        self._graph.push(frame)
        yield from self._pull()

    def flush(self) -> Iterator[VideoFrame]:
        """Yields the last frames, at the end of the track or before the frame format changes."""
        if self._graph is not None:
            self._graph.push(None)
            yield from self._pull()
            self._graph = self._form = None

    def _pull(self) -> Iterator[VideoFrame]:
        assert self._graph is not None
        while True:
            try:
                frame = self._graph.vpull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            yield frame

    @staticmethod
    def _make(frame: VideoFrame) -> av.filter.Graph:
        graph = av.filter.Graph()
        graph.threads = 1
        source = graph.add_buffer(
            width=frame.width,
            height=frame.height,
            format=frame.format,
            time_base=frame.time_base,
        )
        bwdif = graph.add("bwdif", "mode=send_frame:deint=interlaced")
        sink = graph.add("buffersink")
        graph.link_nodes(source, bwdif, sink).configure()
        return graph
