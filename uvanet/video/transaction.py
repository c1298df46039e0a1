"""All outputs of an export as one transaction: they end at the same frame, or are removed."""

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
    """An output could not write a frame; `error` states the cause."""

    def __init__(self, error: OutputError) -> None:
        super().__init__(error)
        self.error = error


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a transaction.

    Attributes:
        paths: The outputs that were written.
        frames: Number of frames in each output.
        problem: Which outputs or frames are missing, and why; empty if none are.
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
        frames: Number of frames that all outputs have written.
    """

    def __init__(self, sinks: Sequence[Sink]) -> None:
        self.frames = 0
        self._sinks = list(sinks)

    def write(self, item: AnnotatedFrame) -> None:
        """Adds a frame to every output.

        Raises:
            WriteError: An output could not write it; call `keep` next.
        """
        try:
            for sink in self._sinks:
                sink.write(item)
        except OutputError as error:
            raise WriteError(error) from error
        self.frames += 1

    def complete(self) -> Outcome:
        """Completes all outputs and renames them to their final names.

        Raises:
            OutputError: No output could be completed; all were removed.
        """
        return self._finish(None, None)

    def keep(self, error: OutputError) -> Outcome:
        """Keeps the first frames that all outputs have, after a failure.

        An output without any complete frame is removed.

        Args:
            error: The failure.

        Raises:
            OutputError: `error`, if no frame can be kept; all outputs were removed.
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
                # No output could be completed; with fewer frames there may be enough space.
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
