"""Prints the installed size of a project's dependencies in megabytes, largest first.

    python packaging/installed_size.py [--project pyproject.toml] [--extra NAME]

Counts the files of the packages that are installed in this environment. Run it in the environment
of another version, with that version's pyproject.toml, to compare the two.
"""

from __future__ import annotations

import argparse
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement


def sizes(requirements: list[str]) -> dict[str, int]:
    """Bytes of each required package and of its own requirements, by name."""
    found: dict[str, int] = {}
    waiting = [Requirement(text) for text in requirements]
    while waiting:
        requirement = waiting.pop()
        wanted = [{"extra": extra} for extra in (*requirement.extras, "")]
        if requirement.name in found or not applies(requirement, [{"extra": ""}]):
            continue
        try:
            package = distribution(requirement.name)
        except PackageNotFoundError:
            print(f"{requirement.name} is not installed and not counted")
            continue
        files = [Path(str(package.locate_file(file))) for file in package.files or ()]
        found[requirement.name] = sum(file.stat().st_size for file in files if file.is_file())
        further = [Requirement(text) for text in package.requires or ()]
        waiting += [
            Requirement(str(other).partition(";")[0]) for other in further if applies(other, wanted)
        ]
    return found


def applies(requirement: Requirement, environments: list[dict[str, str]]) -> bool:
    """Whether the marker of a requirement holds on this machine."""
    marker = requirement.marker
    return marker is None or any(map(marker.evaluate, environments))


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    root = Path(__file__).parent.parent
    parser.add_argument("--project", type=Path, default=root / "pyproject.toml")
    parser.add_argument("--extra", action="append", default=[])
    args = parser.parse_args()
    project = tomllib.loads(args.project.read_text())["project"]
    wanted = list(project["dependencies"])
    for extra in args.extra:
        wanted += project["optional-dependencies"][extra]
    found = sizes(wanted)
    for name, size in sorted(found.items(), key=lambda item: -item[1]):
        print(f"{size / 1e6:9.1f} MB  {name}")
    print(f"{sum(found.values()) / 1e6:9.1f} MB  in all")


if __name__ == "__main__":
    main()
