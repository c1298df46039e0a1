"""Stores a record of maps as bytes, for files with the scan of a clip."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from uvanet.analysis.record import Record
from uvanet.errors import UsageError
from uvanet.i18n import tr

_MAX_UNPACKED = 64 << 20
_NAMES = ("step", "buckets", "seconds", "maps", "numbers", "thumbs")


def pack_record(arrays: Mapping[str, NDArray[np.generic]]) -> bytes:
    """Packs `Record.arrays` into a compressed archive: some kilobytes per second of the clip."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in _NAMES:
            with archive.open(f"{name}.npy", "w") as entry:
                np.lib.format.write_array(entry, arrays[name])
    return file.getvalue()


def unpack_record(data: bytes) -> Record:
    """Reads a record from the result of `pack_record`.

    Raises:
        UsageError: The data is not such an archive, or too large.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > _MAX_UNPACKED:
                raise ValueError(tr("it is too large"))
            arrays = {name: _read(archive.read(f"{name}.npy")) for name in _NAMES}
        return Record.from_arrays(arrays)
    # numpy, zipfile and zlib raise nearly anything on damaged bytes, see `load_masks`.
    except Exception as error:  # noqa: BLE001
        raise UsageError(
            tr("The scan cannot be read: {error}.").format(error=str(error).rstrip("."))
        ) from None


def _read(data: bytes) -> NDArray[np.generic]:
    return np.asarray(np.load(io.BytesIO(data), allow_pickle=False))
