"""Links of all pages: each relative one leads to a file, each anchor to a heading, and files that
are named in the text exist. `mkdocs build --strict` sees the pages of `docs/` alone.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "resources").rglob("*.md")),
]
CODE = re.compile(r"^```.*?^```$|^    .*?$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
NAMED = re.compile(r"`((?:app|uvanet|packaging|tests|docs|examples|resources)/[\w./-]+)`")
TEST = re.compile(r"`(test_\w+\.py)`")
HEADING = re.compile(r"^#+ +(.+?)\s*$", re.MULTILINE)
PLACEHOLDER = re.compile(r"\b[A-Z]{2,}\b")
PICTURES = ("resources/pictures", "packaging/bench")
"""Where `packaging/docs_pages.py` takes the files of `docs/pictures` from."""


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub and MkDocs make them."""
    titles = (re.sub(r"[^\w\- ]", "", title) for title in HEADING.findall(page.read_text()))
    return {title.strip().lower().replace(" ", "-") for title in titles}


def find(page: Path, target: str) -> Path | None:
    """The file that a link leads to; None where there is none."""
    path = (page.parent / target).resolve() if target else page
    if path.parent == ROOT / "docs" / "pictures":
        return next((found for one in PICTURES if (found := ROOT / one / path.name).exists()), None)
    return path if path.exists() else None


def problems(page: Path) -> list[str]:
    """What is wrong with the links of a page and the files that it names."""
    text = CODE.sub("", page.read_text(encoding="utf-8"))
    found = []
    for link in LINK.findall(text):
        target, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", link):
            continue
        path = find(page, target)
        if path is None:
            found.append(f"no file: {link}")
        elif anchor and anchor not in anchors(path):
            found.append(f"no heading: {link}")
    for name in NAMED.findall(text):
        # A page also names files that a reader is to make, such as app/features/NAME/.
        if not (ROOT / name).exists() and not PLACEHOLDER.search(Path(name).name):
            found.append(f"no file: {name}")
    for name in TEST.findall(text):
        if not list((ROOT / "tests").rglob(name)):
            found.append(f"no test: {name}")
    return found


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_links_lead_somewhere(page):
    assert problems(page) == []


def test_broken_links_are_found(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "# One heading\n[a](gone.md) [b](#one-heading) [c](page.md#no-heading) [d](https://e.org)\n"
        "`uvanet/gone.py` `tests/conftest.py` `app/features/NAME/` `test_gone.py`\n"
        "```python\nx = [1](nothing)\n```\n"
    )
    assert problems(page) == [
        "no file: gone.md",
        "no heading: page.md#no-heading",
        "no file: uvanet/gone.py",
        "no test: test_gone.py",
    ]
