"""The About box: name, versions and license, and a report for bug reports."""

from __future__ import annotations

import contextlib
import importlib.metadata
import platform
import sys
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path

from PySide6.QtCore import QUrl, qVersion
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QLabel, QWidget

from app.features.diagnostics.documentation import project_pages
from app.shell.context import Fact, FactKind
from app.ui.build import button, column, label, row
from app.ui.controls import Scrolled
from app.ui.flow_layout import FlowLayout
from app.ui.i18n import tr
from app.ui.icons import pixmap
from uvanet import __version__

_PAPER = "https://arxiv.org/abs/1904.04449"
_LICENSE = "https://www.apache.org/licenses/LICENSE-2.0"
_PACKAGES = ("PySide6_Essentials", "opencv-python-headless", "onnxruntime", "numpy", "pyqtgraph")


class AboutDialog(QDialog):
    """Name, versions, license, and a button that copies a report.

    Args:
        report: The text that the button copies.
        folders: Folders of the program by name, with a button each.
        parent: The window.
    """

    def __init__(
        self, report: str, folders: Mapping[str, Path], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._report = report
        self.setWindowTitle(tr("About UVA-Net Live"))
        mark = QLabel()
        mark.setPixmap(pixmap("app", None, 72, self.devicePixelRatioF()))
        title = label(tr("UVA-Net Live {version}").format(version=__version__))
        font = title.font()
        font.setPointSizeF(font.pointSizeF() * 1.5)
        font.setBold(True)
        title.setFont(font)
        about = label(tr("Predicts live where people look. License: Apache-2.0."), "quiet")
        inner = QWidget()
        facts = QFormLayout(inner)
        facts.setContentsMargins(0, 0, 0, 0)
        facts.setHorizontalSpacing(22)
        facts.setVerticalSpacing(4)
        for name, value in versions().items():
            facts.addRow(label(name, "quiet"), label(value, selectable=True))
        places = FlowLayout(
            *(
                button(name, str(folder), partial(open_folder, folder))
                for name, folder in folders.items()
            )
        )
        facts.addRow(label(tr("Folders"), "quiet"), places)
        pages = FlowLayout(
            *(
                button(name, address, partial(open_address, address))
                for name, address in links().items()
            )
        )
        facts.addRow(label(tr("Links"), "quiet"), pages)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.close)
        self.copy = button(
            tr("Copy report"),
            tr("Versions and measurements; without paths and names of sources"),
            self._copy,
        )
        buttons.addButton(self.copy, QDialogButtonBox.ButtonRole.ActionRole)
        column(
            row(mark, (column(title, about, None), 1), spacing=18),
            (Scrolled(inner), 1),
            buttons,
            spacing=18,
            margins=(26, 22, 26, 18),
            parent=self,
        )

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._report)
        self.copy.setText(tr("Copied"))


def open_folder(folder: Path) -> None:
    """Shows a folder in the file manager; creates a missing folder."""
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))


def open_address(address: str) -> None:
    """Opens a web page in the browser."""
    QDesktopServices.openUrl(QUrl(address))


def links() -> dict[str, str]:
    """Addresses of web pages by name: those in the package's metadata, the paper, the license."""
    return {**project_pages(), tr("Paper"): _PAPER, tr("License"): _LICENSE}


def versions() -> dict[str, str]:
    """Returns the versions of Python, libraries and system by name."""
    result = {"Python": platform.python_version(), "Qt": qVersion()}
    for name in _PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            result[name.replace("_", " ")] = importlib.metadata.version(name)
    result[tr("System")] = f"{platform.system()} {platform.release()} ({platform.machine()})"
    result[tr("Window system")] = QGuiApplication.platformName()
    return result


def report_text(facts: Iterable[Fact]) -> str:
    """Returns the report: the versions, and the facts that are not private, one per line."""
    lines = [f"UVA-Net Live: {__version__}"]
    lines += [f"{name}: {value}" for name, value in versions().items()]
    lines.append(f"frozen: {bool(getattr(sys, 'frozen', False))}")
    lines += [f"{fact.name}: {fact.value}" for fact in facts if fact.kind is not FactKind.PRIVATE]
    return "\n".join(lines) + "\n"
