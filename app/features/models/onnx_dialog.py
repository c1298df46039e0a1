"""The dialog that tries an external ONNX file on the picture, with settings of its input."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QComboBox, QDialog, QDialogButtonBox, QLineEdit, QWidget

from app.ui.build import button, column, combo_box, form_layout, label, row
from app.ui.i18n import tr
from uvanet.errors import UvanetError
from uvanet.video.overlay import OverlayStyle, compose

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PREVIEW = (352, 220)
_STYLE = OverlayStyle("turbo", 0.65, 0.1)
_IMAGENET = ("0.485 0.456 0.406", "0.229 0.224 0.225")


class OnnxModelDialog(QDialog):
    """Settings of the file, and a preview of its map. Settings can be used once they were tried.

    Args:
        path: The file.

    Signals:
        tried: File and current settings, as `uvanet.load` takes them; the receiver tries them and
            calls `show_map` or `show_error`.
        accepted_model: File and settings to use.
    """

    tried = Signal(str)
    accepted_model = Signal(str)

    def __init__(self, path: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("ONNX file as teacher"))
        self._path = path
        self._valid = ""
        self._trying = ""
        self.size_line = self._line("", tr("Input size"), tr("from the file, or 384x288"))
        self.mean_line = self._line("0", tr("Mean"), "0.485 0.456 0.406")
        self.std_line = self._line("1", tr("Standard deviation"), "0.229 0.224 0.225")
        self.layout_box = self._box(
            tr("Layout"),
            [("", tr("from the file")), *((name, name) for name in ("NCHW", "NHWC", "NTCHW"))],
        )
        self.range_box = self._box(tr("White is"), [("1", "1"), ("255", "255")])
        self.color_box = self._box(tr("Colors"), [("rgb", "RGB"), ("bgr", "BGR")])
        self.output_box = self._box(
            tr("Output"),
            [("map", tr("map")), ("log", tr("logarithm")), ("logit", tr("log odds"))],
        )
        imagenet = button(
            tr("Mean and deviation of ImageNet"),
            tr("Used by most networks with a pretrained backbone"),
            self._use_imagenet,
        )
        form = form_layout(8)
        for field in (self.size_line, self.mean_line, self.std_line):
            form.addRow(field.accessibleName(), field)
        form.addRow("", imagenet)
        for box in (self.range_box, self.layout_box, self.color_box, self.output_box):
            form.addRow(box.accessibleName(), box)
        self.preview = label("", wrap=True)
        self.preview.setAccessibleName(tr("Map of the model over the picture"))
        self.preview.setFixedSize(*_PREVIEW)
        self.preview.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.status = label("", wrap=True, selectable=True)
        self.status.setMinimumHeight(56)
        self.status.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.try_button = button(
            tr("Try again"), tr("Runs the model on the current picture"), self.start
        )
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.use_button = buttons.addButton(
            tr("Use as teacher"), QDialogButtonBox.ButtonRole.AcceptRole
        )
        self.use_button.setDefault(True)
        buttons.addButton(self.try_button, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.accepted.connect(self._accept)
        buttons.rejected.connect(self.reject)
        column(
            label(Path(path).name, "section"),
            row(form, column(self.preview, self.status, None), spacing=24),
            buttons,
            spacing=12,
            margins=(20, 18, 20, 16),
            parent=self,
        )
        self._on_changed()

    @property
    def name(self) -> str:
        """File and current settings, as `uvanet.load` takes them."""
        settings = [
            ("size", self.size_line.text().strip().replace("\N{MULTIPLICATION SIGN}", "x"), ""),
            ("mean", ":".join(self.mean_line.text().replace(",", " ").split()), "0"),
            ("std", ":".join(self.std_line.text().replace(",", " ").split()), "1"),
            ("range", self.range_box.currentData(), "1"),
            ("layout", self.layout_box.currentData(), ""),
            ("color", self.color_box.currentData(), "rgb"),
            ("output", self.output_box.currentData(), "map"),
        ]
        changed = [f"{key}={value}" for key, value, usual in settings if value not in ("", usual)]
        return ",".join([self._path, *changed])

    def start(self) -> None:
        """Tries the current settings."""
        self._trying = self.name
        self.try_button.setEnabled(False)
        self.status.setText(tr("Running it on the picture …"))
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
            name: File and settings that were tried; ignored if others are being tried by now.
            saliency: Map, float32, shape (h, w), 0..1.
            milliseconds: Duration of the prediction.
            image: The picture, BGR, uint8, shape (h, w, 3); None for a gray one.
        """
        if name != self._trying:
            return
        self.try_button.setEnabled(True)
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
        self.status.setText(
            tr("The map has {width} by {height} values and took {time:.0f} ms.").format(
                width=saliency.shape[1], height=saliency.shape[0], time=milliseconds
            )
        )
        self._on_changed()

    def show_error(self, name: str, error: Exception) -> None:
        """Shows why a trial failed; see `show_map` for `name`."""
        if name != self._trying:
            return
        self.try_button.setEnabled(True)
        self.preview.setPixmap(QPixmap())
        self.preview.setText(tr("No map"))
        known = isinstance(error, UvanetError)
        self.status.setText(str(error) if known else f"{type(error).__name__}: {error}")
        self._valid = ""
        self._on_changed()

    def _on_changed(self) -> None:
        """Enables the button for settings that were tried."""
        self.use_button.setEnabled(bool(self._valid) and self.name == self._valid)

    def _on_return(self) -> None:
        if not self.use_button.isEnabled():
            self.start()

    def _use_imagenet(self) -> None:
        self.mean_line.setText(_IMAGENET[0])
        self.std_line.setText(_IMAGENET[1])
        self.start()

    def _accept(self) -> None:
        if self.use_button.isEnabled():
            self.accept()
            self.accepted_model.emit(self._valid)

    def _line(self, text: str, name: str, example: str) -> QLineEdit:
        line = QLineEdit(text)
        line.setAccessibleName(name)
        line.setPlaceholderText(example)
        line.setToolTip(tr("Example: {example}").format(example=example))
        line.textChanged.connect(self._on_changed)
        line.returnPressed.connect(self._on_return)
        return line

    def _box(self, name: str, choices: list[tuple[object, str]]) -> QComboBox:
        box = combo_box(name, name, choices)
        box.currentIndexChanged.connect(self._on_changed)
        return box
