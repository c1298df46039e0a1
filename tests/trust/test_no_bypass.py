"""No code loads pickles, starts a shell, opens the network or shows markup from outside.

Each rule reads the syntax tree of all modules, so that no comment or string counts.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NETWORK = {"socket", "ssl", "http", "urllib.request", "ftplib", "smtplib", "requests", "httpx"}
NETWORK |= {"PySide6.QtNetwork", "PySide6.QtWebSockets", "asyncio", "xmlrpc", "telnetlib"}
UNSAFE = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal", "yaml"}


@cache
def modules() -> dict[str, ast.Module]:
    """The syntax trees of the library and the program by path."""
    return {
        path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for folder in ("uvanet", "app")
        for path in sorted((ROOT / folder).rglob("*.py"))
    }


def calls(tree: ast.AST) -> list[tuple[str, ast.Call]]:
    """The calls of a module with the dotted name of what is called."""
    return [(ast.unparse(one.func), one) for one in ast.walk(tree) if isinstance(one, ast.Call)]


def imports(tree: ast.Module) -> set[str]:
    """The modules that a module imports anywhere."""
    found = set()
    for one in ast.walk(tree):
        if isinstance(one, ast.Import):
            found |= {alias.name for alias in one.names}
        elif isinstance(one, ast.ImportFrom) and one.module:
            found |= {one.module, *(f"{one.module}.{alias.name}" for alias in one.names)}
    return found


def option(call: ast.Call, name: str) -> object:
    """The value of a constant keyword argument; None where it is not given."""
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value.value if isinstance(keyword.value, ast.Constant) else "?"
    return None


def test_the_rules_see_the_code() -> None:
    assert len(modules()) > 300
    assert any(name == "torch.load" for tree in modules().values() for name, _ in calls(tree))


def test_nothing_is_unpickled() -> None:
    for path, tree in modules().items():
        assert not imports(tree) & UNSAFE, path
        for name, call in calls(tree):
            if name.endswith("torch.load"):
                assert option(call, "weights_only") is True, f"{path}:{call.lineno}"
            assert option(call, "allow_pickle") in (None, False), f"{path}:{call.lineno}"


def test_no_text_becomes_code_or_a_shell_command() -> None:
    for path, tree in modules().items():
        for name, call in calls(tree):
            where = f"{path}:{call.lineno}"
            assert name not in ("eval", "exec", "compile", "os.system", "os.popen"), where
            assert option(call, "shell") in (None, False), where
            assert not name.endswith("startDetached"), where


def test_only_the_streams_that_a_user_opens_use_the_network() -> None:
    allowed = {
        # Why a stream that the user opened does not answer.
        "uvanet/sources/connection_errors.py",
        # A socket of X11, and a pair of sockets within the process.
        "app/runtime/headless.py",
        "app/runtime/shutdown.py",
    }
    users = {path for path, tree in modules().items() if imports(tree) & NETWORK}
    assert users <= allowed


QUESTIONS = ("app/shell/quit_guard.py", "app/ui/questions.py")
"""These show text from outside as it is; the first has none."""


def test_html_is_set_nowhere() -> None:
    """`app.ui.build.label` and `plain_tip` show text from outside as it is."""
    for path, tree in modules().items():
        for name, call in calls(tree):
            where = f"{path}:{call.lineno}"
            assert name != "QMessageBox" or path in QUESTIONS, where
            assert not name.endswith(".setHtml"), where
            assert not name.endswith(("insertHtml", "appendHtml")), where


def test_labels_show_text_as_it_is() -> None:
    """Qt looks for markup in the text of a label that is not told otherwise."""
    for path, tree in modules().items():
        for name, call in calls(tree):
            if name == "QLabel" and call.args:
                assert ast.unparse(call.args[0]).startswith("tr("), f"{path}:{call.lineno}"
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and "QLabel" in map(ast.unparse, node.bases):
                formats = [call for name, call in calls(node) if name == "self.setTextFormat"]
                assert formats, f"{path}: {node.name}"
                assert ast.unparse(formats[0].args[0]) == "Qt.TextFormat.PlainText", path


def test_json_that_is_printed_steers_no_terminal() -> None:
    """Escapes of JSON leave out some control characters and the marks that reverse text."""
    for path, tree in modules().items():
        if path.startswith("uvanet/cli/"):
            for _, call in calls(tree):
                assert option(call, "ensure_ascii") is None, f"{path}:{call.lineno}"


def test_spreadsheets_get_text_through_one_helper() -> None:
    writers = {
        path
        for path, tree in modules().items()
        if any(name in ("csv.writer", "csv.DictWriter") for name, _ in calls(tree))
    }
    assert writers == {"uvanet/csv_text.py"}


def test_archives_are_not_unpacked_to_paths_of_their_own() -> None:
    for path, tree in modules().items():
        for name, call in calls(tree):
            bad = name.endswith((".extractall", ".extract", "unpack_archive"))
            assert not bad, f"{path}:{call.lineno}"
