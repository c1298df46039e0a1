"""The documentation: every block of Python and shell runs, the site builds without a warning."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from command_kit import run_command

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "docs").rglob("*.md"))
BLOCK = re.compile(r"^```(python|sh)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = [
    pytest.param(language, text, id=f"{page.stem}-{number}")
    for page in PAGES
    for number, (language, text) in enumerate(BLOCK.findall(page.read_text()))
]


def test_the_pages_have_blocks():
    assert {block.values[0] for block in BLOCKS} == {"python", "sh"}


@pytest.mark.parametrize(("language", "text"), BLOCKS)
def test_a_block_runs(language, text, folder):
    if language == "python":
        done = subprocess.run(
            [sys.executable, "-c", text], cwd=folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return
    for line in text.replace("\\\n", "").splitlines():
        words = shlex.split(line)
        assert words[0] == "uvanet"
        if "--workers" in words:
            pytest.importorskip("distributed", reason="the extra cluster is not installed")
            words[:1] = [sys.executable, "-m", "uvanet"]
            done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
        else:
            done = run_command(*words[1:], cwd=folder)
        assert done.returncode == 0, done.stderr


def test_the_site_builds_without_a_warning(tmp_path):
    pytest.importorskip("mkdocs", reason="the extra docs is not installed")
    site = tmp_path / "site"
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "-d", str(site)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    text = (site / "reference" / "cli" / "index.html").read_text()
    for name in ("run", "predict", "eval", "distill"):
        assert f"usage: uvanet {name}" in text
    # No page loads anything from another server.
    for page in site.rglob("*.html"):
        assert not re.findall(r'(?:src|href)="https?://[^"]+\.(?:js|css|woff2?)"', page.read_text())
