"""`python -m app`: the same as `uvanet run`."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from app.cli import RUN

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the program.

    Args:
        argv: The arguments; None for those of the process.

    Returns:
        The exit code.
    """
    parser = argparse.ArgumentParser(prog="uvanet run", description=RUN.description)
    RUN.add_arguments(parser)
    return RUN.run(parser.parse_args(argv))


if __name__ == "__main__":
    sys.exit(main())
