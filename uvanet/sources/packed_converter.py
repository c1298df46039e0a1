"""Converts decoded frames to packed pixels with FFmpeg's filters."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import av
import cv2
import numpy as np

from uvanet.decoded_picture import Matrix, plane_pixels

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from numpy.typing import NDArray

    from uvanet.decoded_picture import Packed, Size

_MATRIX_NAMES = {Matrix.BT709: "bt709", Matrix.BT601: "bt601"}
_PLANAR = {"bgr24": "gbrp", "bgra": "gbrap"}
_POOL_FRAMES = 30  # number of frames after which the filters are rebuilt


class PackedConverter:
    """Converts frames of the format yuv420p in limited range. Thread-safe.

    FFmpeg's filters take their memory from a pool. New memory for each frame would take three times
    as long and fragment the heap, since pictures are freed on other threads than they are made on.
    But a pool never shrinks: after a pause of the receiver it holds 4 pictures while 2 are in use,
    which wastes 8 MB at 720p. The filters are therefore rebuilt at intervals, which takes 0.3 ms.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0
        self._graphs: dict[tuple[int, int, Matrix, Packed, Size], av.filter.Graph] = {}

    def __call__(
        self, frame: VideoFrame, matrix: Matrix, form: Packed, size: Size
    ) -> NDArray[np.uint8]:
        """Converts a frame: uint8, (h, w, 3 or 4), C-contiguous, a new array.

        Args:
            frame: The frame.
            matrix: Its matrix.
            form: Format of the result.
            size: Width and height of the result, pixels.
        """
        with self._lock:
            self._count += 1
            if self._count % _POOL_FRAMES == 0:
                self._graphs.clear()
            key = (frame.width, frame.height, matrix, form, size)
            if key not in self._graphs:
                self._graphs[key] = _make_graph(frame, matrix, form, size)
            graph = self._graphs[key]
            graph.push(frame)
            result = graph.vpull()
        if len(result.planes) == 1:
            return np.ascontiguousarray(result.to_ndarray(), np.uint8)
        green, blue, *others = map(plane_pixels, result.planes)
        return np.asarray(cv2.merge([blue, green, *others]), np.uint8)


def _make_graph(frame: VideoFrame, matrix: Matrix, form: Packed, size: Size) -> av.filter.Graph:
    # To packed pixels, FFmpeg scales with half the resolution of colors, and darkens them.
    scaled = size != (frame.width, frame.height)
    result, flags = (_PLANAR[form], "area") if scaled else (form, "bicubic")
    graph = av.filter.Graph()
    graph.threads = 1
    source = graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base
    )
    colors = f"in_color_matrix={_MATRIX_NAMES[matrix]}:in_range=limited"
    scale = graph.add("scale", f"{size[0]}:{size[1]}:flags={flags}:{colors}")
    packed = graph.add("format", f"pix_fmts={result}")
    sink = graph.add("buffersink")
    graph.link_nodes(source, scale, packed, sink).configure()
    return graph
