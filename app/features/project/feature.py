"""Saves the source with its regions, marks, model and view as a file, and opens such files."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from app.features.project.find import FoundProject, find_project
from app.shell.actions import SOURCE, Menu, MenuActions
from app.shell.context import FeatureContext
from app.shell.feature import Feature
from app.shell.project import SUFFIX, Project
from app.ui.banner import Level
from app.ui.file_dialogs import ask_folder, ask_missing_source, ask_project, ask_save_project
from app.ui.i18n import tr
from app.ui.questions import ask
from uvanet.redaction import printable, redact_source
from uvanet.sources.base import SourceInfo
from uvanet.sources.network import is_network
from uvanet.sources.orientation import Orientation

action = MenuActions(Menu.FILE)

_MISSING = "missing source"  # topic of messages


class Projects(Feature):
    """Opens and saves projects."""

    def __init__(self, context: FeatureContext) -> None:
        super().__init__(context)
        self._file: Path | None = None  # the project of the current source
        # The project whose source is being opened, its file, and the string that opens the source.
        self._pending: tuple[FoundProject, Path, str] | None = None
        session = context.session
        session.opened.connect(self._on_opened)
        session.failed.connect(self._on_failed)
        session.switched.connect(self._on_switched)

    def open_drop(self, path: str) -> bool:
        """Opens a dropped project."""
        if not path.lower().endswith(SUFFIX):
            return False
        self.open_file(path)
        return True

    # -- actions

    @action("Open project…", "Ctrl+Alt+O", icon="project-open", group=2, words="load session")
    def open_project_file(self) -> None:
        """Asks for a project and opens it."""
        ask_project(self.context.slots.window, self.context.folder, self.open_file)

    @action(
        "Save project…",
        "Ctrl+Shift+S",
        icon="project-save",
        needs=SOURCE,
        group=2,
        words="store session",
    )
    def save_project(self) -> None:
        """Saves source, regions, marks, model and view as a project."""
        info = self.context.session.info
        if info is None:
            return
        project = Project(source=str(info.path or info.spec))
        for feature in self.context.project_parts():
            feature.save_to_project(project)
        session = self.context.session
        orientation = session.orientations.of(info.spec)
        project.view.mirrored = orientation.mirrored
        project.view.quarters = _quarters(orientation)
        project.view.position = session.position if info.seekable else 0.0
        path = (
            self._file
            or Path(self.context.folder) / f"{Path(info.title).stem or 'project'}{SUFFIX}"
        )
        ask_save_project(
            self.context.slots.window, path, lambda chosen: self._save(project, chosen)
        )

    # -- opening and saving

    def open_file(self, path: str) -> None:
        """Opens a project: first its source, then regions, marks, model and view."""
        file = Path(path)

        def done(found: FoundProject) -> None:
            if found.spec is None:
                self._ask_where(found, file)
            elif is_network(found.spec):
                self._ask_to_connect(found, file, found.spec)
            else:
                self._open(found, file, found.spec)

        self.context.run(lambda: find_project(file), done, name="project")

    def _ask_where(self, found: FoundProject, file: Path) -> None:
        name = printable(Path(found.project.source).name)
        self.context.messages.notify(
            "warning",
            tr("{name} is not where the project expects it.").format(name=name),
            tr("Show where it is, or cancel."),
            topic=_MISSING,
        )
        window, title = self.context.slots.window, tr("Where is {name}?").format(name=name)

        def use(chosen: str) -> None:
            self._open(found, file, chosen)

        if found.project.source_file.is_folder:
            dialog = ask_folder(window, str(file.parent), use, title)
        else:
            dialog = ask_missing_source(window, str(file.parent), title, use)
        dialog.finished.connect(lambda _: self.context.messages.dismiss_topic(_MISSING))

    def _ask_to_connect(self, found: FoundProject, file: Path, spec: str) -> None:
        # The project may come from somebody else: no address is called unasked.
        ask(
            self.context.slots.window,
            tr("Open project"),
            tr("The project {name} opens a stream of the network.").format(
                name=printable(file.name)
            ),
            printable(redact_source(spec)),
            tr("Connect"),
            lambda: self._open(found, file, spec),
        )

    def _open(self, found: FoundProject, file: Path, spec: str) -> None:
        self._pending = None
        self.context.session.open(spec)
        self._pending = (found, file, spec)

    def _save(self, project: Project, chosen: str) -> None:
        path = Path(chosen)

        def write() -> None:
            project.write(path)

        def done(_: object) -> None:
            info = self.context.session.info
            if info is not None and project.source in (info.spec, str(Path(info.spec).absolute())):
                self._file = path

        self.context.save(write, path, done=done)

    def _on_switched(self) -> None:
        self._file = None

    def _on_opened(self, info: SourceInfo) -> None:
        pending, self._pending = self._pending, None
        if pending is None or self.context.session.spec != pending[2]:
            return  # another source was opened meanwhile
        found, self._file, _ = pending
        project = found.project
        session, view = self.context.session, project.view
        orientation = Orientation(view.mirrored, view.quarters)
        if orientation != session.orientations.of(info.spec):
            session.turn(orientation)
        for feature in self.context.project_parts():
            feature.open_project(project)
        if info.seekable:
            session.seek(view.position)
        self.context.undo.forget_source()
        opened = tr("Opened {name}.").format(name=printable(self._file.name))
        level: Level = "warning" if found.notes else "done"
        self.context.messages.notify(level, opened, " ".join(found.notes))

    def _on_failed(self) -> None:
        self._pending = None


def _quarters(orientation: Orientation) -> Literal[0, 1, 2, 3]:
    return (0, 1, 2, 3)[orientation.quarters % 4]
