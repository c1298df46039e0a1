"""Every check there is, in order; `make test` and CI run this and nothing else.

Lint, types, import contracts, all tests offscreen, the window's tests on a real X server, and the
wheel: built, installed into an empty environment, and used from there. The window's
tests, which mostly wait, run beside the others; what a step prints appears when it is done.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import venv
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = Path(sys.executable).parent


def run(title: str, *command: str | Path, **environment: str) -> None:
    """Runs a step; a step that fails ends everything."""
    began = time.monotonic()
    done = subprocess.run(
        [str(word) for word in command],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    seconds = time.monotonic() - began
    print(f"\n== {title}\n{done.stdout}== {title}: {seconds:.0f} s", flush=True)
    if done.returncode:
        print(f"check: '{title}' failed", file=sys.stderr)
        sys.exit(1)


def tests() -> None:
    """All tests offscreen, and the window's on the platform that users have."""
    pytest = (sys.executable, "-m", "pytest", "-q", "--durations=10")

    def others() -> None:
        run("tests", *pytest, "tests", "--ignore=tests/app", QT_QPA_PLATFORM="offscreen")

    def window() -> None:
        run("window tests, offscreen", *pytest, "tests/app", QT_QPA_PLATFORM="offscreen")
        # On Linux the tests start an Xvfb of their own, see tests/conftest.py.
        native = {"linux": "xcb", "darwin": "cocoa"}.get(sys.platform, "windows")
        run(f"window tests, {native}", *pytest, "tests/app", QT_QPA_PLATFORM=native)

    with ThreadPoolExecutor() as pool:
        for group in [pool.submit(others), pool.submit(window)]:
            group.result()


def wheel() -> None:
    """Builds the wheel and uses it where nothing else is installed."""
    with tempfile.TemporaryDirectory(prefix="uvanet-wheel-") as name:
        folder = Path(name)
        build = (sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir")
        run("wheel", *build, folder)
        (built,) = folder.glob("*.whl")
        venv.create(folder / "empty", with_pip=True)
        scripts = folder / "empty" / ("Scripts" if os.name == "nt" else "bin")
        pip = (scripts / "python", "-m", "pip", "install", "-q", "--disable-pip-version-check")
        run("install", *pip, "-c", "packaging/constraints.txt", built)
        print("\n== predict from the wheel", flush=True)
        done = subprocess.run(
            [scripts / "uvanet", "predict", "demo", "-o", "demo.mp4", "--json", "--quiet"],
            cwd=folder,
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        if done.returncode or not (folder / "demo.mp4").stat().st_size:
            print("check: 'predict from the wheel' failed", file=sys.stderr)
            sys.exit(1)
        result = json.loads(done.stdout)
        print(f"{result['frames']} frames, {result['fps']:.0f} frames/s", flush=True)
        if result["frames"] != result["source"]["frames"]:
            print("check: frames of the demo are missing", file=sys.stderr)
            sys.exit(1)


def main() -> None:
    """Runs all steps."""
    began = time.monotonic()
    run("lint", SCRIPTS / "ruff", "check", ".")
    run("format", SCRIPTS / "ruff", "format", "--check", ".")
    run("types", SCRIPTS / "mypy")
    run("import contracts", SCRIPTS / "lint-imports")
    tests()
    wheel()
    print(f"\n== all green in {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
