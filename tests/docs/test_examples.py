"""Each example runs as it stands, cell by cell as a notebook does, and prints what it promises."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from training_kit import write_gaze

EXAMPLES = sorted((Path(__file__).resolve().parents[2] / "examples").glob("*.py"))
PRINTED = {
    "add_a_source": "0.96 s: ",
    "compare_your_model": "NSS ",
    "gaze_of_your_own_eye_tracker": "uvanet-64: NSS ",
    "score_pictures": "two.jpg ",
}


def test_all_examples_are_known():
    assert {path.stem for path in EXAMPLES} == PRINTED.keys()


@pytest.mark.parametrize("path", EXAMPLES, ids=[path.stem for path in EXAMPLES])
def test_an_example_runs(path, folder):
    write_gaze(folder / "data")
    done = subprocess.run(
        [sys.executable, "-W", "error", path],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert PRINTED[path.stem] in done.stdout


@pytest.mark.parametrize("path", EXAMPLES, ids=[path.stem for path in EXAMPLES])
def test_an_example_opens_as_a_notebook(path):
    # Editors and Jupytext take "# %%" for a cell; the first one says what the notebook is about.
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# %% [markdown]\n# # ")
    assert "\n# %%\n" in text
