"""The file dialogs show every kind of file that can be read."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QSize
from PySide6.QtWidgets import QFileDialog, QListView, QWidget

from app.ui.file_dialogs import ask_designs, ask_file, ask_save_report

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

VIDEOS = {"3g2", "3gp", "GIF", "MTS", "apng", "gif", "m2ts", "mp4", "mts", "mxf", "qt"}
PICTURES = {"JPG", "avif", "heic", "jpg", "tiff", "webp"}


def shown(dialog: QFileDialog) -> set[str]:
    """Suffixes of the files in the list of a dialog."""
    view = dialog.findChild(QListView, "listView")
    assert view is not None
    root, model = view.rootIndex(), view.model()
    names = (model.index(row, 0, root).data() for row in range(model.rowCount(root)))
    return {name.rpartition(".")[2] for name in names}


@pytest.mark.parametrize("two", [False, True])
def test_every_readable_kind_is_shown(qtbot: QtBot, tmp_path: Path, two: bool) -> None:
    for number, suffix in enumerate(sorted(VIDEOS | PICTURES | {"txt", "csv"})):
        (tmp_path / f"{number}.{suffix}").touch()
    parent = QWidget()
    qtbot.addWidget(parent)
    if two:
        dialog = ask_designs(parent, "Choose", str(tmp_path), lambda _: None)
    else:
        dialog = ask_file(parent, str(tmp_path), lambda _: None)
    qtbot.waitUntil(lambda: shown(dialog) == VIDEOS | PICTURES, timeout=60_000)
    chosen = {"Videos": VIDEOS, "Pictures": PICTURES}
    for start, kinds in {} if two else chosen.items():
        (named,) = [one for one in dialog.nameFilters() if one.startswith(f"{start} (")]
        dialog.selectNameFilter(named)
        dialog.filterSelected.emit(named)
        qtbot.waitUntil(lambda kinds=kinds: shown(dialog) == kinds, timeout=60_000)
    dialog.reject()


def test_a_dialog_is_not_larger_than_a_small_screen(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its buttons stood beyond the edge of a screen of 560 x 420."""
    small = QSize(560, 420)
    monkeypatch.setattr(
        QFileDialog, "screen", lambda _: SimpleNamespace(availableSize=lambda: small)
    )
    parent = QWidget()
    qtbot.addWidget(parent)
    dialog = ask_save_report(parent, str(tmp_path), "report.html", lambda _: None)
    assert dialog.size() == dialog.size().boundedTo(small)
    dialog.reject()
