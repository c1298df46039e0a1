"""Interface of a network in the pipeline, and checks of what it gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from uvanet.decoded_picture import DecodedPicture
from uvanet.errors import MEMORY_HINT, ModelError, UvanetError, is_out_of_memory
from uvanet.i18n import tr, tr_noop


@runtime_checkable
class Predictor(Protocol):
    """A streaming predictor, such as `uvanet.Stream`. Used from one thread at a time."""

    def step(
        self, image: NDArray[np.uint8] | DecodedPicture, t: float, *, bgr: bool = False
    ) -> NDArray[np.float32]:
        """Predicts the saliency map of the next frame.

        Args:
            image: uint8, shape (h, w, 3), RGB, or BGR where `bgr` is set; or a decoded picture.
            t: Seconds; grows between two resets.
            bgr: Channel order.

        Returns:
            float32, shape (h', w'), values 0..1.
        """
        ...

    def reset(self) -> None:
        """Clears the memory of earlier frames."""
        ...


@runtime_checkable
class Cancelable(Protocol):
    """A predictor whose running step can be ended, such as `uvanet.Stream` on ONNX Runtime."""

    def cancel(self) -> None:
        """Ends a running step with an exception, and every later one. Any thread."""
        ...


PredictorFactory = Callable[[], Predictor]


def make_predictor(given: Predictor | PredictorFactory) -> Predictor:
    """Returns the predictor, or makes it where a factory is given."""
    # A class has the methods of a Predictor as well, but is a factory.
    if isinstance(given, Predictor) and not isinstance(given, type):
        return given
    return given()


def checked_map(saliency: object) -> NDArray[np.float32]:
    """Converts a network's map to a contiguous float32 array.

    Raises:
        ModelError: It is not a 2-D array of finite numbers.
    """
    checked = np.ascontiguousarray(saliency, np.float32)
    if checked.ndim != 2 or not checked.size or not np.isfinite(checked).all():
        raise ModelError(
            tr("The saliency map of the model is not a 2-D array of finite numbers."),
            tr("Try another model."),
        )
    return checked


def known_error(error: Exception, what: str) -> UvanetError:
    """Converts an exception of a network to one with a message for users.

    Args:
        error: Any exception; a UvanetError is returned as it is.
        what: What failed, translated, for exceptions without a message for users.
    """
    if isinstance(error, UvanetError):
        return error
    detail = f"{type(error).__name__}: {error}".rstrip(": ")
    hint = (
        MEMORY_HINT if is_out_of_memory(error) else tr_noop("Try another model, and see the log.")
    )
    return ModelError(f"{what} ({detail}).", tr(hint))


def cancel(predictor: Predictor | None) -> None:
    """Ends the running step of a predictor that is given up, where it is `Cancelable`."""
    if isinstance(predictor, Cancelable):
        predictor.cancel()


def no_answer(name: str, seconds: float) -> ModelError:
    """The error of a network whose `step` does not return."""
    return ModelError(
        tr("{name} has not answered for {seconds:.0f} seconds and was stopped.").format(
            name=name, seconds=seconds
        ),
        tr("Choose another model."),
    )
