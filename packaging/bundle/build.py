"""Builds the bundle of the live program with PyInstaller: `make bundle`.

    python packaging/bundle/build.py [--environment build/bundle-env] [--out dist]

The bundle is built in a virtual environment of its own, so that torch and developer tools cannot
get into it. Prints the size of the bundle by part.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

from contents import ROOT, WORK

HERE = Path(__file__).resolve().parent
PYINSTALLER = ("pyinstaller==6.22.3", "pyinstaller-hooks-contrib==2026.9", "packaging")

# Plugins that would add libraries to the bundle: GTK (20 MB, and older than that of the desktop),
# Qt's QML, PDF and network, and screens without a window system. Without GTK's, Qt uses its own
# file dialogs.
UNUSED_QT = (
    "plugins/platformthemes/*qgtk3*",
    "plugins/platforminputcontexts/*virtualkeyboard*",
    "plugins/imageformats/*qpdf*",
    *(f"plugins/platforms/*{name}*" for name in ("eglfs", "vkkhr", "linuxfb", "minimal", "vnc")),
    "plugins/egldeviceintegrations/*",
    "plugins/generic/*",
    "plugins/networkinformation/*",
    "plugins/tls/*",
)
LANGUAGES = ("de", "en")
"""Languages of the window, whose translations of Qt's own texts are kept."""
# Libraries with debug information. Libraries that were patched for a wheel cannot be stripped.
STRIPPED = (
    "libpython*.so.*",
    "av/**/*.so",
    "python3*/lib-dynload/*.so",
    "PySide6/Qt/lib/libicu*.so.*",
)


def main() -> None:
    """Builds the bundle and prints its size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--environment", type=Path, default=ROOT / "build/bundle-env")
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    args = parser.parse_args()
    python = make_environment(args.environment.resolve())
    bundle = build(python, args.out.resolve())
    for script in ("licenses.py", "sizes.py"):
        subprocess.run([python, HERE / script, bundle], check=True)


def make_environment(folder: Path) -> Path:
    """Makes the environment unless it is up to date; returns the path of its Python."""
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    constraints = ROOT / "packaging/constraints.txt"
    facts = [sys.version, constraints.read_text(), (ROOT / "pyproject.toml").read_text()]
    wanted = hashlib.sha256("\0".join([*facts, Path(__file__).read_text()]).encode()).hexdigest()
    stamp = folder / "stamp"
    if stamp.is_file() and stamp.read_text() == wanted:
        return python
    venv.create(folder, clear=True, with_pip=True)
    install = (python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    packages = ("-c", constraints, "--editable", ROOT, *PYINSTALLER)
    subprocess.run([*install, *packages], check=True)
    (plugins,) = folder.glob("**/PySide6/**/plugins")
    for pattern in UNUSED_QT:
        for path in plugins.parent.glob(pattern):
            path.unlink()
    for path in plugins.parent.glob("translations/*.qm"):
        if path.stem not in [f"qtbase_{language}" for language in LANGUAGES]:
            path.unlink()
    stamp.write_text(wanted)
    return python


def build(python: Path, out: Path) -> Path:
    """Runs PyInstaller; returns the folder of the bundle."""
    options = ["--noconfirm", "--log-level", "WARN", "--workpath", str(WORK)]
    spec = str(HERE / "uvanet-live.spec")
    subprocess.run(
        [python, "-m", "PyInstaller", *options, "--distpath", str(out), spec], check=True
    )
    bundle = out / "uvanet-live"
    if sys.platform == "linux":
        # Before stripping, since it replaces libraries by placeholders.
        subprocess.run([python, HERE / "trim.py", bundle], check=True)
        found = [path for pattern in STRIPPED for path in bundle.glob(f"_internal/{pattern}")]
        subprocess.run(["strip", "--strip-unneeded", *found], check=True)
    return bundle


if __name__ == "__main__":
    main()
