"""The raw maps: no colour, no smoothing, nothing lost."""

from __future__ import annotations

import shutil
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np

from uvanet.atomic_io import temporary_name
from uvanet.errors import OutputError
from uvanet.runtime.preprocess import resize_to_image
from uvanet.video.picture_writer import write_picture
from uvanet.video.sink import Annotated, Sink, remove, unwritable

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

    from numpy.typing import NDArray

_CHUNK = 1 << 20


class MapSink(Sink):
    """The maps as one compressed NumPy archive.

    `saliency` float32 (n, h, w), 0..1, each for the whole frame, of the shape of the first frame's
    map; of frames in other proportions (a folder of pictures) the maps are stretched to it. `pts`
    float64 (n,), seconds; `index` int64 (n,); `size` int64 (n, 2), width and height of the frames
    in pixels. Maps wait in a file beside the target, so that memory does not grow.

    Args:
        path: The archive, .npz.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._raw = temporary_name(path)
        self._file: BinaryIO | None = None
        self._shape = (0, 0)
        self._facts: list[tuple[float, int, int, int]] = []

    def write(self, item: Annotated) -> None:
        """See `Sink.write`."""
        height, width = item.frame.image.shape[:2]
        try:
            if self._file is None:
                self._file = self._raw.open("w+b", buffering=_CHUNK)
                self._shape = (item.saliency.shape[0], item.saliency.shape[1])
            saliency = item.saliency
            if saliency.shape != self._shape:
                saliency = resize_to_image(saliency, self._shape)
            self._file.write(np.ascontiguousarray(saliency, np.float32).data)
        except OSError as error:
            raise unwritable(self._path, error) from error
        self._facts.append((item.frame.pts, item.frame.index, width, height))

    def close(self) -> str:
        """See `Sink.close`."""
        if self._file is None:
            return ""
        part = temporary_name(self._path)
        try:
            self._file.flush()
            self._pack(self._file, part)
            part.replace(self._path)
        except OSError as error:
            remove(part)
            raise unwritable(self._path, error) from error
        self.abort()
        return ""

    def keep(self) -> int:
        """See `Sink.keep`."""
        if self._file is None:
            return 0
        # The last map may have been written in part; the archive takes whole ones.
        try:
            self.close()
        except OutputError:
            self.abort()
            return 0
        return len(self._facts)

    def abort(self) -> None:
        """See `Sink.abort`."""
        if self._file is not None:
            try:
                self._file.close()
            except OSError:
                self._file.raw.close()  # type: ignore[attr-defined]
            self._file = None
            remove(self._raw)

    def _pack(self, file: BinaryIO, part: Path) -> None:
        facts = np.array(self._facts, np.float64).reshape(-1, 4)
        small = {
            "pts": facts[:, 0],
            "index": facts[:, 1].astype(np.int64),
            "size": facts[:, 2:].astype(np.int64),
        }
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as archive:
            with archive.open("saliency.npy", "w", force_zip64=True) as entry:
                shape = (len(self._facts), *self._shape)
                description: dict[str, Any] = {
                    "descr": "<f4",
                    "fortran_order": False,
                    "shape": shape,
                }
                np.lib.format.write_array_header_1_0(entry, description)
                file.seek(0)
                shutil.copyfileobj(file, entry, _CHUNK)
            for name, values in small.items():
                with archive.open(f"{name}.npy", "w") as entry:
                    np.lib.format.write_array(entry, values)


class MapPictures(Sink):
    """The maps as grey PNG files of 16 bits (65535 is 1), named by the frame's number.

    Args:
        folder: Made anew; it appears when it is whole.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._part = temporary_name(folder)
        self._count = 0

    def write(self, item: Annotated) -> None:
        """See `Sink.write`."""
        if not self._count:
            try:
                self._part.mkdir()
            except OSError as error:
                raise unwritable(self._folder, error) from error
        levels: NDArray[np.uint16] = np.rint(np.clip(item.saliency, 0, 1) * 65535).astype(np.uint16)
        write_picture(self._part / f"{item.frame.index:06d}.png", levels)
        self._count += 1

    def close(self) -> str:
        """See `Sink.close`."""
        if self._count:
            try:
                self._part.replace(self._folder)
            except OSError as error:
                raise unwritable(self._folder, error) from error
        return ""

    def keep(self) -> int:
        """See `Sink.keep`."""
        try:
            self.close()
        except OutputError:
            self.abort()
            return 0
        return self._count

    def abort(self) -> None:
        """See `Sink.abort`."""
        shutil.rmtree(self._part, ignore_errors=True)
