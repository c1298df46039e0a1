"""The interface of an engine: runs one network on single frames or batches."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from uvanet.errors import ModelError
from uvanet.i18n import tr
from uvanet.redaction import excerpt

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy as np
    from numpy.typing import NDArray

STATE_STRIDE = 4
"""A network's features are this many times smaller than its input, in height and width."""

LAG = 0.1
"""Seconds between the two frames that a student's temporal branch compares; fixed in training."""

MAX_SIDE = 4096
"""Largest height or width of a network's input, pixels."""

MAX_FRAMES = 256
"""Largest number of frames that a network may take at once."""

MAX_INPUT_VALUES = 1 << 27
"""Largest number of values of a network's input: 512 MiB of float32."""


class Step(NamedTuple):
    """Result of one streaming step.

    Attributes:
        saliency: float32, (n, h, w), 0..1; the maximum of each map is 1.
        features: Input `earlier` of a later step, (n, ...); of UVA-Net models the state of the
            frames, float32. None for a network without memory.
    """

    saliency: NDArray[np.float32]
    features: NDArray[Any] | None


class Engine(Protocol):
    """Runs a network on single frames or batches.

    Attributes:
        input_size: Height and width of the input, pixels. If `dynamic_input_size` is set, only the
            number of pixels matters.
        dynamic_input_size: Whether the network takes any input size. It then gets a size with the
            aspect ratio of the picture; see `uvanet.runtime.input_size`.
        size_multiple: A dynamic height and width must be multiples of this number.
        memory: Length of the time before a frame on which its map depends, seconds; longer where
            frames are more than `lag` apart.
        lag: Age of the features that a step takes as `earlier`, seconds.
    """

    input_size: tuple[int, int]
    dynamic_input_size: bool
    size_multiple: int
    memory: float
    lag: float

    def step(self, frames: NDArray[np.uint8], earlier: NDArray[Any] | None = None) -> Step:
        """Predicts the maps of a batch.

        Args:
            frames: RGB, uint8, (n, height, width, 3).
            earlier: Features of the frames `lag` seconds before. None for still pictures and first
                frames; a network with memory then needs a second pass.

        Raises:
            ModelError: The network fails, or was canceled.
        """
        ...

    def cancel(self) -> None:
        """Ends a running step and all later ones with a ModelError. Thread-safe.

        A torch engine completes the running step.
        """
        ...


@contextlib.contextmanager
def time_limit(engine: Engine, seconds: float) -> Iterator[None]:
    """Cancels an engine that runs longer than a time limit, since a network may never end.

    Args:
        engine: The engine; it cannot be used after a time-out.
        seconds: Time limit for the whole block.

    Raises:
        ModelError: The block took too long.
    """
    timer = threading.Timer(seconds, engine.cancel)
    timer.daemon = True
    timer.start()
    try:
        yield
    except ModelError as error:
        if timer.finished.is_set():
            raise ModelError(
                tr("The model gave no map within {seconds:g} seconds.").format(seconds=seconds),
                tr("It is too slow for this computer, or never ends; choose another model."),
            ) from error
        raise
    finally:
        timer.cancel()
        timer.join()


def failed_step(name: str, inputs: Iterable[NDArray[Any]], error: Exception) -> ModelError:
    """The exception for a network that fails on its inputs.

    Args:
        name: Name of the network or its file.
        inputs: The inputs.
        error: What the library that runs the network raised.
    """
    shapes = ", ".join(str(values.shape) for values in inputs)
    reason = (str(error).strip().splitlines() or [type(error).__name__])[-1]
    return ModelError(
        tr("{name} failed on its input of shape {shapes}: {reason}").format(
            name=name, shapes=shapes, reason=excerpt(reason, 300)
        ),
        tr("Look at size, layout and frames."),
    )


def check_input_size(name: str, height: int, width: int, frames: int = 1) -> None:
    """Checks the input of a network against `MAX_SIDE`, `MAX_FRAMES` and `MAX_INPUT_VALUES`.

    Args:
        name: Name of the file, for the message.
        height: Height of the input, pixels.
        width: Width of the input, pixels.
        frames: Number of frames per input.

    Raises:
        ModelError: A number is out of bounds.
    """
    if not (1 <= height <= MAX_SIDE and 1 <= width <= MAX_SIDE):
        raise ModelError(
            tr("{name} takes pictures of {width} x {height} pixels.").format(
                name=name, width=width, height=height
            ),
            tr("Choose a model with sides of 1 to {most} pixels.").format(most=MAX_SIDE),
        )
    if not 1 <= frames <= MAX_FRAMES:
        raise ModelError(
            tr("{name} takes {frames} frames at once.").format(name=name, frames=frames),
            tr("Choose a model with 1 to {most}.").format(most=MAX_FRAMES),
        )
    if frames * height * width * 3 > MAX_INPUT_VALUES:
        raise ModelError(
            tr(
                "{name} takes {frames} frames of {width} x {height} pixels at once, which is "
                "too much memory."
            ).format(name=name, frames=frames, width=width, height=height),
            tr("Choose a model with a smaller input."),
        )
