"""Layers that import-linter cannot express, since it knows external packages as a whole only."""

import ast
from pathlib import Path

import app.pipeline
import app.runtime


def imported(package):
    """All modules that the files of a package import, wherever the import stands."""
    for path in Path(package.__path__[0]).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from ((path.name, name.name) for name in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield path.name, node.module
                yield from ((path.name, f"{node.module}.{name.name}") for name in node.names)


def test_the_runtime_uses_no_widgets():
    found = set(imported(app.runtime))
    assert any(module == "PySide6.QtCore" for _, module in found)
    assert not [one for one in found if one[1].startswith(("PySide6.QtWidgets", "PySide6.QtGui"))]


def test_the_pipeline_uses_no_qt():
    assert not [one for one in imported(app.pipeline) if one[1].startswith("PySide6")]
