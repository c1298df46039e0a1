"""The interface of a command of the command line."""

from __future__ import annotations

import argparse
from typing import Protocol


class Command(Protocol):
    """A command.

    Attributes:
        description: A few sentences for `--help`.
        examples: The last lines of `--help`.
    """

    description: str
    examples: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declares its arguments."""
        ...

    def run(self, arguments: argparse.Namespace) -> int:
        """Runs the command and gives the exit code.

        Raises:
            UvanetError: An error that the user can correct; the command line prints it.
        """
        ...
