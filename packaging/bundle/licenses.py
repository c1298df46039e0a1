"""Writes the licenses of all packages that are installed here into one file.

    python packaging/bundle/licenses.py --out THIRD-PARTY-LICENSES.txt

Run it in the environment in which the bundle was built.
"""

from __future__ import annotations

import argparse
import re
from importlib.metadata import Distribution, distributions
from pathlib import Path

# Tools of the build, which are not in the bundle.
TOOLS = ("pip", "setuptools", "altgraph", "packaging", "pyinstaller-hooks-contrib", "uvanet")
LICENSE_FILE = re.compile(r"(licen[sc]e|copying|notice|authors)", re.IGNORECASE)

HEAD = """\
UVA-Net Live is licensed under the Apache License 2.0 (see LICENSE). This bundle contains the
software listed below under its own licenses. FFmpeg is linked with x264 and, except on Linux, x265
(GPL version 2 or later), so that the bundle as a whole is distributed under the GPL, version 3. Qt,
and FFmpeg by itself, are under the LGPL version 3: their libraries are separate files and may be
replaced. Their projects offer the sources of Qt, FFmpeg, x264 and x265 (qt.io, ffmpeg.org,
videolan.org) in the versions named here. Whoever distributes the bundle must offer them as well.
"""


def license_of(package: Distribution) -> str:
    """The name of a package's license, from its metadata."""
    data = package.metadata
    if data.get("License-Expression"):
        return str(data["License-Expression"])
    lines = data.get_all("Classifier") or ()
    names = [line.rpartition(" :: ")[2] for line in lines if line.startswith("License ::")]
    if names:
        return "; ".join(names)
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
    packages = sorted(distributions(), key=lambda package: package.metadata["Name"].lower())
    packages = [package for package in packages if package.metadata["Name"].lower() not in TOOLS]
    lines = [HEAD, "Python (PSF-2.0) and:"]
    for package in packages:
        lines.append(f"  {package.metadata['Name']} {package.version}: {license_of(package)}")
    seen: set[str] = set()
    for package in packages:
        for name, text in texts_of(package):
            if text not in seen:  # a wheel may hold a text twice
                seen.add(text)
                lines += ["", "=" * 100, f"{package.metadata['Name']}: {name}", "=" * 100, text]
    out.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
