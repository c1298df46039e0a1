"""Makes a Debian package of the bundle: `make deb`.

    python packaging/bundle/make_deb.py [--bundle dist/uvanet-live] [--out dist]

Needs dpkg-deb. The program goes to /opt/uvanet-live, with a link in /usr/bin.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LINUX = ROOT / "packaging" / "linux"

# What the bundle loads from the system: the X server's and OpenGL's libraries and a font.
DEPENDS = "libc6, libegl1, libgl1, libxcb-cursor0, fontconfig, fonts-dejavu-core"

CONTROL = """\
Package: uvanet-live
Version: {version}
Architecture: {architecture}
Maintainer: The UVA-Net Live developers <maintainers@uvanet.invalid>
Installed-Size: {size}
Depends: {depends}
Section: video
Priority: optional
Description: shows where people would look in video, live
 UVA-Net Live predicts visual attention in a camera, a video, a picture, a
 network stream or the screen and shows it as a heat map while it plays.
"""


def main() -> None:
    """Makes the package and prints its path."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bundle", type=Path, default=ROOT / "dist" / "uvanet-live")
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    args = parser.parse_args()
    if not (args.bundle / "uvanet-live").is_file():
        parser.error(f"there is no bundle at {args.bundle}; build it with: make bundle")
    with tempfile.TemporaryDirectory() as name:
        tree = Path(name)
        tree.chmod(0o755)
        fill(tree, args.bundle)
        package = args.out / f"uvanet-live_{version()}_{architecture()}.deb"
        options = ("--root-owner-group", "-Zxz", "-z3")
        subprocess.run(["dpkg-deb", *options, "--build", tree, package], check=True)
    print(package)


def fill(tree: Path, bundle: Path) -> None:
    """Lays out the files of the package."""
    shutil.copytree(bundle, tree / "opt" / "uvanet-live", symlinks=True)
    binary = tree / "usr/bin/uvanet-live"
    binary.parent.mkdir(parents=True)
    binary.symlink_to("/opt/uvanet-live/uvanet-live")
    share = tree / "usr" / "share"
    for source, target in {
        LINUX / "uvanet.desktop": "applications/uvanet.desktop",
        LINUX / "org.uvanet.live.metainfo.xml": "metainfo/org.uvanet.live.metainfo.xml",
        ROOT / "resources/icons/app.svg": "icons/hicolor/scalable/apps/uvanet.svg",
        bundle / "THIRD-PARTY-LICENSES.txt": "doc/uvanet-live/copyright",
    }.items():
        path = share / target
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, path)
    size = sum(path.lstat().st_size for path in tree.rglob("*")) // 1024
    facts = {"version": version(), "architecture": architecture(), "size": size}
    control = tree / "DEBIAN" / "control"
    control.parent.mkdir()
    control.write_text(CONTROL.format(depends=DEPENDS, **facts))


def version() -> str:
    """The version of the program."""
    text = (ROOT / "uvanet" / "version.py").read_text()
    found = re.search(r'__version__ = "([^"]+)"', text)
    assert found, "uvanet/version.py names no version"
    return found[1]


def architecture() -> str:
    """Debian's name of this machine's architecture."""
    command = ["dpkg", "--print-architecture"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


if __name__ == "__main__":
    main()
