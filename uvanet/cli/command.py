"""What a command of the command line is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import argparse


class Command(Protocol):
    """A command.

    Attributes:
        description: What it does, a few sentences, for `--help`.
        examples: Lines at the end of `--help`.
    """

    description: str
    examples: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declares its arguments."""
        ...

    def run(self, arguments: argparse.Namespace) -> int:
        """Does it and gives the exit code.

        Raises:
            UvanetError: Something the user can mend; the command line prints it.
        """
        ...
