"""Opens the next source while the current one plays on."""

from __future__ import annotations

import logging
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from app.pipeline.events import PipelineState, SourceEvent, StateChanged
from app.pipeline.pipeline import LivePipeline
from app.runtime.jobs import Jobs
from app.session.source_factory import source_label
from app.ui.i18n import tr
from uvanet.errors import UvanetError
from uvanet.sources.base import Source

_log = logging.getLogger(__name__)


class SourceOpener(QObject):
    """Makes sources in the background, and passes the newest one to the pipeline.

    The current source plays until the next one is made, and stays where that fails. Events of the
    current source wait meanwhile: they are passed on after a failure, else dropped.

    Args:
        pipeline: Plays the sources.
        jobs: Runs the functions that make the sources.

    Signals:
        opening: Name of the source that is being made; empty for the default source.
        switched: The `spec` of the source that the pipeline opens now.
        failed: UvanetError that kept a source from being made.
        state_changed: The PipelineState changed.
        event_arrived: A SourceEvent of the current source.

    Attributes:
        number: Number of the current source in the pipeline; 0 before the first.
        state: State of the current source; OPENING while the next one is being made.
    """

    opening = Signal(str)
    switched = Signal(object)
    failed = Signal(object)
    state_changed = Signal(object)
    event_arrived = Signal(object)

    def __init__(self, pipeline: LivePipeline, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pipeline = pipeline
        self._jobs = jobs
        self.number = 0
        self.state = PipelineState.IDLE
        self._request = 0
        self._own_state = PipelineState.IDLE  # of the current source
        # Events of the current source that wait while the next one is being made; else None.
        self._deferred: list[SourceEvent] | None = None

    def open(self, spec: str | None, make: Callable[[], Source]) -> None:
        """Opens a source; of several calls in a row the last one counts.

        Args:
            spec: The string that opens the source; None for the default source.
            make: Returns the source, closed; slow.
        """
        self._request += 1
        self._deferred = self._deferred or []
        request = self._request
        self._set_state(PipelineState.OPENING)
        self.opening.emit("" if spec is None else source_label(spec))

        def done(source: Source) -> None:
            if request == self._request:
                self._deferred = None
                self.number = self._pipeline.open(source)
                self._own_state = PipelineState.OPENING
                self.switched.emit(spec)
            else:
                source.close()

        def failed(error: Exception) -> None:
            if request == self._request:
                self._fail(error)

        self._jobs.run(make, done, failed, name="source")

    def on_event(self, event: SourceEvent) -> None:
        """Handles an event of the pipeline; ignores those of sources before the current one."""
        if event.source != self.number:
            return
        if self._deferred is not None:
            self._deferred.append(event)
        elif isinstance(event, StateChanged):
            self._own_state = event.state
            self._set_state(event.state)
        else:
            self.event_arrived.emit(event)

    def close(self) -> None:
        """Discards the source that is being made."""
        self._request += 1

    def _fail(self, error: Exception) -> None:
        if not isinstance(error, UvanetError):
            _log.error("a source could not be made", exc_info=error)
            error = UvanetError(
                tr("The source cannot be opened: {reason}.").format(reason=error),
                tr("Choose another source."),
            )
        deferred, self._deferred = self._deferred or [], None
        self._set_state(self._own_state if self.number else PipelineState.FAILED)
        for event in deferred:
            self.on_event(event)
        self.failed.emit(error)

    def _set_state(self, state: PipelineState) -> None:
        if state is not self.state:
            self.state = state
            self.state_changed.emit(state)
