"""Marks: the start and the end of the part that is exported and reported."""

from __future__ import annotations

from functools import partial

from app.runtime.source_store import SourceStore, store_path
from app.shell.actions import SEEKABLE, Menu, MenuActions
from app.shell.context import FeatureContext
from app.shell.feature import Feature
from app.shell.marks import change_marks
from app.shell.project import Project
from app.shell.store_writer import StoreWriter
from app.ui.i18n import tr
from uvanet.sources.base import SourceInfo, SourceKind

action = MenuActions(Menu.PLAYBACK)

_BUTTON_RANK = 10
_FRAME_SECONDS = 0.04  # duration of a frame of a source without a frame rate
_DRAG = "marks"
_LONGEST = 1e9  # seconds of a source of unknown duration


class Marks(Feature):
    """The marks of the source, by keys and by the handles on the timeline.

    Those of a video are stored. The times of a folder depend on the rate at which it plays.
    """

    def __init__(self, context: FeatureContext) -> None:
        super().__init__(context)
        session, timeline = context.session, context.slots.timeline
        self._store = SourceStore(store_path("marks.json"))
        warning = tr("The marks cannot be saved.")
        self._restoring = False
        self._writer = StoreWriter(context, self._store, "marks", warning, self)
        for name in ("mark_in", "mark_out"):
            context.slots.add_timeline_button(context.actions[name], _BUTTON_RANK)
        timeline.marks_moved.connect(partial(change_marks, context, merge=_DRAG))
        timeline.marks_released.connect(context.undo.seal)
        session.marks_changed.connect(lambda: timeline.set_marks(*session.marks))
        session.marks_changed.connect(self._keep)
        session.opened.connect(self._restore)

    def close(self, timeout: float) -> bool:
        """Writes the marks; returns whether they are written within `timeout` seconds."""
        return self._writer.close(timeout)

    def save_to_project(self, project: Project) -> None:
        """Writes the marks."""
        project.start, project.end = self.context.session.marks

    def open_project(self, project: Project) -> None:
        """Sets the marks of a project."""
        self.context.session.set_marks(project.start, project.end)

    @action("Mark start", "I", icon="mark-in", needs=SEEKABLE, group=4, words="in point cut trim")
    def mark_in(self) -> None:
        """Marks the current frame as the start of the clip."""
        session = self.context.session
        start, end = session.time_base.frame_start(session.position), session.marks[1]
        change_marks(self.context, start, None if end is not None and end <= start else end)

    @action("Mark end", "O", icon="mark-out", needs=SEEKABLE, group=4, words="out point cut trim")
    def mark_out(self) -> None:
        """Marks the current frame as the end of the clip; the clip contains it."""
        session = self.context.session
        base = session.time_base
        frame = 1 / base.fps if base.fps else _FRAME_SECONDS
        start, end = session.marks[0], base.frame_start(session.position) + frame
        change_marks(self.context, None if start is not None and end <= start else start, end)

    @action("Clear marks", "Alt+X", needs=SEEKABLE, group=4, words="remove delete", loses=True)
    def clear_marks(self) -> None:
        """Selects the whole video."""
        change_marks(self.context, None, None)

    def _restore(self, info: SourceInfo) -> None:
        """Sets the stored marks of the source that was opened."""
        stored = self._store.get_entries(info.spec) if _is_stored(info) else []
        self._restoring = True
        self.context.session.set_marks(*_bounded(stored, info.duration))
        self._restoring = False

    def _keep(self) -> None:
        session = self.context.session
        if session.info is not None and _is_stored(session.info) and not self._restoring:
            marked = session.marks != (None, None)
            self._store.put_entries(session.info.spec, list(session.marks) if marked else [])
            self._writer.write_soon()


def _is_stored(info: SourceInfo) -> bool:
    return info.seekable and info.kind is not SourceKind.FOLDER


def _bounded(stored: list[object], duration: float | None) -> tuple[float | None, float | None]:
    """Start and end from a file, which may be damaged, or of a film that was longer then."""
    longest = _LONGEST if duration is None else duration
    start, end = (
        float(mark)
        if isinstance(mark, float | int) and not isinstance(mark, bool) and 0 <= mark <= longest
        else None
        for mark in (stored if len(stored) == 2 else (None, None))
    )
    return (None, None) if start is not None and end is not None and end <= start else (start, end)
