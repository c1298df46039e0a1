"""Choice of the source: list, dialogs, drops, recent sources, invalid input."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QFileDialog

from app.features.export.feature import Export
from app.features.sources import devices
from app.features.sources.url_dialog import UrlDialog
from app.pipeline.events import PipelineState
from uvanet.sources import CameraDevice, ScreenDevice


def entries(menu):
    return [action.text() for action in menu.actions() if action.text()]


def drop(bench, data):
    window = bench.window
    copy, left, none = (
        Qt.DropAction.CopyAction,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    entered = QDragEnterEvent(QPoint(200, 200), copy, data, left, none)
    QApplication.sendEvent(window, entered)
    if not entered.isAccepted():
        return False
    QApplication.sendEvent(window, QDropEvent(QPointF(200, 200), copy, data, left, none))
    return True


def files(*paths):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


def test_the_demo_plays_where_there_is_no_camera(launch, monkeypatch):
    monkeypatch.setattr("uvanet.sources.spec.list_cameras", list)
    bench = launch(None)
    bench.until(lambda: bench.presenter.overlay_seen)
    assert "camera" in bench.status.source.full_text.lower()
    assert not bench.banner.message
    assert bench.window.windowTitle().startswith("Demo")


def test_the_list_names_cameras_and_screens(player, monkeypatch):
    found = [[CameraDevice("Front & back", 0, "usb-1", "camera:0")]]
    screen = ScreenDevice("Screen 1 (1280 x 800)", "screen:1", 1280, 800)
    monkeypatch.setattr("uvanet.sources.list_cameras", lambda: found[0])
    monkeypatch.setattr("uvanet.sources.list_screens", lambda: [screen])
    player.trigger("choose_source")
    player.until(lambda: "Front && back" in entries(player.picker.list))
    assert screen.name in entries(player.picker.list)
    player.picker.list.close()
    found[0] = []
    player.trigger("rescan")
    player.until(lambda: player.banner.message == "Found 0 camera(s) and 1 screen(s).")
    player.trigger("choose_source")
    assert "No camera found" in entries(player.picker.list)
    player.picker.list.close()


def test_a_camera_that_is_plugged_in_appears_in_the_open_list(player, monkeypatch):
    found = [CameraDevice("Front", 0, "usb-1", "camera:0")]
    monkeypatch.setattr("uvanet.sources.list_cameras", lambda: list(found))
    monkeypatch.setattr("uvanet.sources.list_screens", list)
    player.picker._search_timer.setInterval(10)
    player.trigger("choose_source")
    menu = player.picker.list
    player.until(lambda: "Front" in entries(menu))
    menu.setActiveAction(next(action for action in menu.actions() if action.text() == "Front"))
    found.insert(0, CameraDevice("Back", 1, "usb-2", "camera:1"))
    player.until(lambda: entries(menu)[:2] == ["Back", "Front"])
    assert menu.activeAction().text() == "Front"  # the choice by keyboard stays where it was
    found[0] = CameraDevice("x" * 300, 1, "usb-2", "camera:1")
    player.until(lambda: "\N{HORIZONTAL ELLIPSIS}" in entries(menu)[0])
    assert menu.sizeHint().width() < 600
    menu.close()
    assert not player.picker._search_timer.isActive()


def test_a_recent_file_whose_name_is_not_utf_8_is_chosen_unchanged(player):
    chosen, name = [], "/films/a\udcff.mp4"
    player.picker.chosen.disconnect()
    player.picker.chosen.connect(chosen.append)
    player.picker.set_recent([name])
    player.picker._fill()
    player.picker.recent_list.actions()[0].trigger()
    assert chosen == [name]


def test_a_search_that_fails_leaves_the_rest_usable(monkeypatch):
    def broken():
        raise OSError("no permission")

    screen = ScreenDevice("Screen", "screen:1", 10, 10)
    monkeypatch.setattr("uvanet.sources.list_cameras", broken)
    monkeypatch.setattr("uvanet.sources.list_screens", lambda: [screen])
    assert devices.find_devices() == devices.Devices((), (screen,))


def test_a_slow_search_does_not_block_the_window(player, monkeypatch):
    import threading

    free = threading.Event()

    def slow():
        free.wait()
        return []

    monkeypatch.setattr("uvanet.sources.list_cameras", slow)
    player.trigger("rescan")
    frame = player.frame()
    player.until(lambda: player.frame() != frame)
    free.set()
    player.until(lambda: player.banner.message.startswith("Found"))


def test_a_list_entry_opens_its_source(player, monkeypatch):
    camera = CameraDevice("Front", 0, "usb-1", "demo")
    monkeypatch.setattr("uvanet.sources.list_cameras", lambda: [camera])
    player.trigger("choose_source")
    player.until(lambda: "Front" in entries(player.picker.list))
    next(a for a in player.picker.list.actions() if a.text() == "Front").trigger()
    player.picker.list.close()
    player.until(lambda: player.source_title == "Demo")


def test_recent_sources_are_kept(launch, clip, tmp_path):
    other = tmp_path / "other.png"
    cv2.imwrite(str(other), np.zeros((30, 40, 3), np.uint8))
    first = launch(clip)
    first.until(lambda: first.presenter.overlay_seen)
    first.open(other)
    first.open("demo")
    first.window.close()
    second = launch("demo")
    assert second.settings.recent == [str(other), str(clip)]
    second.trigger("choose_source")
    recent = second.picker.recent_list
    assert len(entries(recent)) == 3
    second.picker.list.close()
    recent.actions()[1].trigger()
    second.until(lambda: second.source_title == clip.name)
    assert second.settings.recent == [str(clip), str(other)]
    second.trigger("choose_source")
    recent.actions()[-1].trigger()
    second.picker.list.close()
    assert second.settings.recent == []


def test_files_and_folders_by_dialog(player, clip, tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(3):
        cv2.imwrite(str(folder / f"{number}.png"), np.full((30, 40, 3), 80 * number, np.uint8))
    for name, chosen in (("open_folder", folder), ("open_file", clip)):
        player.trigger(name)
        dialog = player.window.findChild(QFileDialog)
        dialog.fileSelected.emit(str(chosen))
        dialog.close()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        player.until(lambda chosen=chosen: player.source_title == chosen.name)
    assert player.settings.folder == str(clip.parent)


DIALOGS = ["open_file", "open_folder", "compare_designs", "open_project_file", "save_project"]
DIALOGS += ["save_snapshot", "load_regions", "save_shares", "load_gaze", "export_folder"]


def start_of(bench, name):
    """The folder in which the dialog of an action starts."""
    bench.trigger(name)
    (dialog,) = (one for one in bench.window.findChildren(QFileDialog) if one.isVisible())
    folder = dialog.directory().path()
    dialog.close()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    return folder


def test_dialogs_start_beside_the_source_whatever_was_used_last(launch, clip, tmp_path):
    bench = launch(clip)
    bench.until(lambda: bench.presenter.overlay_seen)
    bench.settings.folder = str(tmp_path)
    places = {name: start_of(bench, name) for name in [*DIALOGS, "report"]}
    assert places == dict.fromkeys(places, str(clip.parent))
    assert bench.find(Export).builder.start_folder == clip.parent
    bench.find(Export).builder._settings.folder = str(tmp_path)  # by the preferences
    assert start_of(bench, "report") == str(tmp_path)


def test_without_a_file_dialogs_start_in_the_last_folder_or_at_home(launch, home, tmp_path):
    bench = launch()
    bench.until(lambda: bench.presenter.overlay_seen)
    assert {start_of(bench, name) for name in DIALOGS} == {str(Path.home())}
    bench.settings.folder = str(tmp_path)
    assert {start_of(bench, name) for name in DIALOGS} == {str(tmp_path)}


def test_a_url_by_dialog(player):
    player.trigger("open_url")
    dialog = player.window.findChild(UrlDialog)
    assert not dialog.open_button.isEnabled()
    player.qtbot.keyClicks(dialog.line, "http://127.0.0.1:9/film.mp4")
    assert dialog.open_button.isEnabled()
    dialog.open_button.click()
    player.until(lambda: "127.0.0.1" in player.banner.message)


def test_drops(player, clip, tmp_path):
    picture = tmp_path / "drop.png"
    cv2.imwrite(str(picture), np.zeros((30, 40, 3), np.uint8))
    assert drop(player, files(picture))
    player.until(lambda: player.source_title == "drop.png")
    assert player.settings.folder == str(tmp_path)  # where file dialogs begin
    address = QMimeData()
    address.setText("http://127.0.0.1:9/live")
    assert drop(player, address)
    player.until(lambda: "127.0.0.1" in player.banner.message)
    words = QMimeData()
    words.setText("just words")
    assert not drop(player, words)


def test_a_drag_that_leaves_the_window(player, clip):
    before = player.canvas.grab().toImage()
    data = files(clip)  # an event does not own its data
    entered = QDragEnterEvent(
        QPoint(200, 200),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    player.pause()
    QApplication.sendEvent(player.window, entered)
    assert player.canvas._dropping
    assert player.canvas.grab().toImage() != before
    QApplication.sendEvent(player.window, QDragLeaveEvent())
    assert not player.canvas._dropping


@pytest.fixture
def bad(tmp_path, clip):
    """Names of sources that cannot be opened, and a word their message must have."""
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "words.mp4").write_text("This is no film.\n" * 50)
    (tmp_path / "bare").mkdir()
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n but no more")
    (tmp_path / "cut.mp4").write_bytes(clip.read_bytes()[:400])
    return {
        "missing": (str(tmp_path / "missing.mp4"), "missing.mp4"),
        "empty": (str(tmp_path / "empty.mp4"), "empty.mp4"),
        "words": (str(tmp_path / "words.mp4"), "words.mp4"),
        "folder": (str(tmp_path / "bare"), "bare"),
        "picture": (str(tmp_path / "broken.png"), "broken.png"),
        "cut": (str(tmp_path / "cut.mp4"), "cut.mp4"),
        "stream": ("http://127.0.0.1:9/film.mp4", "127.0.0.1"),
        "screen": ("screen:99", "screen"),
        "nothing": ("", "source"),
    }


@pytest.mark.parametrize(
    "kind",
    [
        "missing",
        "empty",
        "words",
        "folder",
        "picture",
        "cut",
        "stream",
        "screen",
        "nothing",
    ],
)
def test_bad_input_gets_a_message_and_another_source_works(player, bad, clip, kind):
    spec, word = bad[kind]
    player.session.open(spec)
    player.until(lambda: player.banner.level == "error" and player.banner.message)
    assert word in player.banner.message.lower()
    assert player.banner.hint
    assert "Traceback" not in player.banner.message
    assert player.banner.button.isVisible()
    player.banner.button.click()
    assert player.picker.list.isVisible()
    player.picker.list.close()
    player.open(clip)
    assert not player.banner.message
    assert player.session.state is PipelineState.PLAYING


def test_a_bad_source_at_the_start_is_reported_in_the_window(launch, clip):
    bench = launch("/no/such/film.mp4")
    bench.until(lambda: "film.mp4" in bench.banner.message)
    assert bench.window.isVisible()
    assert bench.canvas.message == "Nothing to show"
    bench.open(clip)
    bench.until(lambda: bench.presenter.overlay_seen)
    bench.until(lambda: bench.plots.rates.started)


def test_the_last_of_several_choices_is_opened(player, clip, tmp_path):
    picture = tmp_path / "last.png"
    cv2.imwrite(str(picture), np.zeros((30, 40, 3), np.uint8))
    for spec in ("demo", str(clip), "demo", str(picture)):
        player.session.open(spec)
    player.until(lambda: player.source_title == "last.png")
    player.settle()
    assert player.source_title == "last.png"


@pytest.mark.parametrize(
    "shape", [(1, 1, 3), (50, 3000, 3), (4320, 7680, 3), (40, 60), (40, 60, 4)]
)
def test_pictures_of_any_shape(player, tmp_path, shape):
    path = tmp_path / "odd.png"
    cv2.imwrite(str(path), np.full(shape, 120, np.uint8))
    player.open(path)
    player.settle()
    assert player.banner.level != "error"
    grey = player.grab()
    assert grey.size > 0
    assert abs(int(np.median(grey)) - 120) <= 3 or len(shape) == 3
