"""Removes unused libraries from a Linux bundle; `build.py` runs it.

    python packaging/bundle/trim.py dist/uvanet-live

- OpenCV uses the FFmpeg of PyAV instead of its own, which is a build of the same release.
- A library that is linked but never called is replaced by a placeholder: a small library with the
  symbols that other libraries need, whose functions end the program with a message.
- Libraries that are no longer linked are deleted.

Needs gcc and binutils. `tests/bundle` plays, exports, captures and reads pictures with the result.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import tempfile
from pathlib import Path

UNUSED = {
    "opencv_python_headless.libs/libopenblas*": "cv2.gemm, solve, SVD and dnn",
    "av.libs/libx265*": "the encoder libx265",
    "av.libs/libSvtAv1Enc*": "the encoder libsvtav1",
    "av.libs/libasound*": "FFmpeg's own sound devices",
    # Sorting by language, names of time zones, conversion from old encodings.
    "PySide6/Qt/lib/libicudata*": "data of ICU",
}
"""Libraries that are replaced, and the function that is missing then."""

# FFmpeg calls this at its start, once for each bit depth; null means that x265 does not have it.
_ASKED = re.compile(r"x265_api_get_\d+$")
_ANSWER = "void *{name}(void) {{ return 0; }}\n"
_FUNCTION = 'void {name}(void) {{ end("{name}"); }}\n'
_DATA = "const char {name}[256] = {{0}};\n"
_HEAD = """\
#include <stdio.h>
#include <stdlib.h>
static void end(const char *name) {{
  fprintf(stderr, "%s: this bundle is built without {missing}\\n", name);
  abort();
}}
"""
_VERSION = re.compile(r"^(lib\w+)-[0-9a-f]+\.so\.(\d+)")


def main() -> None:
    """Trims the bundle."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundle", type=Path)
    internal = parser.parse_args().bundle / "_internal"
    users = libraries(internal)
    needed_before = set().union(*map(needed, users))
    for pattern, missing in UNUSED.items():
        for library in internal.glob(pattern):
            replace(library, [user for user in users if user != library], missing)
    opencv, av = internal / "opencv_python_headless.libs", internal / "av.libs"
    share(opencv, av)
    merge(opencv, av)
    delete_unneeded(internal, needed_before)
    for path in internal.rglob("*"):
        if path.is_symlink() and not path.exists():
            path.unlink()


def replace(library: Path, users: list[Path], missing: str) -> None:
    """Replaces a library by a placeholder with the symbols that its users need."""
    own = symbols(library, "--defined-only")
    named = set().union(
        *(symbols(user, "--undefined-only") for user in users if needs(user, library))
    )
    code = _HEAD.format(missing=missing)
    for name in sorted(own.keys() & named):
        form = _ANSWER if _ASKED.match(name) else _FUNCTION if own[name] in "TW" else _DATA
        code += form.format(name=name)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "placeholder.c")
        source.write_text(code)
        options = ("-shared", "-fPIC", "-Os", "-s", "-w", f"-Wl,-soname,{library.name}")
        subprocess.run(["gcc", *options, "-o", library, source], check=True)


def libraries(internal: Path) -> list[Path]:
    """The libraries and Python modules of a bundle, without links to them."""
    return [path for path in internal.rglob("*.so*") if not path.is_symlink()]


def symbols(library: Path, which: str) -> dict[str, str]:
    """The dynamic symbols of a library without their versions, and the kind of each."""
    command = ["nm", "--dynamic", which, library]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    words = [line.split() for line in lines]
    return {word[-1].partition("@")[0]: word[-2] for word in words}


def needed(path: Path) -> set[str]:
    """Names of the libraries that a library is linked with; none for other files."""
    command = ["readelf", "--dynamic", path]
    text = subprocess.run(command, check=False, capture_output=True, text=True).stdout
    return set(re.findall(r"\(NEEDED\).*\[(.+)\]", text))


def needs(user: Path, library: Path) -> bool:
    """Whether a library is linked with another one."""
    return library.name in needed(user)


def share(copies: Path, originals: Path) -> None:
    """Replaces FFmpeg's libraries by links to those of the same version in another folder."""
    known = {
        found.groups(): path for path in originals.iterdir() if (found := _VERSION.match(path.name))
    }
    for path in copies.glob("lib*.so.*"):
        found = _VERSION.match(path.name)
        if found and found[1].startswith(("libav", "libsw")) and found.groups() in known:
            path.unlink()
            path.symlink_to(known[found.groups()].name)


def merge(folder: Path, into: Path) -> None:
    """Moves the files of a folder into another one, and makes the first a link to it."""
    for path in folder.iterdir():
        path.rename(into / path.name)
    folder.rmdir()
    folder.symlink_to(into.name)


def delete_unneeded(internal: Path, needed_before: set[str]) -> None:
    """Deletes the libraries that were linked before and are not any more."""
    while True:
        wanted = set().union(*map(needed, libraries(internal)))
        gone = needed_before - wanted
        unneeded = [path for path in internal.rglob("*.so*") if path.name in gone]
        if not unneeded:
            return
        for path in unneeded:
            path.unlink()


if __name__ == "__main__":
    main()
