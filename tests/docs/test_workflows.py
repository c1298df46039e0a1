"""The public workflows name only what there is: targets, scripts, tests, extras, versions.

Their syntax is checked by actionlint, in the workflow `checks` and before a commit.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

yaml = pytest.importorskip("yaml", reason="the extra docs is not installed")

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
VERSIONS = ["3.11", "3.12", "3.13", "3.14"]


def load(name: str) -> dict[str, Any]:
    return yaml.safe_load((ROOT / ".github" / "workflows" / f"{name}.yml").read_text())["jobs"]


def rows(job: dict[str, Any]) -> list[dict[str, str]]:
    return job["strategy"]["matrix"]["include"]


def commands(name: str) -> str:
    steps = [step for job in load(name).values() for step in job["steps"]]
    return "\n".join(step["run"] for step in steps if "run" in step)


@pytest.mark.parametrize("name", ["checks", "release"])
def test_targets_and_files_exist(name):
    text = commands(name).replace("\\", "/")
    targets = re.findall(r"\bmake ([\w-]+)", text)
    files = re.findall(r"\b(?:packaging|tests)/[\w./]+", text)
    assert targets
    assert files
    known = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert set(targets) <= set(known)
    assert [file for file in files if not (ROOT / file).exists()] == []


def test_all_python_versions_are_checked_on_linux_and_one_elsewhere():
    found = rows(load("checks")["checks"])
    on_linux = [row["python"] for row in found if row["os"] == "ubuntu-latest"]
    assert on_linux == VERSIONS
    assert PROJECT["requires-python"] == f">={VERSIONS[0]}"
    assert {row["os"].partition("-")[0] for row in found} == {"ubuntu", "macos", "windows"}


def test_each_extra_has_a_job_with_its_tests():
    found = {row["extra"]: row["tests"] for row in rows(load("checks")["extras"])}
    assert found.keys() == PROJECT["optional-dependencies"].keys() - {"test"}
    assert [tests for tests in found.values() if not (ROOT / tests).exists()] == []
    page = (ROOT / "docs" / "releases.md").read_text()
    assert [name for name, tests in found.items() if f"| `{name}` | " not in page] == []
    assert [tests for tests in found.values() if f"`{tests}`" not in page] == []


def test_every_job_has_a_time_limit():
    jobs = {
        f"{name}: {key}": job for name in ("checks", "release") for key, job in load(name).items()
    }
    assert [name for name, job in jobs.items() if "timeout-minutes" not in job] == []
