"""Prints the state of a live source on stderr."""

from __future__ import annotations

import sys

from tqdm import tqdm

from uvanet.i18n import tr
from uvanet.redaction import printable
from uvanet.sources import SourceCondition, SourceStatus


class StatusLines:
    """Prints each problem of a live source once, and its end, above a progress bar."""

    def __init__(self) -> None:
        self._shown = ""

    def __call__(self, status: SourceStatus) -> None:
        """Prints a line if the problem has changed."""
        if status.problem == self._shown:
            return
        self._shown = status.problem
        line = f"{status.problem} {status.hint}".rstrip()
        if status.condition is SourceCondition.RECONNECTING:
            line += " " + tr("Reconnecting; Ctrl-C ends the program.")
        elif status.condition is SourceCondition.OK:
            line = tr("The source sends frames again.")
        tqdm.write(f"uvanet: {printable(line)}", file=sys.stderr)
