"""Hook of mkdocs: writes what is on the pages but measured or defined elsewhere.

The reference of the command line comes from the parsers, the table of accuracy from the cards of
the models, that of speed from the last `make bench`, pictures from the scripts that make them.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

from mkdocs.structure.files import File

from uvanet.cli import OWN, main
from uvanet.model_card import read_card

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
    """Puts what was measured or defined elsewhere in place of the marks."""
    for mark, text in MARKS.items():
        if mark in markdown:
            markdown = markdown.replace(mark, text())
    return markdown


def commands() -> str:
    """The sections of all commands."""
    return "\n\n".join(map(section, ("run", *OWN)))


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


def accuracy() -> str:
    """README's table, from the cards of the models."""
    paths = sorted((ROOT / "resources" / "weights").glob("*.json"))
    return readme_table.table([read_card(path) for path in paths])


def speed() -> str:
    """What `make bench` measured last, and where."""
    bench = json.loads((ROOT / "packaging" / "bench" / "bench.json").read_text())
    machine, program = bench["machine"], bench["program"]
    lines = [
        f"Measured on {bench['date'][:10]} at commit {bench['commit']}: {machine['processor']}, "
        f"{machine['instructions']}, {machine['cores']} cores.",
        "",
        "| | |",
        "|---|---|",
    ]
    for one in bench["network"]:
        onnx = one["engines"].get("onnx")
        if onnx and one["role"] == "student":
            width, height = one["input_size"]
            frame = onnx["one_frame"]
            lines.append(
                f"| {one['model']} shown {width} x {height}: a frame on one thread (p50, p99) | "
                f"{frame['p50_ms']:.2f}, {frame['p99_ms']:.2f} ms |"
            )
            lines.append(f"| the same in batches | {onnx['best_fps']:,} frames/s |")
    lines += [
        f"| window on the demo: capture to paint (p50, p95) | {program['latency_p50_ms']:.1f}, "
        f"{program['latency_p95_ms']:.1f} ms |",
        f"| start to the first overlay | {program['start_to_first_overlay_s']:.2f} s |",
        f"| processor | {100 * program['cores']:.0f} % of a core |",
        f"| memory | {program['rss_mib']:.0f} MiB |",
    ]
    lines += [
        f"| 720p to {one['writes']} | {one['times_real_time']:.1f} times real time |"
        for one in bench["files"]
    ]
    return "\n".join(lines)


def web_step() -> str:
    """The function of the web page that predicts a frame."""
    text = (ROOT / "packaging" / "web" / "app.js").read_text()
    start = text.index("async function predict")
    return f"```js\n{text[start : text.index(chr(10) + '}', start)]}\n}}\n```"


MARKS: dict[str, Callable[[], str]] = {
    "<!-- commands -->": commands,
    "<!-- accuracy -->": accuracy,
    "<!-- speed -->": speed,
    "<!-- web: predict -->": web_step,
}
