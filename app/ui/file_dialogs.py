"""File dialogs that do not block the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QWidget

from app.ui.i18n import tr

if TYPE_CHECKING:
    from collections.abc import Callable

_VIDEOS = "*.mp4 *.mov *.mkv *.avi *.webm *.m4v *.mpg *.mpeg *.wmv *.ts"
_PICTURES = "*.png *.jpg *.jpeg *.bmp *.tif *.tiff *.webp"


def ask_file(parent: QWidget, folder: str, done: Callable[[str], None]) -> QFileDialog:
    """Asks for a video or picture; `done` gets its path."""
    dialog = QFileDialog(parent, tr("Open file"), folder)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.setNameFilters(
        [
            f"{tr('Videos and pictures')} ({_VIDEOS} {_PICTURES})",
            f"{tr('Videos')} ({_VIDEOS})",
            f"{tr('Pictures')} ({_PICTURES})",
            f"{tr('All files')} (*)",
        ]
    )
    return _open(dialog, done)


def ask_folder(
    parent: QWidget, folder: str, done: Callable[[str], None], title: str = ""
) -> QFileDialog:
    """Asks for a folder; `done` gets its path."""
    dialog = QFileDialog(parent, title or tr("Open folder of pictures"), folder)
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    return _open(dialog, done)


def ask_model(parent: QWidget, folder: str, done: Callable[[str], None]) -> QFileDialog:
    """Asks for an ONNX file; `done` gets its path."""
    dialog = QFileDialog(parent, tr("Open model"), folder, f"{tr('ONNX models')} (*.onnx)")
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    return _open(dialog, done)


def ask_save(parent: QWidget, folder: str, name: str, done: Callable[[str], None]) -> QFileDialog:
    """Asks where to save a PNG called `name`; `done` gets the path."""
    dialog = QFileDialog(parent, tr("Save snapshot"), folder, f"{tr('PNG picture')} (*.png)")
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix("png")
    dialog.selectFile(name)
    return _open(dialog, done)


def ask_regions(parent: QWidget, folder: str, done: Callable[[str], None]) -> QFileDialog:
    """Asks for a file of regions; `done` gets its path."""
    dialog = QFileDialog(parent, tr("Load regions"), folder, f"{tr('Regions')} (*.json)")
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    return _open(dialog, done)


def ask_save_regions(parent: QWidget, folder: str, done: Callable[[str], None]) -> QFileDialog:
    """Asks where to save regions; `done` gets the path."""
    return _ask_save_as(parent, tr("Save regions"), folder, (tr("Regions"), "json"), done)


def ask_numbers(parent: QWidget, folder: str, done: Callable[[str], None]) -> QFileDialog:
    """Asks where to save a table of numbers; `done` gets the path."""
    return _ask_save_as(parent, tr("Save shares"), folder, (tr("Table"), "csv"), done)


def _ask_save_as(
    parent: QWidget, title: str, folder: str, kind: tuple[str, str], done: Callable[[str], None]
) -> QFileDialog:
    words, suffix = kind
    dialog = QFileDialog(parent, title, folder, f"{words} (*.{suffix})")
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix(suffix)
    return _open(dialog, done)


def _open(dialog: QFileDialog, done: Callable[[str], None]) -> QFileDialog:
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.fileSelected.connect(done)
    dialog.open()
    return dialog
