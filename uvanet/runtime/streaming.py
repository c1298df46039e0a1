"""Runs an engine on the frames of a video, and stores the features of earlier frames for it."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from uvanet.decoded_picture import DecodedPicture
from uvanet.runtime.input_size import input_size
from uvanet.runtime.preprocess import InputResizer, check_image

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from uvanet.runtime.engine import Engine

SAME_AGE = 0.002
"""Seconds; time stamps are rounded, so that smaller differences of ages mean nothing."""

MAX_AGE = 0.5 + SAME_AGE
"""Seconds; features of older frames are not used, since they do not show the current motion."""


class StreamingEngine:
    """Runs an engine on a sequence of frames. Not thread-safe.

    At any frame rate, a student's temporal branch compares a frame with the one about 100 ms
    (`Engine.lag`) before. The features of earlier frames are stored, so that each frame needs one
    pass.

    Args:
        engine: Any engine; one without memory predicts each frame alone.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._resizer = InputResizer(engine.input_size)
        self._past: deque[tuple[float, NDArray[Any]]] = deque()

    def reset(self) -> None:
        """Forgets earlier frames: after a jump in time, or before another video."""
        self._past.clear()

    def cancel(self) -> None:
        """See `Engine.cancel`."""
        self._engine.cancel()

    def step(
        self, image: NDArray[np.uint8] | DecodedPicture, t: float, *, bgr: bool = False
    ) -> NDArray[np.float32]:
        """Predicts the map of the next frame at the network's resolution.

        Args:
            image: RGB, uint8, (h, w, 3); or a decoded picture, see `Frame.picture`.
            t: Time of the frame, seconds. A time before that of the last frame resets the memory.
            bgr: Whether the channel order is BGR.

        Returns:
            float32, (h', w'), 0..1, for the whole picture; the maximum is 1.

        Raises:
            UsageError: `image` has another type or shape.
            ModelError: The network fails.
        """
        if not isinstance(image, DecodedPicture):
            check_image(image)
        size = input_size(self._engine, image)
        if size != self._resizer.size:
            self.reset()
            self._resizer = InputResizer(size)
        small = self._resizer(image, bgr=bgr)
        saliency, features = self._engine.step(small[None], self._earlier(t))
        if features is not None:
            self._past.append((t, features))
        result: NDArray[np.float32] = saliency[0]
        return result

    def _earlier(self, t: float) -> NDArray[Any] | None:
        """The features nearest to `lag` seconds before `t`; None without any.

        Of equally near ones, such as those 80 and 120 ms before at 25 frames a second, the earlier.
        """
        past, wanted = self._past, t - self._engine.lag
        if past and not t - past[-1][0] >= 0:  # also where a time is not a number
            past.clear()
        while past and past[0][0] < t - MAX_AGE:
            past.popleft()
        # Of two frames before the wanted time, the second is always nearer.
        while len(past) > 1 and past[1][0] <= wanted:
            past.popleft()
        if not past:
            return None
        # Only the first can be before the wanted time, so that no third one is nearer.
        if len(past) > 1 and past[1][0] - wanted <= wanted - past[0][0] - SAME_AGE:
            return past[1][1]
        return past[0][1]
