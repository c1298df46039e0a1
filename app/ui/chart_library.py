"""Imports pyqtgraph in short turns of the event loop, so that the window answers in between."""

from __future__ import annotations

import contextlib
import functools
import importlib
import sys
import time
from typing import TYPE_CHECKING

from PySide6 import QtCore, QtGui, QtWidgets
from PySide6.QtCore import QObject, QTimer, Signal

if TYPE_CHECKING:
    from collections.abc import Iterator

_TURN_S = 0.008
_PAUSE_MS = 16  # between two turns: frames are painted meanwhile
_DEPENDENCIES = (
    "PySide6.QtOpenGLWidgets",
    "PySide6.QtTest",
    "cProfile",
    "multiprocessing.connection",
    "pydoc",
    "xml.etree.ElementTree",
)
"""The slowest imports of pyqtgraph that the program does not need itself: 15 ms together."""


class ChartLibrary(QObject):
    """Imports pyqtgraph on request.

    An import at once takes 0.15 s of the processor. Half of it is the creation of all types of Qt:
    PySide6 creates a type when it is first used, and pyqtgraph uses all of them. Here the types and
    the dependencies come first, one by one; the import of pyqtgraph itself then takes 0.05 s.

    The GUI thread does all of it: on another thread, the creation of types crashes beside a window
    in use.

    Signals:
        loaded: pyqtgraph is imported.
    """

    loaded = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._steps = self._import()
        self._timer = QTimer(self, interval=_PAUSE_MS)
        self._timer.timeout.connect(self._advance)

    @property
    def is_loaded(self) -> bool:
        """Whether pyqtgraph is imported."""
        return "pyqtgraph" in sys.modules

    def load(self) -> None:
        """Starts the import; `loaded` follows."""
        if not self.is_loaded:
            self._timer.start()

    def _advance(self) -> None:
        end = time.perf_counter() + _TURN_S
        for _ in self._steps:
            if time.perf_counter() >= end:
                return
        self._timer.stop()
        self.loaded.emit()

    def _import(self) -> Iterator[None]:
        for module in (QtCore, QtGui, QtWidgets):
            for name in dir(module):
                getattr(module, name)
                yield
        for name in _DEPENDENCIES:
            # Bundles leave out QtTest, which pyqtgraph imports only where it is installed.
            with contextlib.suppress(ImportError):
                importlib.import_module(name)
            yield
        importlib.import_module("pyqtgraph")
        yield  # the charts are built in another turn


@functools.cache
def chart_library() -> ChartLibrary:
    """Returns the only instance, since a module is imported once."""
    return ChartLibrary()
