"""Predicts the maps of a whole clip, faster than real time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Generator

    import numpy as np
    from numpy.typing import NDArray

    from uvanet.decoded_picture import DecodedPicture
    from uvanet.sources.base import Source


class Steps(Protocol):
    """The method of `uvanet.Stream` that a scan needs."""

    def step(
        self, image: NDArray[np.uint8] | DecodedPicture, t: float, *, bgr: bool = False
    ) -> NDArray[np.float32]:
        """Returns the map of the next frame."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One frame of a clip with its map.

    Attributes:
        seconds: Time in the clip.
        saliency: float32, shape (h, w), 0..1.
        image: BGR, uint8, shape (h, w, 3).
    """

    seconds: float
    saliency: NDArray[np.float32]
    image: NDArray[np.uint8]


def scan(source: Source, network: Steps, step: float) -> Generator[Sample, None, None]:
    """Predicts a map for each `step` seconds of a clip, from start to end.

    All frames are decoded. The default step of a record, 0.1 s, is the distance of the frames that
    the temporal branch compares. Closing the iterator closes the source.

    Args:
        source: A closed source, which is opened and closed here.
        network: The network; no other thread may use it during the scan.
        step: Interval of the maps, seconds.

    Yields:
        The samples in the order of time.

    Raises:
        SourceError: The source cannot be opened, or fails on the way.
        ModelError: The network failed.
    """
    due = 0.0
    with source:
        while (frame := source.read()) is not None:
            if frame.pts < due - 1e-6:
                continue
            due = (int(frame.pts / step + 1e-6) + 1) * step
            yield Sample(frame.pts, network.step(frame.picture, frame.pts, bgr=True), frame.image)
