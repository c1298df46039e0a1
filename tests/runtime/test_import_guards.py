"""Imports of PySide6 without its import hook."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COUNT = """
import linecache
before = len(linecache.cache)
import http.client, xml.dom.minidom
print(len(linecache.cache) - before)
"""


def modules_read(import_qt):
    """How many modules' sources PySide6 reads while two others are imported."""
    result = subprocess.run(
        [sys.executable, "-c", import_qt + COUNT],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return int(result.stdout)


def test_removing_the_import_hook_of_pyside_still_helps():
    """Where this fails, PySide6 has no such hook any more, and `import_qt` can go."""
    assert modules_read("import PySide6.QtCore") > 0


def test_no_source_is_read_without_the_hook():
    guarded = "from app.runtime.import_guards import import_qt; import_qt(); import PySide6.QtCore"
    assert modules_read(guarded) == 0
