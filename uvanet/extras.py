"""Checks optional dependencies; the error names the command that installs a missing one."""

from __future__ import annotations

import sys
from importlib.util import find_spec

from uvanet.errors import MissingExtraError
from uvanet.i18n import tr


def is_installed(module: str) -> bool:
    """Whether a module is installed; it is not imported."""
    return find_spec(module) is not None


def require(module: str, extra: str) -> None:
    """Checks that an optional dependency is installed.

    Args:
        module: Name of the module.
        extra: The extra of `uvanet` that installs it.

    Raises:
        MissingExtraError: The module is not installed.
    """
    if is_installed(module):
        return
    command = f"pip install 'uvanet[{extra}]'"
    if getattr(sys, "frozen", False):
        raise MissingExtraError(
            tr("{module} is not part of this bundle.").format(module=module),
            tr("Install the Python package beside it: {command}.").format(command=command),
        )
    raise MissingExtraError(
        tr("{module} is not installed.").format(module=module),
        tr("Install it with: {command}.").format(command=command),
    )
