"""A whole clip looked through, faster than it plays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Generator

    import numpy as np
    from numpy.typing import NDArray

    from uvanet.sources.base import Source


class Steps(Protocol):
    """The part of `uvanet.Stream` a scan needs."""

    def step(self, image: NDArray[np.uint8], t: float, *, bgr: bool = False) -> NDArray[np.float32]:
        """Gives the map of the next frame."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One moment of a clip.

    Attributes:
        seconds: In the clip.
        saliency: float32, shape (h, w), 0..1.
        image: BGR, uint8, shape (h, w, 3).
    """

    seconds: float
    saliency: NDArray[np.float32]
    image: NDArray[np.uint8]


def scan(source: Source, network: Steps, step: float) -> Generator[Sample, None, None]:
    """Looks through a clip, from its start to its end.

    Every frame is decoded and one for each `step` seconds is given to the network, which for
    0.1 s is the distance at which its temporal branch compares. Closing the iterator closes the
    source.

    Args:
        source: Closed; opened and closed here.
        network: Not used by anyone else meanwhile.
        step: Seconds.

    Yields:
        The moments, in the order of time.

    Raises:
        SourceError: The source cannot be opened, or breaks half-way.
        ModelError: The network failed.
    """
    due = 0.0
    with source:
        while (frame := source.read()) is not None:
            # A frame in time is one that the next would be further from than this one.
            if frame.pts < due - 1e-6:
                continue
            due = (int(frame.pts / step + 1e-6) + 1) * step
            yield Sample(frame.pts, network.step(frame.image, frame.pts, bgr=True), frame.image)
