"""Writes the licenses of all packages that are installed here into one file.

    python packaging/bundle/licenses.py --out THIRD-PARTY-LICENSES.txt

Run it in the environment in which the bundle was built.
"""

from __future__ import annotations

import argparse
import re
from importlib.metadata import Distribution, distributions
from pathlib import Path

# Tools of the build; nothing of them is in the bundle, except PyInstaller's boot loader.
TOOLS = ("pip", "setuptools", "altgraph", "packaging", "pyinstaller-hooks-contrib", "uvanet")
LICENSE_FILE = re.compile(r"(licen[sc]e|copying|notice|authors)", re.IGNORECASE)

HEAD = """\
UVA-Net Live is licensed under the Apache License 2.0 (see LICENSE). This bundle contains the
software listed below under its own licenses. FFmpeg is linked with x264 and, except on Linux, x265
(GPL version 2 or later), so that the bundle as a whole is distributed under the GPL, version 3. Qt,
and FFmpeg by itself, are under the LGPL version 3: their libraries are separate files and may be
replaced. The sources of Qt, FFmpeg, x264 and x265 can be had from their projects (qt.io,
ffmpeg.org, videolan.org) in the versions named here; whoever passes the bundle on must offer them
as well.
"""


def license_of(package: Distribution) -> str:
    """The name of a package's license, as its metadata state it."""
    data = package.metadata
    if data.get("License-Expression"):
        return str(data["License-Expression"])
    classes = [one for one in data.get_all("Classifier") or () if one.startswith("License ::")]
    if classes:
        return "; ".join(one.rpartition(" :: ")[2] for one in classes)
    return (data.get("License") or "not stated").strip().splitlines()[0]


def texts_of(package: Distribution) -> list[tuple[str, str]]:
    """Names and contents of a package's license files."""
    found = []
    for file in package.files or ():
        path = Path(str(package.locate_file(file)))
        if LICENSE_FILE.match(path.name) and path.suffix not in (".py", ".pyc") and path.is_file():
            found.append((path.name, path.read_text(encoding="utf-8", errors="replace").strip()))
    return found


def main() -> None:
    """Writes the file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    out = parser.parse_args().out
    packages = sorted(distributions(), key=lambda one: one.metadata["Name"].lower())
    packages = [one for one in packages if one.metadata["Name"].lower() not in TOOLS]
    lines = [HEAD, "Python (PSF-2.0) and:"]
    lines += [f"  {one.metadata['Name']} {one.version}: {license_of(one)}" for one in packages]
    seen: set[str] = set()
    for package in packages:
        for name, text in texts_of(package):
            if text not in seen:  # a wheel may hold a text twice
                seen.add(text)
                lines += ["", "=" * 100, f"{package.metadata['Name']}: {name}", "=" * 100, text]
    out.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
