"""Rules about imports that import-linter cannot express."""

import ast
import graphlib
from pathlib import Path

import grimp

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


def test_no_import_circle():
    graph = grimp.build_graph("app", "uvanet", exclude_type_checking_imports=False)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    assert len(imports) > 300
    # Raises CycleError, which names the circle.
    graphlib.TopologicalSorter(imports).prepare()
