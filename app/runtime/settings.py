"""Settings: sections of typed fields in one JSON file.

A section is declared in the module that uses it. No section is named here.
"""

from __future__ import annotations

import functools
import json
import logging
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import msgspec
import platformdirs

from uvanet.atomic_io import exclusive, write_text
from uvanet.bounded_io import pruned, read_bounded, set_aside

_log = logging.getLogger(__name__)

VERSION = 2
_MAX_BYTES = 4_000_000


class Section(msgspec.Struct):
    """Base class of a section: each field has a type with its bounds, and a default.

    Attributes:
        SECTION: The section's name in the file.
        V1: Keys of fields that had another name in the flat file of 0.1.0 (version 1), by field.
        V1_DEFAULTS: Defaults of 0.1.0 that its file may hold, by field; read as today's default.
    """

    SECTION: ClassVar[str] = ""
    V1: ClassVar[dict[str, str]] = {}
    V1_DEFAULTS: ClassVar[dict[str, object]] = {}


S = TypeVar("S", bound=Section)
_NO_VALUE = object()
_fields = functools.cache(msgspec.structs.fields)  # it evaluates the annotations each time


def settings_path() -> Path:
    """Returns the path of the settings file."""
    return Path(platformdirs.user_config_dir("uvanet", appauthor=False), "settings.json")


class SettingsStore:
    """Reads the settings file, hands out its sections and writes them back.

    Reading never fails. A field whose stored value is invalid keeps its default; of a list or an
    object, only the invalid entries are left out. Unknown sections, fields and values are written
    back unchanged. A file that is no JSON object is renamed to `<name>.damaged`.

    Several processes may use the file. Each writes only the values that it changed itself; where
    two change the same value, the later change stays.

    Args:
        path: The file; it may not exist.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stored = _read(path)
        self._written = dict(self._stored)  # as this process last read or wrote it
        self._sections: dict[type[Section], Section] = {}
        # Invalid values: section and field to the stored value and the default in its place.
        self._rejected: dict[tuple[str, str], tuple[Any, Any]] = {}

    def section(self, kind: type[S]) -> S:
        """Returns the only instance of a section; changes to it are saved."""
        if kind not in self._sections:
            self._sections[kind] = self._load(kind)
        section = self._sections[kind]
        assert isinstance(section, kind)
        return section

    def text(self) -> str:
        """Returns the settings as the text of their file."""
        stored = dict(self._stored)
        for kind, section in self._sections.items():
            known = self._stored.get(kind.SECTION)
            values = dict(known) if isinstance(known, dict) else {}
            for name, value in msgspec.to_builtins(section).items():
                stored.pop(kind.V1.get(name, name), None)
                raw, default = self._rejected.get((kind.SECTION, name), (value, None))
                values[name] = raw if value == default else value
            stored[kind.SECTION] = values
        version = self._stored.get("version")
        stored["version"] = max(VERSION, version) if type(version) is int else VERSION
        # JSON escapes keep lone surrogates of file names, which UTF-8 cannot encode.
        return json.dumps(stored, indent=2)

    def write(self, text: str) -> bool:
        """Writes the file atomically, on any thread.

        Returns:
            Whether it was written; a full disk or a read-only folder is logged.
        """
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            mine = json.loads(text)
            with exclusive(self._path):
                # Private: the URL of a stream may hold a password.
                write_text(self._path, self._merged(mine), private=True)
        except OSError as error:
            _log.warning("settings cannot be written to %s: %s", self._path, error)
            return False
        self._written = mine
        return True

    def _merged(self, mine: dict[str, Any]) -> str:
        """The text of the file as it is now, with the changes of this process."""
        theirs = _read(self._path)
        for name, section in mine.items():
            if isinstance(section, dict):  # fields in the file keep their values for now
                known = theirs.get(name)
                theirs[name] = section | (known if isinstance(known, dict) else {})
        merged = _rebased(self._written, mine, theirs)
        versions = (stored.get("version") for stored in (mine, theirs))
        merged["version"] = max(version for version in versions if type(version) is int)
        return json.dumps(merged, indent=2)

    def _load(self, kind: type[S]) -> S:
        section = kind()
        known = self._stored.get(kind.SECTION)
        values = known if isinstance(known, dict) else {}
        for field in _fields(kind):
            key = kind.V1.get(field.name, field.name)
            if field.name in values:
                value = values[field.name]
            elif key in self._stored and key != "version":
                value = self._stored[key]
                if key == kind.SECTION and isinstance(value, dict):
                    continue
                if value == kind.V1_DEFAULTS.get(field.name, _NO_VALUE):
                    continue
            else:
                continue
            try:
                setattr(section, field.name, _salvage(value, field.type))
            except msgspec.ValidationError as error:
                _log.warning("setting %s.%s: %s; default used", kind.SECTION, field.name, error)
                default = msgspec.to_builtins(getattr(section, field.name))
                self._rejected[kind.SECTION, field.name] = value, default
        loaded = msgspec.to_builtins(section)
        self._written[kind.SECTION] = loaded | values
        return section


def _salvage(value: Any, kind: Any) -> Any:
    """Converts a value; of a list or an object, only the valid entries."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError:
        if isinstance(value, list):
            entries: Any = [entry for entry in value if _fits([entry], kind)]
        elif isinstance(value, dict):
            entries = {key: entry for key, entry in value.items() if _fits({key: entry}, kind)}
        else:
            raise
        return msgspec.convert(entries, kind)


def _fits(value: Any, kind: Any) -> bool:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return False
    return True


def _rebased(base: Any, mine: Any, theirs: Any) -> Any:
    """Applies the changes from `base` to `mine` to `theirs`: JSON values, or `_NO_VALUE`.

    Objects are merged by their keys, lists of strings by their entries: those added in `theirs`
    come first.
    """
    if mine == base:
        return theirs
    values = (base, mine, theirs)
    if all(isinstance(value, dict) for value in values):
        changed = {
            key: _rebased(*(value.get(key, _NO_VALUE) for value in values)) for key in theirs | mine
        }
        return {key: value for key, value in changed.items() if value is not _NO_VALUE}
    if all(_is_list_of_texts(value) for value in values):
        added = [text for text in theirs if text not in base and text not in mine]
        removed = [text for text in base if text not in theirs]
        return added + [text for text in mine if text not in removed]
    return mine


def _is_list_of_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)


def _read(path: Path) -> dict[str, Any]:
    try:
        # NaN and infinity are not valid in JSON; read as null, only their field is invalid.
        data = read_bounded(path, _MAX_BYTES)
        stored = pruned(json.loads(data, parse_constant=lambda _: None))
        if not isinstance(stored, dict):
            raise TypeError("it holds no object")
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, RecursionError) as error:
        _log.warning("settings at %s cannot be read: %s", path, error)
        set_aside(path)
        return {}
    return stored
