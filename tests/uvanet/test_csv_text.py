"""No cell of a written table is a formula for a spreadsheet."""

from __future__ import annotations

import ast
import csv
import io
from pathlib import Path

import pytest

from uvanet.csv_text import csv_text

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+1+1", "-a", "@SUM(A1)", "\t=1", "\uff1d1"])
def test_a_name_is_no_formula(name: str) -> None:
    ((first, second),) = csv.reader(io.StringIO(csv_text([[name, "a"]]), newline=""))
    assert first == f"'{name}"
    assert second == "a"


@pytest.mark.parametrize("value", [-1.5, 3, "-0.2500", "+1e-05", "-inf", "a=b", "", 'a,b\n"c"'])
def test_numbers_and_other_text_stay(value: object) -> None:
    ((read, _),) = csv.reader(io.StringIO(csv_text([[value, 1]]), newline=""))
    assert read == str(value)


def test_control_characters_become_escapes() -> None:
    assert csv_text([["\r=1", "a\x1b[31m", "b\ud800"]]) == "\\x0d=1,a\\x1b[31m,b\\ud800\n"


def test_every_table_is_written_by_it() -> None:
    """Other code that writes CSV would not escape formulas."""
    folders = [ROOT / name for name in ("uvanet", "app", "packaging")]
    others = []
    for path in (path for folder in folders for path in folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            writes = isinstance(node, ast.Attribute) and node.attr in ("writer", "DictWriter")
            if writes and isinstance(node.value, ast.Name) and node.value.id == "csv":
                others.append(path.relative_to(ROOT).as_posix())
    assert others == ["uvanet/csv_text.py"]
