"""Every command that a page or a help text shows is one that the command line accepts."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from types import SimpleNamespace

import pytest

from uvanet import cli

ROOT = Path(__file__).resolve().parents[2]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
SHOWN = re.compile(r"^(?: {4}|  )(uvanet .+(?:\\\n.+)*)$", re.MULTILINE)
"""In a block of a page, or below `examples` of a help text."""


def command_of(text: str) -> str:
    """A command without the explanation behind it and the marks of what may be left out."""
    text = re.split(r" {2,}| > ", text.replace("\\\n", ""))[0]
    return re.sub(r"[\[\]]", "", text)


def commands() -> list[str]:
    """All commands of pages and help texts, each once."""
    texts = [page.read_text(encoding="utf-8") for page in PAGES]
    texts += [cli._find(name).examples for name in ("run", *cli.COMMANDS)]
    found = {command_of(shown) for text in texts for shown in SHOWN.findall(text)}
    # "a | b" names several commands.
    return sorted(one for one in found if "|" not in one)


def is_accepted(command: str, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether the parser takes a command; nothing is run."""
    find = cli._find

    def found(name: str) -> SimpleNamespace:
        real = find(name)
        facts = {key: getattr(real, key) for key in ("description", "examples", "add_arguments")}
        return SimpleNamespace(**facts, run=lambda _: 0)

    monkeypatch.setattr(cli, "_find", found)
    return cli.main(shlex.split(command)[1:]) == 0


def test_wrong_commands_are_not_accepted(monkeypatch):
    assert is_accepted("uvanet info uvanet-64", monkeypatch)
    assert not is_accepted("uvanet predict a.mp4 --no-such-option", monkeypatch)
    assert not is_accepted("uvanet label POOL", monkeypatch)


@pytest.mark.parametrize("command", commands())
def test_a_shown_command_is_accepted(command, monkeypatch, capsys):
    assert is_accepted(command, monkeypatch), capsys.readouterr().err
