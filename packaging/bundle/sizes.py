"""Prints the size of a bundle by package in megabytes, largest first.

    python packaging/bundle/sizes.py dist/uvanet-live

Run it in the environment in which the bundle was built: a file belongs to the installed package
that has a file of the same name.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from importlib.metadata import distributions
from pathlib import Path

LIMIT_MB = 350


def owners() -> dict[str, set[str]]:
    """File name to the packages that hold a file of this name."""
    found = defaultdict(set)
    for package in distributions():
        for file in package.files or ():
            found[file.name].add(package.metadata["Name"])
    return found


def part_of(path: Path, bundle: Path, known: dict[str, set[str]]) -> str:
    """The part of the bundle to which a file belongs."""
    inside = path.relative_to(bundle).as_posix().removeprefix("_internal/")
    if inside.startswith("uvanet/resources/"):
        return "models, demo, icons"
    found = known.get(path.name, set())
    if len(found) == 1:
        return next(iter(found))
    top = inside.partition("/")[0].lower()
    matching = [name for name in found if top.startswith(name.lower().partition("-")[0])]
    if matching:
        return matching[0]
    return "Python and the program" if "python" in inside else "libraries of the system"


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundle", type=Path)
    bundle = parser.parse_args().bundle
    sizes: Counter[str] = Counter()
    known = owners()
    for path in bundle.rglob("*"):
        if path.is_file() and not path.is_symlink():
            sizes[part_of(path, bundle, known)] += path.stat().st_size
    small = sum(size for size in sizes.values() if size < 1e6)
    print("| part | MB |\n|---|---|")
    for name, size in sizes.most_common():
        if size >= 1e6:
            print(f"| {name} | {size / 1e6:.0f} |")
    print(f"| smaller parts | {small / 1e6:.0f} |")
    print(f"| **all** (aim: at most {LIMIT_MB}) | **{sizes.total() / 1e6:.0f}** |")


if __name__ == "__main__":
    main()
