"""All outputs of one export as a transaction: each is complete to the same frame, or not there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from uvanet.errors import OutputError
from uvanet.i18n import tr
from uvanet.redaction import printable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from uvanet.video.annotated_frame import AnnotatedFrame
    from uvanet.video.sinks import Sink


class WriteError(Exception):
    """An output could not take a frame; `error` says why."""

    def __init__(self, error: OutputError) -> None:
        super().__init__(error)
        self.error = error


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a transaction left behind.

    Attributes:
        paths: The outputs that are there.
        frames: Frames in each of them.
        problem: Why some outputs or frames are missing, and which; empty if all is there.
        note: What is missing from an output, such as its sound; usually empty.
    """

    paths: tuple[Path, ...]
    frames: int
    problem: str = ""
    note: str = ""


class Transaction:
    """Writes frames to several outputs and completes them together.

    Args:
        sinks: The outputs.

    Attributes:
        frames: Frames that every output has taken.
    """

    def __init__(self, sinks: Sequence[Sink]) -> None:
        self.frames = 0
        self._sinks = list(sinks)

    def write(self, item: AnnotatedFrame) -> None:
        """Adds a frame to every output.

        Raises:
            WriteError: One could not take it; go on with `keep`.
        """
        try:
            for sink in self._sinks:
                sink.write(item)
        except OutputError as error:
            raise WriteError(error) from error
        self.frames += 1

    def complete(self) -> Outcome:
        """Completes all outputs and gives them their names.

        Raises:
            OutputError: None of them could be completed; nothing is left.
        """
        return self._finish(None, None)

    def keep(self, error: OutputError) -> Outcome:
        """After a failure: keeps the first frames that all outputs can show.

        Args:
            error: The failure.

        Raises:
            OutputError: The failure, if nothing can be kept; nothing is left.
        """
        counts = {id(sink): min(sink.available(), self.frames) for sink in self._sinks}
        frames = min((count for count in counts.values() if count), default=0)
        if not frames:
            self.abort()
            raise error
        for sink in self._sinks:
            if not counts[id(sink)]:
                sink.abort()
        kept = [sink for sink in self._sinks if counts[id(sink)]]
        return self._finish(frames, error, kept)

    def abort(self) -> None:
        """Removes all outputs that were not committed."""
        for sink in self._sinks:
            sink.abort()

    def _finish(
        self, frames: int | None, reason: OutputError | None, sinks: Sequence[Sink] | None = None
    ) -> Outcome:
        """Stages all, then commits all; an output that fails is removed."""
        errors = [reason] if reason is not None else []
        staged: list[Sink] = []
        for sink in self._sinks if sinks is None else sinks:
            try:
                sink.stage(frames)
                staged.append(sink)
            except OutputError as error:
                errors.append(error)
        if not staged:
            if frames is None:
                # Not even one end fitted: fewer frames may.
                return self.keep(errors[0])
            self.abort()
            raise errors[0]
        written: list[Sink] = []
        for sink in staged:
            try:
                sink.commit()
                written.append(sink)
            except OutputError as error:
                errors.append(error)
        for sink in self._sinks:
            if sink not in staged:
                sink.abort()
        if not written:
            raise errors[0]
        missing = [printable(sink.path) for sink in self._sinks if sink not in written]
        problem = str(errors[0]) if errors else ""
        if missing:
            problem += " " + tr("Not written: {names}.").format(names=", ".join(missing))
        return Outcome(
            paths=tuple(sink.path for sink in written),
            frames=self.frames if frames is None else frames,
            problem=problem,
            note=" ".join(sink.note for sink in written if sink.note),
        )
