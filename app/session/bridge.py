"""The only place where the pipeline's callbacks become Qt signals."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal, SignalInstance, Slot

if TYPE_CHECKING:
    from app.pipeline.events import Event


class _Gate:
    """Whether the bridge still takes calls. It outlives the bridge's C++ half."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.open = True
        self.result_pending = False

    def shut(self) -> None:
        with self.lock:
            self.open = False


class PipelineBridge(QObject):
    """Brings word from the pipeline's threads to the thread this object lives in.

    Pass `notify_result` and `notify_event` to LivePipeline. Whatever is connected to the two
    public signals runs on the bridge's thread, plain functions included.

    Signals:
        resultReady: A new result can be taken. However many results come while the thread is
            busy, one signal waits at most; it carries no payload, so no frame ever waits in
            Qt's queue.
        eventArrived: An event of `app.pipeline.events`, in the order it happened.
    """

    resultReady = Signal()
    eventArrived = Signal(object)

    _resultArrived = Signal()
    _eventPosted = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._gate = _Gate()
        # Queued to ourselves first: a plain function connected to a public signal would
        # otherwise run on the thread that emits.
        self._resultArrived.connect(self._pass_result, Qt.ConnectionType.QueuedConnection)
        self._eventPosted.connect(self._pass_event, Qt.ConnectionType.QueuedConnection)
        # Not a method of ours: it has to run while this object is being destroyed.
        self.destroyed.connect(self._gate.shut)

    def notify_result(self) -> None:
        """Tells that a result can be taken. Any thread; does nothing on a dead bridge."""
        gate = self._gate
        with gate.lock:
            if not gate.open or gate.result_pending:
                return
            gate.result_pending = True
            self._emit(self._resultArrived)

    def notify_event(self, event: Event) -> None:
        """Passes an event on. Any thread; does nothing on a dead bridge."""
        gate = self._gate
        with gate.lock:
            if gate.open:
                self._emit(self._eventPosted, event)

    def _emit(self, signal: SignalInstance, *payload: object) -> None:
        try:
            signal.emit(*payload)
        except RuntimeError:
            # The C++ half went without a word (the interpreter is going down).
            self._gate.open = False

    @Slot()
    def _pass_result(self) -> None:
        # Cleared before the signal: a result that comes while it is handled gets its own.
        with self._gate.lock:
            self._gate.result_pending = False
        self.resultReady.emit()

    @Slot(object)
    def _pass_event(self, event: Event) -> None:
        self.eventArrived.emit(event)
