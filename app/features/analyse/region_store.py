"""The regions of each source, kept in a small file beside the program's data."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from uvanet.analysis import Region
from uvanet.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

_log = logging.getLogger(__name__)

MOST = 200
"""Sources remembered; the ones looked at longest ago go first."""


def store_path() -> Path:
    """The file the regions live in."""
    return Path(platformdirs.user_data_dir("uvanet", appauthor=False), "regions.json")


class RegionStore:
    """Regions by the string that opens their source. Damaged files count as empty.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._changed = False
        self._stored: dict[str, list[dict[str, object]]] = {}
        try:
            stored = json.loads(path.read_text(encoding="utf-8"))
            self._stored = {key: value for key, value in stored.items() if isinstance(value, list)}
        except FileNotFoundError:
            return
        except (OSError, ValueError, AttributeError, RecursionError) as error:
            _log.warning("regions at %s cannot be read: %s", path, error)

    def get(self, spec: str) -> list[Region]:
        """The regions of a source."""
        result = []
        for entry in self._stored.get(spec, []):
            with contextlib.suppress(UsageError):
                result.append(Region.from_dict(entry))
        return result

    def put(self, spec: str, regions: Sequence[Region]) -> None:
        """Remembers the regions of a source; `write` writes them."""
        entries = [region.as_dict() for region in regions]
        if entries == self._stored.get(spec, []):
            return
        with self._lock:
            self._stored.pop(spec, None)
            if entries:
                self._stored[spec] = entries
            while len(self._stored) > MOST:
                del self._stored[next(iter(self._stored))]
            self._changed = True

    def write(self) -> None:
        """Writes what has changed, on any thread; a disk that takes nothing is only logged."""
        with self._lock:
            if not self._changed:
                return
            self._changed = False
            temporary = None
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                # Readable by the owner alone: a stream's address may hold a password.
                handle, temporary = tempfile.mkstemp(dir=self._path.parent, suffix=".tmp")
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    json.dump(self._stored, file, ensure_ascii=False)
                os.replace(temporary, self._path)
            except OSError as error:
                _log.warning("regions cannot be written to %s: %s", self._path, error)
                if temporary is not None:
                    with contextlib.suppress(OSError):
                        os.unlink(temporary)
