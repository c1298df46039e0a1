"""Loads pyqtgraph, which draws the graphs, unnoticed and without what only its other uses need.

It copies every name of QtCore, QtGui and QtWidgets into modules of its own. PySide6 builds a class
when its name is first asked for, so this builds all two thousand: 6 MB and half of the time that
the import takes, in which the window, waiting for Python, is silent.
"""

from __future__ import annotations

import importlib
import sys
import time
from contextlib import ExitStack, contextmanager
from importlib.abc import MetaPathFinder
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_MIRRORED = ("QtCore", "QtGui", "QtWidgets")
_BREATH_SECONDS = 0.004


class _Mirror(ModuleType):
    """One of pyqtgraph's copies, which asks Qt's module for a name when that is wanted.

    What pyqtgraph changes stays here, as in its own.
    """

    def __init__(self, name: str, source: ModuleType) -> None:
        super().__init__(name)
        self._source = source

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)


class _Breath(MetaPathFinder):
    """Lets others go on before each module: a hundred in a row leave a live view little of Python.

    Finds nothing.
    """

    def find_spec(self, fullname: str, path: object, target: object = None) -> None:
        if fullname.startswith("pyqtgraph."):
            time.sleep(_BREATH_SECONDS)


def load_library() -> None:
    """Imports pyqtgraph; on any thread but the window's, and more than once at a time."""
    breath = _Breath()
    sys.meta_path.insert(0, breath)
    try:
        _load()
    finally:
        sys.meta_path.remove(breath)


def _load() -> None:
    if "pyqtgraph.Qt" not in sys.modules:
        with ExitStack() as stack:
            stack.enter_context(_missing("PySide6.QtTest"))
            for name in _MIRRORED:
                source = importlib.import_module(f"PySide6.{name}")
                sys.modules.setdefault(
                    f"pyqtgraph.Qt.{name}", _Mirror(f"pyqtgraph.Qt.{name}", source)
                )
                stack.enter_context(_nameless(source))
            importlib.import_module("pyqtgraph.Qt")
    importlib.import_module("pyqtgraph")


@contextmanager
def _missing(name: str) -> Iterator[None]:
    """Lets a module be one that cannot be imported, unless it is there already."""
    absent = name not in sys.modules
    if absent:
        sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        if absent:
            sys.modules.pop(name, None)


@contextmanager
def _nameless(module: ModuleType) -> Iterator[None]:
    """Lets `dir` find nothing in a module, so that nothing of it is copied."""
    names = vars(module)
    before = names.get("__dir__")
    names["__dir__"] = list
    try:
        yield
    finally:
        names.pop("__dir__")
        if before is not None:
            names["__dir__"] = before
