"""Names from outside are shown as plain text: no markup, no control characters."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest
from export_kit import feature as export_feature
from export_kit import wait_ended
from model_kit import add_user_model, open_models
from PySide6.QtCore import QAbstractItemModel, QModelIndex, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QComboBox,
    QLabel,
    QMessageBox,
    QTableView,
    QWidget,
)
from region_kit import regions

from app.features.designs.feature import Designs
from app.features.export.options import ExportOptions
from app.features.gaze.feature import GazeOfPeople
from app.features.gaze.mapping_dialog import MappingDialog
from app.features.project.feature import Projects
from app.features.screen.window_picker import WindowPicker
from app.shell.project import Project
from uvanet.analysis import Region, Shape
from uvanet.sources.window import WindowDevice

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from window_bench import Bench

NAME = "<b>x<img src=y>\x1b[31m\u202egpj"
INVISIBLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def cells(model: QAbstractItemModel, role: int) -> Iterator[str]:
    for row in range(model.rowCount(QModelIndex())):
        column = 0
        while (index := model.index(row, column)).isValid():  # a list hides its columnCount
            yield str(model.data(index, role) or "")
            column += 1


def headers(view: QTableView) -> Iterator[str]:
    model = view.model()
    for column in range(model.columnCount()):
        yield str(model.headerData(column, Qt.Orientation.Horizontal) or "")


def plain_texts(widget: QWidget) -> Iterator[str]:
    """Texts of a widget that Qt shows as they are."""
    yield widget.windowTitle()
    yield widget.accessibleName()
    if isinstance(widget, QLabel) and widget.textFormat() is Qt.TextFormat.PlainText:
        yield widget.text()
    if isinstance(widget, QAbstractItemView) and widget.model() is not None:
        yield from cells(widget.model(), Qt.ItemDataRole.DisplayRole)
    if isinstance(widget, QTableView):
        yield from headers(widget)
    if isinstance(widget, QComboBox):
        yield from (widget.itemText(place) for place in range(widget.count()))
    yield from (action.text() for action in widget.findChildren(QAction))


def rich_texts(widget: QWidget) -> Iterator[str]:
    """Texts of a widget in which Qt may find markup."""
    yield widget.toolTip()
    if isinstance(widget, QLabel) and widget.textFormat() is not Qt.TextFormat.PlainText:
        yield widget.text()
    if isinstance(widget, QMessageBox):
        yield widget.informativeText()
    if isinstance(widget, QAbstractItemView) and widget.model() is not None:
        yield from cells(widget.model(), Qt.ItemDataRole.ToolTipRole)
    yield from (action.toolTip() for action in widget.findChildren(QAction))


def bad_texts() -> tuple[list[str], int]:
    """What is shown wrongly now, and how many texts hold the name at all."""
    bad, found = [], 0
    for widget in QApplication.allWidgets():
        kind = type(widget).__name__
        plain, rich = list(plain_texts(widget)), list(rich_texts(widget))
        found += sum("<b>x" in text for text in plain)
        bad += [f"{kind}: {text!r}" for text in plain + rich if INVISIBLE.search(text)]
        bad += [f"markup in {kind}: {text!r}" for text in rich if "<b>x" in text or "<img" in text]
    return bad, found


def check(least: int) -> None:
    bad, found = bad_texts()
    assert not bad, "\n".join(bad)
    assert found >= least


@pytest.fixture
def film(clip: Path, tmp_path: Path) -> Path:
    path = tmp_path / NAME / f"{NAME}.mp4"
    path.parent.mkdir()
    shutil.copy(clip, path)
    return path


@pytest.fixture
def bench(player: Bench, film: Path) -> Bench:
    """The program with such a film open, paused."""
    player.open(film)
    player.until(lambda: player.presenter.overlay_seen)
    player.pause()
    return player


def test_of_a_film_and_its_regions(bench: Bench) -> None:
    box = Region(NAME, Shape.RECTANGLE, ((0.1, 0.1), (0.5, 0.5)))
    regions(bench).replace_all([box])
    regions(bench).select(regions(bench).all)
    bench.trigger("about")
    bench.settle()
    check(4)


def test_of_a_film_that_is_missing(bench: Bench, film: Path) -> None:
    bench.session.open(str(film.with_name(f"{NAME} gone.mp4")))
    bench.until(lambda: "gone" in bench.banner.message)
    check(1)


def test_of_an_export(bench: Bench, film: Path, tmp_path: Path) -> None:
    ours = export_feature(bench)
    ours.builder.add(str(film), ExportOptions(), tmp_path / NAME / "out")
    check(1)
    wait_ended(bench)
    bench.trigger("export_clip")
    check(1)


def test_of_a_table_of_gaze(bench: Bench, tmp_path: Path) -> None:
    table, unknown = tmp_path / f"{NAME}.csv", tmp_path / f"{NAME} 2.csv"
    table.write_text(f"time,duration,x,y,person\n0,0.5,40,60,{NAME}\n", encoding="utf-8")
    unknown.write_text(f"{NAME},{NAME}2,{NAME}3\n0,40,60\n", encoding="utf-8")
    gaze = bench.find(GazeOfPeople)
    gaze.load([str(table)])
    bench.until(lambda: gaze.table is not None)
    check(1)
    gaze.load([str(unknown)])
    bench.until(lambda: bench.window.findChildren(MappingDialog))
    check(4)


def test_of_two_designs(bench: Bench, film: Path) -> None:
    other = film.with_name(f"{NAME} 2.mp4")
    shutil.copy(film, other)
    regions(bench).replace_all([Region(NAME, Shape.RECTANGLE, ((0.1, 0.1), (0.5, 0.5)))])
    assert bench.window.open_pair(str(film), str(other))
    dialog = bench.find(Designs).dialog
    assert dialog is not None
    bench.until(lambda: len(dialog.designs) == 2)
    dialog.wipe.click()
    check(3)
    dialog.delete.click()
    check(3)


def test_of_a_project_whose_film_is_missing(bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / f"{NAME}.uvanet"
    Project(source=str(tmp_path / f"{NAME}.gone.mp4")).write(path)
    bench.find(Projects).open_file(str(path))
    bench.until(lambda: "is not where" in bench.banner.message)
    check(1)


def test_of_a_model(player: Bench) -> None:
    add_user_model("<b>x<img src=y>")
    dialog = open_models(player, "<b>x<img src=y>")
    dialog.table.select("<b>x<img src=y>")
    check(1)
    dialog.close()


def test_of_windows_of_other_programs(player: Bench) -> None:
    picker = WindowPicker(lambda: None, player.window)
    picker.show_windows([WindowDevice(7, NAME, 10, 10)])
    check(1)
    picker.deleteLater()
