"""The programs `uvanet` and `uvanet-live`; everything else is imported where Ctrl-C is handled."""

from __future__ import annotations

import _thread
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_AGAIN_SECONDS = 0.05


def main(argv: Sequence[str] | None = None) -> int:
    """The program `uvanet`, and `python -m uvanet`.

    Args:
        argv: Arguments without the program's name; None: those of the process.

    Returns:
        The exit code.
    """
    sys.unraisablehook = _on_unraisable
    try:
        from uvanet.cli import main as run

        return run(argv)
    except KeyboardInterrupt:
        if sys.stderr is not None:
            sys.stderr.write("uvanet: interrupted\n")
        return 130


def live() -> int:
    """The program `uvanet-live`: opens the window without arguments, else runs the command line.

    Returns:
        The exit code.
    """
    return main(sys.argv[1:] or ["run"])


def _on_unraisable(details: sys.UnraisableHookArgs) -> None:
    """Handles an exception that nobody could catch: one of a finalizer or a weak reference.

    Python would print its traceback and go on. An import has weak references, too, and would lose
    a Ctrl-C.
    """
    if issubclass(details.exc_type, KeyboardInterrupt):
        _thread.start_new_thread(_interrupt_again, ())
        return
    import logging

    kind, error = details.exc_type.__name__, details.exc_value
    logging.getLogger(__name__).warning("ignored, %s: %s", kind, error)


def _interrupt_again() -> None:
    # When the hook has returned: raised within it, the exception would be lost again.
    time.sleep(_AGAIN_SECONDS)
    _thread.interrupt_main()
