"""Walks through the program as a user would and keeps a picture of the screen at each step.

Usage: walk_window.py FOLDER THEME SIZE. FOLDER holds film.mp4, looks.csv and photos/ and gets
mine.uvanet, mine.html and a picture a step. Prints the steps; exit code 0 if all went well.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from app.runtime import import_guards

import_guards.import_qt()
import_guards.import_cv2()

from PySide6.QtCore import QEvent, QMimeData, QPointF, Qt, QUrl  # noqa: E402 - after the guards
from PySide6.QtGui import QContextMenuEvent, QDropEvent, QGuiApplication  # noqa: E402
from PySide6.QtTest import QTest  # noqa: E402
from PySide6.QtWidgets import (  # noqa: E402
    QApplication,
    QComboBox,
    QFileDialog,
    QLabel,
    QMenu,
    QPushButton,
    QScrollArea,
    QWidget,
)

from app.features.analyse.feature import Analyse  # noqa: E402
from app.features.designs.feature import Designs  # noqa: E402
from app.features.export.dialog import ExportDialog  # noqa: E402
from app.features.export.feature import Export  # noqa: E402
from app.features.gaze.feature import GazeOfPeople  # noqa: E402
from app.main import Options, Program  # noqa: E402
from app.pipeline.events import PipelineState  # noqa: E402
from app.runtime.shutdown import leave_at_once  # noqa: E402
from app.shell.preferences import PreferencesDialog  # noqa: E402
from app.ui.controls import ElidedLabel  # noqa: E402
from app.ui.i18n import tr  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.shell.feature import Feature

F = TypeVar("F", bound="Feature")
_NO_BAR = Qt.ScrollBarPolicy.ScrollBarAlwaysOff
PATIENCE = 600.0  # seconds; a bound for conditions, not a measure of anything


def assert_whole(window: QWidget) -> None:
    """A window fits its screen, and shows its texts in their whole width."""
    title = window.windowTitle()
    assert window.width() <= window.screen().size().width(), title
    for area in window.findChildren(QScrollArea):
        if area.isVisible() and area.horizontalScrollBarPolicy() is _NO_BAR:
            assert area.widget().width() <= area.viewport().width(), title
    for each in [*window.findChildren(QPushButton), *window.findChildren(QLabel)]:
        elided = isinstance(each, ElidedLabel) or (isinstance(each, QLabel) and each.wordWrap())
        if each.isVisible() and not elided and each.window() is window:
            assert each.width() >= each.minimumSizeHint().width(), (title, each.text())


class Walk:
    """The program and the user before it."""

    def __init__(self, folder: Path, theme: str, size: tuple[int, int]) -> None:
        self.folder, self.theme = folder, theme
        self.program = Program(Options(str(folder / "photos"), theme=theme, size=size))
        self.window, self.session = self.program.window, self.program.session
        self.canvas = self.window.slots.canvas
        self.steps = 0

    def find(self, kind: type[F]) -> F:
        return next(one for one in self.program.features if isinstance(one, kind))

    def until(self, condition: Callable[[], object], what: str = "") -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, f"{what or condition} did not come true in time"
            QTest.qWait(20)

    def open_file(self, name: str) -> None:
        """Opens a file of the folder."""
        self.session.open(str(self.folder / name))
        self.until(lambda: self.session.info is not None and self.session.info.title == name)

    def pause(self) -> None:
        """Pauses a film: to play it in a window of 4K would take most of the processor."""
        self.trigger("play_pause")
        self.until(lambda: self.session.state is PipelineState.PAUSED)

    def trigger(self, name: str) -> None:
        action = self.window.actions_by_name[name]
        # A source that has opened plays, and a picture that was taken is painted, a moment later.
        self.until(action.isEnabled, name)
        action.trigger()

    def keep(self, name: str) -> None:
        """Keeps a picture of the screen."""
        QTest.qWait(200)
        for _ in range(3):  # a text that has just changed is laid out, then what holds it
            QApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)
        for window in QApplication.topLevelWidgets():
            if window.isVisible():
                assert_whole(window)
        self.steps += 1
        screen = QGuiApplication.primaryScreen()
        # Hardly compressed: a picture of 4K would take half a second.
        screen.grabWindow(0).save(str(self.folder / f"{self.steps:02}-{name}.png"), quality=90)
        sys.stdout.write(f"{name}\n")
        sys.stdout.flush()

    def activate(self) -> None:
        """Gives the picture the keys."""
        self.window.activateWindow()
        self.until(self.window.isActiveWindow)
        self.canvas.setFocus()

    def drop(self, *paths: Path) -> None:
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
        button, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        event = QDropEvent(QPointF(50, 50), Qt.DropAction.CopyAction, data, button, keys)
        self.window.dropEvent(event)  # Qt gives it only to the target of a real drag

    def answer(self, path: Path) -> None:
        dialog = self.shown(QFileDialog)
        dialog.fileSelected.emit(str(path))
        dialog.close()

    def shown(self, kind: type[QWidget]) -> QWidget:
        def found() -> list[QWidget]:
            return [one for one in self.window.findChildren(kind) if one.isVisible()]

        self.until(found)
        return found()[0]

    def drag(self, *points: tuple[float, float]) -> None:
        places = [self.canvas.to_widget(*point).toPoint() for point in points]
        QTest.mousePress(self.canvas, Qt.MouseButton.LeftButton, pos=places[0])
        for place in places[1:]:
            QTest.mouseMove(self.canvas, place)
        QTest.mouseRelease(self.canvas, Qt.MouseButton.LeftButton, pos=places[-1])


def slides_and_regions(walk: Walk) -> None:
    session, canvas = walk.session, walk.canvas
    walk.until(lambda: walk.program.presenter.overlay_seen)
    walk.activate()
    QTest.keyClick(canvas, Qt.Key.Key_Right)
    walk.until(lambda: walk.program.presenter.packet.frame.index == 1)
    walk.keep("slides")
    walk.trigger("region_rectangle")
    walk.drag((0.1, 0.2), (0.3, 0.4), (0.5, 0.7))
    QTest.keyClick(canvas, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    walk.trigger("duplicate_region")
    walk.trigger("select_regions")
    place = canvas.to_widget(0.3, 0.5).toPoint()
    reason = QContextMenuEvent.Reason.Mouse
    QApplication.sendEvent(canvas, QContextMenuEvent(reason, place, canvas.mapToGlobal(place)))
    menus = [one for one in QApplication.topLevelWidgets() if isinstance(one, QMenu)]
    (menu,) = (one for one in menus if one.isVisible())
    walk.keep("regions")
    menu.close()
    walk.trigger("export_clip")
    dialog = walk.shown(ExportDialog)
    dialog.more.click()
    walk.keep("export-pictures")
    dialog.close()
    assert len(session.regions) == 2
    walk.trigger("delete_region")
    walk.keep("deleted")
    for _ in range(4):  # delete, duplicate, nudge, draw
        walk.trigger("undo")
    assert session.regions == ()
    walk.until(lambda: not walk.window.actions_by_name["undo"].isEnabled())
    walk.trigger("redo")
    assert len(session.regions) == 1


def preferences(walk: Walk) -> None:
    walk.trigger("preferences")
    dialog = walk.shown(PreferencesDialog)
    dialog.search.setText(tr("Theme"))
    walk.keep("preferences")
    choices = {one.accessibleName(): one for one in dialog.findChildren(QComboBox)}
    theme = choices[tr("Theme")]
    other = "light" if walk.theme == "dark" else "dark"
    for name, step in ((other, "other-theme"), (walk.theme, "theme")):
        theme.setCurrentIndex(theme.findData(name))
        theme.activated.emit(theme.currentIndex())
        assert walk.window.actions_by_name[f"theme_{name}"].isChecked()
        walk.keep(step)
    dialog.search.setText(tr("Language"))
    assert choices[tr("Language")].isVisible()
    assert not theme.isVisible()
    walk.keep("language")
    dialog.close()


def designs(walk: Walk) -> None:
    pictures = sorted((walk.folder / "photos").iterdir())
    walk.drop(*pictures[:2])
    walk.until(lambda: walk.find(Designs).dialog is not None)
    dialog = walk.find(Designs).dialog
    walk.until(lambda: len(dialog.designs) == 2)
    assert dialog.table.rowCount() == 1
    walk.keep("designs")
    if dialog.wipe.isEnabled():
        dialog.wipe.setChecked(True)
        walk.keep("designs-wipe")
    dialog.close()


def gaze(walk: Walk) -> None:
    walk.drop(walk.folder / "film.mp4")
    walk.until(lambda: walk.session.info is not None and walk.session.info.title == "film.mp4")
    walk.until(lambda: walk.program.presenter.packet is not None)
    walk.pause()
    walk.drop(walk.folder / "looks.csv")
    ours = walk.find(GazeOfPeople)
    walk.until(lambda: ours.table is not None)
    walk.trigger("compare_gaze")
    walk.until(lambda: ours.scores is not None)
    walk.window.slots.panel.ensureWidgetVisible(ours.card)
    walk.keep("gaze")


def report_and_project(walk: Walk) -> None:
    walk.trigger("region_ellipse")
    walk.drag((0.3, 0.2), (0.5, 0.5), (0.7, 0.8))
    walk.trigger("scan_clip")
    analyse = walk.find(Analyse)
    walk.until(lambda: analyse._scan.part is not None)
    walk.session.set_marks(0.5, 1.5)
    walk.trigger("report")
    walk.answer(walk.folder / "mine.html")
    queue = walk.find(Export).queue
    walk.until(lambda: queue.tasks and queue.tasks[-1].ended)
    text = (walk.folder / "mine.html").read_text(encoding="utf-8")
    assert tr("Recorded gaze of people") in text
    walk.keep("report")
    walk.trigger("save_project")
    walk.answer(walk.folder / "mine.uvanet")
    walk.until((walk.folder / "mine.uvanet").exists)
    (region,) = walk.session.regions
    walk.drop(walk.folder / "photos")
    walk.until(lambda: walk.session.info is not None and walk.session.info.title == "photos")
    walk.drop(walk.folder / "mine.uvanet")
    walk.until(lambda: walk.session.info is not None and walk.session.info.title == "film.mp4")
    walk.until(lambda: walk.session.regions)
    (again,) = walk.session.regions
    assert again.shape is region.shape
    assert walk.session.marks == (0.5, 1.5)
    walk.until(lambda: walk.find(GazeOfPeople).table is not None)
    walk.until(lambda: analyse._scan.part is not None)
    walk.keep("project")


def run(*parts: Callable[[Walk], None]) -> None:
    """Walks through parts."""
    folder, theme, size = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    width, height = map(int, size.split("x"))
    walk = Walk(folder, theme, (width, height))
    problems: list[str] = []
    walk.program._exceptions.happened.connect(problems.append)
    try:
        for part in parts:
            part(walk)
        walk.window.close()
        walk.until(lambda: not walk.window.isVisible())
    finally:
        walk.program.shut_down()
    assert not problems, problems
    # Python's collection at the end of the process crashed in PySide6 in one of six walks on a busy
    # machine: this process created hundreds of Qt objects by hand.
    leave_at_once(0)


if __name__ == "__main__":
    run(slides_and_regions, preferences, designs, gaze, report_and_project)
