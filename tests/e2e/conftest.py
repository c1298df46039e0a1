"""The real program as a child process on a real X server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from program_child import Child

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def start(x_display: str, tmp_path: Path) -> Iterator[Callable[..., Child]]:
    """Starts the program with arguments."""
    children: list[Child] = []

    def launch(*arguments: str) -> Child:
        children.append(Child(x_display, tmp_path, *arguments))
        return children[-1]

    yield launch
    for child in children:
        if child.process.poll() is None:
            child.process.kill()
            child.process.communicate()
        child.user.close()
