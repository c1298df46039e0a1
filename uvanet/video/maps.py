"""Outputs of raw maps: without color, smoothing and loss of precision."""

from __future__ import annotations

import contextlib
import zipfile
from pathlib import Path
from typing import Any, BinaryIO

import cv2
import numpy as np
from numpy.typing import NDArray

from uvanet.atomic_io import Part
from uvanet.runtime.preprocess import resize_to_image
from uvanet.video.annotated_frame import AnnotatedFrame
from uvanet.video.muxing import unwritable
from uvanet.video.sinks import FileSink, HiddenFolder, Sink
from uvanet.video.writer import claim

_CHUNK = 1 << 20


class MapSink(FileSink):
    """The maps as one compressed NumPy archive.

    `saliency` is float32 (n, h, w), 0..1; each map covers its whole frame. All have the shape of
    the first map; maps of frames with another aspect ratio (a folder of pictures) are stretched to
    it. `pts` is float64 (n,), seconds; `index` is int64 (n,); `size` is int64 (n, 2), width and
    height of the frames in pixels. Maps are collected in a temporary file beside the target, so
    that memory does not grow with the clip.

    Args:
        path: The archive, .npz.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._raw: Part | None = None
        self._file: BinaryIO | None = None
        self._shape = (0, 0)
        self._facts: list[tuple[float, int, int, int]] = []

    def write(self, item: AnnotatedFrame) -> None:
        """See `Sink.write`."""
        height, width = item.frame.picture.shape[:2]
        try:
            if self._file is None:
                self._raw = claim(self.path)
                self._file = self._raw.path.open("w+b", buffering=_CHUNK)
                self._shape = (item.saliency.shape[0], item.saliency.shape[1])
            saliency = item.saliency
            if saliency.shape != self._shape:
                saliency = resize_to_image(saliency, self._shape)
            self._file.write(np.ascontiguousarray(saliency, np.float32).data)
        except OSError as error:
            raise unwritable(self.path, error) from error
        self._facts.append((item.frame.pts, item.frame.index, width, height))

    def available(self) -> int:
        """See `Sink.available`; the buffer of the file may hold maps that did not fit."""
        if self._file is None or self._raw is None:
            return 0
        with contextlib.suppress(OSError):
            self._file.flush()
        size = self._raw.path.stat().st_size
        return min(len(self._facts), size // max(1, 4 * self._shape[0] * self._shape[1]))

    def stage(self, frames: int | None = None) -> None:
        """See `Sink.stage`."""
        assert self._file is not None
        assert self._raw is not None
        if self._part is not None:  # of an earlier `stage` that failed
            self._part.discard()
        self._part = claim(self.path)
        try:
            if frames is None:
                self._file.flush()
            count = len(self._facts) if frames is None else frames
            self._pack(self._raw.path, self._part.path, count)
        except OSError as error:
            raise unwritable(self.path, error) from error
        self._close_raw()

    def abort(self) -> None:
        """See `Sink.abort`."""
        self._close_raw()
        super().abort()

    def _close_raw(self) -> None:
        if self._file is not None:
            try:
                self._file.close()
            except OSError:  # the disk is full: close without flushing
                # A BufferedWriter has `raw`; its type in typeshed has not.
                self._file.raw.close()  # type: ignore[attr-defined]
            self._file = None
        if self._raw is not None:
            self._raw.discard()

    def _pack(self, raw: Path, part: Path, frames: int) -> None:
        facts = np.array(self._facts[:frames], np.float64).reshape(-1, 4)
        small = {
            "pts": facts[:, 0],
            "index": facts[:, 1].astype(np.int64),
            "size": facts[:, 2:].astype(np.int64),
        }
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as archive:
            with (
                archive.open("saliency.npy", "w", force_zip64=True) as entry,
                raw.open("rb") as file,
            ):
                description: dict[str, Any] = {
                    "descr": "<f4",
                    "fortran_order": False,
                    "shape": (frames, *self._shape),
                }
                np.lib.format.write_array_header_1_0(entry, description)
                left = 4 * frames * self._shape[0] * self._shape[1]
                while left and (data := file.read(min(_CHUNK, left))):
                    entry.write(data)
                    left -= len(data)
            for name, values in small.items():
                with archive.open(f"{name}.npy", "w") as entry:
                    np.lib.format.write_array(entry, values)


class MapPictures(Sink):
    """The maps as gray PNG files of 16 bits (65535 is 1), named by the frame's index.

    Args:
        folder: The folder to create; it appears when it is complete.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._folder = HiddenFolder(folder)
        self._names: list[str] = []

    def write(self, item: AnnotatedFrame) -> None:
        """See `Sink.write`."""
        levels: NDArray[np.uint16] = np.rint(np.clip(item.saliency, 0, 1) * 65535).astype(np.uint16)
        self._names.append(f"{item.frame.index:06d}.png")
        self._folder.write(self._names[-1], cv2.imencode(".png", levels)[1].tobytes())

    def available(self) -> int:
        """See `Sink.available`; the last picture may be incomplete."""
        return max(0, len(self._names) - 1)

    def stage(self, frames: int | None = None) -> None:
        """See `Sink.stage`."""
        if frames is not None:
            for name in self._names[frames:]:
                self._folder.remove(name)

    def commit(self) -> None:
        """See `Sink.commit`."""
        self._folder.commit()

    def abort(self) -> None:
        """See `Sink.abort`."""
        self._folder.discard()
