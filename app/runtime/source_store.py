"""Stores what belongs to each source, such as its regions, in a file of the user's data folder."""

from __future__ import annotations

import json
import logging
import threading
from pathlib import Path

import platformdirs

from uvanet.atomic_io import exclusive, write_text
from uvanet.bounded_io import pruned, read_bounded, set_aside

_log = logging.getLogger(__name__)

_MAX_BYTES = 64 << 20
MAX_SOURCES = 200
"""Maximum number of sources in a store; the oldest changes are dropped first."""

Stored = dict[str, list[object]]
"""A JSON list by the string that opens the source."""


def store_path(name: str) -> Path:
    """Returns the path of a store, a file in the user's data folder."""
    return Path(platformdirs.user_data_dir("uvanet", appauthor=False), name)


class SourceStore:
    """JSON lists by the string that opens their source.

    A damaged file is renamed to `<name>.damaged`. Several windows may use the file: each
    writes only the sources that it has changed.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()  # of the content; never held while a file is written
        self._writing = threading.Lock()
        self._changed: set[str] = set()  # sources that are not written yet
        self._stored = _read(path) or {}

    def get_entries(self, spec: str) -> list[object]:
        """Returns what is stored of a source; it comes from a file and may be anything."""
        return self._stored.get(spec, [])

    def put_entries(self, spec: str, entries: list[object]) -> None:
        """Sets what is stored of a source; an empty list removes it. `write` stores the change."""
        if entries == self._stored.get(spec, []):
            return
        with self._lock:
            _set(self._stored, spec, entries)
            self._changed.add(spec)

    def write(self) -> bool:
        """Writes changes to the file, on any thread. Errors are logged.

        Returns:
            Whether all changes are stored.
        """
        with self._writing:
            with self._lock:
                changed, self._changed = self._changed, set()
                known = dict(self._stored)
            if not changed:
                return True
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                with exclusive(self._path):
                    stored = _read(self._path)
                    stored = known if stored is None else stored
                    for spec in changed:
                        _set(stored, spec, known.get(spec, []))
                    # ASCII, since a file name may contain a lone surrogate. Private, since a URL
                    # may contain a password.
                    write_text(self._path, json.dumps(stored), private=True)
            except OSError as error:
                _log.warning("%s cannot be written: %s", self._path, error)
                with self._lock:
                    self._changed |= changed
                return False
            with self._lock:
                for spec in self._changed:
                    _set(stored, spec, self._stored.get(spec, []))
                self._stored = stored
            return True


def _set(stored: Stored, spec: str, entries: list[object]) -> None:
    stored.pop(spec, None)
    if entries:
        stored[spec] = entries
    while len(stored) > MAX_SOURCES:
        del stored[next(iter(stored))]


def _read(path: Path) -> Stored | None:
    """Returns the content of the file; None if it is missing or damaged."""
    try:
        stored = pruned(json.loads(read_bounded(path, _MAX_BYTES)))
        return {key: value for key, value in stored.items() if isinstance(value, list)}
    except FileNotFoundError:
        return None
    except (OSError, ValueError, AttributeError, RecursionError) as error:
        _log.warning("%s cannot be read: %s", path, error)
        set_aside(path)
        return None
