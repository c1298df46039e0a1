"""Where annotated frames go: what every output is."""

from __future__ import annotations

import abc
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from uvanet.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from uvanet.sources import Frame


@dataclass(frozen=True, slots=True)
class Annotated:
    """A frame and its maps.

    Attributes:
        frame: As the source gave it.
        at: When it is shown in what is written, seconds from the first.
        saliency: The network's map, float32, (h, w), 0..1.
        smoothed: The same, averaged over time, for showing.
        teacher: The second model's map, averaged over time; None where there is none.
    """

    frame: Frame
    at: Fraction
    saliency: NDArray[np.float32]
    smoothed: NDArray[np.float32]
    teacher: NDArray[np.float32] | None = None


class Sink(abc.ABC):
    """Takes annotated frames, in order."""

    @abc.abstractmethod
    def write(self, item: Annotated) -> None:
        """Adds a frame.

        Raises:
            OutputError: It cannot be written.
        """

    @abc.abstractmethod
    def close(self) -> str:
        """Finishes what was written.

        Returns:
            What is missing from it, for people; usually nothing.

        Raises:
            OutputError: It cannot be finished.
        """

    @abc.abstractmethod
    def keep(self) -> int:
        """After an error: saves what is whole, and takes back the rest.

        Returns:
            How many frames were saved.
        """

    @abc.abstractmethod
    def abort(self) -> None:
        """Takes back everything that is not whole."""


class Outputs(Sink):
    """Several outputs of one export.

    Args:
        sinks: The outputs.
    """

    def __init__(self, sinks: Sequence[Sink]) -> None:
        self._sinks = sinks

    def write(self, item: Annotated) -> None:
        """See `Sink.write`."""
        for sink in self._sinks:
            sink.write(item)

    def close(self) -> str:
        """See `Sink.close`; one that fails does not keep the next from being finished."""
        notes, failure = [], None
        for sink in self._sinks:
            try:
                notes.append(sink.close())
            except OutputError as error:
                failure = failure or error
        if failure is not None:
            raise failure
        return " ".join(note for note in notes if note)

    def keep(self) -> int:
        """See `Sink.keep`; the fewest frames of any output."""
        return min(sink.keep() for sink in self._sinks)

    def abort(self) -> None:
        """See `Sink.abort`."""
        for sink in self._sinks:
            sink.abort()


def unwritable(path: Path, error: OSError) -> OutputError:
    """What to say where the system refused to write."""
    return OutputError(
        f"{path} cannot be written: {error.strerror or error}.",
        "Look at the free space of the disk, or choose another place.",
    )


def remove(path: Path) -> None:
    """Removes a file, if it is there and can be."""
    with contextlib.suppress(OSError):
        path.unlink()
