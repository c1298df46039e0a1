"""The interface of an engine: runs one network on single frames or batches."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from uvanet.errors import ModelError
from uvanet.i18n import tr

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

STATE_STRIDE = 4
"""A network's features are this many times smaller than its input, in height and width."""

LAG = 0.1
"""Seconds between the two frames that a student's temporal branch compares, as in training."""

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
        features: What a later step takes as `earlier`, (n, ...): the frames' stem features,
            float32, for our own models; None for a network without memory.
    """

    saliency: NDArray[np.float32]
    features: NDArray[Any] | None


class Engine(Protocol):
    """Runs a network on single frames or batches.

    Attributes:
        input_size: Height and width of the input, pixels. Where `dynamic_input_size` is set, an
            input of any aspect ratio with as many pixels.
        dynamic_input_size: The network takes any input size and is given one in the picture's
            aspect ratio; see `uvanet.runtime.input_size`.
        size_multiple: A dynamic height and width are multiples of it.
        memory: How many seconds before a frame its map still depends on.
        lag: Age in seconds of the features that a step takes as `earlier`.
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
            earlier: Features of the frames `lag` seconds before; None for still pictures and first
                frames, which costs a second pass where the network has a memory.

        Raises:
            ModelError: The network fails, or was canceled.
        """
        ...

    def cancel(self) -> None:
        """Ends a running step with a ModelError, and every later one. Any thread.

        An engine of torch finishes the step that runs.
        """
        ...


@contextlib.contextmanager
def time_limit(engine: Engine, seconds: float) -> Iterator[None]:
    """Cancels an engine that is still running when the time is up: a network may never end.

    Args:
        engine: Of no more use after a time-out.
        seconds: For all steps of the block together.

    Raises:
        ModelError: The time was up before the block ended.
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


def check_input_size(name: str, height: int, width: int, frames: int = 1) -> None:
    """Checks the input of a network against `MAX_SIDE`, `MAX_FRAMES` and `MAX_INPUT_VALUES`.

    Args:
        name: Of the file, for the message.
        height: Pixels.
        width: Pixels.
        frames: Frames at once.

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
