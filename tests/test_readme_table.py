"""README's tables come from the cards of the shipped models and from `make bench`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_the_tables_are_those_of_the_cards_and_of_the_bench() -> None:
    command = [sys.executable, str(ROOT / "packaging" / "readme_table.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in ("one person by all others", "center prior", "uvanet-64", "teacher-spatial"):
        assert f"| {name} |" in readme
