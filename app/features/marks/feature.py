"""Marks: the start and the end of the part that is exported and reported."""

from __future__ import annotations

from functools import partial

from app.shell.actions import SEEKABLE, Menu, MenuActions
from app.shell.context import FeatureContext
from app.shell.feature import Feature
from app.shell.marks import change_marks
from app.shell.project import Project

action = MenuActions(Menu.PLAYBACK)

_BUTTON_RANK = 10
_FRAME_SECONDS = 0.04  # duration of a frame of a source without a frame rate
_DRAG = "marks"


class Marks(Feature):
    """The marks of the source, by keys and by the handles on the timeline."""

    def __init__(self, context: FeatureContext) -> None:
        super().__init__(context)
        session, timeline = context.session, context.slots.timeline
        for name in ("mark_in", "mark_out"):
            context.slots.add_timeline_button(context.actions[name], _BUTTON_RANK)
        timeline.marks_moved.connect(partial(change_marks, context, merge=_DRAG))
        timeline.marks_released.connect(context.undo.seal)
        session.marks_changed.connect(lambda: timeline.set_marks(*session.marks))
        session.opened.connect(lambda _: session.set_marks(None, None))

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
