"""Hook of mkdocs: fills in the parts of the pages that are measured or defined elsewhere.

The reference of the command line comes from the parsers, the structure of the code from
CONTRIBUTING.md, the table of accuracy from the cards of the models, the table of speed from the
last `make bench`, and pictures from the scripts that make them.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

from mkdocs.structure.files import File

from uvanet.cli import COMMANDS, main

if TYPE_CHECKING:
    from collections.abc import Callable

    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "packaging"))
import readme_table  # noqa: E402 - beside this file

PICTURES = ("resources/pictures/*.png", "packaging/bench/*.svg")
"""Made by `make pictures` and `make bench`; pages find them in `pictures/`."""


def on_files(files: Files, config: MkDocsConfig, **_: Any) -> Files:
    """Adds the pictures."""
    for pattern in PICTURES:
        for path in sorted(ROOT.glob(pattern)):
            files.append(File.generated(config, f"pictures/{path.name}", abs_src_path=str(path)))
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Replaces the marks of a page by their texts."""
    for mark, text in MARKS.items():
        if mark in markdown:
            markdown = markdown.replace(mark, text())
    return markdown


def commands() -> str:
    """The sections of all commands."""
    return "\n\n".join(map(section, ("run", *COMMANDS)))


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


def web_step() -> str:
    """The function of the web page that predicts a frame."""
    text = (ROOT / "packaging" / "web" / "app.js").read_text()
    start = text.index("async function predict")
    return f"```js\n{text[start : text.index(chr(10) + '}', start)]}\n}}\n```"


def cpp_example() -> str:
    """The example in C++."""
    return f"```cpp\n{(ROOT / 'examples' / 'saliency.cpp').read_text()}```"


def house() -> str:
    """CONTRIBUTING.md from its section on the structure of the code on."""
    text = (ROOT / "CONTRIBUTING.md").read_text()
    return text[text.index("## The house on one page") :].replace("](docs/", "](")


MARKS: dict[str, Callable[[], str]] = {
    "<!-- commands -->": commands,
    "<!-- house -->": house,
    "<!-- accuracy -->": readme_table.accuracy,
    "<!-- speed -->": readme_table.speed,
    "<!-- cpp -->": cpp_example,
    "<!-- web: predict -->": web_step,
}
