"""The context of a feature: the parts of the program that it may use."""

from __future__ import annotations

import enum
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TypeVar

from app.runtime.jobs import Jobs
from app.runtime.logs import Logs
from app.runtime.settings import SettingsStore
from app.session.presenter import FramePresenter
from app.session.session import LiveSession
from app.shell.actions import ActionRegistry
from app.shell.project import ProjectPart
from app.shell.settings import WindowSettings
from app.shell.slots import WindowSlots
from app.shell.undo import UndoStack
from app.ui.banner import Banner
from app.ui.i18n import tr
from app.ui.theme import Theme
from uvanet.errors import UvanetError
from uvanet.redaction import printable

T = TypeVar("T")


class FactKind(enum.Enum):
    """Where a fact is used.

    Attributes:
        MEASURED: In copied numbers and in the report of the About box.
        PRIVATE: In copied numbers only, since it may tell something about the user's source.
        TECHNICAL: In the report only.
    """

    MEASURED = enum.auto()
    PRIVATE = enum.auto()
    TECHNICAL = enum.auto()


class Fact(NamedTuple):
    """A name and a value, both as text for people."""

    name: str
    value: str
    kind: FactKind = FactKind.MEASURED


@dataclass(frozen=True)  # without slots: Qt holds its method by a weak reference
class FeatureContext:
    """The parts of the program that a feature may use.

    Attributes:
        session: Source, model, teacher, position, marks, regions and orientation.
        presenter: The frame on the canvas and its heat map.
        slots: The places for widgets in the window.
        actions: The actions of all features.
        settings: The settings; `settings.section(SectionType)` returns a section.
        jobs: Runs functions on worker threads.
        logs: The log file and the newest log records.
        messages: Messages over the picture.
        undo: Records what the user changes.
        theme: The colors.
        facts: Returns the facts of all features.
        project_parts: Returns all features, whose state is saved in projects.
    """

    session: LiveSession
    presenter: FramePresenter
    slots: WindowSlots
    actions: ActionRegistry
    settings: SettingsStore
    jobs: Jobs
    logs: Logs
    messages: Banner
    undo: UndoStack
    theme: Theme
    facts: Callable[[], list[Fact]]
    project_parts: Callable[[], Sequence[ProjectPart]]

    def show_error(self, error: Exception, topic: str = "") -> None:
        """Shows an expected error over the picture.

        Raises:
            Exception: The error itself where it is no UvanetError; the exception hook reports it.
        """
        if not isinstance(error, UvanetError):
            raise error
        self.messages.notify("error", error.message, error.hint, topic=topic)

    def run(self, work: Callable[[], T], done: Callable[[T], object], *, name: str) -> None:
        """Calls `work` on a worker thread, then `done` with its result; see `Jobs.run`.

        A UvanetError of `work` is shown over the picture.
        """
        self.jobs.run(work, done, self.show_error, name=name)

    def save(
        self,
        write: Callable[[], object],
        *paths: Path,
        done: Callable[[object], object] = lambda _: None,
    ) -> None:
        """Calls `write` on a worker thread, then `done`, and says that the files were saved."""

        def saved(result: object) -> None:
            done(result)
            self.remember_folder(str(paths[0]))
            names = tr(" and ").join(printable(path.name) for path in paths)
            text = tr("Saved {names}.").format(names=names)
            self.messages.notify_saved(text, paths[0])

        self.run(write, saved, name="save")

    @property
    def folder(self) -> str:
        """The folder in which dialogs for files start.

        The folder beside the current source, else the one used last, else the home folder.
        """
        path = self.session.info.path if self.session.info is not None else None
        last = self.settings.section(WindowSettings).folder
        places = str(path.parent) if path is not None else "", last
        return next((place for place in places if os.path.isdir(place)), str(Path.home()))

    def remember_folder(self, file: str) -> None:
        """Lets dialogs for files start in the folder of a file, where no source says another."""
        self.settings.section(WindowSettings).folder = str(Path(file).parent)
