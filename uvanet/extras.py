"""Optional dependencies: what is missing is named with the command that installs it."""

from __future__ import annotations

import sys
from importlib.util import find_spec

from uvanet.errors import MissingExtraError


def is_installed(module: str) -> bool:
    """Whether a module can be imported; it is not imported."""
    return find_spec(module) is not None


def require(module: str, extra: str) -> None:
    """Checks that an optional dependency is installed.

    Args:
        module: Name of the module.
        extra: The extra of `uvanet` that installs it.

    Raises:
        MissingExtraError: It is not installed.
    """
    if is_installed(module):
        return
    command = f"pip install 'uvanet[{extra}]'"
    if getattr(sys, "frozen", False):
        raise MissingExtraError(
            f"{module} is not part of this bundle.",
            f"Install the Python package beside it: {command}.",
        )
    raise MissingExtraError(f"{module} is not installed.", f"Install it with: {command}.")
