"""What a live source reports about itself, as lines on stderr."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tqdm import tqdm

from uvanet.redaction import printable
from uvanet.sources import SourceCondition

if TYPE_CHECKING:
    from uvanet.sources import SourceStatus


class StatusLines:
    """Writes each problem of a live source once, and its end, without breaking a progress bar."""

    def __init__(self) -> None:
        self._shown = ""

    def __call__(self, status: SourceStatus) -> None:
        """Writes a line if the problem is another one than before."""
        if status.problem == self._shown:
            return
        self._shown = status.problem
        line = f"{status.problem} {status.hint}".rstrip()
        if status.condition is SourceCondition.RECONNECTING:
            line += " Trying again; Ctrl-C ends it."
        elif status.condition is SourceCondition.OK:
            line = "The source sends frames again."
        tqdm.write(f"uvanet: {printable(line)}", file=sys.stderr)
