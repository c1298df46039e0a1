"""The dialog of an export: preset, path, and more options behind a button."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace
from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QWidget,
)

from app.features.export.options import DRAWN, ExportOptions, Pictures
from app.features.export.settings import Extra, Preset
from app.features.export.time_range import Span, TimeRangeFields
from app.session.models import short_name
from app.ui.build import (
    button,
    check_box,
    column,
    combo_box,
    form_layout,
    label,
    resize_on_screen,
    row,
)
from app.ui.controls import ElidedLabel, Scrolled
from app.ui.file_dialogs import ask_folder
from app.ui.i18n import tr, tr_noop
from uvanet.paths import expand_user
from uvanet.video.sound import SoundTrack

_PRESETS: tuple[tuple[Preset, str, str], ...] = (
    ("overlay", tr_noop("Overlay"), tr_noop("The frame with the heat map over it")),
    ("beside", tr_noop("Side by side"), tr_noop("The original frame next to the overlay")),
    (
        "teacher",
        tr_noop("With teacher"),
        tr_noop("Original, overlay, and the map of a second model"),
    ),
    ("numbers", tr_noop("Numbers only"), tr_noop("No video: a table with one row per frame")),
)
_EXTRAS: tuple[tuple[Extra, str, str], ...] = (
    ("contours", tr_noop("Contours"), tr_noop("Contour lines of the saliency map")),
    ("peaks", tr_noop("Peaks"), tr_noop("Numbered circles at the highest peaks")),
    ("scanpath", tr_noop("Order of looks"), tr_noop("Numbered circles joined by a line")),
    (
        "regions",
        tr_noop("Regions"),
        tr_noop("Outlines and names of the regions, with their shares"),
    ),
    ("color_bar", tr_noop("Color bar"), tr_noop("The colors of the heat map from low to high")),
    ("plot", tr_noop("Graph"), tr_noop("A chart of the map's entropy below the frame")),
    (
        "csv",
        tr_noop("Table (CSV)"),
        tr_noop("One row per frame: time, peak, entropy, region shares"),
    ),
    ("json", tr_noop("Table (JSON)"), tr_noop("The same rows, and the settings of the export")),
    ("npz", tr_noop("Raw maps (NumPy)"), tr_noop("All maps in one .npz file")),
    ("png", tr_noop("Raw maps (PNG)"), tr_noop("All maps as 16-bit grayscale images in a folder")),
)
_QUALITIES = (
    ("small", tr_noop("Small file")),
    ("good", tr_noop("Good")),
    ("best", tr_noop("Best")),
)
_HEIGHTS = (0, 1080, 720, 540, 360)


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """Initial content of the dialog.

    Attributes:
        title: Title of the source.
        part: A sentence about the exported part of the source.
        folder: The suggested folder.
        stem: The suggested file name without suffix; empty for several files in the folder.
        teachers: Models that can be the second model.
        options: The initial options.
        span: The initial part of a video, which the user can edit; None for no such fields.
        duration: Duration of the video, seconds; None if unknown.
        pictures: Whether a picture or a folder of pictures is exported instead of a video.
    """

    title: str
    part: str
    folder: Path
    stem: str
    teachers: Sequence[str]
    options: ExportOptions
    span: Span | None = None
    duration: float | None = None
    pictures: Pictures = Pictures.NONE


class ExportDialog(QDialog):
    """Asks for ExportOptions and a path.

    Signals:
        chosen: The ExportOptions, and the absolute path without suffix (of a folder for several
            files).
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
        part = label(request.part, "quiet", wrap=True)
        part.setVisible(bool(request.part))
        self.range = (
            None if request.span is None else TimeRangeFields(request.span, request.duration)
        )
        self.presets: dict[Preset, QPushButton] = {}
        self.line = QLineEdit(_short(request.folder / request.stem))
        self.line.setAccessibleName(tr("Save to"))
        self.line.setToolTip(tr("Folder and file name; the suffix is added"))
        self.browse = button(tr("Browse…"), tr("Choose a folder"), self._browse)
        save_to = label(tr("Save to") if request.stem else tr("Save into the folder"))
        save_to.setBuddy(self.line)
        self.more = button(
            tr("More"), tr("Format, size, quality, additional files"), checkable=True
        )
        self.more.setObjectName("fold")
        self.more_options = self._make_more_options()
        self.more.toggled.connect(self._show_more)
        self._show_more(False)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.export_button = buttons.addButton(tr("Export"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.export_button.setDefault(True)
        cancel = buttons.button(QDialogButtonBox.StandardButton.Cancel)
        # Otherwise Enter cancels after a click on a preset, which takes the focus.
        cancel.setAutoDefault(False)
        buttons.accepted.connect(self._accept)
        buttons.rejected.connect(self.reject)
        self.line.textChanged.connect(self._check)
        if self.range is not None:
            self.range.changed.connect(self._check)
        column(
            title,
            part,
            *([self.range] if self.range is not None else []),
            self._make_presets(),
            save_to,
            row((self.line, 1), self.browse),
            self.more,
            self.more_options,
            None,
            buttons,
            spacing=10,
            margins=(20, 18, 20, 16),
            parent=self,
        )
        self._show(request.options)
        self.export_button.setFocus()

    @property
    def options(self) -> ExportOptions:
        """The chosen options."""
        return ExportOptions(
            preset=next(name for name, button in self.presets.items() if button.isChecked()),
            format=self.format.currentData(),
            picture_format=self.picture_format.currentData(),
            quality=self.quality.currentData(),
            height=self.height_box.currentData(),
            extras=[name for name, box in self.extras.items() if box.isChecked()],
            teacher=self.teacher.currentData() or "",
            audio=self.audio.currentData(),
        )

    @property
    def span(self) -> Span | None:
        """The entered part; None if it is invalid."""
        return (None, None) if self.range is None else self.range.span

    @property
    def base(self) -> Path | None:
        """The entered path, absolute and without suffix; None if it is invalid."""
        text = self.line.text().strip()
        path = expand_user(text)
        if not text or path.name in ("", ".."):
            return None
        # A suffix that was typed is not added twice.
        typed = path.suffix.lower() in (".mp4", ".webm", ".csv", ".png", ".jpg", ".jpeg")
        return (path.with_suffix("") if typed else path).absolute()

    def show_sound_tracks(self, tracks: Sequence[SoundTrack]) -> None:
        """Offers the sound tracks of the source, if it has several."""
        if len(tracks) < 2:
            return
        self.audio.clear()
        for track in tracks:
            self.audio.addItem(str(track), "default" if track.default else track.number)
        self.audio.addItem(tr("No sound"), "none")
        self.audio.setCurrentIndex(self.audio.findData("default"))
        self._form.setRowVisible(self.audio, True)

    def _make_presets(self) -> QHBoxLayout:
        group = QButtonGroup(self)
        for name, text, tip in _PRESETS:
            tooltip = tr(tip)
            if name == "numbers" and self._request.pictures is not Pictures.NONE:
                tooltip = tr("No picture: a table with one row per picture")
            choice = button(tr(text), tooltip, checkable=True)
            choice.setObjectName("choice")
            if name == "teacher" and not self._request.teachers:
                choice.setEnabled(False)
                choice.setToolTip(tr("No second model is installed"))
            choice.toggled.connect(self._on_preset)
            group.addButton(choice)
            self.presets[name] = choice
        return row(*((choice, 1) for choice in self.presets.values()), spacing=8)

    def _make_more_options(self) -> QWidget:
        self.format = combo_box(
            tr("Format"),
            tr("Container and codec"),
            (("mp4", "MP4 (H.264)"), ("webm", "WebM (VP9)")),
        )
        self.picture_format = combo_box(
            tr("Format"), tr("Format of the pictures"), (("png", "PNG"), ("jpg", "JPEG"))
        )
        self.quality = combo_box(
            tr("Quality"), tr("Larger files look better"), [(n, tr(text)) for n, text in _QUALITIES]
        )
        heights = [
            (n, tr("{n} pixels high").format(n=n) if n else tr("As the source")) for n in _HEIGHTS
        ]
        self.height_box = combo_box(tr("Size"), tr("Height of the frames"), heights)
        self.teacher = combo_box(
            tr("Teacher"),
            tr("The second model"),
            [(name, short_name(name)) for name in self._request.teachers],
        )
        self.audio = combo_box(
            tr("Sound"), tr("The sound track of the video"), (("default", tr("Default")),)
        )
        self._form = form_layout(8)
        for box in (
            self.format,
            self.picture_format,
            self.quality,
            self.height_box,
            self.audio,
            self.teacher,
        ):
            self._form.addRow(box.accessibleName(), box)
        of_pictures = self._request.pictures is not Pictures.NONE
        for box in (self.format, self.quality):
            self._form.setRowVisible(box, not of_pictures)
        self._form.setRowVisible(self.picture_format, of_pictures)
        self._form.setRowVisible(self.audio, False)
        self.extras: dict[Extra, QCheckBox] = {}
        grid = QGridLayout()
        grid.setVerticalSpacing(8)
        extras = [extra for extra in _EXTRAS if extra[0] != "plot" or not of_pictures]
        for index, (name, text, tip) in enumerate(extras):
            self.extras[name] = check_box(tr(text), tr(tip))
            grid.addWidget(self.extras[name], index // 2, index % 2)
        inner = QWidget()
        column(self._form, grid, spacing=12, parent=inner)
        return Scrolled(inner)

    def _show(self, options: ExportOptions) -> None:
        if options.preset == "teacher" and not self._request.teachers:
            options = replace(options, preset="overlay")
        self.presets[options.preset].setChecked(True)
        for box, value in (
            (self.format, options.format),
            (self.picture_format, options.picture_format),
            (self.quality, options.quality),
            (self.height_box, options.height),
            (self.teacher, options.teacher),
        ):
            if (index := box.findData(value)) >= 0:
                box.setCurrentIndex(index)
        for name, check in self.extras.items():
            check.setChecked(name in options.extras)
        self._on_preset()

    def _on_preset(self) -> None:
        video = not self.presets["numbers"].isChecked()
        for box in (
            self.format,
            self.picture_format,
            self.quality,
            self.height_box,
            self.audio,
        ):
            box.setEnabled(video)
        for name in DRAWN:
            if name in self.extras:
                self.extras[name].setEnabled(video)
        self._form.setRowVisible(self.teacher, self.presets["teacher"].isChecked())

    def _check(self) -> None:
        self.export_button.setEnabled(self.span is not None and self.base is not None)

    def _show_more(self, on: bool) -> None:
        self.more_options.setVisible(on)
        self.more.setText(
            tr("Less") + "  \N{BLACK UP-POINTING SMALL TRIANGLE}"
            if on
            else tr("More") + "  \N{BLACK DOWN-POINTING SMALL TRIANGLE}"
        )
        if self.isVisible():
            # Not `adjustSize`, which never exceeds two thirds of the screen.
            resize_on_screen(self, QSize(self.width(), self.sizeHint().height()))

    def _browse(self) -> None:
        path = expand_user(self.line.text().strip() or self._request.folder)
        name = path.name if self._request.stem else ""
        ask_folder(
            self,
            str(path.parent if name else path),
            lambda folder: self.line.setText(_short(Path(folder) / name)),
            tr("Save to"),
        )

    def _accept(self) -> None:
        options, base = self.options, self.base
        if base is not None:
            self.accept()
            self.chosen.emit(options, base)


def _short(path: Path) -> str:
    """Returns the path with ~ for the home folder."""
    home = Path.home()
    return f"~/{path.relative_to(home).as_posix()}" if home in path.parents else str(path)
