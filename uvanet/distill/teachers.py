"""Finds a teacher: a model with a card of that role, or any ONNX file that maps a picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from uvanet.errors import ModelError, UsageError
from uvanet.runtime.session import open_session
from uvanet.runtime.sizes import proportioned
from uvanet.weights import available, find

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Image = NDArray[np.uint8]


def find_teacher(name: str = "") -> Path:
    """The ONNX file of a teacher.

    Args:
        name: Of a teacher that `uvanet.available` lists, or the path of an .onnx file, which
            needs no card; empty for the first teacher there is.

    Raises:
        UvanetError: There is none; says what to do.
    """
    if name.lower().endswith(".onnx"):
        path = Path(name).expanduser()
        if not path.is_file():
            raise ModelError(f"There is no teacher {path}.", "Check the path.")
        return path
    teachers = [card.name for card in available() if card.role == "teacher"]
    if not name:
        for one in teachers:
            return find(one)[0]
        raise UsageError(
            "No teacher is installed that could label the frames.",
            "Give the path of a teacher's .onnx file.",
        )
    path, card = find(name)
    if card.role != "teacher":
        raise UsageError(
            f"{name} is a student.", f"Choose a teacher: {', '.join(teachers) or 'a path'}."
        )
    return path


def load_teacher(path: Path, threads: int) -> Callable[[Image], NDArray[np.float32]]:
    """A teacher as a function from RGB, uint8, (h, w, 3) to a map, (h', w'), of any scale.

    A file that states its input's size gets it; others see the picture in its proportions.

    Raises:
        ModelError: The file is no ONNX model, or no teacher.
    """
    session = open_session(path, threads)
    nodes = {node.name: node for node in session.get_inputs()}
    size = list(nodes["frame"].shape[1:3]) if "frame" in nodes else []

    def label(image: Image) -> NDArray[np.float32]:
        rows, columns = image.shape[:2]
        fixed = all(isinstance(side, int) for side in size)
        height, width = size if fixed else proportioned(rows, columns)
        shrinks = rows > height and columns > width
        kernel = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        frame = cv2.resize(image, (width, height), interpolation=kernel)
        return np.asarray(session.run(None, {"frame": frame[None]})[0][0], np.float32)

    try:
        found = label(np.zeros((64, 64, 3), np.uint8))
    except Exception as error:
        raise ModelError(
            f"{path.name} does not run as a teacher: {str(error).strip().splitlines()[-1]}",
            "It must take `frame`, RGB bytes (n, h, w, 3), and give a map a picture.",
        ) from error
    if found.ndim != 2:
        raise ModelError(
            f"{path.name} gives {found.ndim} dimensions where a map has two.",
            "Choose another teacher.",
        )
    return label
