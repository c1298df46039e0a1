"""Exports of a picture and of a folder of pictures from the window, and their reports."""

import csv
import io

import cv2
import numpy as np
import pytest
from export_kit import ask, exported, feature, regions
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog
from region_kit import BOX, analyse

from app.features.gaze.feature import GazeOfPeople
from uvanet.data.gaze_mapping import GazeMapping

NAMES = ("a.jpg", "b.png", "b.jpg")


@pytest.fixture
def folder(tmp_path):
    """Holiday pictures of two sizes."""
    folder = tmp_path / "holiday"
    folder.mkdir()
    for number, name in enumerate(NAMES):
        image = np.full((120, 160 + 40 * (number == 1), 3), 40, np.uint8)
        image[40:80, 20 + 40 * number : 60 + 40 * number] = (80, 160, 240)
        cv2.imwrite(str(folder / name), image)
    return folder


def start(launch, path):
    bench = launch(path)
    bench.until(lambda: bench.presenter.overlay_seen)
    return bench


def export(bench, dialog):
    bench.qtbot.mouseClick(dialog.export_button, Qt.MouseButton.LeftButton)
    return exported(bench)


def test_a_picture_is_exported_as_the_window_shows_it(launch, folder, tmp_path):
    bench = start(launch, folder / "a.jpg")
    bench.session.set_regions(regions("Logo"))
    dialog = ask(bench)
    assert dialog.extras["regions"].isChecked()
    assert "plot" not in dialog.extras
    assert not dialog.format.isVisibleTo(dialog.more_options)
    dialog.picture_format.setCurrentIndex(dialog.picture_format.findData("jpg"))
    dialog.extras["csv"].setChecked(True)
    dialog.line.setText(str(tmp_path / "poster"))
    (tmp_path / "poster.jpg").write_bytes(b"mine")
    task = export(bench, dialog)
    assert [path.name for path in task.outputs] == ["poster-2.jpg", "poster-2.csv"]
    assert (tmp_path / "poster.jpg").read_bytes() == b"mine"
    shown = cv2.imread(str(tmp_path / "poster-2.jpg"))
    assert shown.shape == (120, 160, 3)
    assert "share:Logo" in (tmp_path / "poster-2.csv").read_text()
    assert bench.settings.picture_format == "jpg"
    # The next video keeps its own format.
    assert bench.settings.export_format == "mp4"


def test_pictures_have_no_statistics_over_time(launch, folder):
    bench = start(launch, folder)
    analyse(bench).regions.replace_all([BOX])
    (row,) = analyse(bench).card.rows
    assert not row.share.isHidden()
    assert row.statistics.isHidden()
    assert analyse(bench).card.plot.isHidden()


def test_a_folder_of_pictures_is_exported_under_their_names(launch, folder, tmp_path):
    bench = start(launch, folder)
    bench.session.set_regions(regions("Logo"))
    dialog = ask(bench)
    dialog.extras["csv"].setChecked(True)
    dialog.line.setText(str(tmp_path / "heat"))
    (tmp_path / "heat").mkdir()
    (tmp_path / "heat" / "mine.txt").write_text("mine")
    task = export(bench, dialog)
    assert task.title == "heat-2"
    made = sorted(path.name for path in (tmp_path / "heat-2").iterdir())
    assert made == ["a.png", "b-2.png", "b.png", "pictures.csv"]
    text = (tmp_path / "heat-2" / "pictures.csv").read_text()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["file"] for row in rows] == ["a.jpg", "b.jpg", "b.png"]
    assert all(0 < float(row["share:Logo"]) < 1 for row in rows)
    assert [path.name for path in (tmp_path / "heat").iterdir()] == ["mine.txt"]


def test_no_folder_is_left_of_an_export_that_was_cancelled(launch, folder, tmp_path):
    bench = start(launch, folder)
    dialog = ask(bench)
    dialog.line.setText(str(tmp_path / "heat"))
    bench.qtbot.mouseClick(dialog.export_button, Qt.MouseButton.LeftButton)
    ours = feature(bench)
    ours.queue.cancel(ours.queue.tasks[0])
    bench.until(lambda: not ours.queue.tasks)
    assert not (tmp_path / "heat").exists()


def test_a_folder_that_cannot_be_made_is_named(launch, folder):
    bench = start(launch, folder)
    dialog = ask(bench)
    dialog.line.setText("/proc/nowhere/heat")
    bench.qtbot.mouseClick(dialog.export_button, Qt.MouseButton.LeftButton)
    bench.until(lambda: bench.banner.level == "error")
    assert "nowhere" in bench.banner.message


def test_a_report_holds_the_gaze_that_is_loaded(launch, folder, tmp_path):
    looks = ["bild,px,py"] + [f"{name},{60 + n},{60 + n}" for name in NAMES for n in range(5)]
    (tmp_path / "looks.csv").write_text("\n".join(looks))
    bench = start(launch, folder)
    gaze = bench.find(GazeOfPeople)
    gaze.load([str(tmp_path / "looks.csv")], GazeMapping(x="px", y="py", stimulus="bild"))
    bench.until(lambda: gaze.table is not None)
    bench.trigger("report")
    (dialog,) = (one for one in bench.window.findChildren(QFileDialog) if one.isVisible())
    dialog.fileSelected.emit(str(tmp_path / "mine.html"))
    dialog.close()
    task = exported(bench)
    text = (tmp_path / "mine.html").read_text(encoding="utf-8")
    assert "Recorded gaze of people" in text
    assert all(f">{name}<" in text for name in NAMES)
    assert not any(path.exists() for path in task.temporary)
