"""Checks whether the packages for training are installed, and how to install them."""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
from importlib.metadata import PackageNotFoundError, requires

from uvanet.cli.training_options import TRAINING


def training_possible() -> bool:
    """Whether torch and the other packages for training are installed. Imports none of them."""
    importlib.invalidate_caches()
    return all(importlib.util.find_spec(name) is not None for name in TRAINING)


def training_requirements() -> list[str]:
    """Returns the requirements of the extra `train`, in the form that pip reads."""
    try:
        lines = requires("uvanet") or []
    except PackageNotFoundError:
        lines = []
    requirements = [
        line.partition(";")[0].strip()
        for line in lines
        if re.search(r"extra\s*==\s*['\"]train['\"]", line)
    ]
    return requirements or ["torch", "onnx"]


def can_install() -> bool:
    """Whether this program can install packages. A bundle cannot: it has no pip."""
    return not getattr(sys, "frozen", False)


def install_command() -> list[str]:
    """Returns the command that installs the packages for training.

    It installs them for the Python of this program. For a bundle it installs the Python package.
    """
    if not can_install():
        return ["pip", "install", "uvanet[train]"]
    return [sys.executable, "-m", "pip", "install", *training_requirements()]
