"""The page that tries an external ONNX file on the current picture, with its settings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QImage, QPixmap, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QComboBox,
    QLabel,
    QLineEdit,
    QScrollArea,
    QWidget,
)

from app.ui.build import button, column, combo_box, form_layout, label, row, spin_box
from app.ui.flow_layout import FlowLayout
from app.ui.i18n import tr
from app.ui.theme import set_level
from uvanet.errors import UsageError, UvanetError
from uvanet.overlay import OverlayStyle, compose
from uvanet.runtime.engine import MAX_FRAMES
from uvanet.runtime.external_onnx import ExternalOnnx

_PREVIEW = (320, 200)  # pixels
_MIN_WIDTH_BESIDE = 720  # pixels; below it, the map is above the fields
_STYLE = OverlayStyle("turbo", 0.65, 0.1)
_IMAGENET = ("0.485 0.456 0.406", "0.229 0.224 0.225")
_DEFAULTS = {"mean": "0", "std": "1", "range": "1", "color": "rgb", "output": "map", "frames": "1"}


class OnnxForm(QWidget):
    """Settings of a file, and a preview of its map. Only settings that were tried can be used.

    An error is shown below the field that it is about; other errors, below the preview.

    Signals:
        tried: File and settings, for `uvanet.load`. The receiver runs the model, and calls
            `show_map` or `show_error`.
        student_chosen: File and settings to use as student.
        teacher_chosen: File and settings to use as teacher.
        left: The user goes back to the list of models.
    """

    tried = Signal(str)
    student_chosen = Signal(str)
    teacher_chosen = Signal(str)
    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._path = ""
        self._valid = ""
        self._trying = ""
        self.errors: dict[str, QLabel] = {}
        self.title = label("", "section")
        self.size_line = self._line(tr("Input size"), tr("from the file, or 384x288"))
        self.mean_line = self._line(tr("Mean"), "0.485 0.456 0.406")
        self.std_line = self._line(tr("Standard deviation"), "0.229 0.224 0.225")
        self.range_box = self._box(tr("White is"), [("1", "1"), ("255", "255")])
        self.layout_box = self._box(
            tr("Layout"),
            [("", tr("from the file")), *((name, name) for name in ("NCHW", "NHWC", "NTCHW"))],
        )
        self.frames_box = spin_box(
            tr("Frames"), tr("Frames that the model takes at once"), 1, MAX_FRAMES, 1
        )
        self.frames_box.valueChanged.connect(self._on_changed)
        self.color_box = self._box(tr("Colors"), [("rgb", "RGB"), ("bgr", "BGR")])
        self.output_box = self._box(
            tr("Output"),
            [("map", tr("map")), ("log", tr("logarithm")), ("logit", tr("log odds"))],
        )
        self.preview = label("", wrap=True)
        self.preview.setAccessibleName(tr("Map of the model over the picture"))
        self.preview.setFixedSize(*_PREVIEW)
        self.preview.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.status = label("", wrap=True, selectable=True)
        self.status.setFixedWidth(_PREVIEW[0])
        self.try_button = button(
            tr("Try again"), tr("Runs the model on the current picture"), self.start
        )
        self.teacher_button = button(
            tr("Use as teacher"),
            tr("Runs next to the student in Compare"),
            lambda: self.teacher_chosen.emit(self._valid),
        )
        self.student_button = button(
            tr("Use as student"),
            tr("Runs live"),
            lambda: self.student_chosen.emit(self._valid),
        )
        self._arrange()
        self._on_changed()

    def _arrange(self) -> None:
        form = form_layout(6)
        for key, field in self._fields().items():
            error = self.errors[key] = label("", "quiet", wrap=True)
            set_level(error, "error")
            error.hide()
            form.addRow(field.accessibleName(), column(field, error, spacing=2))
            if key == "std":
                imagenet = button(
                    tr("Mean and deviation of ImageNet"),
                    tr("Used by most networks with a pretrained backbone"),
                    self._use_imagenet,
                )
                form.addRow("", imagenet)
        inner = QWidget()
        self._inner = row((form, 1), column(self.preview, self.status, None), spacing=16)
        column(self._inner, None, margins=(0, 0, 10, 0), parent=inner)
        area = self._area = QScrollArea()
        area.setWidget(inner)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        back = button(tr("Back"), tr("Back to the list of models"), self.left.emit)
        actions = FlowLayout(self.try_button, self.teacher_button, self.student_button)
        buttons = row(back, None, actions)
        column(self.title, (area, 1), buttons, spacing=12, parent=self)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shows the map above the fields if the page is too narrow."""
        super().resizeEvent(event)
        self._place_preview()

    def _place_preview(self) -> None:
        """Places the map beside or above the fields; above them only if there is a map."""
        wide = self.width() >= _MIN_WIDTH_BESIDE
        self.preview.setVisible(wide or not self.preview.pixmap().isNull())
        directions = QBoxLayout.Direction
        self._inner.setDirection(directions.LeftToRight if wide else directions.BottomToTop)

    def _fields(self) -> dict[str, QWidget]:
        """Returns the fields by the keys of their settings."""
        return {
            "size": self.size_line,
            "mean": self.mean_line,
            "std": self.std_line,
            "range": self.range_box,
            "layout": self.layout_box,
            "frames": self.frames_box,
            "color": self.color_box,
            "output": self.output_box,
        }

    @property
    def _settings(self) -> dict[str, str]:
        """The settings that differ from the defaults, in the form of `ExternalOnnx.parse`."""
        values = {
            "size": self.size_line.text().strip().replace("\N{MULTIPLICATION SIGN}", "x"),
            "mean": ":".join(self.mean_line.text().replace(",", " ").split()),
            "std": ":".join(self.std_line.text().replace(",", " ").split()),
            "range": self.range_box.currentData(),
            "layout": self.layout_box.currentData(),
            "frames": str(self.frames_box.value()),
            "color": self.color_box.currentData(),
            "output": self.output_box.currentData(),
        }
        return {key: text for key, text in values.items() if text not in ("", _DEFAULTS.get(key))}

    @property
    def name(self) -> str:
        """File and current settings, for `uvanet.load`."""
        return ",".join([self._path, *(f"{key}={text}" for key, text in self._settings.items())])

    def open_file(self, path: str) -> None:
        """Resets the settings for a file, and tries them."""
        self._path = path
        self.title.setText(Path(path).name)
        for line in (self.size_line, self.mean_line, self.std_line):
            line.clear()
        for box in (self.range_box, self.layout_box, self.color_box, self.output_box):
            box.setCurrentIndex(0)
        self.frames_box.setValue(1)
        self._valid = ""
        self.start()

    def start(self) -> None:
        """Tries the current settings, if they are valid."""
        if any(error.text() for error in self._check().values()):
            return
        self._trying = self.name
        self.try_button.setEnabled(False)
        self._show_status(tr("Running it on the picture …"))
        self.tried.emit(self._trying)

    def show_map(
        self,
        name: str,
        saliency: NDArray[np.float32],
        milliseconds: float,
        image: NDArray[np.uint8] | None,
    ) -> None:
        """Shows the map of a trial.

        Args:
            name: File and settings of the trial; a trial that is not the newest is ignored.
            saliency: Map, float32, shape (h, w), 0..1.
            milliseconds: Duration of the prediction.
            image: The picture, BGR, uint8, shape (h, w, 3); None for a gray one.
        """
        if name != self._trying:
            return
        self._valid = name
        background = np.full((*saliency.shape, 3), 40, np.uint8) if image is None else image
        painted = compose(np.ascontiguousarray(background), saliency, _STYLE)
        height, width = painted.shape[:2]
        picture = QImage(painted.data, width, height, width * 3, QImage.Format.Format_BGR888)
        ratio = self.devicePixelRatioF()
        pixmap = QPixmap.fromImage(picture).scaled(
            round(_PREVIEW[0] * ratio),
            round(_PREVIEW[1] * ratio),
            Qt.AspectRatioMode.KeepAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )
        pixmap.setDevicePixelRatio(ratio)
        self.preview.setPixmap(pixmap)
        self._place_preview()
        self._show_status(
            tr("The map has {width} by {height} values and took {time:.0f} ms.").format(
                width=saliency.shape[1], height=saliency.shape[0], time=milliseconds
            )
        )
        self._on_changed()

    def show_error(self, name: str, error: Exception) -> None:
        """Shows why a trial failed; see `show_map` for `name`."""
        if name != self._trying:
            return
        self._valid = ""
        self.preview.setPixmap(QPixmap())
        self.preview.setText(tr("No map"))
        self._place_preview()
        text = str(error) if isinstance(error, UvanetError) else f"{type(error).__name__}: {error}"
        self._on_changed()
        # The hint of an error about a field has an example, such as size=384x224.
        field = next((key for key in self.errors if f" {key}=" in text), "")
        if field:
            self._show_error(field, text)
            self._area.ensureWidgetVisible(self.errors[field])
        self._show_status("" if field else text, "" if field else "error")

    def _show_status(self, text: str, level: str = "") -> None:
        self.status.setText(text)
        set_level(self.status, level)

    def _show_error(self, field: str, text: str) -> None:
        self.errors[field].setText(text)
        self.errors[field].setVisible(bool(text))

    def _check(self) -> dict[str, QLabel]:
        """Shows which settings are invalid; returns the labels below the fields."""
        settings = self._settings
        for key in self.errors:
            text = ""
            if key in settings:
                try:
                    ExternalOnnx.parse(f"model.onnx,{key}={settings[key]}")
                except UsageError as error:
                    text = error.hint
            self._show_error(key, text)
        return self.errors

    def _on_changed(self) -> None:
        """Checks the settings; enables the buttons if they were tried."""
        valid = not any(error.text() for error in self._check().values())
        tried = bool(self._valid) and self.name == self._valid
        for use_button in (self.student_button, self.teacher_button):
            use_button.setEnabled(tried)
        self.student_button.setDefault(tried)
        self.try_button.setDefault(not tried)
        self.try_button.setEnabled(valid)

    def _use_imagenet(self) -> None:
        self.mean_line.setText(_IMAGENET[0])
        self.std_line.setText(_IMAGENET[1])
        self.start()

    def _line(self, name: str, example: str) -> QLineEdit:
        line = QLineEdit()
        line.setAccessibleName(name)
        line.setPlaceholderText(example)
        line.setToolTip(tr("Example: {example}").format(example=example))
        line.textChanged.connect(self._on_changed)
        return line

    def _box(self, name: str, choices: list[tuple[object, str]]) -> QComboBox:
        box = combo_box(name, name, choices)
        box.currentIndexChanged.connect(self._on_changed)
        return box
