"""Finds and runs teachers: models with the role "teacher", or ONNX files from picture to map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from uvanet.errors import ModelError, UsageError
from uvanet.extras import require
from uvanet.i18n import tr
from uvanet.model_card import file_hash, read_card
from uvanet.paths import expand_user
from uvanet.registry import list_models, resolve_model
from uvanet.runtime.engine import STATE_STRIDE
from uvanet.runtime.input_size import TEACHER_AREA, fit_to_area
from uvanet.runtime.session import OnnxSession
from uvanet.teacher_input import HEIGHT, WIDTH

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from uvanet.training.data.frame_pairs import Labeller

    Image = NDArray[np.uint8]
    Map = NDArray[np.float32]
    State = NDArray[np.float32]

SPATIAL, TEMPORAL = "teacher-spatial", "teacher-temporal"


@dataclass(frozen=True, slots=True)
class Teachers:
    """The two teachers of a run.

    Attributes:
        spatial: Function from RGB uint8 (h, w, 3) of any size to a density of sum 1.
        temporal: Function from a frame of a video and the state of the frame `LAG` before (None at
            the start) to a density of sum 1 and the state of the frame.
        key: Fingerprint of the spatial teacher.
        both: Fingerprint of both teachers.
        files: ONNX files of the spatial and the temporal teacher.
    """

    spatial: Callable[[Image], Map]
    temporal: Callable[[Image, State | None], tuple[Map, State]]
    key: str
    both: str
    files: tuple[Path, ...] = ()


def find_teacher(name: str = "") -> Path:
    """Finds the ONNX file of a teacher.

    Args:
        name: Name of a teacher that `uvanet.list_models` lists, or the path of an .onnx file, which
            needs no card; empty for the first installed teacher.

    Raises:
        UvanetError: There is no such teacher.
    """
    if name.lower().endswith(".onnx"):
        path = expand_user(name)
        if not path.is_file():
            raise ModelError(
                tr("There is no teacher {path}.").format(path=path), tr("Check the path.")
            )
        beside = path.with_suffix(".json")
        if beside.is_file() and read_card(beside).role == "student":
            raise UsageError(
                tr("{name} is a student.").format(name=path.name), tr("Choose a teacher.")
            )
        return path
    teachers = [card.name for card in list_models() if card.role == "teacher"]
    if not name:
        if teachers:
            return resolve_model(teachers[0]).verified()[0]
        raise UsageError(
            tr("No teacher is installed that could label the frames."),
            tr("Give the path of a teacher's .onnx file."),
        )
    path, card = resolve_model(name).verified()
    if card.role != "teacher":
        raise UsageError(
            tr("{name} is a student.").format(name=name),
            tr("Choose a teacher: {choices}.").format(choices=", ".join(teachers) or "a path"),
        )
    return path


class _Session:
    """The session of a teacher's ONNX file.

    Pictures are resized to the input size of the file if that is fixed; otherwise they keep their
    aspect ratio.

    Raises:
        ModelError: The file is no ONNX model, or no teacher.
    """

    def __init__(self, path: Path, threads: int) -> None:
        self._session = OnnxSession(path, threads)
        nodes = self._session.inputs
        self._size = list(nodes["frame"].shape[1:3]) if "frame" in nodes else []
        self._channels = nodes["earlier"].shape[1] if "earlier" in nodes else 0
        self._outputs = self._session.outputs
        try:
            found, _ = self.step(self.shown(np.zeros((64, 64, 3), np.uint8)))
        except Exception as error:
            raise ModelError(
                tr("{name} does not run as a teacher: {error}").format(
                    name=path.name, error=str(error).strip().splitlines()[-1]
                ),
                tr("It must take `frame`, RGB bytes (n, h, w, 3), and give a map a picture."),
            ) from error
        if found.ndim != 2:
            raise ModelError(
                tr("{name} gives {ndim} dimensions where a map has two.").format(
                    name=path.name, ndim=found.ndim
                ),
                tr("Choose another teacher."),
            )

    @property
    def streams(self) -> bool:
        """Whether the teacher takes the state of an earlier frame."""
        return bool(self._channels)

    def shown(self, image: Image, area: int = TEACHER_AREA) -> Image:
        """Resizes a picture to the teacher's input, (1, h, w, 3), with about `area` pixels."""
        rows, columns = image.shape[:2]
        fixed = all(isinstance(side, int) for side in self._size)
        height, width = self._size if fixed else fit_to_area(rows, columns, area)
        shrinks = rows > height and columns > width
        kernel = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        return np.asarray(cv2.resize(image, (width, height), interpolation=kernel)[None], np.uint8)

    def step(self, frame: Image, state: State | None = None) -> tuple[Map, State | None]:
        """Returns the map of a frame, which `shown` has resized, and its state."""
        fed: dict[str, NDArray[Any]] = {"frame": frame}
        if self.streams:
            rows, columns = (side // STATE_STRIDE for side in frame.shape[1:3])
            none = np.zeros((1, self._channels, rows, columns), np.float32)
            fed["earlier"] = none if state is None else state
        found = dict(zip(self._outputs, self._session.run(None, fed), strict=True))
        return np.asarray(found[self._outputs[0]][0], np.float32), found.get("features")


def load_teacher(path: Path, threads: int) -> Labeller:
    """Returns a teacher as a function from a frame and the one about 100 ms before to a map.

    A teacher that takes a state gets both frames; other teachers get the later frame alone.

    Raises:
        ModelError: The file is no ONNX model, or no teacher.
    """
    session = _Session(path, threads)

    def label(now: Image, before: Image) -> Map:
        state = session.step(session.shown(before))[1] if session.streams else None
        return session.step(session.shown(now), state)[0]

    return label


def load_spatial(path: Path, threads: int) -> Callable[[Image], Map]:
    """Returns a teacher as a function from an RGB picture of any size to a density of sum 1.

    Raises:
        ModelError: The file is no ONNX model, or no teacher.
    """
    session = _Session(path, threads)

    def label(image: Image) -> Map:
        return _density(session.step(session.shown(image, _area(image)))[0])

    return label


class LogDensityTeacher:
    """A spatial teacher that labels whole pictures for later cropping.

    A teacher adds a center bias to its logits. A crop has its own center, so the logits of the
    picture are cropped without that bias, and `add_center_bias` adds it to the crop.

    Args:
        path: ONNX file of a spatial teacher. If its graph has no center bias of its own, as that of
            a user's teacher, the logits are used unchanged.
        threads: Threads of one call.

    Attributes:
        center_bias: Center bias of the logits, float32 (rows, columns), symmetric left to right; to
            be resized to a picture or crop.
        key: Fingerprint of the file.

    Raises:
        ModelError: The file is no ONNX model, or no teacher.
    """

    def __init__(self, path: Path, threads: int = 1) -> None:
        self._session = _Session(path, threads)
        self._bias = _center_bias(path)
        self.center_bias = np.asarray((self._bias + self._bias[:, ::-1]) / 2, np.float32)
        self.key = file_hash(path)[:16]

    def log_density(self, image: Image) -> Map:
        """Returns logits without center bias, the mean of the picture's and its mirror image's.

        Args:
            image: RGB uint8 (h, w, 3) of any size, a whole picture or frame.

        Returns:
            Float32 (h', w'), an eighth of the teacher's input size.
        """
        frame = self._session.shown(image, _area(image))
        direct, mirrored = (
            np.log(np.maximum(self._session.step(view)[0], np.finfo(np.float32).tiny))
            - resize_logits(self._bias, (frame.shape[1] // 8, frame.shape[2] // 8))
            for view in (frame, np.ascontiguousarray(frame[:, :, ::-1]))
        )
        return np.asarray((direct + mirrored[:, ::-1]) / 2, np.float32)

    def density(self, image: Image) -> Map:
        """Returns the density of a whole picture, float32 (h', w') of sum 1."""
        return add_center_bias(self.log_density(image), self.center_bias)


def add_center_bias(logits: Map, center_bias: Map) -> Map:
    """Returns the density, float32 (h, w) of sum 1, of a picture or crop.

    Args:
        logits: Logits without center bias, (h, w).
        center_bias: Center bias of any size, which is resized.
    """
    biased = logits + resize_logits(center_bias, logits.shape)
    density = np.exp(biased - biased.max())
    return np.asarray(density / density.sum(), np.float32)


def resize_logits(logits: Map, shape: tuple[int, ...]) -> Map:
    """Enlarges logits (h, w) to a shape by bicubic interpolation, as in the teacher's graph."""
    size = (shape[1], shape[0])
    return np.asarray(cv2.resize(logits, size, interpolation=cv2.INTER_CUBIC), np.float32)


def load_temporal(path: Path, threads: int) -> Callable[[Image, State | None], tuple[Map, State]]:
    """Returns a temporal teacher as a function; see `Teachers.temporal`.

    Raises:
        ModelError: The file is no ONNX model, or no teacher.
        UsageError: The teacher takes single pictures only.
    """
    session = _Session(path, threads)
    if not session.streams:
        raise UsageError(
            tr("{stem} sees no motion, only single pictures.").format(stem=path.stem),
            tr("Choose a temporal teacher whose file takes `earlier` and gives `features`."),
        )

    def label(image: Image, state: State | None) -> tuple[Map, State]:
        found, after = session.step(session.shown(image), state)
        return _density(found), np.asarray(after, np.float32)

    return label


def open_teachers(spatial: Path, temporal: Path, threads: int) -> Teachers:
    """Opens the two teachers of a run.

    Raises:
        ModelError: A file is no ONNX model, or no teacher.
        UsageError: The temporal teacher takes single pictures only.
    """
    files = (spatial, temporal)
    digests = [file_hash(path)[:16] for path in files]
    labellers = load_spatial(spatial, threads), load_temporal(temporal, threads)
    return Teachers(*labellers, digests[0], "".join(digests), files)


def chosen_teachers(spatial: str = "", temporal: str = "", threads: int = 1) -> Teachers:
    """Finds and opens the two teachers of a run by name.

    Args:
        spatial: Spatial teacher, as `find_teacher` takes it; empty for the shipped one.
        temporal: Temporal teacher, likewise.
        threads: Threads of one call.

    Raises:
        UvanetError: A teacher is missing, or does not run.
    """
    files = find_teacher(spatial or SPATIAL), find_teacher(temporal or TEMPORAL)
    return open_teachers(*files, threads)


def _density(saliency: Map) -> Map:
    # A map without a value above zero becomes an even density.
    positive = np.maximum(saliency, 0) + 1e-12
    return np.asarray(positive / positive.sum(), np.float32)


def _area(image: Image) -> int:
    """Number of pixels of a spatial teacher's input for a picture."""
    # Small pictures are enlarged to the size of training; at smaller sizes details are missed.
    pixels: int = image.shape[0] * image.shape[1]
    return min(max(pixels, HEIGHT * WIDTH), TEACHER_AREA)


def _center_bias(path: Path) -> Map:
    """The mean center bias of a graph's readouts, times its logit scale; zero (1, 1) if none."""
    require("onnx", "cluster")
    import onnx
    from onnx import numpy_helper

    biases, scale = [np.zeros((1, 1), np.float32)], 1.0
    for weight in onnx.load(str(path)).graph.initializer:
        name = weight.name.rpartition(".")[2]
        if name == "centre_bias":
            biases.append(numpy_helper.to_array(weight)[0, 0])
        elif name == "sharpness":
            scale = float(numpy_helper.to_array(weight))
    return np.asarray(scale * np.mean(biases[1:] or biases, 0), np.float32)
