"""Finds a teacher: a model with a card of that role, or any ONNX file that maps a picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from uvanet.errors import ModelError, UsageError
from uvanet.runtime.engine import STATE_STRIDE
from uvanet.runtime.session import open_session
from uvanet.runtime.sizes import proportioned
from uvanet.weights import available, find, read_card

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from uvanet.distill.moments import Labeller

    Image = NDArray[np.uint8]
    Map = NDArray[np.float32]


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
        beside = path.with_suffix(".json")
        if beside.is_file() and read_card(beside).role == "student":
            raise UsageError(f"{path.name} is a student.", "Choose a teacher.")
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


def load_teacher(path: Path, threads: int) -> Labeller:
    """A teacher as a function from a frame and the one about 100 ms before to a map.

    A file that states its input's size gets it; others see the picture in its proportions. One
    that takes an earlier state sees both frames, others the later one.

    Raises:
        ModelError: The file is no ONNX model, or no teacher.
    """
    session = open_session(path, threads)
    nodes = {node.name: node for node in session.get_inputs()}
    size = list(nodes["frame"].shape[1:3]) if "frame" in nodes else []

    def shown(image: Image) -> Image:
        rows, columns = image.shape[:2]
        fixed = all(isinstance(side, int) for side in size)
        height, width = size if fixed else proportioned(rows, columns)
        shrinks = rows > height and columns > width
        kernel = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        return np.asarray(cv2.resize(image, (width, height), interpolation=kernel)[None], np.uint8)

    def label(now: Image, before: Image) -> Map:
        fed: dict[str, NDArray[Any]] = {"frame": shown(now)}
        if "earlier" in nodes:
            rows, columns = (side // STATE_STRIDE for side in fed["frame"].shape[1:3])
            none = np.zeros((1, nodes["earlier"].shape[1], rows, columns), np.float32)
            state = session.run(["features"], {"frame": shown(before), "earlier": none})[0]
            fed["earlier"] = state
        return np.asarray(session.run(None, fed)[0][0], np.float32)

    try:
        nothing = np.zeros((64, 64, 3), np.uint8)
        found = label(nothing, nothing)
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
