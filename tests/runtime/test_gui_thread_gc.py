"""Reference cycles are collected on the GUI thread only."""

import gc
import threading
from typing import ClassVar

from app.runtime.gui_thread_gc import GuiThreadGc


class Cycle:
    """Records the thread that destroys it."""

    destroyed_on: ClassVar[list[threading.Thread]] = []

    def __init__(self):
        self.itself = self

    def __del__(self):
        self.destroyed_on.append(threading.current_thread())


def make_cycles():
    for _ in range(gc.get_threshold()[0] * 3):
        Cycle()


def test_cycles_of_another_thread_are_collected_on_the_gui_thread(qtbot):
    collector = GuiThreadGc()
    Cycle.destroyed_on.clear()

    def collected():
        # Objects of earlier tests that are freed meanwhile may postpone a collection.
        thread = threading.Thread(target=make_cycles)
        thread.start()
        thread.join()
        return bool(Cycle.destroyed_on)

    try:
        assert not collected()
        qtbot.waitUntil(collected, timeout=60_000)
    finally:
        collector.close()
    assert set(Cycle.destroyed_on) == {threading.current_thread()}
    assert gc.isenabled()
