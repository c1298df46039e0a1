"""Bridge between the pipeline's threads and Qt's event loop."""

from __future__ import annotations

import gc
import threading
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, QThread

from app.pipeline.events import PipelineState, SourceResumed, StateChanged
from app.session.bridge import PipelineBridge

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot


def on_threads(work: Callable[[], None], threads: int = 4) -> None:
    """Runs the work on several plain threads and waits for all."""
    running = [threading.Thread(target=work) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()


def test_at_most_one_result_notification_waits(qtbot: QtBot) -> None:
    bridge = PipelineBridge()
    calls: list[bool] = []
    window_thread = QThread.currentThread()
    bridge.result_ready.connect(lambda: calls.append(QThread.currentThread() is window_thread))
    on_threads(lambda: [bridge.notify_result() for _ in range(1000)] and None)
    assert calls == []
    qtbot.waitUntil(lambda: bool(calls))
    QCoreApplication.processEvents()
    assert calls == [True]


def test_a_result_during_the_handling_of_another_is_announced(qtbot: QtBot) -> None:
    bridge = PipelineBridge()
    calls: list[int] = []

    def handle() -> None:
        calls.append(len(calls))
        if len(calls) < 3:
            on_threads(bridge.notify_result, 2)

    bridge.result_ready.connect(handle)
    bridge.notify_result()
    qtbot.waitUntil(lambda: len(calls) == 3)
    QCoreApplication.processEvents()
    assert calls == [0, 1, 2]


def test_events_arrive_in_order_on_the_gui_thread(qtbot: QtBot) -> None:
    bridge = PipelineBridge()
    arrived: list[tuple[object, bool]] = []
    here = threading.get_ident()
    bridge.event_arrived.connect(lambda e: arrived.append((e, threading.get_ident() == here)))
    sent = [
        StateChanged(1, PipelineState.OPENING),
        StateChanged(1, PipelineState.PLAYING),
        SourceResumed(1),
    ]
    on_threads(lambda: [bridge.notify_event(event) for event in sent] and None, 1)
    assert arrived == []
    qtbot.waitUntil(lambda: len(arrived) == 3)
    assert arrived == [(event, True) for event in sent]


def test_a_destroyed_bridge_ignores_calls(qtbot: QtBot) -> None:
    parent = QObject()
    bridge = PipelineBridge(parent)
    calls: list[object] = []
    bridge.result_ready.connect(lambda: calls.append("result"))
    bridge.event_arrived.connect(calls.append)
    bridge.notify_result()
    bridge.notify_event(SourceResumed(1))
    del parent
    gc.collect()
    on_threads(bridge.notify_result)
    on_threads(lambda: bridge.notify_event(SourceResumed(1)))
    QCoreApplication.processEvents()
    assert calls == []


def test_destruction_while_other_threads_call_it(qtbot: QtBot) -> None:
    for _ in range(20):
        parent = QObject()
        bridge = PipelineBridge(parent)
        bridge.result_ready.connect(lambda: None)
        over, running = threading.Event(), threading.Event()

        def call(
            bridge: PipelineBridge = bridge,
            over: threading.Event = over,
            running: threading.Event = running,
        ) -> None:
            while not over.is_set():
                bridge.notify_result()
                bridge.notify_event(SourceResumed(1))
                running.set()

        threads = [threading.Thread(target=call) for _ in range(3)]
        for thread in threads:
            thread.start()
        assert running.wait(60)
        QCoreApplication.processEvents()
        parent.deleteLater()
        del parent
        gc.collect()
        QCoreApplication.processEvents()
        over.set()
        for thread in threads:
            thread.join()
