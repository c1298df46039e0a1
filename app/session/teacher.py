"""The teacher: an optional second model that is compared with the student."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from PySide6.QtCore import QObject, Signal

from app.pipeline.events import TeacherEvent, TeacherFailed, TeacherReady
from app.pipeline.packets import SaliencyPacket, TeacherResult
from app.pipeline.pipeline import LivePipeline
from app.pipeline.stats import PipelineStats
from app.session.models import first_teacher, if_available, load_predictor
from app.session.student import StudentModel


class TeacherModel(QObject):
    """Chooses the teacher, and runs it from `start` to `stop`.

    Args:
        pipeline: Runs the teacher.
        student: The teacher runs on the same engine.

    Signals:
        changed: Name or path of the model that `use` chose; empty where none was chosen.
        ready: Name or path of the running teacher, which is loaded and gets frames from now on.
        failed: UvanetError of the running teacher; the student continues.
    """

    changed = Signal(str)
    ready = Signal(str)
    failed = Signal(object)

    def __init__(
        self, pipeline: LivePipeline, student: StudentModel, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._pipeline = pipeline
        self._branch = pipeline.teacher
        self._student = student
        self._chosen = ""
        self._running = ""
        self._number = 0  # in the pipeline; events and results with other numbers are outdated

    @property
    def name(self) -> str:
        """The chosen teacher, or the first other model; empty where there is none.

        A model that was deleted since counts as not chosen.
        """
        return if_available(self._chosen) or first_teacher(self._student.name)

    @property
    def running(self) -> str:
        """Name or path of the running teacher; empty where none runs."""
        return self._running

    def use(self, name_or_path: str) -> None:
        """Chooses the teacher; `changed` follows, also where the choice is the same.

        Args:
            name_or_path: As for `StudentModel.use`.
        """
        self._chosen = name_or_path
        self.changed.emit(name_or_path)

    def restart(self) -> None:
        """Loads a running teacher again, on the engine of the student; the choice stays as it is.

        `changed` follows, upon which the view that shows the teacher starts it.
        """
        if self._running:
            self.changed.emit(self._chosen)

    def start(self, *, synchronized: bool) -> str:
        """Runs the chosen teacher next to the student; `ready` or `failed` follows.

        Args:
            synchronized: Show only frames that both have processed; see `TeacherBranch.use`.

        Returns:
            Its name; empty where no model can be the teacher.
        """
        name = self.name
        if name:
            self._running = name
            # One thread, whatever the engine's default: the student needs the other cores.
            factory = partial(load_predictor, name, self._student.engine, 1)
            self._number = self._branch.use(factory, name=name, synchronized=synchronized)
        return name

    def stop(self) -> None:
        """Stops the teacher; does nothing where none runs."""
        if self._running:
            self._running = ""
            self._number = self._branch.use(None)

    def set_synchronized(self, synchronized: bool) -> None:
        """Sets whether only frames that both have processed are shown."""
        self._branch.set_synchronized(synchronized)

    def take_result(self) -> TeacherResult | None:
        """Takes the newest result of the teacher in unsynchronized mode; None for none."""
        return self._branch.take()

    def stats(self) -> PipelineStats | None:
        """Statistics of the teacher; None without one."""
        return self._branch.stats()

    def without_outdated(self, packet: SaliencyPacket) -> SaliencyPacket:
        """Returns the packet, without its teacher result if that teacher was replaced since."""
        result = packet.teacher_result
        if result is None or result.teacher == self._number:
            return packet
        return replace(packet, teacher_result=None)

    def on_event(self, event: TeacherEvent) -> None:
        """Handles an event of the pipeline; ignores those of teachers that were replaced."""
        if event.teacher != self._number:
            return
        match event:
            case TeacherReady(_, name):
                self._pipeline.repeat_frame()
                self.ready.emit(name)
            case TeacherFailed(_, _, error):
                self.failed.emit(error)
