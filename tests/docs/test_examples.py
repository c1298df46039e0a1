"""Each notebook runs as it stands, in a new process, and prints what it promises."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from training_kit import write_gaze

EXAMPLES = sorted((Path(__file__).resolve().parents[2] / "examples").glob("*.ipynb"))
PRINTED = {
    "add_a_source": "0.96 s: ",
    "compare_your_model": "NSS ",
    "gaze_of_your_own_eye_tracker": "uvanet-64: NSS ",
    "score_pictures": "two.jpg ",
}


def cells(path: Path) -> list[dict[str, Any]]:
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def test_all_examples_are_known():
    assert {path.stem for path in EXAMPLES} == PRINTED.keys()


@pytest.mark.parametrize("path", EXAMPLES, ids=[path.stem for path in EXAMPLES])
def test_an_example_runs(path, folder):
    write_gaze(folder / "data")
    code = ["".join(cell["source"]) for cell in cells(path) if cell["cell_type"] == "code"]
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", "\n\n".join(code)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert PRINTED[path.stem] in done.stdout


@pytest.mark.parametrize("path", EXAMPLES, ids=[path.stem for path in EXAMPLES])
def test_an_example_says_what_it_is_about_and_holds_no_output(path):
    first, *others = cells(path)
    assert first["cell_type"] == "markdown"
    assert first["source"][0].startswith("# ")
    assert [cell for cell in others if cell.get("outputs") or cell.get("execution_count")] == []
