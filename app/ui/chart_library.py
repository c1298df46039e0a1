"""Imports pyqtgraph in short turns of the event loop, so that the window answers in between."""

from __future__ import annotations

import contextlib
import functools
import importlib
import sys
import time
from collections import deque
from typing import TYPE_CHECKING

from PySide6 import QtCore, QtGui, QtWidgets
from PySide6.QtCore import QObject, QTimer
from shiboken6 import isValid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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
    """Imports pyqtgraph on request, and then has the charts that wait built, one in each turn.

    An import at once takes 0.15 s of the processor. Half of it is the creation of all types of Qt:
    PySide6 creates a type when it is first used, and pyqtgraph uses all of them. Here the types and
    the dependencies come first, one by one; the import of pyqtgraph itself then takes 0.05 s.

    The GUI thread does all of it: on another thread, the creation of types crashes beside a window
    in use.
    """

    def __init__(self) -> None:
        super().__init__()
        self._waiting: deque[tuple[QObject, Callable[[], None]]] = deque()
        self._steps = self._import()
        self._timer = QTimer(self, interval=_PAUSE_MS)
        self._timer.timeout.connect(self._advance)

    @property
    def is_loaded(self) -> bool:
        """Whether pyqtgraph is imported."""
        return "pyqtgraph" in sys.modules

    def request(self, chart: QObject, build: Callable[[], None]) -> None:
        """Starts the import; `build` is called after it unless the chart was destroyed."""
        self._waiting.append((chart, build))
        self._timer.start()

    def _advance(self) -> None:
        end = time.perf_counter() + _TURN_S
        for _ in self._steps:
            if time.perf_counter() >= end:
                return
        chart, build = self._waiting.popleft()  # building one takes 0.02 s
        if not self._waiting:
            self._timer.stop()
        if isValid(chart):
            build()

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
        yield  # the first chart is built in another turn


@functools.cache
def chart_library() -> ChartLibrary:
    """Returns the only instance, since a module is imported once."""
    return ChartLibrary()
