"""Turns callbacks of the pipeline's threads into Qt signals on the GUI thread."""

from __future__ import annotations

import threading

from PySide6.QtCore import QObject, Qt, Signal, SignalInstance, Slot

from app.pipeline.events import Event


class _Gate:
    """State shared with the pipeline's threads; outlives the C++ object of the bridge.

    Attributes:
        lock: Held for every access.
        open: Whether the bridge accepts calls.
        result_pending: Whether a signal about a new result is on its way.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.open = True
        self.result_pending = False

    def shut(self) -> None:
        with self.lock:
            self.open = False


class PipelineBridge(QObject):
    """Passes notifications of the pipeline's threads to the thread of this object.

    Pass `notify_result` and `notify_event` to LivePipeline. Receivers connected to the two
    public signals run on the bridge's thread, plain functions included.

    Signals:
        result_ready: A new result can be taken. At most one of these signals waits while the
            thread is busy; it has no payload, so that no frame waits in Qt's queue.
        event_arrived: An event of `app.pipeline.events`, in order.
    """

    result_ready = Signal()
    event_arrived = Signal(object)

    _result_arrived = Signal()
    _event_posted = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._gate = _Gate()
        # Private queued signals first: a plain function connected to a public signal would
        # run on the thread that emits.
        self._result_arrived.connect(self._pass_result, Qt.ConnectionType.QueuedConnection)
        self._event_posted.connect(self._pass_event, Qt.ConnectionType.QueuedConnection)
        # Not a method of this class: it runs while this object is being destroyed.
        self.destroyed.connect(self._gate.shut)

    def notify_result(self) -> None:
        """Announces a new result. Any thread; does nothing after the bridge was destroyed."""
        gate = self._gate
        with gate.lock:
            if not gate.open or gate.result_pending:
                return
            gate.result_pending = True
            self._emit(self._result_arrived)

    def notify_event(self, event: Event) -> None:
        """Passes an event on. Any thread; does nothing after the bridge was destroyed."""
        gate = self._gate
        with gate.lock:
            if gate.open:
                self._emit(self._event_posted, event)

    def _emit(self, signal: SignalInstance, *payload: object) -> None:
        try:
            signal.emit(*payload)
        except RuntimeError:
            # The C++ object is gone without `destroyed` (the interpreter is shutting down).
            self._gate.open = False

    @Slot()
    def _pass_result(self) -> None:
        # Cleared before the signal: a result that arrives while it is handled gets its own signal.
        with self._gate.lock:
            self._gate.result_pending = False
        self.result_ready.emit()

    @Slot(object)
    def _pass_event(self, event: Event) -> None:
        self.event_arrived.emit(event)
