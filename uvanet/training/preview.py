"""A look at what a run is learning: a frame, what the student says of it, what it is to say."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np

from uvanet.training.progress import event

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from uvanet.training.progress import Event

_SIZE = (128, 96)


def preview_event(
    frame: NDArray[np.uint8],
    student: NDArray[np.floating],
    wanted: NDArray[np.floating],
    judge: Literal["teacher", "gaze"] = "teacher",
) -> Event:
    """Makes the event.

    Args:
        frame: RGB, (h, w, 3).
        student: Its map, (h', w'), 0..1.
        wanted: What it is to say, likewise.
        judge: Whose that is.
    """
    small = cv2.resize(frame, _SIZE, interpolation=cv2.INTER_AREA)
    pictures = {"frame": cv2.cvtColor(small, cv2.COLOR_RGB2BGR)}
    for name, saliency in (("student", student), (judge, wanted)):
        grey = np.clip(saliency.astype(np.float32) * 255, 0, 255).astype(np.uint8)
        pictures[name] = cv2.resize(grey, _SIZE, interpolation=cv2.INTER_LINEAR)
    coded = {
        name: base64.b64encode(cv2.imencode(".jpg", image)[1].tobytes()).decode()
        for name, image in pictures.items()
    }
    return event("preview", **coded)
