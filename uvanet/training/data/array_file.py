"""Files of arrays (.npz), written atomically and read without trust."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from uvanet.atomic_io import atomic_write


def write_arrays(path: Path, *arrays: Any, private: bool = False, **named: Any) -> None:
    """Writes arrays without compression; `private` has the effect as in `atomic_write`.

    Raises:
        OSError: The disk is full, or the folder has gone.
    """
    with atomic_write(path, private=private) as part, part.open("wb") as file:
        np.savez(file, *arrays, **named)


def read_arrays(path: Path) -> dict[str, NDArray[Any]] | None:
    """Reads all arrays by name, in stored order; None where the file is missing or damaged."""
    try:
        # Opened here: numpy leaves the file of a damaged archive open.
        with path.open("rb") as file, np.load(file) as held:
            return dict(held)
    # numpy, zipfile, zlib and the tokenizer of numpy's headers raise nearly anything on damaged
    # bytes: BadZipFile, zlib.error, EOFError, TokenError, NotImplementedError, RuntimeError, ...
    except Exception:  # noqa: BLE001
        return None
