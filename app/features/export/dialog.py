"""Asks how a clip is to be exported: a kind, a place, and the rest folded away."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.features.export.options import ExportOptions
from app.features.export.time_range import TimeRangeFields
from app.session.models import short_name
from app.ui.controls import ElidedLabel
from app.ui.i18n import tr

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.features.export.settings import Extra, Preset
    from app.features.export.time_range import Span

_PRESETS: tuple[tuple[Preset, str, str], ...] = (
    ("overlay", "Overlay", "The picture with the heat over it"),
    ("beside", "Side by side", "The picture as it was, and the overlay beside it"),
    ("teacher", "With teacher", "The picture, the overlay, and what a second model sees"),
    ("numbers", "Numbers only", "No video: a table with a row a frame"),
)
_EXTRAS: tuple[tuple[Extra, str, str], ...] = (
    ("contours", "Contours", "Lines around the parts with much attention"),
    ("peaks", "Peaks", "Numbered rings at the highest points"),
    ("plot", "Graph", "How spread out attention was, in a strip below the picture"),
    ("csv", "Table (CSV)", "A row a frame: time, peak, entropy, shares of regions"),
    ("json", "Table (JSON)", "The same rows, and how they were made"),
    ("npz", "Raw maps (NumPy)", "All maps as numbers in one .npz file"),
    ("png", "Raw maps (PNG)", "All maps as grey pictures of 16 bits in a folder"),
)
_QUALITIES = (("small", "Small file"), ("good", "Good"), ("best", "Best"))
_HEIGHTS = (0, 1080, 720, 540, 360)


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What the dialog is about.

    Attributes:
        title: What is exported.
        part: Which part of it, in words.
        folder: Where to.
        stem: The file's name without ending; empty where there will be many.
        teachers: Models that can stand beside ours.
        choice: What is chosen at first.
        span: The part of a film that may be changed; None where there is no such thing.
        duration: Of the film, seconds; None where it is not known.
    """

    title: str
    part: str
    folder: Path
    stem: str
    teachers: Sequence[str]
    choice: ExportOptions
    span: Span | None = None
    duration: float | None = None


