"""Tells where each file of a bundle comes from, by PyInstaller's tables of contents.

Run it in the environment in which the bundle was built.
"""

from __future__ import annotations

import ast
from importlib.metadata import distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / "build" / "pyinstaller"


def sources(bundle: Path) -> dict[str, Path]:
    """The file from which each module, by name, and each file in `_internal`, by path, was made.

    Files that `trim.py` deleted, moved or linked are left out; those that it moved keep their path.
    """
    tables = WORK / "uvanet-live"
    present = {path.name for path in bundle.rglob("*") if not path.is_symlink()}
    found = {}
    for table in ("PYZ", "COLLECT"):
        content = ast.literal_eval((tables / f"{table}-00.toc").read_text(encoding="utf-8"))
        rows = next(part for part in content if isinstance(part, list))
        for name, source, kind in rows:
            if kind == "PYMODULE" or (kind != "SYMLINK" and Path(name).name in present):
                found[name] = Path(source)
    # A package without a file of its own has none here.
    return {name: source for name, source in found.items() if source.is_absolute()}


def package_files() -> dict[Path, str]:
    """The files of the installed packages without their metadata, and the name of each package."""
    return {
        Path(str(package.locate_file(file))): package.metadata["Name"]
        for package in distributions()
        for file in package.files or ()
        if not file.parts[0].endswith(".dist-info")
    }
