"""The About box: what this is, in which versions, and a report for those who help."""

from __future__ import annotations

import importlib.metadata
import platform
import sys
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, qVersion
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.ui.i18n import tr
from app.ui.icons import pixmap
from uvanet import __version__

if TYPE_CHECKING:
    from app.pipeline.stats import PipelineStats
    from app.runtime.settings import Settings

_PARTS = ("PySide6_Essentials", "opencv-python", "onnxruntime", "numpy", "pyqtgraph")
# What the report says of the settings: how the program looks and works, never what was opened.
_TOLD = (
    *("colormap", "opacity", "threshold", "smoothing", "overlay", "theme", "panel", "loop"),
    *("analyse_strip", "analyse_looks", "camera_size", "camera_fps"),
)


class AboutDialog(QDialog):
    """Name, versions, licence, and a button that copies a report.

    Args:
        report: What the button copies.
        parent: The window.
    """

    def __init__(self, report: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._report = report
        self.setWindowTitle(tr("About UVA-Net Live"))
        mark = QLabel()
        mark.setPixmap(pixmap("app", None, 72, self.devicePixelRatioF()))
        title = QLabel(tr("UVA-Net Live {version}").format(version=__version__))
        font = title.font()
        font.setPointSizeF(font.pointSizeF() * 1.5)
        font.setBold(True)
        title.setFont(font)
        words = QLabel(tr("Shows live where people would look. Licence: Apache-2.0."))
        words.setObjectName("quiet")
        names = QVBoxLayout()
        names.addWidget(title)
        names.addWidget(words)
        names.addStretch()
        head = QHBoxLayout()
        head.setSpacing(18)
        head.addWidget(mark)
        head.addLayout(names, 1)
        facts = QFormLayout()
        facts.setHorizontalSpacing(22)
        facts.setVerticalSpacing(4)
        for name, value in versions().items():
            label = QLabel(name)
            label.setObjectName("quiet")
            text = QLabel(value)
            text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            facts.addRow(label, text)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.close)
        self.copy = QPushButton(tr("Copy report"))
        self.copy.setToolTip(tr("Versions and numbers; no paths and no names of your sources"))
        self.copy.setAutoDefault(False)
        self.copy.clicked.connect(self._copy)
        buttons.addButton(self.copy, QDialogButtonBox.ButtonRole.ActionRole)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(26, 22, 26, 18)
        layout.setSpacing(18)
        layout.addLayout(head)
        layout.addLayout(facts)
        layout.addWidget(buttons)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._report)
        self.copy.setText(tr("Copied"))


def versions() -> dict[str, str]:
    """Names and versions of what the program is made of, and of the system."""
    found = {"Python": platform.python_version(), "Qt": qVersion()}
    for name in _PARTS:
        try:
            found[name.replace("_", " ")] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    found[tr("System")] = f"{platform.system()} {platform.release()} ({platform.machine()})"
    found[tr("Window system")] = QGuiApplication.platformName()
    return found


def report_text(
    model: str, kind: str, size: tuple[int, int], stats: PipelineStats, settings: Settings
) -> str:
    """What helps to understand a problem, without anything private.

    Args:
        model: The network's name.
        kind: The family of the source; empty without one.
        size: Width and height of its pictures.
        stats: The pipeline's.
        settings: Some of them are told, none that holds a path or an address.
    """
    lines = [f"UVA-Net Live: {__version__}"]
    lines += [f"{name}: {value}" for name, value in versions().items()]
    lines.append(f"frozen: {bool(getattr(sys, 'frozen', False))}")
    lines.append(f"network: {model}")
    lines.append(f"source: {kind or 'none'} {size[0]}x{size[1]}")
    lines.append(
        f"frames: captured {stats.captured}, inferred {stats.inferred}, painted {stats.painted}, "
        f"failed {stats.failed}, in flight {stats.in_flight}"
    )
    lost = ", ".join(f"{cause} {count}" for cause, count in stats.dropped_by_cause.items() if count)
    lines.append(f"dropped: {lost or 'none'}")
    lines.append(
        f"rates: {stats.fps_captured:.1f} captured, {stats.fps_inferred:.1f} inferred, "
        f"{stats.fps_painted:.1f} painted"
    )
    for name in ("latency_p50_ms", "latency_p95_ms", "inference_p50_ms"):
        value = getattr(stats, name)
        lines.append(f"{name}: {'-' if value is None else format(value, '.1f')}")
    lines.append(f"memory: {stats.rss_bytes / 1e6:.0f} MB")
    told = ", ".join(f"{name} {getattr(settings, name)}" for name in _TOLD)
    lines.append(f"settings: {told}")
    return "\n".join(lines) + "\n"
