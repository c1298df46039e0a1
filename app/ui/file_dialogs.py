"""Non-blocking file dialogs; each calls `done` with the chosen path."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QWidget

from app.ui.i18n import tr
from uvanet.sources.picture import PICTURE_SUFFIXES, VIDEO_SUFFIXES

_VIDEOS, _PICTURES = (
    " ".join(f"*{suffix}" for suffix in sorted(suffixes))
    for suffixes in (VIDEO_SUFFIXES, PICTURE_SUFFIXES)
)


def ask_file(parent: QWidget, folder: str, done: Callable[[str], None]) -> QFileDialog:
    """Asks for a video or picture to open."""
    filters = [
        f"{tr('Videos and pictures')} ({_VIDEOS} {_PICTURES})",
        f"{tr('Videos')} ({_VIDEOS})",
        f"{tr('Pictures')} ({_PICTURES})",
        f"{tr('All files')} (*)",
    ]
    return _ask_existing(parent, tr("Open file"), folder, filters, done)


def ask_designs(
    parent: QWidget, title: str, folder: str, done: Callable[[list[str]], None]
) -> QFileDialog:
    """Asks for one or more pictures or videos to compare."""
    filters = [f"{tr('Videos and pictures')} ({_VIDEOS} {_PICTURES})", f"{tr('All files')} (*)"]
    return _ask_several(parent, title, folder, filters, done)


def ask_save_comparison(
    parent: QWidget, folder: str, name: str, done: Callable[[str], None]
) -> QFileDialog:
    """Asks where to save a comparison as a report, or as a table with a picture beside it."""
    return _ask_report(parent, tr("Export comparison"), folder, name, {"csv": tr("Table")}, done)


def ask_folder(
    parent: QWidget, folder: str, done: Callable[[str], None], title: str = ""
) -> QFileDialog:
    """Asks for a folder."""
    dialog = _make(parent, title or tr("Open folder of pictures"), folder)
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    return _open(dialog, done)


def ask_model(parent: QWidget, folder: str, done: Callable[[str], None]) -> QFileDialog:
    """Asks for an ONNX file to open."""
    filters = [f"{tr('ONNX models')} (*.onnx)"]
    return _ask_existing(parent, tr("Open model"), folder, filters, done)


def ask_regions(parent: QWidget, folder: str, done: Callable[[str], None]) -> QFileDialog:
    """Asks for a region file to open."""
    filters = [f"{tr('Regions and projects')} (*.json *.uvanet)"]
    return _ask_existing(parent, tr("Load regions"), folder, filters, done)


def ask_gaze(parent: QWidget, folder: str, done: Callable[[list[str]], None]) -> QFileDialog:
    """Asks for one or more tables of gaze to open."""
    filters = [f"{tr('Tables')} (*.csv *.tsv *.txt *.csv.gz)", f"{tr('All files')} (*)"]
    return _ask_several(parent, tr("Load gaze of people"), folder, filters, done)


def ask_save_scores(
    parent: QWidget, folder: str, name: str, done: Callable[[str], None]
) -> QFileDialog:
    """Asks where to save scores as CSV; `name` is proposed."""
    dialog = _make_save(parent, tr("Save scores"), folder, tr("Table"), "csv")
    dialog.selectFile(name)
    return _open(dialog, done)


def ask_save_snapshot(
    parent: QWidget, folder: str, name: str, done: Callable[[str], None]
) -> QFileDialog:
    """Asks where to save a snapshot as PNG; `name` is proposed."""
    dialog = _make_save(parent, tr("Save snapshot"), folder, tr("PNG picture"), "png")
    dialog.selectFile(name)
    return _open(dialog, done)


def ask_save_regions(parent: QWidget, folder: str, done: Callable[[str], None]) -> QFileDialog:
    """Asks where to save regions as JSON."""
    return _open(_make_save(parent, tr("Save regions"), folder, tr("Regions"), "json"), done)


def ask_save_table(parent: QWidget, folder: str, done: Callable[[str], None]) -> QFileDialog:
    """Asks where to save a table as CSV."""
    return _open(_make_save(parent, tr("Save shares"), folder, tr("Table"), "csv"), done)


def ask_save_log(parent: QWidget, name: str, done: Callable[[str], None]) -> QFileDialog:
    """Asks where to save the log; `name` is proposed."""
    dialog = _make_save(parent, tr("Save log"), "", tr("Log"), "log")
    dialog.selectFile(name)
    return _open(dialog, done)


def ask_save_report(
    parent: QWidget, folder: str, name: str, done: Callable[[str], None]
) -> QFileDialog:
    """Asks where to save a report as HTML or PDF; `name` is proposed."""
    return _ask_report(parent, tr("Save report"), folder, name, {}, done)


def ask_project(parent: QWidget, folder: str, done: Callable[[str], None]) -> QFileDialog:
    """Asks for a project to open."""
    filters = [f"{tr('Projects')} (*.uvanet)"]
    return _ask_existing(parent, tr("Open project"), folder, filters, done)


def ask_save_project(parent: QWidget, path: Path, done: Callable[[str], None]) -> QFileDialog:
    """Asks where to save a project; `path` is proposed."""
    dialog = _make_save(parent, tr("Save project"), str(path.parent), tr("Project"), "uvanet")
    dialog.selectFile(path.name)
    return _open(dialog, done)


def ask_missing_source(
    parent: QWidget, folder: str, title: str, done: Callable[[str], None]
) -> QFileDialog:
    """Asks for the source of a project whose file was moved."""
    return _ask_existing(parent, title, folder, [f"{tr('All files')} (*)"], done)


def _make(parent: QWidget, title: str, folder: str) -> QFileDialog:
    # Without a folder, Qt starts in that of the process.
    return QFileDialog(parent, title, folder or str(Path.home()))


def _ask_existing(
    parent: QWidget, title: str, folder: str, filters: list[str], done: Callable[[str], None]
) -> QFileDialog:
    dialog = _make(parent, title, folder)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.setNameFilters(filters)
    return _open(dialog, done)


def _ask_several(
    parent: QWidget,
    title: str,
    folder: str,
    filters: list[str],
    done: Callable[[list[str]], object],
) -> QFileDialog:
    dialog = _make(parent, title, folder)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
    dialog.setNameFilters(filters)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.filesSelected.connect(done)
    return _show(dialog)


def _ask_report(
    parent: QWidget,
    title: str,
    folder: str,
    name: str,
    others: dict[str, str],
    done: Callable[[str], None],
) -> QFileDialog:
    kinds = {"html": tr("Web page"), "pdf": tr("PDF for printing"), **others}
    suffixes = {f"{kind} (*.{suffix})": suffix for suffix, kind in kinds.items()}
    dialog = _make_save(parent, title, folder, kinds["html"], "html")
    dialog.setNameFilters(list(suffixes))
    dialog.filterSelected.connect(lambda chosen: dialog.setDefaultSuffix(suffixes[chosen]))
    dialog.selectFile(name)
    return _open(dialog, done)


def _make_save(parent: QWidget, title: str, folder: str, kind: str, suffix: str) -> QFileDialog:
    dialog = _make(parent, title, folder)
    dialog.setNameFilter(f"{kind} (*.{suffix})")
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix(suffix)
    return dialog


def _open(dialog: QFileDialog, done: Callable[[str], None]) -> QFileDialog:
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.fileSelected.connect(done)
    return _show(dialog)


def _show(dialog: QFileDialog) -> QFileDialog:
    """Opens the dialog, on a small screen no larger than that."""
    dialog.resize(dialog.size().boundedTo(dialog.screen().availableSize()))
    dialog.open()
    return dialog
