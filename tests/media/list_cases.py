"""Lists the media cases that the tests make and judge, as a Markdown table.

    python tests/media/list_cases.py

A case is a file or stream of its own: a container, a codec, a flag or a fault. Where one file is
judged in several ways (written as MP4 and as WebM), it counts once.
"""

from __future__ import annotations

import contextlib
import io
import re
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
# Parameters that change what is done with a file, not the file.
_SAME_FILE = {"ending", "start", "audio", "default"}


class _Collector:
    def __init__(self) -> None:
        self.items: list[pytest.Item] = []

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.items = session.items


def cases() -> dict[str, set[str]]:
    """The distinct cases of each test, by the file and name of the test."""
    collector = _Collector()
    with contextlib.redirect_stdout(io.StringIO()):
        pytest.main([str(FOLDER), "--collect-only", "-q", "-p", "no:cacheprovider"], [collector])
    found: dict[str, set[str]] = {}
    for item in collector.items:
        assert isinstance(item, pytest.Function)
        if item.path.parent != FOLDER or "real_time" in item.name:
            continue
        callspec = getattr(item, "callspec", None)
        parameters = callspec.params if callspec is not None else {}
        words = [str(value) for name, value in parameters.items() if name not in _SAME_FILE]
        test = f"{item.path.stem.removeprefix('test_')}: {item.originalname}"
        found.setdefault(test, set()).add(", ".join(words) or "one file")
    return found


def main() -> None:
    """Prints the table."""
    found = cases()
    lines = ["| what is judged | cases | |", "|---|---|---|"]
    for test, names in sorted(found.items()):
        words = re.sub(r": test_", ": ", test).replace("_", " ")
        listed = "; ".join(sorted(names)).replace("|", "/")
        lines.append(f"| {words} | {len(names)} | {listed[:400]} |")
    total = sum(len(names) for names in found.values())
    sys.stdout.write("\n".join([*lines, "", f"{total} cases", ""]))


if __name__ == "__main__":
    main()
