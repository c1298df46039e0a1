"""Hook of mkdocs: writes the reference of the command line from the parsers."""

from __future__ import annotations

import contextlib
import io
import os
from typing import TYPE_CHECKING, Any
from unittest import mock

from uvanet.cli import OWN, main

if TYPE_CHECKING:
    from mkdocs.structure.pages import Page

_MARK = "<!-- commands -->"


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Puts the help of every command in place of the mark."""
    return markdown.replace(_MARK, "\n\n".join(map(section, ("run", *OWN))))


def section(name: str) -> str:
    """The section of a command: its help as `--help` prints it."""
    out = io.StringIO()
    with (
        mock.patch.dict(os.environ, {"COLUMNS": "96"}),
        contextlib.redirect_stdout(out),
        contextlib.suppress(SystemExit),
    ):
        main([name, "--help"])
    return f"## uvanet {name}\n\n```text\n{out.getvalue().strip()}\n```"
