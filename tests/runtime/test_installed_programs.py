"""The programs that the wheel installs, from pyproject.toml."""

import sys
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]


def test_the_command_line_and_the_window_have_a_program_each():
    targets = PROJECT["scripts"] | PROJECT["gui-scripts"]
    assert targets.keys() == {"uvanet", "uvanet-live"}
    for target in targets.values():
        assert callable(EntryPoint("name", target, "group").load())


@pytest.mark.parametrize(
    ("arguments", "expected"), [([], ["run"]), (["info", "uvanet-64"], ["info", "uvanet-64"])]
)
def test_uvanet_live_opens_the_window_or_runs_a_command(monkeypatch, arguments, expected):
    main = EntryPoint("name", PROJECT["gui-scripts"]["uvanet-live"], "group").load()
    seen = []
    monkeypatch.setattr("uvanet.cli.main", lambda words: seen.append(words) or 0)
    monkeypatch.setattr(sys, "argv", ["uvanet-live", *arguments])
    assert main() == 0
    assert seen == [expected]
