"""Records what blocks the GUI thread, and counts the turns of its event loop."""

from __future__ import annotations

import contextlib
import subprocess
import threading
import traceback
from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtCore import QTimer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytestqt.qtbot import QtBot

TURNS = 20
"""Turns of the event loop after which it counts as alive."""

_WAITS: tuple[tuple[Any, str], ...] = (
    (threading.Condition, "wait"),
    (threading.Thread, "join"),
    (subprocess.Popen, "wait"),
    (subprocess.Popen, "communicate"),
)

_DEPTH = 8


def _at_once(_: object, timeout: float | None = None, **__: object) -> bool:
    """Whether a call only looks, and waits for nothing."""
    return timeout is not None and timeout <= 0


class GuiWatch:
    """What the GUI thread did.

    Counted in events, not in seconds: a busy machine makes everything late and nothing wrong.

    Attributes:
        waits: The stack of each call on the GUI thread that waits for another thread or process.
    """

    def __init__(self, qtbot: QtBot) -> None:
        self.waits: list[str] = []
        self._qtbot = qtbot

    def answers(self) -> None:
        """The event loop turns; a GUI thread that waits for a hung call never comes so far."""
        turns = 0

        def turn() -> None:
            nonlocal turns
            turns += 1

        timer = QTimer()
        timer.timeout.connect(turn)
        timer.start(1)
        self._qtbot.waitUntil(lambda: turns >= TURNS, timeout=60_000)
        timer.stop()


@contextlib.contextmanager
def gui_watch(qtbot: QtBot) -> Iterator[GuiWatch]:
    """Fails where the GUI thread, which is the calling one, waits for a thread or a process."""
    watch, gui = GuiWatch(qtbot), threading.get_ident()

    def watched(real: Callable[..., object]) -> Callable[..., object]:
        def call(*given: Any, **more: Any) -> object:
            if threading.get_ident() == gui and not _at_once(*given, **more):
                stack = traceback.extract_stack()[-_DEPTH:-1]
                if not any(frame.name == "start" for frame in stack):  # of a new thread
                    watch.waits.append("".join(traceback.format_list(stack)))
            return real(*given, **more)

        return call

    with pytest.MonkeyPatch.context() as patch:
        for owner, name in _WAITS:
            patch.setattr(owner, name, watched(getattr(owner, name)))
        yield watch
    assert not watch.waits, "the GUI thread waited:\n" + "\n".join(watch.waits)
