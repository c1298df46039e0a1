"""Prints the size of a bundle by package in megabytes, largest first.

    python packaging/bundle/sizes.py dist/uvanet-live

Run it in the environment in which the bundle was built.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

from contents import ROOT, package_files, sources

LIMIT_MB = 350


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundle", type=Path)
    bundle = parser.parse_args().bundle
    packages = package_files()
    origins = {Path(name): source for name, source in sources(bundle).items()}
    # The libraries that `trim.py` moved are found by their name.
    named = {path.name: source for path, source in origins.items()}

    def part_of(path: Path) -> str:
        inside = path.relative_to(bundle / "_internal") if "_internal" in path.parts else path
        source = origins.get(inside) or named.get(path.name)
        if source in packages:
            return packages[source]
        if source is not None and ROOT / "resources" in source.parents:
            return "models, demo, icons"
        system = source is not None and source.parts[1:2] in (("lib",), ("usr",))
        return "libraries of the system" if system else "Python and the program"

    sizes: Counter[str] = Counter()
    for path in bundle.rglob("*"):
        if path.is_file() and not path.is_symlink():
            sizes[part_of(path)] += path.stat().st_size
    small = sum(size for size in sizes.values() if size < 1e6)
    print("| part | MB |\n|---|---|")
    for name, size in sizes.most_common():
        if size >= 1e6:
            print(f"| {name} | {size / 1e6:.0f} |")
    print(f"| smaller parts | {small / 1e6:.0f} |")
    print(f"| **all** (aim: at most {LIMIT_MB}) | **{sizes.total() / 1e6:.0f}** |")


if __name__ == "__main__":
    main()
