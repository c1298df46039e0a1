"""The inference thread: newest frame in, map and paintable picture out."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, cast

import cv2
import numpy as np

from app.pipeline.events import InferenceFailed, ModelChanged, ModelRefused
from app.pipeline.packets import FramePacket, SaliencyPacket
from app.pipeline.predictor import Predictor
from uvanet.errors import ModelError, UvanetError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from app.pipeline.clock import Clock
    from app.pipeline.latest_slot import LatestSlot
    from app.pipeline.predictor import PredictorFactory

logger = logging.getLogger(__name__)

MAX_PAINT_SIDE = 4096
_EMPTY_SIDE = 8
_MOST_MESSAGES = 32


class Inference:
    """Runs the network on its own thread; no error of the network ends it.

    Args:
        predictor: The network, or a factory to be run on the thread.
        frames: Where frames come from; closing it ends the thread.
        stale: Whether a frame is pointless by now (and was written off by that very call).
        publish: Takes each result.
        inferred: Told when each map was ready and how long it took, in seconds.
        failed: Told of each frame on which the network raised.
        emit: Takes the events of the network.
        clock: The time to live by.
    """

    def __init__(
        self,
        predictor: Predictor | PredictorFactory,
        *,
        frames: LatestSlot[FramePacket],
        stale: Callable[[FramePacket], bool],
        publish: Callable[[SaliencyPacket], None],
        inferred: Callable[[float, float], None],
        failed: Callable[[FramePacket], None],
        emit: Callable[[InferenceFailed | ModelChanged | ModelRefused], None],
        clock: Clock,
    ) -> None:
        self._given = predictor
        self._predictor: Predictor | None = None
        self._frames = frames
        self._stale = stale
        self._publish = publish
        self._inferred = inferred
        self._failed = failed
        self._emit = emit
        self._clock = clock
        self._epoch: int | None = None
        self._told: set[str] = set()
        self._lock = threading.Lock()
        self._next: tuple[Predictor, str] | None = None
        self._thread = threading.Thread(target=self._run, name="uvanet-inference", daemon=True)
        self._thread.start()

    def use(self, predictor: Predictor, name: str) -> None:
        """Puts a network in the place of the one that runs, from the next frame on.

        It is on trial with that frame: where it raises, the one before it takes the frame and
        goes on. ModelChanged or ModelRefused follows, unless another `use` comes first.

        Args:
            predictor: Ready to run; used from the inference thread alone from here on.
            name: For the events.
        """
        with self._lock:
            self._next = predictor, name

    def join(self, timeout: float) -> bool:
        """Waits for the thread; False where it is still there."""
        if self._thread is not threading.current_thread():
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            self._predictor = make(self._given)
        except Exception as error:  # noqa: BLE001 - told and logged below
            self._tell(error, "The model cannot be loaded")
        while (frame := self._frames.take()) is not None:
            if not self._stale(frame):
                self._process(frame)

    def _process(self, frame: FramePacket) -> None:
        with self._lock:
            trial, self._next = self._next, None
        start = self._clock.now()
        saliency: NDArray[np.float32] | None = None
        changed: ModelChanged | None = None
        try:
            if trial is not None and (saliency := self._try(*trial, frame)) is not None:
                changed = ModelChanged(trial[1])
            else:
                saliency = self._predict(frame)
        except Exception as error:  # noqa: BLE001 - told and logged below
            self._tell(error, "The model failed on a frame")
        ready = self._clock.now()
        if saliency is None:
            self._failed(frame)
            saliency = np.zeros((_EMPTY_SIDE, _EMPTY_SIDE), np.float32)
            failed = True
        else:
            self._inferred(ready, ready - start)
            failed = False
        try:
            bgra = paintable(frame.image)
        except Exception as error:  # noqa: BLE001 - told and logged below
            # Out of memory on a huge picture, or a source that gives what is no picture.
            self._failed(frame)
            self._tell(error, "A frame cannot be shown")
            return
        self._publish(SaliencyPacket(frame, saliency, ready, ready - start, bgra, failed))
        if changed is not None:
            self._emit(changed)

    def _try(
        self, predictor: Predictor, name: str, frame: FramePacket
    ) -> NDArray[np.float32] | None:
        """Puts a new network in; None, and the old one in its place, where it raises."""
        before, epoch = self._predictor, self._epoch
        self._predictor, self._epoch = predictor, None
        try:
            saliency = self._predict(frame)
        except Exception as error:
            logger.exception("%s was refused", name)
            self._predictor, self._epoch = before, epoch
            self._emit(ModelRefused(name, known_error(error, f"{name} failed on its first frame")))
            return None
        self._told.clear()  # what the old one said does not speak for the new one
        return saliency

    def _predict(self, frame: FramePacket) -> NDArray[np.float32] | None:
        """The map; None where there is no network, of which the user was told."""
        if self._predictor is None:
            return None
        if frame.epoch != self._epoch:
            self._predictor.reset()
            self._epoch = frame.epoch
        return checked_map(self._predictor.step(frame.image, frame.t_scene, bgr=True))

    def _tell(self, error: Exception, what: str) -> None:
        known = known_error(error, what)
        message = str(known)
        # Messages that carry a number could differ for ever.
        if message in self._told or len(self._told) >= _MOST_MESSAGES:
            return
        self._told.add(message)
        logger.error("%s", message, exc_info=error)
        self._emit(InferenceFailed(known))


def checked_map(saliency: object) -> NDArray[np.float32]:
    """A network's map as float32, contiguous.

    Raises:
        ModelError: It is no picture of finite numbers.
    """
    checked = np.ascontiguousarray(saliency, np.float32)
    if checked.ndim != 2 or not checked.size or not np.isfinite(checked).all():
        raise ModelError("The model gave a map that is not a finite picture.", "Try another model.")
    return checked


def known_error(error: Exception, what: str) -> UvanetError:
    """The error as users are told it.

    Args:
        error: Whatever was raised.
        what: What went wrong, where the error does not say it for users.
    """
    if isinstance(error, UvanetError):
        return error
    detail = f"{type(error).__name__}: {error}".rstrip(": ")
    return ModelError(f"{what} ({detail}).", "Try another model, and see the log.")


def paintable(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Turns a picture into what Qt paints fastest.

    Args:
        image: BGR, uint8, (h, w, 3).

    Returns:
        BGRA with alpha 255, uint8, (h', w', 4), a new array, contiguous; scaled down where a
        side is above MAX_PAINT_SIDE.
    """
    height, width = image.shape[:2]
    scale = MAX_PAINT_SIDE / max(height, width)
    if scale < 1:
        size = max(1, round(width * scale)), max(1, round(height * scale))
        image = cast("NDArray[np.uint8]", cv2.resize(image, size, interpolation=cv2.INTER_AREA))
    return cast("NDArray[np.uint8]", cv2.cvtColor(image, cv2.COLOR_BGR2BGRA))


def make(given: Predictor | PredictorFactory) -> Predictor:
    """The network itself, made where a factory was given."""
    # A class has the methods too, but makes the network.
    if isinstance(given, Predictor) and not isinstance(given, type):
        return given
    return given()
