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
    yield from _start(x_display, tmp_path)


@pytest.fixture
def start_large(large_display: str, tmp_path: Path) -> Iterator[Callable[..., Child]]:
    """Starts the program on the large screen."""
    yield from _start(large_display, tmp_path)


def _start(display: str, home: Path) -> Iterator[Callable[..., Child]]:
    children: list[Child] = []

    def launch(*arguments: str, **options: int) -> Child:
        children.append(Child(display, home, *arguments, **options))
        return children[-1]

    yield launch
    for child in children:
        if child.process.poll() is None:
            child.process.kill()
            child.process.communicate()
        child.user.close()
