"""The user's scene with the maps of the student before and after a training."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PySide6.QtWidgets import QWidget

from app.pipeline.paint_format import paintable
from app.pipeline.predictor import checked_map
from app.session.models import load_predictor
from app.session.step_times import TIME_LIMIT
from app.ui.build import column, label, row
from app.ui.canvas import Canvas
from app.ui.i18n import tr
from app.ui.wipe_handle import WipeHandle
from uvanet.errors import UvanetError
from uvanet.overlay import OverlayStyle, compose
from uvanet.runtime.engine import time_limit
from uvanet.sources import make_source
from uvanet.training.data.user_media import files_of
from uvanet.yuv_picture import as_bgr

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from app.features.training.run_folders import RunRequest
    from uvanet.yuv_picture import YuvPicture

    Picture = NDArray[np.uint8]

_STYLE = OverlayStyle()
_LAG = 0.1  # seconds between the two steps: the temporal branch needs an earlier frame
_MIN_HEIGHT, _MAX_WIDTH = 180, 1280  # pixels


@dataclass(frozen=True, slots=True, eq=False)
class BeforeAfter:
    """One frame with both maps.

    Attributes:
        before: BGR, uint8, shape (h, w, 3), with the map of the student that was trained further.
        after: Likewise with the map of the new student.
    """

    before: Picture
    after: Picture


def compare_students(
    request: RunRequest, model: str, frame: Picture | YuvPicture | None
) -> BeforeAfter | None:
    """Runs both students on a frame of what was learned. Takes a moment; any thread.

    Args:
        request: What the run did.
        model: The new student.
        frame: Of the scene; an array is BGR, uint8, shape (h, w, 3). None to read one.

    Returns:
        None where there is no frame: a live source that is not open, or files that have gone; or
        where the training began with random weights.
    """
    start = request.option("--start")
    try:
        image = _read_frame(request) if frame is None else frame
        if image is None or not start:
            return None
        image = _smaller(as_bgr(image))
        return BeforeAfter(*(_overlay(name, image) for name in (start, model)))
    except UvanetError:
        return None


def _read_frame(request: RunRequest) -> Picture | YuvPicture | None:
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


def _smaller(image: Picture) -> Picture:
    scale = min(1.0, _MAX_WIDTH / image.shape[1])
    size = (round(scale * image.shape[1]), max(1, round(scale * image.shape[0])))
    return np.ascontiguousarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA))


def _overlay(name: str, image: Picture) -> Picture:
    predictor = load_predictor(name)
    with time_limit(predictor.model.engine, TIME_LIMIT):
        predictor.step(image, 0.0, bgr=True)
        saliency = checked_map(predictor.step(image, _LAG, bgr=True))
    return compose(image, saliency, _STYLE)


class BeforeAfterView(QWidget):
    """Shows both in one picture, divided by a handle. Hidden until it has something to show."""

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

    def show_comparison(self, pictures: BeforeAfter | None) -> None:
        """Shows two pictures of equal size; None hides the view."""
        self._shown = pictures
        self.setVisible(pictures is not None)
        self.handle.setVisible(pictures is not None)
        self._paint()

    def _paint(self) -> None:
        if self._shown is None:
            return
        before, after = self._shown.before, self._shown.after
        height, width = before.shape[:2]
        place = round(self.handle.share * width)
        picture = np.hstack([before[:, :place], after[:, place:]])
        order = (0, next(self._order))
        self.canvas.show_picture(paintable(picture), (width, height), order, picture)
        self.handle.follow()
