"""Writes the licenses of everything in a bundle into its file THIRD-PARTY-LICENSES.txt.

    python packaging/bundle/licenses.py dist/uvanet-live

Run it in the environment in which the bundle was built.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

from contents import package_files, sources
from trim import UNUSED

LICENSE_FILE = re.compile(r"(licen[sc]e|copying|notice|authors)", re.IGNORECASE)

HEAD = """\
UVA-Net Live is licensed under the Apache License 2.0 (see LICENSE). This bundle contains the
software listed below under its own licenses. FFmpeg is linked with x264 and, except on Linux, x265
(GPL version 2 or later), so that the bundle as a whole is distributed under the GPL, version 3. Qt,
and FFmpeg by itself, are under the LGPL version 3: their libraries are separate files and may be
replaced. Their projects offer the sources of Qt, FFmpeg, x264 and x265 (qt.io, ffmpeg.org,
videolan.org) in the versions named here. Whoever distributes the bundle must offer them as well.
"""

FFMPEG = "FFmpeg, LGPL-3.0-or-later"
GCC = "GCC, GPL-3.0-or-later WITH GCC-exception-3.1"
INSIDE = {
    **dict.fromkeys(("av", "swresample", "swscale"), FFMPEG),
    "avif": "libavif, BSD-2-Clause",
    "aom": "libaom, BSD-2-Clause, with a patent license",
    "dav1d": "dav1d, BSD-2-Clause",
    "drm": "libdrm, MIT",
    **dict.fromkeys(("gfortran", "quadmath"), GCC),
    "gmp": "GMP, LGPL-3.0-or-later OR GPL-2.0-or-later",
    "gnutls": "GnuTLS, LGPL-2.1-or-later",
    **dict.fromkeys(("hogweed", "nettle"), "Nettle, LGPL-3.0-or-later OR GPL-2.0-or-later"),
    "mp3lame": "LAME, LGPL-2.0-or-later",
    "opencore-amr": "OpenCORE AMR, Apache-2.0",
    "opus": "Opus, BSD-3-Clause",
    "png": "libpng, libpng-2.0",
    "scipy_openblas": "OpenBLAS, BSD-3-Clause",
    "unistring": "libunistring, LGPL-3.0-or-later OR GPL-2.0-or-later",
    "vpl": "libvpl, MIT",
    "vpx": "libvpx, BSD-3-Clause",
    **dict.fromkeys(("webp", "sharpyuv"), "libwebp, BSD-3-Clause"),
    "x264": "x264, GPL-2.0-or-later",
    "x265": "x265, GPL-2.0-or-later",
    "Xau": "libXau, MIT",
    "xcb": "libxcb, MIT",
}
"""Libraries inside packages and their licenses, by the beginning of the file name after "lib"."""


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


def texts_of(package: Distribution) -> Iterator[Path]:
    """A package's license files."""
    for file in package.files or ():
        path = Path(str(package.locate_file(file)))
        if LICENSE_FILE.match(path.name) and path.suffix not in (".py", ".pyc") and path.is_file():
            yield path


def inside_packages(names: Iterable[str]) -> list[str]:
    """A line for each library that lies in a folder of libraries of a package."""
    lines = set()
    for path in map(Path, names):
        if not path.parent.name.endswith((".libs", ".dylibs")):
            continue
        # The placeholders of `trim.py` hold nothing of these libraries.
        if sys.platform == "linux" and any(path.match(pattern) for pattern in UNUSED):
            continue
        found = [key for key in INSIDE if path.name.removeprefix("lib").startswith(key)]
        license_name = INSIDE[max(found, key=len)] if found else "license not stated"
        lines.add(f"  {license_name} ({path.parent.name.partition('.')[0]})")
    return sorted(lines, key=str.lower)


def debian_packages(files: Iterable[Path]) -> dict[str, str]:
    """The Debian packages that own some files, and their versions; none on other systems."""
    paths = {text for path in files for text in (str(path), f"/usr{path}")}
    try:
        owners = subprocess.run(
            ["dpkg", "--search", *paths], capture_output=True, text=True, check=False
        ).stdout
    except OSError:
        return {}
    # PACKAGE:ARCHITECTURE: FILE
    names = set(re.findall(r"^([\w.+-]+)(?::\w+)?: ", owners, re.MULTILINE))
    if not names:
        return {}
    query = ("dpkg-query", "--show", "--showformat", "${Package} ${Version}\n", *names)
    lines = subprocess.run(query, capture_output=True, text=True, check=True).stdout.splitlines()
    return dict(sorted(line.split() for line in lines))


def main() -> None:
    """Writes the file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundle", type=Path)
    bundle = parser.parse_args().bundle
    origins, owners = sources(bundle), package_files()
    names = {owners[source] for source in origins.values() if source in owners}
    packages = [distribution(name) for name in sorted(names, key=str.lower)]
    debian = debian_packages(origins.values())

    lines = [HEAD, f"Python {platform.python_version()} (PSF-2.0) and:"]
    for package in packages:
        lines.append(f"  {package.metadata['Name']} {package.version}: {license_of(package)}")
    lines += ["", "Libraries inside these packages:", *inside_packages(origins)]
    if debian:
        lines += ["", "Libraries of Debian, whose copyright files follow:"]
        lines += [f"  {name} {version}" for name, version in debian.items()]

    # Windows has the text of Python's license beside the interpreter, others beside its modules.
    homes = (Path(sys.base_prefix), Path(os.__file__).parent)
    texts = [("Python", home / "LICENSE.txt") for home in homes]
    for package in packages:
        texts += [(package.metadata["Name"], path) for path in texts_of(package)]
    texts.append(("Libraries inside packages", Path(__file__).with_name("notices.txt")))
    texts += [(name, Path("/usr/share/doc", name, "copyright")) for name in debian]
    seen: set[str] = set()
    for title, path in texts:
        text = path.read_text("utf-8", "replace").strip() if path.is_file() else ""
        if text and text not in seen:  # a package may hold a text twice
            seen.add(text)
            lines += ["", "=" * 100, f"{title}: {path.name}", "=" * 100, text]
    out = bundle / "THIRD-PARTY-LICENSES.txt"
    out.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
