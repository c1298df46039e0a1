"""Packs complete scans for projects, and restores the scan of a project."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.features.analyse.attention_history import AttentionHistory
from app.session.models import short_name
from app.shell.context import FeatureContext
from app.shell.project import ScanPart
from uvanet.analysis import Record
from uvanet.analysis.record_file import pack_record, unpack_record
from uvanet.registry import is_available


class KeptScan(QObject):
    """Packs complete scans and restores the scans of projects, on worker threads.

    A scan is valid for one source, orientation and model, and is dropped when one of them changes.
    While there is a scan, the automatic choice must not replace the model. The scan of a project is
    shown when its model is in use.

    Args:
        context: The parts of the program.
        history: Runs the scans. It must restart on a new model before this object is notified.

    Attributes:
        part: The complete scan of the source; None without one.
    """

    def __init__(self, context: FeatureContext, history: AttentionHistory) -> None:
        super().__init__(history)
        self._context, self._history = context, history
        self.part: ScanPart | None = None
        self._waiting: ScanPart | None = None  # the scan of a project whose model is not in use yet
        self._number = 0  # counts changes of source, orientation and model
        session = context.session
        history.scanned.connect(self._pack)
        session.switched.connect(self._forget)
        session.turned.connect(self._forget)
        session.student.changed.connect(self._on_model)
        session.student.swap_failed.connect(lambda _: self._forget())

    def restore(self, part: ScanPart, *, swap: bool) -> None:
        """Shows the scan of a project when its model is in use.

        Args:
            part: The scan.
            swap: Whether to switch to the model of the scan, as the choice is automatic.
        """
        self._waiting = part
        self._hold()
        if swap:
            self._swap_to(part)
        self._restore_waiting()

    def _swap_to(self, part: ScanPart) -> None:
        student = self._context.session.student
        if part.model != short_name(student.name) and is_available(part.model):
            student.swap(part.model)

    def _forget(self) -> None:
        self.part = self._waiting = None
        self._number += 1
        self._hold()

    def _on_model(self) -> None:
        session, kept = self._context.session, self.part or self._waiting
        self.part = None
        self._number += 1
        if kept is not None and session.automatic.on and not session.student.loading:
            # The automatic choice was under way when the scan came: back to the scan's model.
            self._waiting = kept
            self._swap_to(kept)
        self._restore_waiting()
        self._hold()

    def _hold(self) -> None:
        kept = self.part is not None or self._waiting is not None
        self._context.session.automatic.hold("kept scan", kept)

    def _pack(self) -> None:
        arrays, number = self._history.record.arrays(), self._number
        model = short_name(self._context.session.student.name)
        self._context.session.automatic.hold("kept scan", True)

        def done(maps: bytes) -> None:
            if number == self._number:
                self.part = ScanPart(model=model, maps=maps)
                self._hold()

        self._context.run(lambda: pack_record(arrays), done, name="scan")

    def _restore_waiting(self) -> None:
        part, number = self._waiting, self._number
        if part is None or part.model != short_name(self._context.session.student.name):
            return

        def done(record: Record) -> None:
            if number == self._number:
                self.part, self._waiting = part, None
                self._history.replace(record)
                self._hold()

        self._context.run(lambda: unpack_record(part.maps), done, name="scan")
