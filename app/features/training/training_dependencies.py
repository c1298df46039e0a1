"""Whether the packages for training are installed, and the command that installs them."""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
from importlib.metadata import PackageNotFoundError, requires

from uvanet.cli.training_options import TRAINING


def training_possible() -> bool:
    """Whether torch and the other packages of training are installed. Imports none of them."""
    importlib.invalidate_caches()
    return all(importlib.util.find_spec(name) is not None for name in TRAINING)


def training_requirements() -> list[str]:
    """The requirements of the extra `train`, as pip takes them."""
    try:
        lines = requires("uvanet") or []
    except PackageNotFoundError:
        lines = []
    found = [
        line.partition(";")[0].strip()
        for line in lines
        if re.search(r"extra\s*==\s*['\"]train['\"]", line)
    ]
    return found or ["torch", "onnx"]


def can_install() -> bool:
    """Whether they can be installed for this program: not into a bundle, which has no pip."""
    return not getattr(sys, "frozen", False)


def install_command() -> list[str]:
    """The command that installs them: for this program's Python, or beside a bundle."""
    if not can_install():
        return ["pip", "install", "uvanet[train]"]
    return [sys.executable, "-m", "pip", "install", *training_requirements()]