class ExportDialog(QDialog):
    """Asks; does not block the window.

    Signals:
        chosen: The ExportChoice, and the path without ending (of a folder, where there will be
            many files).
    """

    chosen = Signal(object, object)

    def __init__(self, request: ExportRequest, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._request = request
        self.setWindowTitle(tr("Export"))
        self.setMinimumWidth(540)
        title = ElidedLabel()
        title.setObjectName("bannerTitle")
        title.set_full_text(request.title)
        part = QLabel(request.part)
        part.setObjectName("quiet")
        part.setWordWrap(True)
        part.setVisible(bool(request.part))
        self.span = (
            None if request.span is None else TimeRangeFields(request.span, request.duration)
        )
        self.presets: dict[Preset, QPushButton] = {}
        self.line = QLineEdit(_short(request.folder / request.stem))
        self.line.setAccessibleName(tr("Save to"))
        self.line.setToolTip(tr("Folder and name; the ending is added"))
        self.browse = QPushButton(tr("Browse…"))
        self.browse.setToolTip(tr("Choose a folder"))
        self.browse.setAutoDefault(False)
        self.browse.clicked.connect(self._browse)
        place = QHBoxLayout()
        place.addWidget(self.line, 1)
        place.addWidget(self.browse)
        label = QLabel(tr("Save to") if request.stem else tr("Save into the folder"))
        label.setBuddy(self.line)
        self.more = QPushButton(tr("More"))
        self.more.setObjectName("fold")
        self.more.setCheckable(True)
        self.more.setAutoDefault(False)
        self.more.setToolTip(tr("Format, size, quality, and what goes along"))
        self.rest = self._make_rest()
        self.more.toggled.connect(self._unfold)
        self._unfold(False)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.export_button = buttons.addButton(tr("Export"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.export_button.setDefault(True)
        buttons.accepted.connect(self._accept)
        buttons.rejected.connect(self.reject)
        self.line.textChanged.connect(self._check)
        if self.span is not None:
            self.span.changed.connect(self._check)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 16)
        layout.setSpacing(10)
        layout.addWidget(title)
        layout.addWidget(part)
        if self.span is not None:
            layout.addWidget(self.span)
        layout.addLayout(self._make_presets())
        layout.addSpacing(2)
        layout.addWidget(label)
        layout.addLayout(place)
        layout.addWidget(self.more)
        layout.addWidget(self.rest)
        layout.addStretch()
        layout.addWidget(buttons)
        self._show(request.choice)
        self.export_button.setFocus()

    @property
    def choice(self) -> ExportOptions:
        """What is chosen now."""
        return ExportOptions(
            preset=next(name for name, button in self.presets.items() if button.isChecked()),
            format=self.format.currentData(),
            quality=self.quality.currentData(),
            height=self.height_box.currentData(),
            extras=tuple(name for name, box in self.extras.items() if box.isChecked()),
            teacher=self.teacher.currentData() or "",
        )

    def _make_presets(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        group = QButtonGroup(self)
        for name, text, tip in _PRESETS:
            button = QPushButton(tr(text))
            button.setObjectName("choice")
            button.setCheckable(True)
            button.setAutoDefault(False)
            button.setToolTip(tr(tip))
            if name == "teacher" and not self._request.teachers:
                button.setEnabled(False)
                button.setToolTip(tr("There is no second model on this machine"))
            button.toggled.connect(self._on_preset)
            group.addButton(button)
            row.addWidget(button, 1)
            self.presets[name] = button
        return row

    def _make_rest(self) -> QWidget:
        self.format = _combo(tr("Format"), (("mp4", "MP4 (H.264)"), ("webm", "WebM (VP9)")))
        self.quality = _combo(tr("Quality"), [(name, tr(text)) for name, text in _QUALITIES])
        heights = [(n, tr("{n} lines").format(n=n) if n else tr("As the source")) for n in _HEIGHTS]
        self.height_box = _combo(tr("Size"), heights)
        self.teacher = _combo(
            tr("Teacher"), [(name, short_name(name)) for name in self._request.teachers]
        )
        form = QFormLayout()
        form.setHorizontalSpacing(14)
        form.setVerticalSpacing(8)
        self._form = form
        for box in (self.format, self.quality, self.height_box, self.teacher):
            form.addRow(box.accessibleName(), box)
        self.extras: dict[Extra, QCheckBox] = {}
        grid = QGridLayout()
        grid.setVerticalSpacing(8)
        for place, (name, text, tip) in enumerate(_EXTRAS):
            extra = QCheckBox(tr(text))
            extra.setToolTip(tr(tip))
            grid.addWidget(extra, place // 2, place % 2)
            self.extras[name] = extra
        rest = QWidget()
        layout = QVBoxLayout(rest)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addLayout(form)
        layout.addLayout(grid)
        return rest

    def _show(self, choice: ExportOptions) -> None:
        if choice.preset == "teacher" and not self._request.teachers:
            choice = replace(choice, preset="overlay")
        self.presets[choice.preset].setChecked(True)
        for box, value in (
            (self.format, choice.format),
            (self.quality, choice.quality),
            (self.height_box, choice.height),
            (self.teacher, choice.teacher),
        ):
            if (place := box.findData(value)) >= 0:
                box.setCurrentIndex(place)
        for name, check in self.extras.items():
            check.setChecked(name in choice.extras)
        self._on_preset()

    def _on_preset(self) -> None:
        video = not self.presets["numbers"].isChecked()
        for box in (self.format, self.quality, self.height_box):
            box.setEnabled(video)
        for name in ("contours", "peaks", "plot"):
            self.extras[name].setEnabled(video)
        self._form.setRowVisible(self.teacher, self.presets["teacher"].isChecked())

    def _check(self) -> None:
        part = self.span is None or self.span.span is not None
        self.export_button.setEnabled(part and bool(self.line.text().strip()))

    def _unfold(self, on: bool) -> None:
        self.rest.setVisible(on)
        self.more.setText(
            tr("Less") + "  \N{BLACK UP-POINTING SMALL TRIANGLE}"
            if on
            else tr("More") + "  \N{BLACK DOWN-POINTING SMALL TRIANGLE}"
        )
        if not on and self.isVisible():
            self.adjustSize()

    def _browse(self) -> None:
        now = Path(self.line.text().strip() or str(self._request.folder)).expanduser()
        name = now.name if self._request.stem else ""
        dialog = QFileDialog(self, tr("Save to"), str(now.parent if name else now))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(lambda folder: self.line.setText(_short(Path(folder) / name)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _accept(self) -> None:
        base = Path(self.line.text().strip()).expanduser()
        # Who writes the ending anyway gets it once.
        if base.suffix.lower() in (".mp4", ".webm", ".csv"):
            base = base.with_suffix("")
        choice = self.choice
        self.accept()
        self.chosen.emit(choice, base)


def _combo(name: str, entries: Sequence[tuple[object, str]]) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    box.setToolTip(name)
    for value, text in entries:
        box.addItem(text, value)
    return box


def _short(path: Path) -> str:
    """A path as people write it, with ~ for their home."""
    home = Path.home()
    return f"~/{path.relative_to(home).as_posix()}" if home in path.parents else str(path)
