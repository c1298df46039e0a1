"""Compares a student before and after training, on a frame of the user's scene."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QWidget

from app.features.training.run_folders import RunRequest
from app.pipeline.paint_format import paintable
from app.pipeline.predictor import checked_map
from app.session.models import load_predictor
from app.session.step_times import TIME_LIMIT
from app.ui.build import column, label, row
from app.ui.canvas import Canvas
from app.ui.i18n import tr
from app.ui.wipe_handle import WipeHandle
from uvanet.decoded_picture import DecodedPicture, as_bgr
from uvanet.errors import UvanetError
from uvanet.overlay import OverlayStyle, compose
from uvanet.resizing import shrink
from uvanet.runtime.engine import time_limit
from uvanet.sources import make_source
from uvanet.training.data.user_media import files_of

Picture = NDArray[np.uint8]


_STYLE = OverlayStyle()
_LAG = 0.1  # seconds between the two steps: the temporal branch needs an earlier frame
_MIN_HEIGHT, _MAX_WIDTH = 180, 1280  # pixels


@dataclass(frozen=True, slots=True, eq=False)
class BeforeAfter:
    """One frame, with the map of each student over it.

    Attributes:
        before: Overlay of the student that was trained further; BGR, uint8, shape (h, w, 3).
        after: Overlay of the new student, in the same form.
    """

    before: Picture
    after: Picture


def compare_students(
    request: RunRequest, model: str, frame: Picture | DecodedPicture | None
) -> BeforeAfter | None:
    """Runs both students on one frame. Loads two models: call it from a worker thread.

    Args:
        request: Request of the run.
        model: Name or path of the new student.
        frame: A frame of the scene; an array is BGR, uint8, shape (h, w, 3). None reads the first
            frame of the data of the run.

    Returns:
        None if there is no frame (a live source that is not open, deleted files), if a model cannot
        run, or if the training began with random weights.
    """
    start = request.option("--start")
    try:
        image = _read_frame(request) if frame is None else frame
        if image is None or not start:
            return None
        image = shrink(as_bgr(image), _MAX_WIDTH)
        return BeforeAfter(*(_overlay(name, image) for name in (start, model)))
    except UvanetError:
        return None


def _read_frame(request: RunRequest) -> Picture | DecodedPicture | None:
    folder = request.option("--pool")
    path = Path(folder or request.source)
    if folder:
        videos, pictures = files_of(path)
        path = next(iter([*videos, *pictures]), Path())
    if not path.is_file():
        return None
    with make_source(str(path)) as source:
        frame = source.read()
    return None if frame is None else frame.image


def _overlay(name: str, image: Picture) -> Picture:
    predictor = load_predictor(name)
    with time_limit(predictor.model.engine, TIME_LIMIT):
        predictor.step(image, 0.0, bgr=True)
        saliency = checked_map(predictor.step(image, _LAG, bgr=True))
    return compose(image, saliency, _STYLE)


class BeforeAfterView(QWidget):
    """Shows both overlays in one picture, divided by a handle; hidden without a comparison."""

    def __init__(self) -> None:
        super().__init__()
        self.canvas = Canvas()
        self.canvas.setMinimumHeight(_MIN_HEIGHT)
        self.handle = WipeHandle(
            self.canvas,
            tr("Before on the left, after on the right"),
            tr("Drag, or use the arrow keys: before left, after right"),
        )
        self.handle.moved.connect(self._paint)
        self._shown: BeforeAfter | None = None
        self._order = itertools.count(1)
        captions = row(label(tr("Before"), "section"), None, label(tr("After"), "section"))
        column(captions, (self.canvas, 1), spacing=4, parent=self)
        self.hide()

    def show_waiting(self) -> None:
        """Shows that the comparison is being computed, in the place that it will take."""
        self._shown = None
        self.canvas.clear()
        self.canvas.show_message(tr("Computing both maps …"))
        self.handle.hide()
        self.show()

    def show_comparison(self, pictures: BeforeAfter | None) -> None:
        """Shows a comparison; None hides the view."""
        self._shown = pictures
        self.canvas.show_message("")
        self.setVisible(pictures is not None)
        self.handle.setVisible(pictures is not None)
        self._paint()

    def _paint(self) -> None:
        if self._shown is None:
            return
        before, after = self._shown.before, self._shown.after
        height, width = before.shape[:2]
        split = round(self.handle.share * width)
        picture = np.hstack([before[:, :split], after[:, split:]])
        order = (0, next(self._order))
        self.canvas.show_picture(paintable(picture), (width, height), order, picture)
        self.handle.follow()
